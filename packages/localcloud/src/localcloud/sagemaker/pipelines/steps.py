"""A step of an execution, which calls the public API, as the service does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import AwsError
from localcloud.sagemaker import jobs
from localcloud.sagemaker.operations import Members, call
from localcloud.sagemaker.permissions import resource_of
from localcloud.sagemaker.pipelines.values import Values, holds
from localcloud.sagemaker.s3_files import split_uri
from localcloud.scope import Scope, random_id

POLL_SECONDS = 0.03


class StepFailed(Exception):
    """Failure of a step. The message is the reason."""


class StepStopped(Exception):
    """Stop of a step on request."""


@dataclass
class StepRun:
    """An attempt of a step."""

    cloud: Cloud
    scope: Scope
    execution_id: str
    role_arn: str
    step: dict[str, Any]
    values: Values
    stop: Event
    metadata: Members = field(default_factory=dict)
    report: Callable[[], None] = lambda: None

    def run(self) -> Members:
        """Run the step and return its properties.

        Raises:
            StepFailed: if the step fails.
            StepStopped: if the execution was stopped.
        """
        runners = {
            "Processing": self._processing,
            "Training": self._training,
            "Condition": self._condition,
            "RegisterModel": self._register_model,
            "Fail": self._fail,
        }
        try:
            return runners[self.step["Type"]]()
        except AwsError as error:
            raise StepFailed(f"ClientError: {error.code}: {error.message}") from None

    def _may(self, action: str, resource: str, **context: str) -> None:
        """Raise AwsError unless the pipeline's role may perform an action."""
        self.cloud.host.authorize(self.scope, self.role_arn, action, resource, **context)

    def _processing(self) -> Members:
        record = self._job("ProcessingJob", "processing-job")
        outputs = record.get("ProcessingOutputConfig", {}).get("Outputs", [])
        record["ProcessingOutputConfig"] = {"Outputs": {entry["OutputName"]: entry for entry in outputs}}
        record["ProcessingInputs"] = {entry["InputName"]: entry for entry in record.get("ProcessingInputs", [])}
        return record

    def _training(self) -> Members:
        return self._job("TrainingJob", "training-job")

    def _job(self, kind: str, arn_kind: str) -> Members:
        name = f"pipelines-{self.execution_id}-{self.step['Name']}-{random_id(10)}"[:63]
        self.metadata[kind] = {"Arn": self.scope.arn(arn_kind, name)}
        arguments = {**self.values.resolve(self.step["Arguments"]), f"{kind}Name": name}
        self._may(f"sagemaker:Create{kind}", self.scope.arn(arn_kind, name))
        self._may(f"sagemaker:Describe{kind}", self.scope.arn(arn_kind, name))
        self._may("iam:PassRole", arguments["RoleArn"], **{"iam:PassedToService": "sagemaker.amazonaws.com"})
        call(self.cloud, self.scope, f"Create{kind}", arguments)
        self.report()
        while True:
            record = call(self.cloud, self.scope, f"Describe{kind}", {f"{kind}Name": name})
            if record[f"{kind}Status"] in jobs.FINAL:
                break
            if self.stop.wait(POLL_SECONDS) and record[f"{kind}Status"] == jobs.IN_PROGRESS:
                self._may(f"sagemaker:Stop{kind}", self.scope.arn(arn_kind, name))
                call(self.cloud, self.scope, f"Stop{kind}", {f"{kind}Name": name})
        if record[f"{kind}Status"] == jobs.STOPPED:
            if self.stop.is_set():
                raise StepStopped
            raise StepFailed(f"ClientError: the {kind} {name} was stopped, or reached its MaxRuntimeInSeconds")
        if record[f"{kind}Status"] == jobs.FAILED:
            raise StepFailed(f"ClientError: {record.get('FailureReason', '')}")
        return record

    def _condition(self) -> Members:
        outcome = all(holds(condition, self.values) for condition in self.step["Arguments"]["Conditions"])
        self.metadata["Condition"] = {"Outcome": "True" if outcome else "False"}
        return {"Outcome": outcome}

    def _register_model(self) -> Members:
        arguments = self.values.resolve(self.step["Arguments"])
        self._may("sagemaker:CreateModelPackage", resource_of(self.scope, arguments))
        answer = call(self.cloud, self.scope, "CreateModelPackage", arguments)
        arn = answer["ModelPackageArn"]
        self.metadata["RegisterModel"] = {"Arn": arn}
        return call(self.cloud, self.scope, "DescribeModelPackage", {"ModelPackageName": arn})

    def _fail(self) -> Members:
        message = str(self.values.resolve(self.step["Arguments"]).get("ErrorMessage", ""))
        self.metadata["Fail"] = {"ErrorMessage": message}
        raise StepFailed(message)


def read_property_file(
    cloud: Cloud, scope: Scope, role_arn: str, step: dict[str, Any], properties: Members, name: str
) -> str:
    """Return the content of a property file that a processing step wrote."""
    entry = next(entry for entry in step["PropertyFiles"] if entry["PropertyFileName"] == name)
    output = properties["ProcessingOutputConfig"]["Outputs"][entry["OutputName"]]
    bucket, prefix = split_uri(output["S3Output"]["S3Uri"])
    key = f"{prefix.rstrip('/')}/{entry['FilePath']}"
    content: bytes = cloud.host.client(scope, "s3", role_arn).get_object(Bucket=bucket, Key=key)["Body"].read()
    return content.decode()
