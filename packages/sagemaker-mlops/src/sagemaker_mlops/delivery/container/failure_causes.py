"""Causes of container failures, with the next step for each.

SageMaker reports "did not pass the ping health check" for many different causes, and it is the error that users ask
about most often (aws/amazon-sagemaker-examples#210, #1113, #3062; aws/sagemaker-python-sdk#155, #1554, #4115). The
functions are pure, so that evidence from docker, CloudWatch and localcloud leads to the same cause.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_mlops.delivery.container.image_rules import DOCKER_MANIFEST, PLATFORM

PORT = 8080
KILLED = 128 + 9
HEALTHY = 200
MEMORY_RAN_OUT = re.compile(
    r'"event": ?"worker_died".*"signal": ?9|^MemoryError|Cannot allocate memory|Worker .* was sent SIGKILL',
    re.MULTILINE,
)


LISTENING = re.compile(r"(?:running on|listening at:?|serving on) +https?://([^:/\s]+):(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Evidence:
    """Known facts about a container that failed; unknown ones keep their defaults.

    Attributes:
        exit_code: Exit code from docker, which is 128 plus the signal for a container that was killed.
        is_out_of_memory: True if docker reports that the kernel killed the container for lack of memory.
        ping_status: HTTP status of the last response to `/ping`.
        has_model: True if there are files in /opt/ml/model.
        ports: Ports on which a process in the container listens.
        log: End of the container's output.
        reason: Message of the service or of docker, such as FailureReason.
    """

    exit_code: int | None = None
    is_out_of_memory: bool = False
    ping_status: int | None = None
    has_model: bool | None = None
    ports: tuple[int, ...] = ()
    log: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The reason and the log."""
        return f"{self.reason}\n{self.log}"


@dataclass(frozen=True)
class Cause:
    """Cause of a failure and the next step."""

    title: str
    next_step: str
    is_known: bool = True

    def __str__(self) -> str:
        return f"{self.title}. {self.next_step}"


Rule = Callable[[Evidence], Cause | None]


def find_cause(evidence: Evidence) -> Cause:
    """Return the cause of a failure; `is_known` is false if the evidence shows none."""
    for rule in RULES:
        if cause := rule(evidence):
            return cause
    return _unknown(evidence)


def _pattern(pattern: str, title: str, next_step: str) -> Rule:
    """Return a rule that searches the evidence; groups of the pattern fill the braces of the title."""
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def rule(evidence: Evidence) -> Cause | None:
        found = compiled.search(evidence.text)
        return Cause(title.format(*(group or "see its log" for group in found.groups())), next_step) if found else None

    return rule


def _out_of_memory(evidence: Evidence) -> Cause | None:
    is_killed = evidence.is_out_of_memory or evidence.exit_code == KILLED
    if not is_killed and not MEMORY_RAN_OUT.search(evidence.log):
        return None
    return Cause(
        "out of memory: the kernel killed a process of the container",
        "Choose an instance type with more memory (endpoint.instance_type), or fewer server processes "
        "(endpoint.server_processes): each holds a model of its own",
    )


def _model_is_missing(evidence: Evidence) -> Cause | None:
    is_missing = re.search(r'"event": ?"not_started".*found no file|FileNotFoundError.*/opt/ml/model', evidence.log)
    if evidence.has_model is not False and not is_missing:
        return None
    return Cause(
        "the model directory /opt/ml/model is empty, or lacks a file",
        "Look at what the version's model.tar.gz holds (mlops versions, then its ModelDataUrl): the files must be at "
        "its top, not in a folder",
    )


def _entry_point_refuses(evidence: Evidence) -> Cause | None:
    refused = re.search(
        r"invalid choice: '(serve|train)'|unrecognized arguments: (serve|train)|No such command '(serve|train)'"
        r'|exec: "(serve|train)": executable file not found',
        evidence.text,
    )
    if not refused:
        return None
    word = next(group for group in refused.groups() if group)
    return Cause(
        f"the entry point does not accept `{word}`",
        f"SageMaker starts the image as `docker run image {word}`: let ENTRYPOINT take that word",
    )


