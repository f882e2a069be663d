"""Test that an image serves: start, `/ping`, predictions, and a stop within SageMaker's timeout."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from sagemaker_mlops.delivery.container.container import Container, container
from sagemaker_mlops.delivery.container.docker import Answer
from sagemaker_mlops.delivery.container.failure_causes import HEALTHY, PORT, Evidence, find_cause
from sagemaker_mlops.delivery.container.image_rules import GUIDE
from sagemaker_mlops.delivery.container.probe import ProbeAnswer, ask
from sagemaker_mlops.delivery.errors import ContainerTestFailed

HEALTH_SECONDS = 120.0
POLL_SECONDS = 0.2
# Source (GUIDE): "The command sends the SIGTERM signal, then it sends the SIGKILL signal thirty seconds later".
STOP_SECONDS = 30
LOG_LINES = 15
NOT_PROVED = "NOT proved"
PRIVILEGES = re.compile(r'"event": ?"ready".*"privileges": ?"([^"]+)"')


def prove_server(image: str, model: Path, body: str, environment: Mapping[str, str]) -> list[str]:
    """Run a server as SageMaker does, send it a request, and stop it.

    Args:
        image: Name of a built image.
        model: Folder with the files of a model version, which is mounted read-only.
        body: Records as a JSON request.
        environment: Environment variables with which the version is registered.

    Returns:
        One sentence for each result; those that start with NOT_PROVED name what could not be tested.

    Raises:
        ContainerTestFailed: A test failed; the message states the cause.
    """
    volumes = {"/opt/ml/model:ro": model}
    with container(image, ["serve"], volumes=volumes, environment=environment) as (server, started):
        if started.code:
            raise _failed(server, started, None, model)
        health = _wait_until_healthy(server)
        if health.status != HEALTHY:
            raise _failed(server, started, health, model)
        notes = [f"serve: /ping answers {HEALTHY}", *_isolation(server, health), *_privileges(server)]
        notes.append(_predict(server, body))
        notes.append(_stop(server))
        return notes


def _wait_until_healthy(server: Container) -> ProbeAnswer:
    deadline = time.monotonic() + HEALTH_SECONDS
    answer = ProbeAnswer(None, "")
    while answer.status != HEALTHY and time.monotonic() < deadline and server.state["Running"]:
        time.sleep(POLL_SECONDS)
        answer = ask(server, "GET", "/ping")
    return answer


def _isolation(server: Container, health: ProbeAnswer) -> list[str]:
    if not server.is_isolated:
        return [f"serve: {NOT_PROVED}: {warning}" for warning in server.warnings]
    if health.is_loopback_only(PORT):
        raise ContainerTestFailed("serve: the server listens on 127.0.0.1 only. Let it listen on 0.0.0.0")
    return ["serve: without network, on a read-only root file system"]


def _privileges(server: Container) -> list[str]:
    """Return the privileges that the server logs; custom servers may not log them."""
    found = PRIVILEGES.search(server.log)
    return [f"serve: root privileges {found[1]}"] if found else []


def _predict(server: Container, body: str) -> str:
    answer = ask(server, "POST", "/invocations", body)
    if answer.status != HEALTHY:
        raise ContainerTestFailed(
            f"serve: expected {HEALTHY} for the records, found {answer.status}: {answer.body[:300]}. Compare the "
            "records with the contract (data/example_request.json)"
        )
    return f"serve: {len(json.loads(answer.body)['predictions'])} records predicted"


def _stop(server: Container) -> str:
    server.stop(STOP_SECONDS)
    code = server.state["ExitCode"]
    if code != 0:
        raise ContainerTestFailed(
            f"serve: expected exit code 0 after SIGTERM, found {code}: requests would be lost when an instance is "
            f"replaced. Let the entry point pass signals on (exec form). See {GUIDE}"
        )
    return "serve: ends with 0 after SIGTERM"


def _failed(server: Container, started: Answer, health: ProbeAnswer | None, model: Path) -> ContainerTestFailed:
    if started.code:
        log, state = "", {"ExitCode": started.code}
    else:
        log, state = server.log, server.state
    ports = health.ports if health and server.is_isolated else ()
    evidence = Evidence(
        exit_code=None if state.get("Running") else state["ExitCode"],
        is_out_of_memory=bool(state.get("OOMKilled")),
        ping_status=health.status if health else None,
        has_model=any(model.iterdir()),
        ports=ports,
        log=log,
        reason=started.errors,
    )
    return not_proved("serve", evidence)


def not_proved(what: str, evidence: Evidence) -> ContainerTestFailed:
    """Return the error for a failure, with its cause and the end of the log."""
    tail = "\n".join(f"  | {line}" for line in evidence.text.strip().splitlines()[-LOG_LINES:])
    return ContainerTestFailed(f"{what}: {find_cause(evidence)}\n{tail}")
