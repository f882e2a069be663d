"""Shadow release: comparison with the served version on copied traffic, then release or refusal."""

import time
from datetime import UTC, datetime

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.monitors import SHADOW_VARIANT, VARIANT
from sagemaker_mlops.delivery.captured_requests import captured_requests
from sagemaker_mlops.delivery.endpoint_metrics import requests_and_server_errors, worst_p99_milliseconds
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused, ReleaseRolledBack, ShadowRefused
from sagemaker_mlops.delivery.registry import ModelVersion, stamp_failure, version_number
from sagemaker_mlops.delivery.releases.preconditions import check_release, releasable_version
from sagemaker_mlops.delivery.releases.release import Release, Releaser
from sagemaker_mlops.delivery.releases.serving_state import ServingState, serving_state
from sagemaker_mlops.delivery.releases.shadow_comparison import (
    MINIMUM_PAIRS,
    Comparison,
    Traffic,
    compare,
    paired_scores,
)
from sagemaker_mlops.delivery.stacks.change_set import StackRolledBack
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import SHADOW_PARAMETER
from sagemaker_mlops.environments.operations import load_operations

POLL_SECONDS, PROGRESS_INTERVAL_SECONDS = 2.0, 15.0
# Captured requests arrive in S3 later than the metrics in CloudWatch.
CAPTURE_LAG_SECONDS = 120.0
END_ATTEMPTS = 3


def shadow_release(releaser: Releaser, arn: str, *, requests: int, longest_minutes: float) -> Release:
    """Compare a version as a shadow, and release it if it passes the comparison.

    Args:
        releaser: Releaser of the environment.
        arn: Model package ARN.
        requests: Number of copied requests to compare on.
        longest_minutes: Timeout in minutes for these requests.

    Raises:
        ShadowRefused: The version failed the comparison.
        ReleaseRefused: A precondition is not met, or there were too few requests.
        ReleaseRolledBack: The shadow could not be deployed.

    The errors of `Releaser.release` are raised, too. The shadow is removed after every error.
    """
    target = releaser.target
    version = releasable_version(target, arn)
    state = serving_state(target)
    if state.served_arn == arn:
        return releaser.release(arn)
    check_release(target, version, state, rollback=False)
    _check_comparable(target, state)
    try:
        comparison = _compare_as_shadow(releaser, version, requests, longest_minutes)
        report = _write_report(target, version, state, comparison)
        _tell(releaser, comparison, report)
        if not comparison.passed:
            failed = ", ".join(finding.name for finding in comparison.findings if not finding.passed)
            stamp_failure(target, version, f"as a shadow it failed in {failed}")
            served = version_number(state.served_or_configured_arn)
            raise ShadowRefused(
                f"version {version.number} was not released: as a shadow of version {served} it failed in {failed}. "
                f"See {report}"
            )
        return releaser.release(arn)
    except BaseException:
        # Remove the shadow after every failure, because it costs as much as the version that serves.
        _end_shadow(releaser, arn)
        raise


def _tell(releaser: Releaser, comparison: Comparison, report: str) -> None:
    for finding in comparison.findings:
        verdict = "passed" if finding.passed else "FAILED"
        releaser.tell(f"  {verdict}: {finding.name}: {finding.shadow} ({finding.promised})")
    releaser.tell(f"report: {report}")


def _check_comparable(target: Target, state: ServingState) -> None:
    if state.served_arn is None:
        raise ReleaseRefused(
            f"{target.names.endpoint} does not serve yet, so a shadow has nothing to be compared with. "
            f"Release the first version without: mlops release -e {target.name}"
        )
    endpoint = target.environment.endpoint
    if endpoint.is_serverless or endpoint.captured_percent == 0:
        found = "is serverless" if endpoint.is_serverless else "captures no requests"
        raise ReleaseRefused(
            f"{target.names.endpoint} {found}, so a shadow cannot be compared; use a real-time endpoint with "
            "capture_percent above 0, or release with --no-shadow"
        )


