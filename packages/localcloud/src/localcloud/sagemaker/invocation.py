"""InvokeEndpoint: requests to the fleet, copies to the shadow variant, metrics and data capture."""

import logging
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from threading import BoundedSemaphore

import urllib3

from localcloud.cloud import Cloud
from localcloud.errors import AwsError
from localcloud.sagemaker.data_capture import DataCapture, Message, capture_place
from localcloud.sagemaker.endpoint_metrics import EndpointMetrics
from localcloud.sagemaker.endpoint_record import KIND
from localcloud.sagemaker.fleet import FLEETS, Fleet, Instance
from localcloud.sagemaker.operations import Members
from localcloud.scope import Scope

INVOKE_TIMEOUT_SECONDS = 60.0
RESTORE_SECONDS = 30.0
REPORT_SECONDS, TICKS_PER_CAPTURE = 0.25, 4
MOST_COPIES = 32
FORWARDED_HEADERS = ("content-type", "accept")
SAGEMAKER_HEADERS = "x-amzn-sagemaker-"
INFERENCE_ID_HEADER = "x-amzn-sagemaker-inference-id"
ATTRIBUTES_HEADER = "x-amzn-sagemaker-custom-attributes"
TARGET_HEADER = "x-amzn-sagemaker-target-variant"
DEFAULT_TYPE = "application/octet-stream"
log = logging.getLogger("localcloud")

METRICS, CAPTURE = EndpointMetrics(), DataCapture()
COPIES = ThreadPoolExecutor(max_workers=MOST_COPIES, thread_name_prefix="shadow")
# Limits the copies that wait for a slow shadow variant. Further copies are dropped.
WAITING_COPIES = BoundedSemaphore(2 * MOST_COPIES)


@dataclass(frozen=True)
class Invocation:
    """A request to an endpoint."""

    cloud: Cloud
    scope: Scope
    endpoint: str
    headers: dict[str, str]
    body: bytes
    event_id: str


@dataclass(frozen=True)
class Outcome:
    """Response of a container. Without a response, `status` is 500 and `lost` is True."""

    status: int
    message: Message
    seconds: float
    attributes: str = ""
    lost: bool = False


