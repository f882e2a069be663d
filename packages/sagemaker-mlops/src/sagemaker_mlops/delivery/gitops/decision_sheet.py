"""Decision sheet: the Markdown body of the pull request in which a reviewer decides about a version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.contract.compare import compare_contracts
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import (
    EvaluationDocument,
    GateDocument,
    IntervalDocument,
    LineageDocument,
    described_outcomes,
)
from sagemaker_mlops.contract.values import shown, shown_difference
from sagemaker_mlops.delivery.gitops.decision import number_of
from sagemaker_mlops.delivery.gitops.evaluation_record import EvaluationRecord
from sagemaker_mlops.delivery.registry import NONE, ModelVersion

MOST_METRICS = 5
SHOWN_SHIFTS = 5
SHORT = 12
NUMBER = "--:"


@dataclass(frozen=True)
class Check:
    """Name, result and message of one staging test."""

    name: str
    passed: bool
    said: str


def decision_sheet(
    version: ModelVersion,
    record: EvaluationRecord,
    checks: Sequence[Check],
    *,
    environment: str,
    recorded_arn: str,
    run_url: str,
    served_contract: Contract | None = None,
) -> str:
    """Return the decision sheet of a version as Markdown.

    Args:
        version: The version to decide about.
        record: Documents that its training wrote.
        checks: Results of the staging tests.
        environment: Environment that would serve the version.
        recorded_arn: ARN that git records for that environment now, or `none`.
        run_url: URL of the workflow run that has the HTML report as an artifact; may be empty.
        served_contract: Contract of the version that git records now, if it is known.
    """
    present = f"version {number_of(recorded_arn)}" if recorded_arn != NONE else "nothing"
    report = f"\nThe training's report is the artefact of [this run]({run_url})." if run_url else ""
    parts = [
        f"**Merging this lets `{environment}` serve version {version.number}** in the place of {present}. "
        f"It was trained because of: {version.metadata.get('trigger', 'unknown')}.{report}",
        _metrics(record.evaluation),
        _gates(record.gates),
        _contract(record, served_contract),
        _fairness(record.evaluation),
        _drift(record.validation),
        _staging(checks),
        _lineage(version, record.lineage),
        "Closing it without merging keeps the served version. Rejecting the version in the registry closes it, too.\n\n"
        f"`{version.arn}`",
    ]
    return "\n\n".join(parts) + "\n"


def _metrics(evaluation: EvaluationDocument) -> str:
    champion = evaluation["champion"]
    beside = champion["metrics"] if champion else {}
    rows = [
        (name.replace("_", " "), _interval(evaluation["metrics"][name]), _interval(beside.get(name)))
        for name in list(evaluation["metrics"])[:MOST_METRICS]
    ]
    latency = evaluation["latency_milliseconds"]
    said = f"{evaluation['rows']:,} hold-out rows: {described_outcomes(evaluation)}."
    if champion:
        difference = champion["difference"]
        said += (
            f" Challenger minus champion, {difference['metric'].replace('_', ' ')}, on the same rows: "
            f"**{shown_difference(difference['value'])}** "
            f"({shown_difference(difference['low'])} to {shown_difference(difference['high'])})."
        )
    said += f" One prediction takes {latency['p99']:.2f} ms (99 of 100)."
    return f"## Challenger and champion\n\n{said}\n\n" + _table(
        ("metric", f"challenger ({evaluation['confidence']:.0%} interval)", "champion"), rows, ("", NUMBER, NUMBER)
    )


def _interval(measured: IntervalDocument | None) -> str:
    if measured is None:
        return "none"
    return f"{shown(measured['value'])} ({shown(measured['low'])} to {shown(measured['high'])})"


def _gates(gates: Sequence[GateDocument]) -> str:
    rows = [(_mark(gate["passed"]), gate["name"], gate["promised"], gate["measured"]) for gate in gates]
    return "## Gates\n\n" + _table(("", "gate", "promised", "measured"), rows)


def _contract(record: EvaluationRecord, served: Contract | None) -> str:
    head = "## Contract\n\n"
    if served is None or record.contract is None:
        return f"{head}There is no contract of a served version to compare with."
    changes = compare_contracts(served, Contract.model_validate(record.contract))
    if not changes:
        return f"{head}The same as that of the served version."
    rows = [(change.about, change.text, " and ".join(change.breaks) or "nobody") for change in changes]
    return head + _table(("about", "change", "breaks"), rows)


def _fairness(evaluation: EvaluationDocument) -> str:
    rates = list(dict.fromkeys(difference["rate"] for difference in evaluation["fairness"]["differences"]))
    rows = [
        (group["feature"], group["group"], f"{group['rows']:,}", *(shown(group[rate]) for rate in rates))
        for group in evaluation["fairness"]["groups"]
    ]
    head = ("feature", "group", "rows", *(rate.replace("_", " ") for rate in rates))
    return "## Fairness\n\n" + _table(head, rows, ("", "", *([NUMBER] * (1 + len(rates)))))


def _drift(validation: Mapping[str, Any]) -> str:
    shifts = sorted(validation.get("shifts", []), key=lambda shift: -float(shift["distance"]))[:SHOWN_SHIFTS]
    if not shifts:
        return "## Drift of the training data\n\nThere is no champion to compare the data with."
    rows = [(shift["name"], f"{shift['distance']:.3f}") for shift in shifts]
    said = "Distance from the champion's training data; the largest ones."
    return f"## Drift of the training data\n\n{said}\n\n" + _table(("feature", "distance"), rows, ("", NUMBER))


def _staging(checks: Sequence[Check]) -> str:
    rows = [(_mark(check.passed), check.name, check.said) for check in checks]
    return "## Staging\n\n" + _table(("", "test", "result"), rows)


def _lineage(version: ModelVersion, lineage: LineageDocument) -> str:
    data = lineage["data"]
    facts = {
        "commit": lineage["git_sha"],
        "image": lineage["image"],
        "data": f"{lineage['window_start']} to {lineage['window_end']}, sha256 {data['sha256'][:SHORT]}…",
        "contract": f"sha256 {lineage['contract_sha256'][:SHORT]}…",
        "parent": lineage["parent_model"],
        "cause": f"{lineage['trigger']} ({lineage['trigger_id']})",
    }
    graph = [
        "```mermaid",
        "flowchart LR",
        f'  data["data {lineage["window_start"]} to {lineage["window_end"]}<br>{data["sha256"][:SHORT]}"] --> training',
        f'  code["commit {lineage["git_sha"][:SHORT]}"] --> image["image {_digest(lineage["image"])}"] --> training',
        f'  contract["contract {lineage["contract_sha256"][:SHORT]}"] --> training',
        f'  parent["{_parent(lineage["parent_model"])}"] -. compared with .-> training',
        f'  training["training, because of {lineage["trigger"]}"] --> model["version {version.number}"]',
        "```",
    ]
    table = _table(("", ""), [(name, f"`{value}`") for name, value in facts.items()])
    return "## Lineage\n\n" + "\n".join(graph) + f"\n\n{table}"


def _digest(image: str) -> str:
    return image.rsplit(":", 1)[-1][:SHORT]


def _parent(arn: str) -> str:
    return f"champion, version {number_of(arn)}" if arn.startswith("arn:") else "no champion"


def _mark(passed: bool) -> str:
    return "✅" if passed else "❌"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: Sequence[str] = ()) -> str:
    rule = [align[number] if number < len(align) and align[number] else "---" for number in range(len(head))]
    lines = [head, rule, *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("\n", " ")
