import pytest
from examples.loop import run_demo
from sagemaker_mlops.delivery.__main__ import application, main
from sagemaker_mlops.delivery.errors import DeliveryError
from typer.testing import CliRunner

COMMANDS = [
    "stacks",
    "build-image",
    "put-data",
    "start-training",
    "report",
    "stop-training",
    "approve",
    "versions",
    "release",
    "predict",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(application, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_error_is_one_message_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["delivery", "start-training", "--window", "soon", "--environment", "dev"])
    assert main() == 1
    errors = capsys.readouterr().err
    assert errors.startswith("error: expected a window of months")
    assert "Traceback" not in errors


def test_an_unknown_environment_is_told() -> None:
    result = CliRunner().invoke(application, ["versions", "--environment", "prod"])
    assert isinstance(result.exception, DeliveryError)
    assert "expected one of dev, staging, production, found prod" in str(result.exception)


def test_the_demo_refuses_to_run_against_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(DeliveryError, match="on the laptop only"):
        run_demo()
