"""Early validation: a change set fails if its resources have invalid properties.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html and
https://github.com/aws/aws-cdk-cli/issues/1000 (the status reason).
"""

import re
from typing import Any

from localcloud.on_ministack.known_values import Resolver
from localcloud.on_ministack.template_checks import Finding, schema_findings

REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. "
    "To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
)
CHANGE_SET_ID = re.compile(rb"<Id>([^<]+)</Id>")


def install_change_set_validation() -> None:
    """Validate each change set when it is created, and make DescribeEvents return the failures."""
    from ministack.services.cloudformation import _change_sets, _stacks, changesets, handlers, helpers

    create, describe = handlers._ACTION_HANDLERS["CreateChangeSet"], handlers._ACTION_HANDLERS["DescribeEvents"]

    def created(params: Any) -> Any:
        answer = create(params)
        found = CHANGE_SET_ID.search(answer[2]) if answer[0] == 200 else None
        if found:
            _validate(_change_sets[found[1].decode()], _stacks)
        return answer

    def described(params: Any) -> Any:
        name = helpers._p(params, "ChangeSetName")
        _, change_set = changesets._find_change_set(name, helpers._p(params, "StackName")) if name else (None, None)
        return describe({**params, "StackName": [change_set["StackId"]]} if change_set else params)

    handlers._ACTION_HANDLERS |= {"CreateChangeSet": created, "DescribeEvents": described}


def _validate(change_set: dict[str, Any], stacks: Any) -> None:
    if change_set["Status"] != "CREATE_COMPLETE" or change_set.get("_disable_validation"):
        return
    findings = _findings(change_set)
    if findings:
        change_set.update(Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=REASON)
        stacks[change_set["StackName"]]["_operation_events"] = [_event(change_set, finding) for finding in findings]


def _findings(change_set: dict[str, Any]) -> list[Finding]:
    from ministack.services.cloudformation import engine

    template, parameters = change_set["_template"], change_set["_resolved_params"]
    resources, conditions = template.get("Resources") or {}, engine._evaluate_conditions(template, parameters)
    names = (change_set["StackName"], change_set["StackId"])
    return schema_findings(resources, Resolver(resources, parameters, conditions, template.get("Mappings", {}), *names))


def _event(change_set: dict[str, Any], finding: Finding) -> dict[str, Any]:
    from ministack.services.cloudformation import stacks

    logical_id, type_name, validation, path, reason = finding
    event: dict[str, Any] = stacks._operation_event(
        change_set["StackId"],
        change_set["ChangeSetId"].rsplit("/", 1)[-1],
        "VALIDATION_ERROR",
        "CREATE_CHANGESET",
        LogicalResourceId=logical_id,
        ResourceType=type_name,
        ValidationFailureMode="FAIL",
        ValidationName=validation,
        ValidationStatus="FAILED",
        ValidationStatusReason=reason,
        ValidationPath=path,
    )
    return event
