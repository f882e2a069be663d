"""Every instance family that SageMaker has is known to have local storage, or to have none."""

import re

import botocore.session
import pytest
from sagemaker_mlops.environments.instance_storage import has_local_storage, volume_key

# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
# Assumed for g7 and p6e-gb200, which are newer than the stored copy of that page.
WITH_DISKS = {
    *("c5d", "c6gd", "m5d", "m6gd", "r5d", "r6gd", "r7gd"),
    *("dl1", "g4dn", "g5", "g6", "g6e", "g7", "g7e", "trn1", "trn1n", "trn2"),
    *("p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"),
}
WITHOUT_DISKS = {
    *("c4", "c5", "c5n", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex", "c8g", "c8i", "c8i-flex"),
    *("m4", "m5", "m6g", "m6i", "m7i", "m7i-flex", "m8g", "m8i", "m8i-flex", "inf1", "inf2", "p2", "p3"),
    *("r5", "r6g", "r6i", "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3"),
}
SHAPES = ("ProductionVariantInstanceType", "ProcessingInstanceType", "TrainingInstanceType")


def families() -> set[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    return {name.split(".")[1] for shape in SHAPES for name in model.shape_for(shape).enum}


def test_every_family_of_sagemaker_is_known() -> None:
    assert families() <= WITH_DISKS | WITHOUT_DISKS, "look the new families up, and add them"


@pytest.mark.parametrize("family", sorted(WITH_DISKS | WITHOUT_DISKS))
def test_a_family_with_disks_is_told_from_one_without(family: str) -> None:
    assert has_local_storage(f"ml.{family}.xlarge") is (family in WITH_DISKS)


def test_a_job_on_local_disks_names_no_key() -> None:
    assert volume_key("ml.m5.large", "arn") == {"VolumeKmsKeyId": "arn"}
    assert volume_key("ml.g5.xlarge", "arn") == {}


@pytest.mark.parametrize("shape", ["ResourceConfig", "ProcessingClusterConfig"])
def test_the_documentation_still_refuses_the_pair(shape: str) -> None:
    """And still lets an endpoint name a key, whatever its instance type."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    refused = "You can't request a VolumeKmsKeyId when using an instance type with local storage"
    assert refused in _text(model.shape_for(shape).members["VolumeKmsKeyId"].documentation)
    endpoint = _text(model.shape_for("CreateEndpointConfigInput").members["KmsKeyId"].documentation)
    assert "the KmsKeyId parameter does not encrypt instance local storage" in endpoint


def _text(documentation: str) -> str:
    return re.sub("<[^>]+>", "", documentation)
