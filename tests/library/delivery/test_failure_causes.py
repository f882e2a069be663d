"""How a container failed, and what it means. The texts are those of the programs that write them."""

import pytest
from sagemaker_mlops.delivery.container.failure_causes import Evidence, find_cause

PING = "The primary container for production variant AllTraffic did not pass the ping health check."
CASES = [
    # argparse, click, runc
    (Evidence(2, log="error: argument action: invalid choice: 'serve' (choose from 'run')"), "does not accept `serve`"),
    (Evidence(2, log="app.py: error: unrecognized arguments: serve"), "does not accept `serve`"),
    (Evidence(2, log="Error: No such command 'train'."), "does not accept `train`"),
    (
        Evidence(127, reason='exec: "serve": executable file not found in $PATH: unknown'),
        "does not accept `serve`",
    ),
    (Evidence(127, reason='exec: "pythn": executable file not found in $PATH'), "has no program `pythn`"),
    (Evidence(255, log="exec /usr/local/bin/python: exec format error"), "wrong platform"),
    (Evidence(137), "out of memory"),
    (Evidence(1, is_out_of_memory=True), "out of memory"),
    (Evidence(9, log='{"event":"worker_died","signal":9,"deaths":5}'), "out of memory"),
    (Evidence(3, log='{"event":"worker_died","code":3,"deaths":1}'), "ended by itself with code 3"),
    # gunicorn
    (Evidence(log="[ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?", reason=PING), "out of memory"),
    (
        Evidence(1, log='{"event":"not_started","error":"expected a model, found no file"}'),
        "directory /opt/ml/model",
    ),
    (Evidence(1, log="FileNotFoundError: [Errno 2] No such file: '/opt/ml/model/m.txt'"), "directory /opt/ml/model"),
    (Evidence(has_model=False, reason=PING), "directory /opt/ml/model"),
    (Evidence(1, log="ModuleNotFoundError: No module named 'lightgbm'"), "lacks a Python package: lightgbm"),
    (Evidence(1, log="OSError: libgomp.so.1: cannot open shared object file"), "system library: libgomp.so.1"),
    (Evidence(1, log="OSError: [Errno 30] Read-only file system: '/app/x'"), "read-only: /app/x"),
    # aws/sagemaker-python-sdk#4764
    (Evidence(1, log="PermissionError: [Errno 13] Permission denied: '/opt/ml/processing/output/a'"), "not root"),
    (Evidence(1, log="OSError: [Errno 98] Address already in use"), "port is taken"),
    # aws/amazon-sagemaker-feedback#180
    (Evidence(reason="Unsupported manifest media type application/vnd.oci.image.manifest.v1+json"), "manifest is of"),
    # aws/amazon-sagemaker-examples#1113; gunicorn, sagemaker-python-sdk#4115
    (Evidence(log=" * Running on http://0.0.0.0:5000/ (Press CTRL+C to quit)", reason=PING), "the port is not 8080"),
    (Evidence(log="INFO: Uvicorn running on http://0.0.0.0:8000", reason=PING), "listens on 8000"),
    (Evidence(log="[INFO] Listening at: http://127.0.0.1:8080 (17720)", reason=PING), "listens on 127.0.0.1 only"),
    (Evidence(ports=(9000,), reason=PING), "listens on 9000"),
    (Evidence(ping_status=404, log="Uvicorn running on http://0.0.0.0:8080"), "/ping answers 404"),
    (Evidence(ping_status=503), "/ping answers 503"),
    # Assumed: the words of FailureReason, as users quote them.
    (
        Evidence(reason="Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity"),
        "no free",
    ),
    (Evidence(reason="ResourceLimitExceeded: The account-level service limit is 0"), "quota"),
    # aws-solutions-library-samples/fraud-detection-using-machine-learning#9
    (Evidence(reason='Failed to download model data for container "container_1" from URL'), "version's model data"),
    # aws/amazon-sagemaker-examples#275
    (
        Evidence(reason="Please make sure all images included in the model for the production variant x exist"),
        "could not pull the image",
    ),
    # aws-samples/comfyui-on-amazon-sagemaker#2
    (Evidence(reason="CannotStartContainerError. Please ensure the model container starts"), "could not be started"),
]


@pytest.mark.parametrize(("evidence", "title"), CASES)
def test_a_failure_is_translated_into_its_cause_and_a_next_step(evidence: Evidence, title: str) -> None:
    cause = find_cause(evidence)
    assert cause.is_known
    assert title in cause.title
    assert cause.next_step


@pytest.mark.parametrize(
    ("evidence", "title"),
    [
        (Evidence(3, log="something else"), "exit code 3"),
        (Evidence(reason=PING), "wrote nothing"),
        (Evidence(log='{"event": "ready", "port": 40123}', reason=PING), "no cause that is known"),
        (Evidence(log="Uvicorn running on http://0.0.0.0:8080", reason=PING), "no cause that is known"),
    ],
)
def test_what_is_not_known_is_not_guessed(evidence: Evidence, title: str) -> None:
    cause = find_cause(evidence)
    assert not cause.is_known
    assert title in cause.title


def test_the_first_cause_counts_not_its_consequence() -> None:
    """A server that lacks a package never listens, so its port is no cause."""
    log = "Uvicorn running on http://0.0.0.0:9000\nModuleNotFoundError: No module named 'polars'"
    assert "polars" in find_cause(Evidence(1, log=log, reason=PING)).title
