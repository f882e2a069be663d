"""Fleet: the instances of an endpoint, each an HTTP server, started as SageMaker starts the image."""

import random
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Lock

import urllib3

from localcloud.children import Child
from localcloud.cloud import Cloud
from localcloud.errors import AwsError
from localcloud.images.image_store import Image
from localcloud.log_stream import LogStream
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.data_capture import Place
from localcloud.sagemaker.models import find_model, resolved_container
from localcloud.sagemaker.operations import Members
from localcloud.sagemaker.s3_files import download_archive
from localcloud.scope import Scope, random_id

HEALTH_CHECK_SECONDS = 60.0
LONGEST_REQUEST_SECONDS = 60.0
MOST_CONNECTIONS = 256
LOOPBACK = "127.0.0.1"


class UnhealthyFleet(Exception):
    """Instance that failed its health check. The message is the endpoint's FailureReason."""


@dataclass
class Instance:
    """An HTTP server."""

    port: int
    child: Child
    logs: LogStream
    container: Container

    @property
    def url(self) -> str:
        """URL of the server."""
        return f"http://{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Stop the server and delete its files."""
        self.child.stop()
        self.logs.close()
        shutil.rmtree(self.container.root, ignore_errors=True)


@dataclass
class Fleet:
    """The instances of all variants of an endpoint configuration, including shadow variants."""

    config: Members
    variants: dict[str, list[Instance]]
    weights: dict[str, float]
    capture_places: dict[str, Place] = field(default_factory=dict)
    _turn: "count[int]" = field(default_factory=count)
    _busy: int = 0
    _changed: Condition = field(default_factory=Condition)

    @property
    def instances(self) -> list[Instance]:
        """All instances of all variants."""
        return [instance for group in self.variants.values() for instance in group]

    def choose(self, variant: str | None) -> tuple[str, Instance]:
        """Return a variant, chosen by weight unless the request names one, and its next instance.

        Raises:
            AwsError: ValidationError if there is no such variant.
        """
        if variant is None:
            variant = random.choices(list(self.weights), list(self.weights.values()))[0]
        if variant not in self.weights:
            raise AwsError("ValidationError", f"Variant {variant} was not found.")
        return variant, self.next_instance(variant)

    def next_instance(self, variant: str) -> Instance:
        """Return the next instance of a variant, round robin."""
        instances = self.variants[variant]
        return instances[next(self._turn) % len(instances)]

    def enter(self) -> None:
        """Count a request that starts. `drain` waits until it has ended."""
        with self._changed:
            self._busy += 1

    def leave(self) -> None:
        """Count a request that has ended."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait for the requests in progress, at most 60 seconds, and stop all instances."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, LONGEST_REQUEST_SECONDS)
        self.stop()

    def stop(self) -> None:
        """Stop all instances."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(Instance.stop, self.instances))


@dataclass
class Shares:
    """Split of the traffic between the old and the new fleet during an update."""

    old: Fleet
    new: Fleet
    new_percent: int = 0

    def choose(self) -> Fleet:
        """Return the fleet for a request."""
        return self.new if random.randrange(100) < self.new_percent else self.old


