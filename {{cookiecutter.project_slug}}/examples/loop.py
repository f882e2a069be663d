"""`python -m examples.loop`: the whole loop with the sample data.

First version, release, live months that drift, alarm, challenger, release.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from sagemaker_mlops.command_line.main import run
from sagemaker_mlops.command_line.options import target_of
from sagemaker_mlops.command_line.output import console
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.monitors import LATEST_VIOLATION_REPORT
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.execution import ExecutionState
from sagemaker_mlops.delivery.execution import follow as follow_execution
from sagemaker_mlops.delivery.image import build_image
from sagemaker_mlops.delivery.monitors.put_labels import put_labels, read_label_file
from sagemaker_mlops.delivery.monitors.replay import replay
from sagemaker_mlops.delivery.monitors.reports import newest_reports, show_reports
from sagemaker_mlops.delivery.monitors.retrain import contract_alarm, retrain
from sagemaker_mlops.delivery.predict import predict
from sagemaker_mlops.delivery.put_data import check_file, put_data
from sagemaker_mlops.delivery.registry import approve
from sagemaker_mlops.delivery.releases.release import Releaser
from sagemaker_mlops.delivery.report.build import build_report
from sagemaker_mlops.delivery.stacks.cdk_cli import bootstrap
from sagemaker_mlops.delivery.stacks.deploy import deploy
from sagemaker_mlops.delivery.start_training import Outcome, new_cause_id, request_training
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import BROKEN_ALARM
from sagemaker_mlops.events.start_training.cause import Cause

from data.sample import write_months

FIRST_WINDOW = ("2025-02", "2025-07")
LONGEST_WAIT_SECONDS = 300
WriteReport = Callable[[Target, str], Path]


class Demo:
    """Runs the loop and tells what it does."""

    def __init__(self, dev: Target, production: Target, console: Console, write_report: WriteReport) -> None:
        self.dev, self.production, self.console, self.write_report = dev, production, console, write_report

    def say(self, title: str) -> None:
        """Begin a part of the demo."""
        self.console.print(f"\n[bold]{title}[/]")

    def tell(self, text: str) -> None:
        """Tell of progress."""
        self.console.print(f"  {text}", markup=False)

    def run(self) -> None:
        """Run the loop; raises DeliveryError where it cannot go on."""
        begin = time.monotonic()
        self.say("1. Deploy dev and production: the CloudFormation templates that AWS gets, by the unmodified CDK")
        bootstrap(self.dev, shown=False)
        self.tell("bootstrapped")
        for target in (self.dev, self.production):
            deploy(target, self.tell)
        self.say("2. Build the image, upload February to July")
        image_uri = build_image(self.dev, "demo")
        self.console.print(f"  image: {image_uri}")
        months = write_months(Path("build/data"))
        self.upload(months, FIRST_WINDOW)

        self.say("3. Train the first version")
        first = self.train(FIRST_WINDOW, image_uri)
        self.say("4. Approve it, release it to production, ask it")
        self.serve(first)

        self.say("5. August to November happen: requests come in, labels follow, the monitors look every minute")
        deploy(self.dev, self.tell, image_uri=image_uri)  # from now on trainings start by themselves
        self.live(months, ("2025-08", "2025-09"))
        self.await_verdict()
        self.live(months, ("2025-10", "2025-11"))
        self.await_alarm()
        show_reports(self.production, self.console, newest_reports(self.production, LATEST_VIOLATION_REPORT))
        self.say("6. The alarm is answered: the new months are uploaded, and a challenger is trained")
        self.upload(months, ("2025-08", "2025-11"))
        second = self.retrain()
        self.say("7. Release the challenger")
        answer = self.serve(second)
        report = self.write_report(self.dev, second.arn)
        self.console.print(f"\n[bold green]The loop is closed[/] after {time.monotonic() - begin:.0f} s")
        self.console.print(f"  prediction:         {answer}")
        self.console.print(f"  registered version: {second.model_package_arn}")
        self.console.print(f"  report:             {report.resolve()}")

    def live(self, months: list[Path], window: tuple[str, str]) -> None:
        """Send the rows of some months as requests, and bring their labels."""
        contract = load_contract()
        for path in (path for path in months if window[0] <= path.stem <= window[1]):
            sent = replay(self.production, check_file(path, contract).table, contract, self.tell)
            labels = read_label_file(path, contract.dataset.record_id, contract.label.name, contract.label)
            put_labels(self.production, labels)
            self.tell(f"{path.stem}: {sent.requests:,} requests, {labels.labels:,} labels")

    def await_verdict(self) -> None:
        """Wait until the monitor of the data has found the drift in what was sent."""

        def found() -> bool:
            return any(
                report.kind == "data-quality" for report in newest_reports(self.production, LATEST_VIOLATION_REPORT)
            )

        self.wait("for the monitors to find the drift", found)

    def await_alarm(self) -> None:
        """Wait until the contract's alarm fires."""

        def fires() -> bool:
            return bool(contract_alarm(self.production)["StateValue"] == "ALARM")

        self.wait("for the alarm of a broken contract", fires)
        self.tell(f"fires: {self.production.names.alarm(BROKEN_ALARM)}")

    def wait(self, what: str, happened: Callable[[], bool]) -> None:
        """Wait for something, and say so; raises DeliveryError if it does not happen."""
        self.tell(f"waiting {what} (a minute or two)")
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while not happened():
            if time.monotonic() > end:
                raise DeliveryError(f"waited {LONGEST_WAIT_SECONDS} s {what}; see: mlops local logs --cloud demo")
            time.sleep(1)

    def retrain(self) -> ExecutionState:
        """Start a training with the alarm as its cause, and write the report."""
        return self.follow(retrain(self.production, None))

    def upload(self, months: list[Path], window: tuple[str, str]) -> None:
        """Check the months of a window against the contract and upload them."""
        contract = load_contract()
        tables = [check_file(path, contract).table for path in months if window[0] <= path.stem <= window[1]]
        for part in put_data(self.dev, tables, contract, replace=True):
            self.console.print(f"  {part.outcome}: {part.month}, {part.rows:,} rows")

    def train(self, window: tuple[str, str], image_uri: str) -> ExecutionState:
        """Train on a window and write the report."""
        return self.follow(request_training(self.dev, Cause("manual", new_cause_id(), window, image_uri)))

    def follow(self, outcome: Outcome) -> ExecutionState:
        """Follow a training that was started."""
        if outcome.status != "started":
            raise DeliveryError(f"the training is {outcome.status}: {outcome.reason}")
        state = follow_execution(self.dev, outcome.execution_arn, self.console)
        self.console.print(f"  report: {self.write_report(self.dev, state.arn)}")
        if state.model_package_arn is None:
            raise DeliveryError(f"the training {state.status.lower()}: {state.reason}")
        return state

    def serve(self, state: ExecutionState) -> str:
        """Approve and release what a training registered; returns a prediction of it."""
        arn = state.model_package_arn
        if arn is None:
            raise DeliveryError("the training registered no version")
        version = approve(self.dev, arn, "approved by the demo")
        self.console.print(f"  approved: version {version.number}")
        Releaser(self.production, self.console).release(arn)
        answer = json.dumps(predict(self.production, None))
        self.console.print(f"  prediction: {answer}")
        return answer


def run_demo() -> None:
    """Run the loop; raises DeliveryError where it cannot go on, and outside the laptop."""
    if not os.environ.get("AWS_ENDPOINT_URL"):
        raise DeliveryError("the demo makes and replaces resources freely, so it runs on the laptop only: make demo")
    Demo(target_of("dev"), target_of("production"), console, build_report).run()


if __name__ == "__main__":
    sys.exit(run(run_demo))
