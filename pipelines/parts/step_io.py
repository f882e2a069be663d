"""Inputs, outputs and arguments of steps."""

from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow import ProcessingStep

from pipelines.placeholders import ARTIFACT_BUCKET

OUTPUT_DIRECTORY = "/opt/ml/output"


def run_uri(*parts: str) -> Join:
    """Address of an output of this execution: `s3://<artifacts>/runs/<execution id>/<parts>`."""
    return Join(on="/", values=[f"s3://{ARTIFACT_BUCKET}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])


def input_directory(name: str) -> str:
    """Where a processing job finds an input; the service asks for paths below /opt/ml/processing."""
    return f"/opt/ml/processing/input/{name}"


def output_directory(name: str) -> str:
    """Where a processing job leaves an output."""
    return f"/opt/ml/processing/output/{name}"


def step_input(name: str, uri: object) -> ProcessingInput:
    """An S3 prefix that is copied into the job."""
    source = ProcessingS3Input(
        s3_uri=uri, local_path=input_directory(name), s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=source)


def step_output(name: str, upload: str = "EndOfJob") -> ProcessingOutput:
    """A folder that is copied to `runs/<execution id>/<name>`; `Continuous` uploads it also when the job fails."""
    target = ProcessingS3Output(s3_uri=run_uri(name), local_path=output_directory(name), s3_upload_mode=upload)
    return ProcessingOutput(output_name=name, s3_output=target)


def arguments_of(
    inputs: list[ProcessingInput], outputs: list[ProcessingOutput], texts: dict[str, object]
) -> list[object]:
    """Command-line arguments of a step: every path and every text, named as the step expects them."""
    arguments: list[object] = []
    for entry in inputs:
        arguments += [f"--{entry.input_name.replace('_', '-')}", entry.s3_input.local_path]
    for entry in outputs:
        arguments += [f"--{entry.output_name.replace('_', '-')}", entry.s3_output.local_path]
    for name, value in texts.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    return [*arguments, "--output", OUTPUT_DIRECTORY]


def output_uri(step: ProcessingStep, name: str) -> object:
    """Where a step's output is, as a reference that makes the next step wait for it."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri
