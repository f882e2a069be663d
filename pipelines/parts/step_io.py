"""Inputs, outputs and arguments of steps."""

from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow import ProcessingStep
from sagemaker_mlops.definitions.placeholders import ARTIFACT_BUCKET

OUTPUT_DIRECTORY = "/opt/ml/output"


def run_uri(*parts: str) -> Join:
    """Return the address of an output of this execution: `s3://<artifacts>/runs/<execution id>/<parts>`."""
    return Join(on="/", values=[f"s3://{ARTIFACT_BUCKET}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])


def input_directory(name: str) -> str:
    """Return the folder of an input of a processing job.

    SageMaker requires it to be below /opt/ml/processing.
    """
    return f"/opt/ml/processing/input/{name}"


def output_directory(name: str) -> str:
    """Return the folder of an output of a processing job."""
    return f"/opt/ml/processing/output/{name}"


def step_input(name: str, uri: object) -> ProcessingInput:
    """Return an input that copies an S3 prefix into the job."""
    source = ProcessingS3Input(
        s3_uri=uri, local_path=input_directory(name), s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=source)


def step_output(name: str, upload: str = "EndOfJob") -> ProcessingOutput:
    """Return an output that copies a folder to `runs/<execution id>/<name>`.

    Args:
        name: name of the output.
        upload: `EndOfJob`, or `Continuous` to upload the folder also if the job fails.
    """
    target = ProcessingS3Output(s3_uri=run_uri(name), local_path=output_directory(name), s3_upload_mode=upload)
    return ProcessingOutput(output_name=name, s3_output=target)


def arguments_of(
    inputs: list[ProcessingInput], outputs: list[ProcessingOutput], texts: dict[str, object]
) -> list[object]:
    """Return the command-line arguments of a step: each path and each text, under its name."""
    arguments: list[object] = []
    for entry in inputs:
        arguments += [f"--{entry.input_name.replace('_', '-')}", entry.s3_input.local_path]
    for entry in outputs:
        arguments += [f"--{entry.output_name.replace('_', '-')}", entry.s3_output.local_path]
    for name, value in texts.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    return [*arguments, "--output", OUTPUT_DIRECTORY]


def output_uri(step: ProcessingStep, name: str) -> object:
    """Return a reference to the address of a step's output, which makes the next step wait for that step."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri
