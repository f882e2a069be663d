"""Entry point of the monitoring jobs in both runtimes: `python -m sagemaker_mlops.monitoring.analyze`."""

import argparse
import sys
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.monitoring.analyzer import Analyzer
from sagemaker_mlops.monitoring.findings import Analysis
from sagemaker_mlops.monitoring.outputs import publish, update_latest_reports, write_report
from sagemaker_mlops.monitoring.services import Services
from sagemaker_mlops.monitoring.settings import InvalidSettings, read_settings, reason_directory
from sagemaker_mlops.runtime.job import StepRefused, run


def step(arguments: argparse.Namespace) -> None:
    """Analyze a window, write the report and publish the metrics.

    Raises:
        StepRefused: if the job is configured incorrectly, AWS rejects a call or AWS cannot be reached.
    """
    try:
        settings = read_settings()
        contract, services = load_contract(), Services(settings.region)
        analysis = Analyzer(settings, services, contract, datetime.now(UTC)).run()
        address = write_report(settings, services, analysis, contract)
        publish(settings, services, analysis)
        update_latest_reports(settings, services, analysis, address)
    except InvalidSettings as error:
        raise StepRefused(str(error)) from None
    except ClientError as error:
        raise StepRefused(f"AWS refused {error.operation_name}: {error.response['Error']['Message']}") from None
    except BotoCoreError as error:
        raise StepRefused(f"AWS could not be reached: {error}") from None
    print_results(analysis, address)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "message").write_text(exit_message(analysis), encoding="utf-8")


def print_results(analysis: Analysis, address: str) -> None:
    """Print the results for the job's log."""
    window = f"{analysis.start:%F %T} to {analysis.end:%F %T}"
    print(f"{analysis.kind} of {analysis.endpoint}, {window}, {analysis.rows:,} records")
    for note in analysis.notes:
        print(f"note: {note}")
    for violation in analysis.violations:
        print(f"VIOLATION: {violation}")
    print(f"report: {address}")


def exit_message(analysis: Analysis) -> str:
    """Return the exit message by which Model Monitor marks executions with violations.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-results.html
    """
    number = len(analysis.violations)
    if number == 0:
        return "Completed: Job completed successfully with no violations."
    first = "; ".join(str(violation) for violation in analysis.violations[:3])
    return f"CompletedWithViolations: Job completed successfully with {number} violations. {first}"[:1000]


def main() -> int:
    """Run the job and return the exit code."""
    return run(step, argparse.Namespace(output=reason_directory()))


if __name__ == "__main__":
    sys.exit(main())
