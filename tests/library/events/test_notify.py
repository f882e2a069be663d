import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from sagemaker_mlops.events.notify import handler
from sagemaker_mlops.events.notify.dispatch import RECONCILE_EVENT, Dispatch, dispatch_of
from sagemaker_mlops.events.notify.github import GitHub
from sagemaker_mlops.events.notify.rest import RETRIES, GitHubRefused, Rest

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/group/1"
IMPATIENT = RETRIES.new(backoff_factor=0.01)
POLL_SECONDS = 0.01


class LambdaContext:
    """What the logger reads."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"


DISPATCH = Dispatch("promote.yml", {"model_package_arn": ARN})


def event(detail_type: str, **detail: Any) -> dict[str, Any]:
    return {"id": "event-1", "detail-type": detail_type, "detail": detail}


def alarm(state: str) -> dict[str, Any]:
    at = {"value": state, "timestamp": "2026-11-22T01:02:03.456+0000"}
    return event("CloudWatch Alarm State Change", alarmName="contract-broken", state=at)


@pytest.mark.parametrize("decision", ["Approved", "Rejected"])
def test_a_decision_starts_promote(decision: str) -> None:
    told = event("SageMaker Model Package State Change", ModelPackageArn=ARN, ModelApprovalStatus=decision)
    expected = {"model_package_arn": ARN, "decision": decision, "event_id": "event-1"}
    assert dispatch_of(told, "dev") == Dispatch("promote.yml", expected)


def test_a_broken_contract_starts_retrain_with_the_second_in_which_it_broke() -> None:
    found = dispatch_of(alarm("ALARM"), "production")
    assert found is not None
    assert found.workflow == "retrain.yml"
    assert found.inputs["cause_id"] == "contract-broken@2026-11-22T01:02:03Z"
    assert found.inputs["environment"] == "production"


@pytest.mark.parametrize(
    ("changed", "tells"), [(["ModelApprovalStatus"], True), (["CustomerMetadataProperties"], False)]
)
def test_a_stamp_is_no_decision(changed: list[str], tells: bool) -> None:
    told = event("SageMaker Model Package State Change", ModelPackageArn=ARN, ModelApprovalStatus="Approved")
    told["detail"]["UpdatedModelPackageFields"] = changed
    assert (dispatch_of(told, "dev") is not None) == tells


@pytest.mark.parametrize(
    "told",
    [
        alarm("OK"),
        event("SageMaker Model Package State Change", ModelPackageArn=ARN, ModelApprovalStatus="PendingManualApproval"),
        event("Something else"),
    ],
)
def test_other_events_start_nothing(told: dict[str, Any]) -> None:
    assert dispatch_of(told, "dev") is None


def test_the_schedule_starts_reconcile() -> None:
    found = dispatch_of({"detail-type": RECONCILE_EVENT, "id": "reconcile-1"}, "production")
    assert found == Dispatch("reconcile.yml", {}, is_optional=True)


@pytest.mark.parametrize("secret", ["none", "a-token"])
def test_before_github_is_set_up_only_the_schedule_is_no_failure(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    """Otherwise the dead-letter alarm would fire every hour from the first deployment on."""
    started: list[str] = []
    values = {"ENVIRONMENT": "production", "GITHUB_SECRET": "s", "GITHUB_API_URL": "u", "GITHUB_OWNER": "o"}
    for name, value in {**values, "GITHUB_REPOSITORY": "r"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler, "get_secret", lambda *_, **__: secret)
    monkeypatch.setattr(GitHub, "start", lambda _, dispatch, __: started.append(dispatch.workflow))
    scheduled = {"detail-type": RECONCILE_EVENT, "id": "reconcile-1"}
    assert handler.handle(scheduled, LambdaContext())["workflow"] == (None if secret == "none" else "reconcile.yml")
    if secret == "none":
        with pytest.raises(GitHubRefused, match="neither App nor token"):
            handler.handle(alarm("ALARM"), LambdaContext())
    assert started == ([] if secret == "none" else ["reconcile.yml"])


class Answering(BaseHTTPRequestHandler):
    """A GitHub that answers what the test wants, and remembers what it was asked."""

    statuses: list[int]
    asked: list[tuple[str, dict[str, Any], str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, body, self.headers["Authorization"]))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.send_response(status)
        self.end_headers()
        if status != 204:
            self.wfile.write(b'{"message": "because"}')

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def github() -> Iterator[tuple[GitHub, type[Answering]]]:
    handler = type("Handler", (Answering,), {"statuses": [204], "asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    yield GitHub(Rest(f"http://127.0.0.1:{server.server_port}", "owner", "repository", IMPATIENT)), handler
    server.shutdown()
    server.server_close()


def test_a_workflow_is_started_on_main(github: tuple[GitHub, type[Answering]]) -> None:
    client, server = github
    client.start(DISPATCH, "secret-token")
    path, body, authorization = server.asked[0]
    assert path == "/repos/owner/repository/actions/workflows/promote.yml/dispatches"
    assert body == {"ref": "main", "inputs": {"model_package_arn": ARN}}
    assert authorization == "Bearer secret-token"


def test_a_hiccup_of_github_is_tried_again(github: tuple[GitHub, type[Answering]]) -> None:
    client, server = github
    server.statuses = [502, 503, 204]
    client.start(DISPATCH, "secret-token")
    assert len(server.asked) == 3


def test_an_answer_with_the_runs_address_is_no_refusal(github: tuple[GitHub, type[Answering]]) -> None:
    """Lambda would try again, and the workflow would run twice."""
    client, server = github
    server.statuses = [200]
    client.start(DISPATCH, "secret-token")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_refusal_is_told_at_once_without_the_token(github: tuple[GitHub, type[Answering]], status: int) -> None:
    client, server = github
    server.statuses = [status]
    with pytest.raises(GitHubRefused, match=f"answered {status}.*because") as refused:
        client.start(DISPATCH, "secret-token")
    assert "secret-token" not in str(refused.value)
    assert len(server.asked) == 1


def test_a_github_that_is_not_there_is_told() -> None:
    with pytest.raises(GitHubRefused, match="did not answer"):
        GitHub(Rest("http://127.0.0.1:1", "owner", "repository", IMPATIENT)).start(DISPATCH, "secret-token")
