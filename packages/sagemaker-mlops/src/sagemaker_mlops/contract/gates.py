"""Registration gates: checks of an evaluated model against the contract.

Every gate reports the limit in the contract, the measured value, and what to do if the gate failed.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import EvaluationDocument, GateDocument
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, FairnessLimit, FairnessRate, MetricLimit
from sagemaker_mlops.contract.values import shown, shown_difference

RATES_OF_POSITIVES, RATES_OF_NEGATIVES = frozenset({"true_positive_rate"}), frozenset({"false_positive_rate"})
RATES_OF_CATEGORIES = RATES_OF_POSITIVES | RATES_OF_NEGATIVES | {"selection_rate"}
OF = " of "  # between a rate and the category of the label that it is about


@dataclass(frozen=True)
class Gate:
    """Outcome of one gate: the contract's limit, the measured value, and what to do if the gate failed."""

    name: str
    passed: bool
    promised: str
    measured: str
    advice: str = ""

    def as_dict(self) -> GateDocument:
        """Return the gate as JSON-serializable values."""
        return cast(GateDocument, asdict(self))

    def __str__(self) -> str:
        outcome = "passed" if self.passed else "FAILED"
        advice = f". {self.advice}" if self.advice and not self.passed else ""
        return f"{self.name}: {outcome}, promised {self.promised}, measured {self.measured}{advice}"


def registration_gates(contract: Contract, evaluation: EvaluationDocument) -> list[Gate]:
    """Return the outcome of every gate that a model must pass before it is registered.

    Args:
        contract: the contract that sets the limits.
        evaluation: the content of `evaluation.json`, as EvaluateModel writes it.

    Returns:
        One gate for each registration floor, one for the comparison with the champion, one for each fairness limit
        and group feature, and one for the latency.
    """
    return [
        *(_floor_gate(limit, evaluation) for limit in contract.gates.registration),
        _champion_gate(contract, evaluation),
        *(_fairness_gate(feature, limit, contract, evaluation) for feature, limit in limited_groups(contract)),
        _latency_gate(contract, evaluation),
    ]


def refusal(gates: list[Gate]) -> str:
    """Return one line that describes every failed gate, or an empty string if all gates passed."""
    return "; ".join(str(gate) for gate in gates if not gate.passed)


def _floor_gate(limit: MetricLimit, evaluation: EvaluationDocument) -> Gate:
    measured = evaluation["metrics"][limit.metric]
    value = measured["value"]
    if limit.minimum is not None:
        passed = value >= limit.minimum
    else:
        assert limit.maximum is not None  # MetricLimit requires exactly one bound
        passed = value <= limit.maximum
    return Gate(
        f"floor {limit.metric}",
        passed,
        limit.bound,
        f"{shown(value)} ({shown(measured['low'])} to {shown(measured['high'])})",
        "Look for a changed data source or tune the model; change the floor only with the contract's owner",
    )


def _champion_gate(contract: Contract, evaluation: EvaluationDocument) -> Gate:
    rule, champion = contract.champion, evaluation["champion"]
    name = f"champion {rule.metric}"
    if champion is None:
        return Gate(name, True, "no champion serves yet", "first version")
    difference = champion["difference"]
    sign = -1.0 if rule.metric in LOWER_IS_BETTER else 1.0
    gains = sorted((sign * difference["low"], sign * difference["high"]))
    gain = sign * difference["value"]
    low, high = shown_difference(difference["low"]), shown_difference(difference["high"])
    measured = f"challenger minus champion {shown_difference(difference['value'])} ({low} to {high})"
    if rule.rule == "better":
        passed, promised = gains[0] > 0, "significantly better than the champion"
    else:
        passed = gains[1] >= 0 and gain >= -rule.maximum_loss
        promised = f"not significantly worse than the champion, loss at most {rule.maximum_loss:g}"
        if gains[1] < 0:
            measured += ", significantly worse"
        elif not passed:
            measured += f", a loss above {rule.maximum_loss:g}"
    return Gate(name, passed, promised, measured, "The champion stays; train on more or newer data")


