"""Deployment of an endpoint configuration: start the new fleet, shift the traffic, end the old fleet."""

import shutil
import time
from pathlib import Path
from threading import Lock, Thread

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud import Cloud
from localcloud.instance import STARTING_ENDPOINTS
from localcloud.sagemaker.endpoint_configs import CONFIG
from localcloud.sagemaker.endpoint_record import KIND, find_endpoint, note_progress, serving_summaries, set_status
from localcloud.sagemaker.fleet import FLEETS, Fleet
from localcloud.sagemaker.operations import Members
from localcloud.sagemaker.rollout import Rollout, shift_traffic
from localcloud.scope import Scope

# Instances share the CPU, so new ones slow down those in service while they start. Check the alarms only after that.
SETTLE_SECONDS = 4.0
START_SECONDS = 20.0


def serve(cloud: Cloud, scope: Scope, name: str, config: Members, rollout: Rollout | None = None) -> None:
    """Start a fleet and shift the traffic to it. If an update fails, the old fleet remains in service."""
    with FLEETS.deployment(scope, name):
        _serve(cloud, scope, name, config, rollout)


def _serve(cloud: Cloud, scope: Scope, name: str, config: Members, rollout: Rollout | None = None) -> None:
    endpoint = find_endpoint(cloud, scope, name)
    fleet: Fleet | None = None
    try:
        summaries = serving_summaries(cloud, scope, config)
        note_progress(cloud, scope, endpoint, config, "Creating", "The new fleet starts")
        fleet = FLEETS.start(cloud, scope, name, config)
        if rollout is not None and FLEETS.get(scope, name) is not None:
            _roll_out(cloud, scope, endpoint, fleet, rollout)
    except Exception as error:
        _keep_the_old(cloud, scope, endpoint, fleet, error)
        return
    _switch(cloud, scope, endpoint | summaries, fleet, rollout)


def _roll_out(cloud: Cloud, scope: Scope, endpoint: Members, fleet: Fleet, rollout: Rollout) -> None:
    if rollout.alarms:
        cloud.stopping.wait(SETTLE_SECONDS)

    def tell(percent: int) -> None:
        message = f"{percent} percent of the traffic go to the new fleet"
        note_progress(cloud, scope, endpoint, fleet.config, "Baking", message)

    shift_traffic(cloud, scope, FLEETS.shares(scope, endpoint["EndpointName"], fleet), rollout, tell)


def _is_gone(cloud: Cloud, scope: Scope, endpoint: Members) -> bool:
    """Return True if localcloud was reset or the endpoint deleted during its deployment."""
    found = cloud.store.get(scope, KIND, endpoint["EndpointName"])
    return found is None or found["CreationTime"] != endpoint["CreationTime"]


def _keep_the_old(cloud: Cloud, scope: Scope, endpoint: Members, fleet: Fleet | None, error: Exception) -> None:
    FLEETS.end_shares(scope, endpoint["EndpointName"])
    if fleet is not None:
        fleet.drain()
    old = FLEETS.get(scope, endpoint["EndpointName"])
    endpoint["FailureReason"] = str(error)
    if not cloud.stopping.is_set():
        set_status(cloud, scope, endpoint, "InService" if old else "Failed")


def _switch(cloud: Cloud, scope: Scope, endpoint: Members, fleet: Fleet, rollout: Rollout | None) -> None:
    """Send all traffic to the new fleet, and end the old one after its termination wait.

    The old fleet completes the requests that are in progress.
    """
    if _is_gone(cloud, scope, endpoint):
        fleet.stop()
        return
    endpoint.pop("FailureReason", None)
    endpoint["EndpointConfigName"] = fleet.config["EndpointConfigName"]
    before = FLEETS.replace(scope, endpoint["EndpointName"], fleet)
    if before is not None:
        note_progress(cloud, scope, endpoint, fleet.config, "Updating", "The old fleet waits for its end")
        cloud.clock.wait(rollout.termination_wait_seconds if rollout else 0.0, cloud.stopping)
        before.drain()
    set_status(cloud, scope, endpoint, "InService")


def serve_again(cloud: Cloud) -> None:
    """Restart the fleets of all endpoints that have not failed, after a restart of localcloud."""
    shutil.rmtree(cloud.directory / "endpoints", ignore_errors=True)
    deployments: list[Lock] = []
    for scope, name, endpoint in list(cloud.store.everywhere(KIND)):
        if endpoint["EndpointStatus"] == "Failed":
            continue
        # The configuration may have been deleted. The endpoint has a copy of the one that it uses.
        config = endpoint.get("Serves") or cloud.store.get(scope, CONFIG, endpoint["EndpointConfigName"])
        if config is None:
            endpoint["FailureReason"] = (
                "localcloud was stopped while the endpoint was created, and its configuration is gone"
            )
            set_status(cloud, scope, endpoint, "Failed")
            continue
        # An update that is requested now waits until the fleet that it replaces is in service again.
        deployment = FLEETS.deployment(scope, name)
        deployment.acquire()
        deployments.append(deployment)
        cloud.host.start_thread(scope, _serve_once_up, cloud, scope, endpoint, config, deployment)

    marker = cloud.directory / STARTING_ENDPOINTS
    marker.touch()
    Thread(target=_remove_once_done, args=(marker, deployments), daemon=True).start()


def _remove_once_done(marker: Path, deployments: list[Lock]) -> None:
    """Delete the file that makes `localcloud up` wait, once all endpoints have started or failed."""
    for deployment in deployments:
        with deployment:
            pass
    marker.unlink(missing_ok=True)


def _serve_once_up(cloud: Cloud, scope: Scope, endpoint: Members, config: Members, deployment: Lock) -> None:
    try:
        _wait_until_up(cloud, scope)
        if endpoint["EndpointStatus"] == "InService":
            _start_again(cloud, scope, endpoint, config)
        else:
            _serve(cloud, scope, endpoint["EndpointName"], config)
    finally:
        deployment.release()


def _start_again(cloud: Cloud, scope: Scope, endpoint: Members, config: Members) -> None:
    """Start the fleet of an endpoint that is in service. Its record changes only if that fails."""
    try:
        fleet = FLEETS.start(cloud, scope, endpoint["EndpointName"], config)
    except Exception as error:
        _keep_the_old(cloud, scope, endpoint, None, error)
        return
    if _is_gone(cloud, scope, endpoint):
        fleet.stop()
    else:
        FLEETS.replace(scope, endpoint["EndpointName"], fleet)


def _wait_until_up(cloud: Cloud, scope: Scope) -> None:
    """Wait until the host responds. Roles and buckets exist only after it has read its state."""
    deadline = time.monotonic() + START_SECONDS
    while not cloud.stopping.is_set() and time.monotonic() < deadline:
        try:
            cloud.host.client(scope, "sts").get_caller_identity()
            break
        except (ClientError, BotoCoreError):
            time.sleep(0.1)


def stop_fleets(cloud: Cloud) -> None:
    """Stop all instances. The records of the endpoints remain."""
    for scope, name, _ in list(cloud.store.everywhere(KIND)):
        fleet = FLEETS.replace(scope, name, None)
        if fleet is not None:
            fleet.stop()
