"""Parameters of the training pipeline. Their values are set by start-training."""

from sagemaker.core.workflow.parameters import Parameter, ParameterString
from sagemaker_mlops.definitions.placeholders import ARTIFACT_BUCKET, DATA_BUCKET

NONE = "none"

data_uri = ParameterString("DataUri", default_value=f"s3://{DATA_BUCKET}/data/")
data_manifest_uri = ParameterString("DataManifestUri", default_value=f"s3://{ARTIFACT_BUCKET}/manifests/{NONE}.json")
window_start = ParameterString("WindowStart", default_value="2000-01")
window_end = ParameterString("WindowEnd", default_value="2999-12")
image_uri = ParameterString("ImageUri", default_value=NONE)
champion_arn = ParameterString("ChampionModelPackageArn", default_value=NONE)
champion_image_uri = ParameterString("ChampionImageUri", default_value=NONE)
champion_model_uri = ParameterString("ChampionModelUri", default_value=f"s3://{ARTIFACT_BUCKET}/no-champion/")
champion_baseline_uri = ParameterString("ChampionBaselineUri", default_value=f"s3://{ARTIFACT_BUCKET}/no-champion/")
trigger = ParameterString(
    "Trigger", default_value="manual", enum_values=["commit", "schedule", "new-data", "drift", "manual"]
)
trigger_id = ParameterString("TriggerId", default_value=NONE)
git_sha = ParameterString("GitSha", default_value="unknown")
approval_status = ParameterString(
    "ApprovalStatus", default_value="PendingManualApproval", enum_values=["PendingManualApproval", "Approved"]
)
processing_instance_type = ParameterString("ProcessingInstanceType", default_value="ml.m5.large")
training_instance_type = ParameterString("TrainingInstanceType", default_value="ml.m5.large")

PARAMETERS: list[Parameter] = [
    data_uri,
    data_manifest_uri,
    window_start,
    window_end,
    image_uri,
    champion_arn,
    champion_image_uri,
    champion_model_uri,
    champion_baseline_uri,
    trigger,
    trigger_id,
    git_sha,
    approval_status,
    processing_instance_type,
    training_instance_type,
]