class Fleets:
    """The running fleets by endpoint."""

    def __init__(self) -> None:
        self._fleets: dict[tuple[Scope, str], Fleet] = {}
        self._shares: dict[tuple[Scope, str], Shares] = {}
        self._deployments: dict[tuple[Scope, str], Lock] = {}
        self._lock = Lock()
        self.http = urllib3.PoolManager(maxsize=MOST_CONNECTIONS, retries=False)

    def get(self, scope: Scope, endpoint: str) -> Fleet | None:
        """Return the fleet of an endpoint, or None."""
        with self._lock:
            return self._fleets.get((scope, endpoint))

    def deployment(self, scope: Scope, endpoint: str) -> Lock:
        """Return the lock to hold while instances of an endpoint are deployed."""
        with self._lock:
            return self._deployments.setdefault((scope, endpoint), Lock())

    def shares(self, scope: Scope, endpoint: str, new: Fleet) -> Shares:
        """Split the traffic of an endpoint between its fleet and a new one, which gets no traffic at first.

        `replace` and `end_shares` end the split.
        """
        with self._lock:
            shares = Shares(self._fleets[(scope, endpoint)], new)
            self._shares[(scope, endpoint)] = shares
            return shares

    @contextmanager
    def request(self, scope: Scope, endpoint: str) -> Iterator[Fleet | None]:
        """Provide the fleet for a request, or None. The fleet is not drained before the request has ended."""
        with self._lock:
            shares = self._shares.get((scope, endpoint))
            fleet = shares.choose() if shares else self._fleets.get((scope, endpoint))
            if fleet is not None:
                fleet.enter()
        try:
            yield fleet
        finally:
            if fleet is not None:
                fleet.leave()

    def end_shares(self, scope: Scope, endpoint: str) -> None:
        """Send all traffic to the present fleet of an endpoint again."""
        with self._lock:
            self._shares.pop((scope, endpoint), None)

    def replace(self, scope: Scope, endpoint: str, fleet: Fleet | None) -> Fleet | None:
        """Replace the fleet of an endpoint, or remove it, and return the previous one."""
        with self._lock:
            before = self._fleets.pop((scope, endpoint), None)
            self._shares.pop((scope, endpoint), None)
            if fleet is not None:
                self._fleets[(scope, endpoint)] = fleet
            return before

    def discard_all(self) -> None:
        """Stop all fleets and drop their remaining log lines, because localcloud is being reset."""
        with self._lock:
            fleets = [*self._fleets.values(), *(shares.new for shares in self._shares.values())]
            self._fleets, self._shares, self._deployments = {}, {}, {}
        for fleet in fleets:
            for instance in fleet.instances:
                instance.logs.discard()
            fleet.stop()

    def start(self, cloud: Cloud, scope: Scope, endpoint: str, config: Members) -> Fleet:
        """Start the instances of a configuration and wait until all are healthy.

        If the endpoint has a fleet, they start one after the other, because the instances share the CPU.

        Raises:
            UnhealthyFleet: if an image is missing or an instance fails its health check.
        """
        fleet = Fleet(config, {}, {})
        is_alone = self.get(scope, endpoint) is None
        try:
            starting: list[tuple[str, Instance]] = []
            for variant in [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]:
                name = variant["VariantName"]
                number = 1 if variant.get("ServerlessConfig") else variant.get("InitialInstanceCount", 1)
                for _ in range(number):
                    instance = _start_instance(cloud, scope, endpoint, variant)
                    fleet.variants.setdefault(name, []).append(instance)
                    starting.append((name, instance))
                    if not is_alone:
                        self._wait_until_healthy(cloud, name, instance)
            for name, instance in starting:
                self._wait_until_healthy(cloud, name, instance)
        except Exception:
            fleet.stop()
            raise
        fleet.weights |= {
            variant["VariantName"]: variant.get("InitialVariantWeight", 1.0) for variant in config["ProductionVariants"]
        }
        return fleet

    def _wait_until_healthy(self, cloud: Cloud, variant: str, instance: Instance) -> None:
        deadline = time.monotonic() + HEALTH_CHECK_SECONDS
        while time.monotonic() < deadline and instance.child.running and not cloud.stopping.is_set():
            try:
                if self.http.request("GET", f"{instance.url}/ping", timeout=2.0).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.03)
        raise UnhealthyFleet(
            f"The primary container for production variant {variant} did not pass the ping health check. "
            f"Please check CloudWatch logs for this endpoint.{_hint(instance)}"
        )


FLEETS = Fleets()


def _pulled(cloud: Cloud, scope: Scope, role_arn: str | None, uri: str) -> Image | None:
    """Return the image of a model as its role pulls it, or None if it was not pushed.

    Raises:
        UnhealthyFleet: if the role may not pull the image.
    """
    try:
        if role_arn:
            cloud.host.authorize_pull(scope, role_arn, uri)
    except AwsError as error:
        raise UnhealthyFleet(error.message) from None
    return cloud.images.pushed(uri)


def _start_instance(cloud: Cloud, scope: Scope, endpoint: str, variant: Members) -> Instance:
    found = find_model(cloud, scope, variant["ModelName"])
    model, role_arn = resolved_container(cloud, scope, found), found.get("ExecutionRoleArn")
    image = _pulled(cloud, scope, role_arn, model["Image"])
    if image is None:
        raise UnhealthyFleet(f"The image {model['Image']} does not exist; build and push it first.")
    instance_id = f"i-{random_id(17)}"
    port = _free_port()
    container = Container(
        image,
        cloud.directory / "endpoints" / scope.folder / endpoint / instance_id,
        arguments=["serve"],
        # On AWS each container has its own network. Here they share this machine's, so each gets a port on loopback.
        environment=cloud.host.environment(scope, role_arn)
        | model.get("Environment", {})
        | {"SAGEMAKER_BIND_TO_PORT": str(port), "BIND_HOST": LOOPBACK},
    )
    container.prepare()
    if model.get("ModelDataUrl"):
        s3 = cloud.host.client(scope, "s3", role_arn)
        download_archive(s3, model["ModelDataUrl"], container.path("/opt/ml/model"))
    logs = LogStream(
        cloud.host,
        scope,
        f"/aws/sagemaker/Endpoints/{endpoint}",
        f"{variant['VariantName']}/{instance_id}",
        cloud.directory / "logs" / f"endpoint-{endpoint}.log",
    )
    return Instance(port, container.start(logs.write), logs, container)


def _hint(instance: Instance) -> str:
    return f" NotInLocalcloud: {instance.container.hint}" if instance.container.hint else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
