"""Benchmark of the monitors' drift detection against Evidently and Model Monitor: `make bench-drift`.

Evidently runs with its defaults, Model Monitor's rule with its default threshold. All check the same windows. The table
and the plot are written to build/bench/drift.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import TEMPLATE, Figure, Figures, generate, run

OUTPUT = TEMPLATE / "build" / "bench" / "drift"
EVIDENTLY = TEMPLATE / "build" / "bench" / "evidently" / "bin" / "python"
PEERS = TEMPLATE / "benchmarks" / "peers"
MILLION = 1_000_000
RULES = ("ours", "ours, labels", "model monitor", "evidently, any column", "evidently, half of them")
PLOT = """
import json, sys
from matplotlib import pyplot
table = json.load(open(sys.argv[1]))
rules = list(next(iter(table.values())))
names = list(table)[::-1]
figure, axes = pyplot.subplots(figsize=(9, 0.62 * len(names) + 1), layout="constrained")
height = 0.8 / len(rules)
for place, rule in enumerate(rules):
    shares = [100 * table[name][rule] for name in names]
    axes.barh([at + 0.4 - height * (place + 0.5) for at in range(len(names))], shares, height * 0.9, label=rule)
axes.set_yticks(range(len(names)), names)
axes.set(xlabel="windows that alarm, %", xlim=(0, 101))
axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig(sys.argv[2])
"""


def measured(project: Path, what: str, count: int) -> dict[str, Any]:
    """Return seconds and megabytes of one run of the analyzer in its own process.

    Args:
        project: folder of the generated project.
        what: measurement of peers/analyzer_throughput.py.
        count: number of rows.
    """
    found: dict[str, Any] = json.loads(ours(project, "analyzer_throughput.py", what, str(OUTPUT), str(count)))
    if what != "prepare" and found["rows"] != count:
        sys.exit(f"{what}: {found['rows']:,} rows were counted, expected {count:,}")
    return found


def ours(project: Path, script: str, *words: str) -> str:
    """Run a script in the generated project's environment, and return its output."""
    python = str(project / ".venv" / "bin" / "python")
    return run(python, str(PEERS / script), *words, directory=project, PYTHONPATH=str(project))


def shares(verdicts: dict[str, Any], evidently: list[dict[str, list[bool]]]) -> dict[str, dict[str, float]]:
    """Return the share of each case's windows that raise an alarm, by rule."""
    table = {}
    for (name, rules), other in zip(verdicts.items(), evidently, strict=True):
        together = [*rules.values(), other["any"], other["half"]]
        table[name] = {rule: sum(found) / len(found) for rule, found in zip(RULES, together, strict=True)}
    return table


def show(table: dict[str, dict[str, float]], project: Path) -> None:
    """Print the table, and write it to a file together with a plot."""
    lines = ["| windows | " + " | ".join(RULES) + " |", "|---|" + "---|" * len(RULES)]
    for name, found in table.items():
        lines.append(f"| {name} | " + " | ".join(f"{100 * found[rule]:.1f} %" for rule in RULES) + " |")
    print("\n".join(lines), flush=True)
    (OUTPUT / "drift.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (OUTPUT / "drift.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    python = str(project / ".venv" / "bin" / "python")
    run(python, "-c", PLOT, str(OUTPUT / "drift.json"), str(OUTPUT / "drift.svg"), directory=OUTPUT)
    print(f"table and plot: {OUTPUT.relative_to(TEMPLATE)}/drift.md and drift.svg")


def throughput(project: Path, figures: Figures) -> None:
    """Measure the analyzer, and compare it with Evidently."""
    ours(project, "analyzer_throughput.py", "prepare", str(OUTPUT), "0")
    decoded = measured(project, "rows", 10 * MILLION)
    million = measured(project, "rows", MILLION)
    captured, thrice = measured(project, "capture", MILLION), measured(project, "capture", 3 * MILLION)
    peer = json.loads(run(str(EVIDENTLY), str(PEERS / "evidently_drift.py"), "measure", str(OUTPUT), directory=OUTPUT))
    figures.show(
        Figure("10 million decoded rows", [decoded["seconds"]], 30, "s"),
        Figure("10 million decoded rows, memory", [decoded["megabytes"]], 2048, "MB"),
        Figure("1 million captured requests", [captured["seconds"]], 20, "s"),
        Figure("1 million captured requests, memory", [captured["megabytes"]], 2048, "MB"),
        Figure("3 million captured, memory beside 1 million", [thrice["megabytes"] / captured["megabytes"]], 1.2, "x"),
        Figure(f"1 million rows; evidently {peer['seconds']:.1f} s", [million["seconds"]], peer["seconds"] / 10, "s"),
    )


def main() -> int:
    """Run all measurements and return the exit code."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    project = generate(TEMPLATE / "build" / "bench" / "drift-project")
    run("make", "setup", directory=project)
    figures = Figures()
    ours(project, "drift_windows.py", str(OUTPUT))
    run(str(EVIDENTLY), str(PEERS / "evidently_drift.py"), "judge", str(OUTPUT), directory=OUTPUT)
    verdicts = json.loads((OUTPUT / "verdicts.json").read_text(encoding="utf-8"))
    table = shares(verdicts, json.loads((OUTPUT / "evidently.json").read_text(encoding="utf-8")))
    show(table, project)
    none = table["none (February to July)"]
    figures.show(Figure("false alarms of ours, in windows of 400 rows", [100 * none["ours"]], 1, "%"))
    throughput(project, figures)
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
