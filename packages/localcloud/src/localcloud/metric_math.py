"""Metric math of alarms: numbers, ids, + - * /, FILL(id, number), and MAX or SUM of a list. No I/O.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping

from localcloud.errors import NotInLocalcloud

Series = Mapping[int, float]
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
OF_LISTS: dict[str, Callable[[list[float]], float]] = {"MAX": max, "SUM": sum}


def evaluate_expression(expression: str, metrics: Mapping[str, Series]) -> dict[int, float]:
    """Return the values of an expression by age in periods.

    A period is included if at least one metric has a value in it and the expression has a value for it.

    Raises:
        NotInLocalcloud: for an expression that localcloud does not support.
    """
    tree = ast.parse(expression, mode="eval").body
    ages = {age for series in metrics.values() for age in series}
    found = {age: _value(tree, {name: series.get(age) for name, series in metrics.items()}) for age in ages}
    return {age: value for age, value in found.items() if value is not None}


def _value(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return _calculated(OPERATORS[type(node.op)], _value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id, node.args, values)
    raise NotInLocalcloud(f"{ast.unparse(node)!r} in metric math")


def _calculated(function: Callable[[float, float], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (function is operator.truediv and right == 0):
        return None
    return function(left, right)


def _called(name: str, arguments: list[ast.expr], values: Mapping[str, float | None]) -> float | None:
    if name == "FILL" and len(arguments) == 2:
        value = _value(arguments[0], values)
        return _value(arguments[1], values) if value is None else value
    if name in OF_LISTS and len(arguments) == 1 and isinstance(arguments[0], ast.List):
        found = [_value(element, values) for element in arguments[0].elts]
        present = [value for value in found if value is not None]
        return OF_LISTS[name](present) if present else None
    raise NotInLocalcloud(f"{name} in metric math")
