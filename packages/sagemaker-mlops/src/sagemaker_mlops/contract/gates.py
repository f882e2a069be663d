"""Registration gates: checks of an evaluated model against the contract.

Every gate reports the limit in the contract, the measured value, and what to do if the gate failed.
"""

from dataclasses import asdict, dataclass
from typing import Any, cast

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import EvaluationDocument, GateDocument
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, FairnessLimit, MetricLimit

RATES_OF_POSITIVES, RATES_OF_NEGATIVES = frozenset({"true_positive_rate"}), frozenset({"false_positive_rate"})


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
        *(gate for limit in contract.fairness.limits for gate in _fairness_gates(limit, contract, evaluation)),
        _latency_gate(contract, evaluation),
    ]


def refusal(gates: list[Gate]) -> str:
    """Return one line that describes every failed gate, or an empty string if all gates passed."""
    return "; ".join(str(gate) for gate in gates if not gate.passed)


def _floor_gate(limit: MetricLimit, evaluation: EvaluationDocument) -> Gate:
    measured = evaluation["metrics"][limit.metric]
    value = measured["value"]
    if limit.minimum is not None:
        passed, promised = value >= limit.minimum, f"at least {limit.minimum:g}"
    else:
        assert limit.maximum is not None  # MetricLimit requires exactly one bound
        passed, promised = value <= limit.maximum, f"at most {limit.maximum:g}"
    return Gate(
        f"floor {limit.metric}",
        passed,
        promised,
        f"{value:.3f} ({measured['low']:.3f} to {measured['high']:.3f})",
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
    measured = (
        f"challenger minus champion {difference['value']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f})"
    )
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


def _fairness_gates(limit: FairnessLimit, contract: Contract, evaluation: EvaluationDocument) -> list[Gate]:
    gates = []
    measured = {(entry["feature"], entry["rate"]): entry for entry in evaluation["fairness"]["differences"]}
    for feature in contract.fairness.groups:
        difference = measured.get((feature, limit.rate))
        promised = f"groups differ by at most {limit.maximum_difference:g}"
        if difference is None:
            why = "nothing: fewer than two groups are large enough to be judged"
            advice = "Train on more rows, or lower fairness.minimum_rows and minimum_positives in the contract"
            gates.append(Gate(f"fairness {limit.rate} by {feature}", False, promised, why, advice))
            continue
        lowest, highest = difference["between"]
        gates.append(
            Gate(
                f"fairness {limit.rate} by {difference['feature']}",
                difference["difference"] <= limit.maximum_difference,
                promised,
                f"{difference['difference']:.3f} between {feature} {lowest} and {highest}",
                "Look at the group table of the report; collect more rows of the weaker group",
            )
        )
    return gates


def is_judged(group: dict[str, Any], rate: str, contract: Contract) -> bool:
    """Return True if a fairness group is large enough to judge a rate.

    A group needs `fairness.minimum_rows` rows, and `fairness.minimum_positives` rows that the rate counts: positives
    for the true positive rate, negatives for the false positive rate, all rows for the other rates.

    Args:
        group: an entry of the group rates in `evaluation.json`, with `rows` and `positives`.
        rate: name of the rate.
        contract: the contract with the fairness settings.
    """
    fairness, counted = contract.fairness, group["rows"]
    if rate in RATES_OF_POSITIVES:
        counted = group["positives"]
    elif rate in RATES_OF_NEGATIVES:
        counted = group["rows"] - group["positives"]
    return bool(group["rows"] >= fairness.minimum_rows and counted >= fairness.minimum_positives)


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