def _other_port(evidence: Evidence) -> Cause | None:
    """Return a cause if the server listens on another port, or on the loopback address only.

    Ports are known from the kernel or from the log messages of uvicorn, gunicorn, Flask and waitress.
    """
    if evidence.ping_status is not None:
        return None
    found = LISTENING.search(evidence.log)
    ports = evidence.ports or ((int(found[2]),) if found else ())
    if ports and PORT not in ports:
        return Cause(
            f"the port is not {PORT}: the server listens on {', '.join(map(str, ports))}",
            f"Let it listen on SAGEMAKER_BIND_TO_PORT where that is set, else on {PORT}",
        )
    if found and found[1] in ("127.0.0.1", "localhost"):
        return Cause(f"the server listens on {found[1]} only, which SageMaker cannot reach", "Let it listen on 0.0.0.0")
    return None


def _ping_answers(evidence: Evidence) -> Cause | None:
    if evidence.ping_status in (None, HEALTHY):
        return None
    return Cause(
        f"/ping answers {evidence.ping_status}, not {HEALTHY}",
        "Answer GET /ping with 200 as soon as the model can predict; the log says why it cannot",
    )


def _unknown(evidence: Evidence) -> Cause:
    if evidence.exit_code not in (None, 0):
        title = f"the container ended with exit code {evidence.exit_code}, and its log shows no cause that is known"
    elif not evidence.log.strip():
        title = "the container wrote nothing"
    else:
        title = "the log shows no cause that is known"
    return Cause(title, "Read the container's log to its end", is_known=False)


RULES: tuple[Rule, ...] = (
    _pattern(
        r"Unsupported manifest media type (\S+)",
        "the image's manifest is of type {}, which SageMaker does not read",
        f"Push it as {DOCKER_MANIFEST}: mlops image build",
    ),
    _pattern(
        r"exec format error|image's platform \(\S+\) does not match",
        "wrong platform: the image is built for another processor",
        f"Build it with --platform {PLATFORM}: mlops image build",
    ),
    _entry_point_refuses,
    _pattern(
        r'exec: "([^"]+)": (?:stat \S+: no such file|executable file not found)',
        "the image has no program `{}`",
        "Compare ENTRYPOINT, or the step's ContainerEntrypoint, with what the image holds",
    ),
    _out_of_memory,
    _model_is_missing,
    _pattern(
        r"(?:ModuleNotFoundError|ImportError): (?:No module named )?'?([\w.]+)",
        "the image lacks a Python package: {}",
        "Add it to requirements/image.in, then run make lock and mlops image build. A folder of the project belongs "
        "in a COPY of the Dockerfile",
    ),
    _pattern(
        r"(\S+\.so[.\d]*): cannot open shared object file",
        "the image lacks a system library: {}",
        "Install it in the Dockerfile's last stage",
    ),
    _pattern(
        r"Read-only file system(?:: '?([^'\s]+))?",
        "the container writes to its root file system, which may be read-only: {}",
        "Write below /opt/ml or /tmp only",
    ),
    _pattern(
        r"PermissionError.*?'([^']+)'",
        "the container may not use {}: its user is not root, or the file is closed",
        "Let the image name no USER; SageMaker runs containers as root",
    ),
    _pattern(r"Address already in use", "the server's port is taken", "Start one server in the container, on one port"),
    _pattern(
        r"Unable to provision requested ML compute capacity|InsufficientCapacity|InsufficientInstanceCapacity",
        "AWS has no free instance of this type in the region now",
        "Try again later, or choose another endpoint.instance_type",
    ),
    _pattern(
        r"ResourceLimitExceeded|account-level service limit",
        "the account's quota for this instance type is reached",
        "Ask for more in Service Quotas (SageMaker, the instance type for endpoint usage)",
    ),
    _pattern(
        r"make sure all images included in the model .* exist|does not grant ecr:",
        "SageMaker could not pull the image: it does not exist, or the endpoint's role may not read it",
        "Compare the version's image with those in ECR, and the repository's policy with the endpoint's account",
    ),
    _pattern(
        r"(?:Failed to download|Could not (?:find|access)) model data",
        "SageMaker could not read the version's model data",
        "Compare the version's ModelDataUrl, the bucket's policy and its key with the endpoint's role",
    ),
    _pattern(
        r'"event": ?"worker_died".*"code": ?(\d+)',
        "a server process ended by itself with code {}",
        "Read what it wrote before its `worker_died` line",
    ),
    _pattern(
        r"CannotStartContainerError",
        "the container could not be started with `docker run image serve`",
        "Run it as SageMaker does, which shows why: mlops image prove NAME",
    ),
    _ping_answers,
    _other_port,
)