def invoke(
    cloud: Cloud, scope: Scope, name: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Send a request to an instance of an endpoint, and return status, headers and body of the response.

    Raises:
        AwsError: ValidationError if the endpoint does not exist or has no fleet, ModelError if the model returns an
            error.
    """
    begin = time.perf_counter()
    kept = {key: value for key, value in headers.items() if key in FORWARDED_HEADERS or SAGEMAKER_HEADERS in key}
    invocation = Invocation(cloud, scope, name, kept, body, str(uuid.uuid4()))
    _wait_until_serving(invocation)
    with FLEETS.request(scope, name) as fleet:
        if fleet is None:
            status = _endpoint_of(invocation)["EndpointStatus"]
            raise AwsError("ValidationError", f"Endpoint {name} of account {scope.account} is in status {status}.")
        variant, instance = fleet.choose(headers.get(TARGET_HEADER))
        _copy_to_shadow(invocation, fleet)
        outcome = _ask(invocation, instance)
        _report(invocation, fleet, variant, outcome, time.perf_counter() - begin - outcome.seconds)
    if outcome.status >= 400:
        raise _model_error(invocation, outcome)
    answered = {"Content-Type": outcome.message.content_type, "x-Amzn-Invoked-Production-Variant": variant}
    if outcome.attributes:
        answered["X-Amzn-SageMaker-Custom-Attributes"] = outcome.attributes
    return 200, answered, outcome.message.body


def report_regularly(cloud: Cloud) -> None:
    """Publish metrics and write captured data periodically until localcloud stops, and once more then."""
    for tick in count(1):
        is_last = cloud.stopping.wait(REPORT_SECONDS)
        try:
            METRICS.publish(cloud)
            if is_last or tick % TICKS_PER_CAPTURE == 0:
                CAPTURE.write(cloud)
        except Exception:  # alarms need these metrics, so continue after every error
            log.exception("metrics of endpoints were lost")
        if is_last:
            return


def _endpoint_of(invocation: Invocation) -> Members:
    endpoint = invocation.cloud.store.get(invocation.scope, KIND, invocation.endpoint)
    if endpoint is None:
        place = f"account {invocation.scope.account}"
        raise AwsError("ValidationError", f"Endpoint {invocation.endpoint} of {place} not found.")
    return endpoint


def _wait_until_serving(invocation: Invocation) -> None:
    """Wait up to 30 seconds for an endpoint that is starting after a restart of localcloud."""
    deadline = time.monotonic() + RESTORE_SECONDS
    while FLEETS.get(invocation.scope, invocation.endpoint) is None and time.monotonic() < deadline:
        if _endpoint_of(invocation)["EndpointStatus"] not in ("InService", "Updating"):
            return
        time.sleep(0.05)


def _ask(invocation: Invocation, instance: Instance) -> Outcome:
    begin = time.perf_counter()
    try:
        answer = FLEETS.http.request(
            "POST",
            f"{instance.url}/invocations",
            body=invocation.body,
            headers=invocation.headers,
            timeout=INVOKE_TIMEOUT_SECONDS,
        )
        message = Message(answer.headers.get("content-type", DEFAULT_TYPE), answer.data)
        attributes = answer.headers.get(ATTRIBUTES_HEADER, "")
        return Outcome(answer.status, message, time.perf_counter() - begin, attributes)
    except urllib3.exceptions.HTTPError:
        lost = Message("text/plain", b"the container did not answer")
        return Outcome(500, lost, time.perf_counter() - begin, lost=True)


def _copy_to_shadow(invocation: Invocation, fleet: Fleet) -> None:
    """Send a share of the requests, given by the weights, to the shadow variant, without waiting for it."""
    for shadow in fleet.config.get("ShadowProductionVariants", []):
        production = fleet.config["ProductionVariants"][0]
        share = shadow.get("InitialVariantWeight", 1.0) / (production.get("InitialVariantWeight", 1.0) or 1.0)
        if random.random() < share and WAITING_COPIES.acquire(blocking=False):
            fleet.enter()  # the fleet must run until the copy has ended
            COPIES.submit(_ask_shadow, invocation, fleet, shadow["VariantName"])


def _ask_shadow(invocation: Invocation, fleet: Fleet, variant: str) -> None:
    try:
        _report(invocation, fleet, variant, _ask(invocation, fleet.next_instance(variant)), None)
    finally:
        WAITING_COPIES.release()
        fleet.leave()


def _report(
    invocation: Invocation, fleet: Fleet, variant: str, outcome: Outcome, overhead_seconds: float | None
) -> None:
    METRICS.record(
        (invocation.scope, invocation.endpoint, variant),
        status=None if outcome.lost else outcome.status,
        instances=len(fleet.variants[variant]),
        model_seconds=outcome.seconds,
        overhead_seconds=overhead_seconds,
    )
    config = fleet.config.get("DataCaptureConfig")
    if not config or not config.get("EnableCapture", True) or outcome.status >= 400:
        return
    place = fleet.capture_places.get(variant)
    if place is None:
        variants = [*fleet.config["ProductionVariants"], *fleet.config.get("ShadowProductionVariants", [])]
        members = next(found for found in variants if found["VariantName"] == variant)
        place = capture_place(invocation.cloud, invocation.scope, invocation.endpoint, fleet.config, members)
        fleet.capture_places[variant] = place
    request = Message(invocation.headers.get("content-type", DEFAULT_TYPE), invocation.body)
    inference_id = invocation.headers.get(INFERENCE_ID_HEADER, "")
    CAPTURE.record(place, config, request, outcome.message, inference_id, invocation.event_id)


def _model_error(invocation: Invocation, outcome: Outcome) -> AwsError:
    kind = "client" if outcome.status < 500 else "server"
    scope, name = invocation.scope, invocation.endpoint
    message = outcome.message.body.decode("utf-8", errors="replace")
    return AwsError(
        "ModelError",
        f'Received {kind} error ({outcome.status}) from primary with message "{message}". '
        f"See /aws/sagemaker/Endpoints/{name} in account {scope.account} for more information.",
        status=424,
        OriginalStatusCode=outcome.status,
        OriginalMessage=message,
        LogStreamArn=f"arn:aws:logs:{scope.region}:{scope.account}:log-group:/aws/sagemaker/Endpoints/{name}",
    )
