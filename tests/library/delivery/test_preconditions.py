"""What keeps a version from being released, one precondition at a time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.releases import preconditions
from sagemaker_mlops.delivery.releases.preconditions import BASELINES, check_release, releasable_version
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState
from sagemaker_mlops.delivery.target import Target, target_of

TARGET = target_of("production")
GROUP = TARGET.registry.names.model_package_group
URIS = {
    kind: {name: {"S3Uri": f"s3://models/{kind}/{name}.json"} for name in names} for kind, names in BASELINES.items()
}
SMOKE_TEST = "s3://models/run/smoke_test.json"


def arn_of(number: int) -> str:
    return TARGET.registry.names.arn("sagemaker", f"model-package/{GROUP}/{number}")


def version_of(number: int, approval: str = "Approved") -> ModelVersion:
    return ModelVersion(arn_of(number), number, approval, {"lineage_uri": "s3://models/run/lineage.json"}, URIS)


class World:
    """Registry, bucket, alarms and stacks of an environment in which version 2 may replace version 1."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.versions = {arn_of(2): version_of(2)}
        self.objects = {value["S3Uri"] for named in URIS.values() for value in named.values()} | {SMOKE_TEST}
        self.firing: list[str] = []
        self.stacks = {"serving": "UPDATE_COMPLETE"}
        self.unreadable = ""
        self.target = TARGET
        for name in ("describe_version", "object_exists", "firing_guards", "find_stack"):
            monkeypatch.setattr(preconditions, name, getattr(self, name))
        monkeypatch.setattr("sagemaker_mlops.delivery.stacks.deploy.find_stack", self.find_stack)
        monkeypatch.setattr("sagemaker_mlops.delivery.stacks.state.find_stack", self.find_stack)

    def describe_version(self, target: Target, arn: str) -> ModelVersion:
        assert target == self.target
        if arn not in self.versions:
            raise DeliveryError("none")
        return self.versions[arn]

    def object_exists(self, target: Target, uri: str) -> bool:
        assert target == self.target
        if uri == self.unreadable:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")
        return uri in self.objects

    def firing_guards(self, target: Target) -> list[str]:
        assert target == self.target
        return self.firing

    def find_stack(self, target: Target, capability: str) -> Mapping[str, Any] | None:
        assert target == self.target
        status = self.stacks.get(capability)
        return {"StackStatus": status} if status else None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def check(number: int = 2, *, served: str | None = arn_of(1), parameter: str = "", rollback: bool = False) -> None:
    check_release(TARGET, version_of(number), ServingState(served, parameter, ""), rollback=rollback)


def refusal(number: int = 2, **state: Any) -> str:
    with pytest.raises(ReleaseRefused) as raised:
        check(number, **state)
    return str(raised.value)


def refused_version(arn: str, target: Target = TARGET) -> str:
    with pytest.raises(ReleaseRefused) as raised:
        releasable_version(target, arn)
    return str(raised.value)


def test_an_approved_version_of_the_registry_may_be_released(world: World) -> None:
    assert releasable_version(TARGET, arn_of(2)) == version_of(2)
    check()


def test_an_environment_that_does_not_serve_has_no_releases(world: World) -> None:
    assert refused_version(arn_of(2), target_of("dev")).startswith("dev does not serve; set serves: true")


@pytest.mark.parametrize(
    "arn",
    [
        arn_of(2).replace(GROUP, f"{GROUP}-other"),
        arn_of(2).replace(f"/{GROUP}", ""),
        arn_of(2).replace(":model-package/", ":model-package-group/"),
        "2",
    ],
)
def test_a_version_of_another_group_is_refused(world: World, arn: str) -> None:
    world.versions[arn] = version_of(2)
    assert refused_version(arn) == f"expected a version of the group {GROUP}, found {arn}. See: mlops versions"


def test_a_version_that_was_deleted_is_refused(world: World) -> None:
    assert refused_version(arn_of(3)).startswith(f"expected a version of the registry, found none at {arn_of(3)}; ")


@pytest.mark.parametrize(
    ("approval", "advice"),
    [("PendingManualApproval", f"mlops approve {arn_of(2)}"), ("Rejected", "choose another: mlops versions")],
)
def test_only_an_approved_version_is_released(world: World, approval: str, advice: str) -> None:
    world.versions[arn_of(2)] = version_of(2, approval)
    expected = f"version 2 is {approval}, only an approved one is released; {advice}"
    assert refused_version(arn_of(2)) == expected


def test_without_a_stack_that_serves_there_is_nothing_to_release_to(world: World) -> None:
    world.stacks = {"foundation": "UPDATE_COMPLETE"}
    assert refused_version(arn_of(2)).startswith(f"production has no stack {TARGET.names.stack('serving')}. ")