def _fairness_gate(feature: str, limit: FairnessLimit, contract: Contract, evaluation: EvaluationDocument) -> Gate:
    keys = rate_keys(limit.rate, contract)
    measured = [
        entry
        for entry in evaluation["fairness"]["differences"]
        if entry["feature"] == feature and entry["rate"] in keys
    ]
    difference = max(measured, key=lambda entry: entry["difference"], default=None)
    name, promised = f"fairness {limit.rate} by {feature}", f"groups differ by at most {limit.maximum_difference:g}"
    if difference is None:
        why = "nothing: fewer than two groups are large enough to be judged"
        advice = "Train on more rows, or lower fairness.minimum_rows and minimum_positives in the contract"
        return Gate(name, False, promised, why, advice)
    lowest, highest = difference["between"]
    detectable = f"; detectable: {shown(difference['detectable'])} or more" if "detectable" in difference else ""
    return Gate(
        name,
        difference["difference"] <= limit.maximum_difference,
        promised,
        f"{shown(difference['difference'])}{_of_category(difference['rate'])} "
        f"between {feature} {lowest} and {highest}{detectable}",
        "Look at the group table of the report; collect more rows of the weaker group",
    )


def limited_groups(contract: Contract) -> Iterator[tuple[str, FairnessLimit]]:
    """Yield each column of fairness with each limit that is for it: its own one of a rate, or that of all columns."""
    for limit in contract.fairness.limits:
        for feature in contract.fairness.groups:
            own = any(feature in other.groups and other.rate == limit.rate for other in contract.fairness.limits)
            if feature in limit.groups or (not limit.groups and not own):
                yield feature, limit


def limited_keys(feature: str, contract: Contract) -> list[str]:
    """Return the keys of the rates that a column of fairness has limits for, each once."""
    return [
        key for name, limit in limited_groups(contract) if name == feature for key in rate_keys(limit.rate, contract)
    ]


def rate_keys(rate: FairnessRate, contract: Contract) -> tuple[str, ...]:
    """Return the keys of a rate in the groups: the rate itself, or one for each category of the label."""
    if rate in RATES_OF_CATEGORIES and contract.outcome_categories:
        return tuple(f"{rate}{OF}{category}" for category in contract.outcome_categories)
    return (rate,)


def _of_category(key: str) -> str:
    _, of, category = key.partition(OF)
    return f"{of}{category}"


def rows_of_rate(group: dict[str, Any], key: str) -> int:
    """Return the number of a group's rows that a rate is about.

    These are positives for the true positive rate, negatives for the false positive rate, all rows for other rates. For
    the rate of a category, its rows are the positives.

    Args:
        group: an entry of the group rates in `evaluation.json`.
        key: a key of `rate_keys`.
    """
    rate, of, category = key.partition(OF)
    if rate not in RATES_OF_POSITIVES | RATES_OF_NEGATIVES:
        return int(group["rows"])
    positives = int(group["rows_by_category"][category] if of else group["positives"])
    return positives if rate in RATES_OF_POSITIVES else int(group["rows"]) - positives


def is_judged(group: dict[str, Any], key: str, contract: Contract) -> bool:
    """Return True if a fairness group is large enough to judge a rate.

    A group needs `fairness.minimum_rows` rows, and `fairness.minimum_positives` rows that the rate is about.

    Args:
        group: an entry of the group rates in `evaluation.json`.
        key: a key of `rate_keys`.
        contract: the contract with the fairness settings.
    """
    fairness = contract.fairness
    return group["rows"] >= fairness.minimum_rows and rows_of_rate(group, key) >= fairness.minimum_positives


def _latency_gate(contract: Contract, evaluation: EvaluationDocument) -> Gate:
    p99_milliseconds = evaluation["latency_milliseconds"]["p99"]
    limit = contract.latency.p99_milliseconds
    return Gate(
        "latency",
        p99_milliseconds <= limit,
        f"99 of 100 predictions within {limit:g} ms",
        f"{p99_milliseconds:.2f} ms",
        "Use fewer trees or a larger instance type",
    )
