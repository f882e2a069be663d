"""Evaluation of the Conditions section of a template.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
"""

from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.template_references import TemplateRefused

Resolve = Callable[[Any], Any]


def evaluate_conditions(definitions: dict[str, Any], resolve: Resolve) -> dict[str, bool]:
    """Return the value of every condition.

    Args:
        definitions: the Conditions section of a template.
        resolve: function that returns the value of an intrinsic function, such as Ref.

    Raises:
        TemplateRefused: if a condition refers to an undefined condition.
    """
    return {name: _holds(definition, definitions, resolve) for name, definition in definitions.items()}


def _holds(expression: Any, definitions: dict[str, Any], resolve: Resolve) -> bool:
    def holds(part: Any) -> bool:
        return _holds(part, definitions, resolve)

    if not isinstance(expression, dict) or len(expression) != 1:
        return bool(expression)
    function, arguments = next(iter(expression.items()))
    if function == "Fn::Equals":
        left, right = (resolve(argument) for argument in arguments)
        return str(left) == str(right)
    if function == "Condition":
        if arguments not in definitions:
            where = "in the Conditions block of the template"
            raise TemplateRefused(f"Template format error: Unresolved condition dependency {arguments} {where}")
        return holds(definitions[arguments])
    if function == "Fn::Not":
        return not holds(arguments[0])
    if function in ("Fn::And", "Fn::Or"):
        return (all if function == "Fn::And" else any)(holds(argument) for argument in arguments)
    return str(resolve(expression)).lower() == "true"
