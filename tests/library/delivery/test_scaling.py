"""A change of the instance type under autoscaling: deregistered, changed, registered again, in this order.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from collections.abc import Mapping
from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks import deploy as deploy_module
from sagemaker_mlops.delivery.stacks import scaling
from sagemaker_mlops.delivery.stacks.change_set import StackRolledBack
from sagemaker_mlops.delivery.stacks.scaling import (
    ENDPOINT_CONFIG,
    NO_SCALING,
    SCALABLE_TARGET,
    ScalingPlan,
    plan_scaling,
)
from sagemaker_mlops.delivery.target import target_of
from sagemaker_mlops.environments.names import AUTOSCALING_PARAMETER, PACKAGE_PARAMETER

TARGET = target_of("production")
ON, OFF = {AUTOSCALING_PARAMETER: "on"}, {AUTOSCALING_PARAMETER: "off"}


def template(instance_type: str | None, *, scales: bool = True) -> dict[str, Any]:
    variant: dict[str, Any] = {"InstanceType": instance_type} if instance_type else {"ServerlessConfig": {}}
    config = {"Type": ENDPOINT_CONFIG, "Properties": {"ProductionVariants": [variant]}}
    target = {"Target": {"Type": SCALABLE_TARGET}} if scales else {}
    return {"Resources": {"Config": config, **target}, "Parameters": {AUTOSCALING_PARAMETER: {}} if scales else {}}


class Serving:
    """The serving stack as CloudFormation has it, and what was done to it."""

    def __init__(self, deployed: dict[str, Any], synthesized: dict[str, Any], parameters: Mapping[str, str]) -> None:
        self.deployed, self.synthesized, self.parameters = deployed, synthesized, dict(parameters)
        self.done: list[str] = []
        self.failure: Exception | None = None

    def find(self, *_: object) -> dict[str, Any]:
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        return {"StackStatus": "UPDATE_COMPLETE", "Parameters": listed}

    def change_parameters(self, given: Mapping[str, str]) -> None:
        self.done.append(f"set {given[AUTOSCALING_PARAMETER]}")
        self.parameters |= given

    def update(self) -> None:
        assert not (self.parameters.get(AUTOSCALING_PARAMETER) == "on" and self.changes_type), "AWS refuses this"
        if self.failure:
            raise self.failure
        self.done.append("update")
        self.deployed = self.synthesized
        if AUTOSCALING_PARAMETER not in self.synthesized["Parameters"]:
            self.parameters.pop(AUTOSCALING_PARAMETER, None)

    @property
    def changes_type(self) -> bool:
        return scaling.instance_type(self.deployed) != scaling.instance_type(self.synthesized)


def install(monkeypatch: pytest.MonkeyPatch, serving: Serving) -> None:
    class ParameterChange:
        def __init__(self, *_: object) -> None: ...

        def create_with_parameters(self, given: Mapping[str, str]) -> bool:
            self.given = given
            return True

        def execute(self, _: object) -> None:
            serving.change_parameters(self.given)

    class Prepared:
        def __init__(self, given: list[str]) -> None:
            self.given = given

        def is_prepared(self) -> bool:
            return True

        def touches(self, _: str) -> bool:
            return True

        def check_protected_resources(self, _: object) -> None: ...

        def execute(self, _: object) -> None:
            for word in self.given[1::2]:
                name, _, value = word.partition(":")[2].partition("=")
                if serving.parameters.get(name) != value:
                    serving.parameters[name] = value
                    serving.done.append(f"{name}={value}")
            serving.update()

    monkeypatch.setattr(scaling, "ChangeSet", ParameterChange)
    monkeypatch.setattr(scaling, "synthesized_template", lambda *_: serving.synthesized)
    monkeypatch.setattr(scaling, "deployed_template", lambda *_: serving.deployed)
    monkeypatch.setattr(scaling, "find_stack", serving.find)
    monkeypatch.setattr(deploy_module, "find_stack", serving.find)
    monkeypatch.setattr(deploy_module, "is_unchanged", lambda *_: False)
    monkeypatch.setattr(deploy_module, "_prepare", lambda _target, _capability, given: Prepared(list(given)))


def deploy(monkeypatch: pytest.MonkeyPatch, serving: Serving) -> Serving:
    install(monkeypatch, serving)
    deploy_module._deploy_stack(TARGET, "serving", lambda _: None, "", frozenset())
    return serving


SERVES = {PACKAGE_PARAMETER: "arn"}
OLD, NEW = template("ml.m5.large"), template("ml.c5.xlarge")


def test_the_endpoint_is_deregistered_while_its_instance_type_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deploy(monkeypatch, Serving(OLD, NEW, SERVES | ON)).done == ["set off", "update", "set on"]


def test_a_deployment_that_was_interrupted_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deploy(monkeypatch, Serving(OLD, NEW, SERVES | OFF)).done == ["update", "set on"]
    assert deploy(monkeypatch, Serving(NEW, NEW, SERVES | OFF)).done == ["Autoscaling=on", "update"]


def test_a_change_that_is_rolled_back_registers_the_endpoint_again(monkeypatch: pytest.MonkeyPatch) -> None:
    serving = Serving(OLD, NEW, SERVES | ON)
    serving.failure = StackRolledBack("no capacity", "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(StackRolledBack, match="no capacity"):
        deploy(monkeypatch, serving)
    assert serving.done == ["set off", "set on"]


def test_the_new_template_may_not_scale_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in (template("ml.c5.xlarge", scales=False), template(None, scales=False)):
        assert deploy(monkeypatch, Serving(OLD, wanted, SERVES | ON)).done == ["set off", "update"]


@pytest.mark.parametrize(
    ("deployed", "wanted", "parameters", "plan"),
    [
        (OLD, OLD, SERVES | ON, ScalingPlan("on", suspends=False)),
        (OLD, NEW, {PACKAGE_PARAMETER: ""} | ON, ScalingPlan("on", suspends=False)),
        (template("ml.m5.large", scales=False), NEW, SERVES, ScalingPlan("on", suspends=False)),
        (template("a", scales=False), template("b", scales=False), SERVES, NO_SCALING),
    ],
    ids=["same-type", "nothing-serves", "did-not-scale", "never-scales"],
)
def test_nothing_is_deregistered_without_need(
    monkeypatch: pytest.MonkeyPatch,
    deployed: dict[str, Any],
    wanted: dict[str, Any],
    parameters: dict[str, str],
    plan: ScalingPlan,
) -> None:
    install(monkeypatch, Serving(deployed, wanted, parameters))
    assert plan_scaling(TARGET) == plan


def test_a_stack_of_an_older_version_is_told_what_to_do_first(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Serving(OLD, NEW, SERVES))
    with pytest.raises(DeliveryError, match=r"Deploy once with instance_type: ml\.m5\.large"):
        plan_scaling(TARGET)
