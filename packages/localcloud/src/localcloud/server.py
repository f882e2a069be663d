"""The server process: `python -m localcloud.server --state DIR --port N`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from localcloud.clock import Clock
from localcloud.cloud import CLOSABLE, Cloud
from localcloud.github.service import GitHub
from localcloud.github.stand_in import stand_in
from localcloud.github.web import with_github
from localcloud.on_ministack import host as ministack_host
from localcloud.on_ministack import retention
from localcloud.on_ministack.identity import Identity, install_identity

# An orderly end saves as well. Saving writes the whole state, so each second less between two costs a busy cloud.
SAVE_EVERY_SECONDS = 30.0
# Saving holds the interpreter lock. Limit its share of the time, so that it does not add to the latency of endpoints.
MOST_SAVING = 0.05
HARD_END_SECONDS = 8.0


def main() -> int:
    """Serve until SIGTERM, SIGINT, SIGHUP, or, with --lifeline, until standard input is closed."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--time-scale", type=float, default=1.0, help="divide every wait of the cloud by this")
    parser.add_argument("--iam", action="store_true", help="enforce IAM policies")
    parser.add_argument("--closed", action="append", default=[], choices=CLOSABLE, help="services closed to newcomers")
    parser.add_argument("--job-env", action="append", default=[], help="NAME=VALUE for workflows with credentials")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    outside = dict(os.environ)  # before ministack's settings are added
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    directory = arguments.state.resolve()
    ministack_host.configure(arguments.port, directory, iam=arguments.iam)
    directory.mkdir(parents=True, exist_ok=True)
    host = ministack_host.MinistackHost(arguments.port, Identity(directory, arguments.iam))
    cloud = Cloud(directory, host, Clock(arguments.time_scale), frozenset(arguments.closed))
    github = stand_in(cloud, host.url, dict(word.split("=", 1) for word in arguments.job_env), outside)
    asyncio.run(_serve(cloud, host, github, arguments.port, arguments.lifeline))
    sys.stdout.flush()
    # Threads of ministack that wait for a Lambda function or a custom resource would keep the process alive for
    # minutes.
    os._exit(0)


async def _serve(cloud: Cloud, host: ministack_host.MinistackHost, github: GitHub, port: int, lifeline: bool) -> None:
    from localcloud.application_autoscaling import service as autoscaling
    from localcloud.on_ministack.install import install
    from localcloud.sagemaker import (
        deployment,
        invocation,
        jobs,
        monitoring,
        monitoring_executions,
        processing_jobs,
        training_jobs,
    )
    from localcloud.sagemaker.http import TARGET_PREFIX, handle
    from localcloud.sagemaker.operations import service_model
    from localcloud.sagemaker.pipelines.execution import mark_lost_executions

    for kind in (processing_jobs.KIND, training_jobs.KIND):
        jobs.mark_lost_jobs(cloud, kind)
    mark_lost_executions(cloud)
    monitoring.settle_schedules(cloud)
    install(cloud)
    install_identity(host.identity)
    ministack_host.add_service("sagemaker", TARGET_PREFIX, partial(handle, cloud), partial(_reset, cloud))
    # Application Auto Scaling stores its state in SageMaker's store, which the reset of SageMaker clears.
    ministack_host.add_service(
        autoscaling.NAME, autoscaling.TARGET_PREFIX, partial(autoscaling.handle, cloud), lambda: None
    )
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if lifeline:
        Thread(target=_watch_lifeline, args=(loop, stop), daemon=True).start()
    server = ministack_host.serve(port, stop.wait(), partial(with_github, github=github))
    saving = asyncio.create_task(_save_regularly())
    Thread(target=service_model, daemon=True).start()  # takes half a second, before the first request needs it
    deployment.serve_again(cloud)
    Thread(target=invocation.report_regularly, args=(cloud,), daemon=True).start()
    Thread(target=monitoring_executions.run_schedules, args=(cloud,), daemon=True).start()
    github.runner.start()
    stopped = asyncio.create_task(stop.wait())
    either: list[asyncio.Future[Any]] = [stopped, server]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if server.done() and server.exception() is not None:
        logging.getLogger("localcloud").error("cannot serve: %s", server.exception())
        os._exit(1)
    Thread(target=_end_hard, daemon=True).start()
    saving.cancel()
    cloud.stopping.set()
    await asyncio.to_thread(deployment.stop_fleets, cloud)
    await server


def _reset(cloud: Cloud) -> None:
    """Delete all resources and stop everything that runs.

    ministack does not respond during a reset, so nothing here may call it over HTTP.
    """
    from localcloud.sagemaker import jobs
    from localcloud.sagemaker.fleet import FLEETS
    from localcloud.sagemaker.pipelines import api

    cloud.store.clear()
    api.stop_everything()
    jobs.stop_everything()
    FLEETS.discard_all()


def _watch_lifeline(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 1024):
        pass
    loop.call_soon_threadsafe(stop.set)


async def _save_regularly() -> None:
    pause_seconds = SAVE_EVERY_SECONDS
    while True:
        await asyncio.sleep(pause_seconds)
        started = time.monotonic()
        await asyncio.to_thread(retention.drop_oldest)
        await asyncio.to_thread(ministack_host.save_state)
        pause_seconds = max(SAVE_EVERY_SECONDS, (time.monotonic() - started) / MOST_SAVING)


def _end_hard() -> None:
    """End the process after eight seconds, even if a part of it hangs.

    Child processes end through their lifelines.
    """
    time.sleep(HARD_END_SECONDS)
    ministack_host.save_state()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