def _compare_as_shadow(releaser: Releaser, version: ModelVersion, requests: int, longest_minutes: float) -> Comparison:
    """Deploy the version as a shadow, wait until enough requests are copied, and compare."""
    try:
        releaser.change(f"version {version.number} becomes a shadow", {SHADOW_PARAMETER: version.arn})
    except StackRolledBack as error:
        stamp_failure(releaser.target, version, str(error))
        raise ReleaseRolledBack(f"version {version.number} could not become a shadow: {error}") from None
    since = datetime.now(UTC)
    _wait_for_copies(releaser, since, requests, longest_minutes)
    return _compared(releaser.target, since, requests)


def _end_shadow(releaser: Releaser, arn: str) -> None:
    """Remove the shadow if the stack still has it.

    Guard alarms are off, so that they cannot prevent it. Other errors can, so it is tried END_ATTEMPTS times.
    """
    for attempt in range(END_ATTEMPTS):
        if serving_state(releaser.target).shadow_parameter != arn:
            return
        try:
            releaser.change("the shadow ends", {SHADOW_PARAMETER: ""}, guarded=False)
        except DeliveryError as error:
            releaser.tell(f"attempt {attempt + 1} of {END_ATTEMPTS} to end the shadow failed: {error}")
            time.sleep(PROGRESS_INTERVAL_SECONDS)
    served = serving_state(releaser.target)
    if served.shadow_parameter == arn:
        releaser.tell(
            "the shadow is still there, and costs money. Release the version that serves, which ends it: "
            f"mlops release {served.served_arn} -e {releaser.target.name}"
        )


def _wait_for_copies(releaser: Releaser, since: datetime, requests: int, longest_minutes: float) -> None:
    begin = told = time.monotonic()
    while (copied := requests_and_server_errors(releaser.target, SHADOW_VARIANT, since)[0]) < requests:
        now = time.monotonic()
        if now - begin > longest_minutes * 60:
            raise ReleaseRefused(
                f"expected {requests:,} copied requests in {longest_minutes:g} minutes, found {copied:,.0f}. "
                f"Send some: mlops traffic send -e {releaser.target.name}; or wait longer: --minutes ..."
            )
        if now - told > PROGRESS_INTERVAL_SECONDS:
            told = now
            releaser.tell(f"  the shadow answered {copied:,.0f} of {requests:,} requests")
        time.sleep(POLL_SECONDS)
    releaser.tell(f"  the shadow answered {copied:,.0f} requests")


def _compared(target: Target, since: datetime, requests: int) -> Comparison:
    contract = load_contract()
    serving, shadow = (_traffic(target, variant, since) for variant in (VARIANT, SHADOW_VARIANT))
    deadline = time.monotonic() + CAPTURE_LAG_SECONDS
    # Each variant is sampled independently, so a pair is captured with the squared share. Half of that is enough.
    captured_share = target.environment.endpoint.captured_percent / 100
    enough = max(MINIMUM_PAIRS, requests * captured_share**2 / 2)
    while True:
        captured = [captured_requests(target, variant, since) for variant in (VARIANT, SHADOW_VARIANT)]
        scores = paired_scores(*captured)
        pairs = len(scores[0]) // max(1, len(contract.outcome_categories))
        is_enough = pairs >= enough or shadow.server_errors >= shadow.requests
        if is_enough or time.monotonic() > deadline:
            return compare(serving, shadow, scores, contract, load_operations().rollout.shadow, requests)
        time.sleep(POLL_SECONDS)


def _traffic(target: Target, variant: str, since: datetime) -> Traffic:
    requests, server_errors = requests_and_server_errors(target, variant, since)
    return Traffic(requests, server_errors, worst_p99_milliseconds(target, variant, since))


def _write_report(target: Target, version: ModelVersion, state: ServingState, comparison: Comparison) -> str:
    from sagemaker_mlops.delivery.report.shadow import (
        write_shadow_report,  # imported here because matplotlib is slow to import
    )

    return str(write_shadow_report(target.names.endpoint, version, str(state.served_arn), comparison))