@pytest.mark.parametrize("served", [1, 9, 10])
def test_a_release_goes_forward_and_may_be_repeated(world: World, served: int) -> None:
    check(10, served=arn_of(served))


@pytest.mark.parametrize("served", [10, 11, 100])
def test_a_rollback_goes_back_and_may_be_repeated(world: World, served: int) -> None:
    check(10, served=arn_of(served), rollback=True)


def test_a_release_that_comes_late_changes_nothing(world: World) -> None:
    text = refusal(10, served=arn_of(11))
    assert text.startswith("version 10 is older than version 11, which serves. ")
    assert text.endswith(f"mlops release {arn_of(10)} -e production --rollback")


def test_a_rollback_to_a_newer_version_is_a_mistake(world: World) -> None:
    assert refusal(10, served=arn_of(9), rollback=True).startswith("version 10 is newer than version 9, which serves")


@pytest.mark.parametrize("served", [None, UNKNOWN])
def test_where_nobody_knows_what_serves_the_stack_says_which_version_is_older(world: World, served: str | None) -> None:
    check(2, served=served, parameter="")
    check(2, served=served, parameter=arn_of(1))
    assert "older than version 3" in refusal(2, served=served, parameter=arn_of(3))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BASELINES.items() for name in names])
def test_each_baseline_must_be_there(world: World, kind: str, name: str) -> None:
    world.objects.remove(URIS[kind][name]["S3Uri"])
    assert refusal().startswith(f"version 2 lacks {kind}.{name}, so it cannot be monitored or tested")


def test_the_records_of_the_smoke_test_must_be_there(world: World) -> None:
    world.objects.remove(SMOKE_TEST)
    assert refusal().startswith("version 2 lacks smoke-test records, so")


@pytest.mark.parametrize("baselines", [{}, {kind: {} for kind in BASELINES}, {"Bias": {"PostTrainingConstraints": {}}}])
def test_a_version_that_the_pipeline_did_not_register_lacks_all_of_them(
    world: World, baselines: dict[str, dict[str, dict[str, str]]]
) -> None:
    foreign = replace(version_of(2), baselines=baselines, metadata={})
    lacking = [f"{kind}.{name}" for kind, names in BASELINES.items() for name in names] + ["smoke-test records"]
    with pytest.raises(ReleaseRefused, match=f"^version 2 lacks {', '.join(lacking)}, so"):
        check_release(TARGET, foreign, ServingState(None, "", ""), rollback=False)


def test_a_bucket_that_cannot_be_read_is_no_missing_baseline(world: World) -> None:
    world.unreadable = SMOKE_TEST
    text = refusal()
    assert text.startswith(f"expected read access to {SMOKE_TEST}, found: ")
    assert "Forbidden" in text
    assert text.endswith("See: mlops doctor -e production")


def test_a_firing_guard_refuses_a_release_but_not_the_way_back(world: World) -> None:
    world.firing = ["server-errors", "latency"]
    text = refusal()
    assert text.startswith("server-errors and latency are in ALARM, ")
    assert "ALARM" in text
    assert "mlops release ARN -e production --rollback" in text
    check(2, served=arn_of(3), rollback=True)


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_cannot_be_changed_refuses_a_release(world: World, status: str) -> None:
    world.stacks["serving"] = status
    assert refusal().startswith(f"{TARGET.names.stack('serving')} is {status}: ")


@pytest.mark.parametrize(
    ("status", "deployed"),
    [
        ("ROLLBACK_COMPLETE", False),
        ("REVIEW_IN_PROGRESS", False),
        ("CREATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
    ],
)
def test_a_stack_that_was_never_deployed_refuses_a_release(world: World, status: str, deployed: bool) -> None:
    world.stacks["serving"] = status
    if deployed:
        check()
    else:
        expected = f"{TARGET.names.stack('serving')} is {status}: it was never deployed. "
        assert refusal().startswith(expected)


def test_a_version_of_uncommitted_code_is_released_only_where_a_setting_allows_it(world: World) -> None:
    dirty = replace(version_of(2), metadata={**version_of(2).metadata, "git_sha": f"{'a' * 40}-dirty"})
    state = ServingState(arn_of(1), "", "")
    with pytest.raises(ReleaseRefused, match=r"changes that are in no commit \(after aaaaaaaaaaaa\)"):
        check_release(TARGET, dirty, state, rollback=False)
    environment = TARGET.environment.model_copy(update={"uncommitted_code": True})
    allowed = replace(TARGET, environment=environment)
    world.target = allowed
    check_release(allowed, dirty, state, rollback=False)
