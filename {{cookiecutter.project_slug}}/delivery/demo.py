"""The whole loop with the sample data: first version, release, prediction, then a challenger with newer months."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from contract.contract import load_contract
from data.sample import write_months
from delivery.errors import DeliveryError
from delivery.execution import ExecutionState, follow
from delivery.image import build_image
from delivery.predict import predict
from delivery.put_data import check_file, put_data
from delivery.registry import approve
from delivery.releases.release import Releaser
from delivery.stacks.cdk_cli import bootstrap
from delivery.stacks.deploy import deploy
from delivery.start_training import new_cause_id, request_training
from delivery.target import Target
from infra.functions.start_training.cause import Cause

FIRST_WINDOW, SECOND_WINDOW = ("2025-02", "2025-07"), ("2025-02", "2025-10")
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

        self.say("5. August to October arrive: train a challenger against the version that serves")
        self.upload(months, ("2025-08", SECOND_WINDOW[1]))
        second = self.train(SECOND_WINDOW, image_uri)
        self.say("6. Release the challenger")
        answer = self.serve(second)
        report = self.write_report(self.dev, second.arn)
        self.console.print(f"\n[bold green]The loop is closed[/] after {time.monotonic() - begin:.0f} s")
        self.console.print(f"  prediction:         {answer}")
        self.console.print(f"  registered version: {second.model_package_arn}")
        self.console.print(f"  report:             {report.resolve()}")

    def upload(self, months: list[Path], window: tuple[str, str]) -> None:
        """Check the months of a window against the contract and upload them."""
        contract = load_contract()
        tables = [check_file(path, contract).table for path in months if window[0] <= path.stem <= window[1]]
        for part in put_data(self.dev, tables, contract, replace=True):
            self.console.print(f"  {part.outcome}: {part.month}, {part.rows:,} rows")

    def train(self, window: tuple[str, str], image_uri: str) -> ExecutionState:
        """Train on a window and write the report."""
        outcome = request_training(self.dev, Cause("manual", new_cause_id(), window, image_uri))
        if outcome.status != "started":
            raise DeliveryError(f"the training is {outcome.status}: {outcome.reason}")
        state = follow(self.dev, outcome.execution_arn, self.console)
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
