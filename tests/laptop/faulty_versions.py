"""Versions that serve badly, each from an image of its own, with the baselines of a good one."""

import json
from dataclasses import dataclass

from tests.laptop.conftest import Laptop

GROUP, ENDPOINT = "purchase-intent-dev", "purchase-intent-production"
# Appended to model/predict.py. The first prediction is the server's own, which makes it ready. A process that dies is
# replaced, so a container that is to die leaves a mark, with its first process and when that began, to the next ones.
WRAPPER = """

import os
from pathlib import Path

_container = Path(f"/proc/{{os.getppid()}}/stat").read_text().split()[21] + f"-{{os.getppid()}}"
_mark = Path(f"/tmp/faulty-version-{{_container}}")
_predictions = 0
_good_predict_columns = TreeModel.predict_columns


def _predict_columns(model, columns):
    global _predictions
    _predictions += 1
    if _predictions > {allowed} or _mark.exists():
        {fault}
    return _good_predict_columns(model, columns)


TreeModel.predict_columns = _predict_columns
"""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, after how many predictions, and which guard notices (none: SageMaker's own health check)."""

    name: str
    code: str
    allowed: int
    guard: str | None

    @property
    def reason(self) -> str:
        """What the message of a rollback contains."""
        return f"{ENDPOINT}-{self.guard}" if self.guard else "did not pass the ping health check"


FAULTS = (
    Fault("raises", 'raise ValueError("SECRET")', 1, "server-errors"),
    Fault("sleeps", "import time; time.sleep(1.2)", 1, "latency"),
    Fault("dies-at-start", "os._exit(3)", 0, None),
    Fault("dies-in-mid-bake", "_mark.touch(); os._exit(3)", 20, "server-errors"),
)


def register_faulty(laptop: Laptop, good_arn: str, fault: Fault) -> str:
    """Register and approve a copy of a good version with a fault in its image; returns its ARN."""
    path = laptop.project.path / "model" / "predict.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + WRAPPER.format(allowed=fault.allowed, fault=fault.code), encoding="utf-8")
    try:
        image = _build(laptop, fault.name)
    finally:
        path.write_text(before, encoding="utf-8")
    return copy_version(laptop, good_arn, image)


def copy_version(laptop: Laptop, good_arn: str, image: str | None = None, approval: str = "Approved") -> str:
    """Register a version like another one, with another image if one is given; returns its ARN."""
    sagemaker = laptop.client("sagemaker")
    good = sagemaker.describe_model_package(ModelPackageName=good_arn)
    specification = good["InferenceSpecification"]
    container = {**specification["Containers"][0], **({"Image": image} if image else {})}
    metadata = {key: value for key, value in good["CustomerMetadataProperties"].items() if "_production" not in key}
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus=approval,
        InferenceSpecification={**specification, "Containers": [container]},
        DriftCheckBaselines=good["DriftCheckBaselines"],
        CustomerMetadataProperties=metadata,
    )["ModelPackageArn"]
    return arn


def guard_states(laptop: Laptop) -> list[str]:
    """States of the alarms that guard production's releases."""
    alarms = laptop.at("production").client("cloudwatch").describe_alarms(AlarmNamePrefix=ENDPOINT)["MetricAlarms"]
    return [alarm["StateValue"] for alarm in alarms if alarm["AlarmName"].endswith(("server-errors", "latency"))]


def _build(laptop: Laptop, tag: str) -> str:
    name = f"{laptop.accounts['dev']}.dkr.ecr.eu-west-1.amazonaws.com/purchase-intent:{tag}"
    printed = ""
    build = ("buildx", "build", "--provenance=false", "--output", "type=image,push=true,oci-mediatypes=false")
    for words in ((*build, "--tag", name, "."), ("inspect", name)):
        result = laptop.project.run("docker", *words, **laptop.environment)
        assert result.returncode == 0, result.stdout + result.stderr
        printed = result.stdout
    return str(json.loads(printed)[0]["RepoDigests"][0])
