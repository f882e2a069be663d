"""CreatePipeline: what localcloud lacks is named. What SageMaker refuses is in tests/conformance."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import ROLE
from tests.localcloud.test_pipelines import GATES, TOKEN, definition, job_step

MISSING = {
    "callback": (definition({"Name": "A", "Type": "Callback", "Arguments": {}}), "does not implement pipeline steps"),
    "caching": (definition(job_step("A", CacheConfig={"Enabled": True})), "does not implement step caching"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_localcloud_lacks_is_named_when_the_pipeline_is_created(sagemaker: Any, kind: str) -> None:
    text, message = MISSING[kind]
    create = {"PipelineName": "broken", "RoleArn": ROLE, "ClientRequestToken": TOKEN}
    with pytest.raises(ClientError, match=message) as raised:
        sagemaker.create_pipeline(PipelineDefinition=text, **create)
    assert raised.value.response["Error"]["Code"] == "NotInLocalcloud"


def test_outputs_can_be_named_without_brackets(sagemaker: Any) -> None:
    """Assumed; the SDK writes brackets. More references are in tests/conformance/test_sagemaker_pipelines.py."""
    path = "Steps.First.ProcessingOutputConfig.Outputs.result.S3Output.S3Uri"
    text = definition(job_step("First", PropertyFiles=GATES), job_step("A", "--text", {"Get": path}))
    create = {"PipelineName": "sound", "RoleArn": ROLE, "ClientRequestToken": TOKEN}
    assert sagemaker.create_pipeline(PipelineDefinition=text, **create)["PipelineArn"]
