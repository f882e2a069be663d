"""Mutation run: `make mutations`. Change the modules that decide, one change at a time, and run their tests.

mutmut makes the changes and runs the tests that reach them. Changes of the text of a message are left out: they change
what a person reads, not what is decided. The exit code is 1 if the tests notice fewer than 95 % of the others.
"""

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TEMPLATE = Path(__file__).parents[2]
REQUIREMENTS = TEMPLATE / "requirements" / "mutations.txt"
LEAST_NOTICED = 0.95
LIBRARY = "src/sagemaker_mlops"
# Modules that decide, and the tests of each.
MODULES = {
    "contract/gates.py": "contract/test_gates.py contract/test_gate_limits.py runtime/test_fairness.py",
    "contract/values.py": "contract/test_values.py contract/test_truth_table.py",
    "delivery/gitops/decision.py": "delivery/gitops/test_decision.py",
    "delivery/gitops/difference.py": "delivery/gitops/test_difference.py",
    "delivery/releases/preconditions.py": "delivery/test_preconditions.py delivery/test_releases.py",
    "delivery/stacks/protection.py": "delivery/test_protection.py",
    "events/start_training/cause.py": "events/test_cause.py events/test_start_training.py events/test_alarm_causes.py",
    "events/start_training/decision.py": "events/test_decision.py",
    "runtime/drift.py": "runtime/test_drift.py runtime/test_drift_limits.py",
    "runtime/fairness.py": "runtime/test_fairness.py",
    "runtime/shift.py": "runtime/test_shift.py runtime/test_statistics.py",
    "training/holdout.py": "training/test_holdout.py",
}
# What a project has that the library's tests read.
COPIED = (
    "src", "model", "infra", "pipelines", "data", "examples", "contract", "deployments", "requirements", "docs",
    "operations.yaml", "operations.schema.json", "environments.yaml", "environments.laptop.yaml", "Makefile",
    "Dockerfile", "README.md", "FIRST-CONTACT.md", ".github", "tests", "{{cookiecutter.project_slug}}",
)  # fmt: skip
# Survivors that no test can notice: the reason, and the changes without the name of the package.
REASONS: dict[str, tuple[str, ...]] = {
    "A cast returns its second argument, whatever type the first one names.": (
        "contract.gates.xǁGateǁas_dict__mutmut_1",
    ),
    "No URI and an empty one are both taken for an object that is not there.": (
        "delivery.releases.preconditions.x__check_baselines__mutmut_8",
        "delivery.releases.preconditions.x__check_baselines__mutmut_10",
    ),
    "A text with two colons is no window, and one with a single colon is split at the same place from both sides.": (
        "events.start_training.cause.x_parse_window__mutmut_3",
    ),
    "Both functions that measure a column return early without a baseline; the branch is for the type checker.": (
        "runtime.drift.x__numeric__mutmut_2",
        "runtime.drift.x__ks_distance__mutmut_2",
        "runtime.drift.x__table__mutmut_3",
    ),
    "NumPy gives the same product, smallest value or sum whether the sums keep their second dimension or not.": (
        "runtime.drift.x__chi_squared_p_value__mutmut_13",
        "runtime.drift.x__chi_squared_p_value__mutmut_15",
        "runtime.drift.x__pooled__mutmut_7",
        "runtime.drift.x__pooled__mutmut_9",
    ),
    "NumPy works out a length for any negative number.": ("runtime.drift.x__table__mutmut_27",),
    "Nothing reads the name of the counts that a distance is measured with.": (
        "runtime.shift.x_shifts_from__mutmut_11",
    ),
    "Python reads the most significant byte first unless told otherwise.": (
        "training.holdout.x_is_held_out__mutmut_10",
    ),
}
EQUIVALENT = {f"sagemaker_mlops.{name}": reason for reason, names in REASONS.items() for name in names}


@dataclass(frozen=True)
class Mutant:
    """One change of a module, and what the tests said of it."""

    name: str
    status: str
    difference: str

    @property
    def is_text_only(self) -> bool:
        """True if the change is inside the text of a string."""
        removed, added = (_code(self.difference, sign) for sign in "-+")
        return removed is not None and removed == added

    @property
    def is_noticed(self) -> bool:
        """True if a test failed, or did not end."""
        return self.status in ("killed", "timeout", "suspicious", "segfault")


def _code(difference: str, sign: str) -> str | None:
    """Return the changed lines with one sign as code without the text of its strings; None if they are no code."""
    lines = [line[1:] for line in difference.splitlines() if line.startswith(sign) and not line.startswith(sign * 3)]
    text = "\n".join(lines)
    return re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", '""', text) if lines else None


def prepare(project: Path, folder: Path) -> None:
    """Lay a set-up project and the library's tests out as mutmut wants them: sources in src, tests in tests."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        project,
        folder,
        symlinks=True,
        ignore=lambda _, names: {"build", "dist", "node_modules", ".venv-infra"} & set(names),
    )
    shutil.rmtree(folder / "tests")
    shutil.move(folder / "packages" / "sagemaker-mlops" / "src", folder / "src")
    shutil.copytree(TEMPLATE / "tests" / "library", folder / "tests" / "library")
    (folder / "tests" / "__init__.py").touch()
    settings = "{{cookiecutter.project_slug}}/tests"
    (folder / settings).mkdir(parents=True)
    for name in ("contract.yaml", "operations.yaml"):
        shutil.copy(TEMPLATE / settings / name, folder / settings / name)
    python = str(folder / ".venv" / "bin" / "python")
    subprocess.run(["uv", "pip", "install", "--quiet", "--no-deps", "--python", python, "-r", REQUIREMENTS], check=True)
    subprocess.run(["uv", "pip", "uninstall", "--quiet", "--python", python, "sagemaker-mlops-library"], check=True)


def configuration(modules: list[str]) -> str:
    """Return the pyproject.toml of a run over some modules.

    The process that forks the workers runs no test itself, and tests must not work with polars while pytest collects
    them: a child of a process that has done so waits for ever for the threads of its parent, which would be taken for a
    change that a test noticed.
    """
    tests = sorted({f"tests/library/{path}" for module in modules for path in MODULES[module].split()})
    return f"""\
[tool.pytest.ini_options]
addopts = "-q -p no:cacheprovider"
pythonpath = ["src", "."]
[tool.mutmut]
source_paths = {[f"{LIBRARY}/{module}" for module in modules]}
pytest_add_cli_args_test_selection = {tests}
process_isolation = "forkserver"
also_copy = {list(COPIED)}
"""


def mutate(folder: Path, modules: list[str]) -> list[Mutant]:
    """Run mutmut over some modules and return every mutant."""
    (folder / "pyproject.toml").write_text(configuration(modules), encoding="utf-8")
    mutmut = [str(folder / ".venv" / "bin" / "python"), "-m", "mutmut"]
    done = subprocess.run(
        [*mutmut, "run", "--max-children", "2"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"mutmut failed; the tests must pass before anything is changed:\n{done.stdout[-3000:]}")
    listed = subprocess.run(
        [*mutmut, "results", "--all", "true"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"^\s*(\S+): (.+)$", listed, re.MULTILINE)
    return [Mutant(name, status, "" if status == "killed" else _shown(mutmut, folder, name)) for name, status in found]


def _shown(mutmut: list[str], folder: Path, name: str) -> str:
    return subprocess.run([*mutmut, "show", name], cwd=folder, capture_output=True, text=True, check=True).stdout


def judge(mutants: list[Mutant]) -> int:
    """Print the survivors and the share that was noticed; return the exit code."""
    decisions = [one for one in mutants if one.is_noticed or not one.is_text_only]
    survivors = [one for one in decisions if not one.is_noticed and one.name not in EQUIVALENT]
    for one in survivors:
        changed = [line for line in one.difference.splitlines() if re.match(r"[-+](?![-+])", line)]
        print(f"{one.name}: {one.status}", *changed, sep="\n  ")
    noticed = 1 - len(survivors) / max(len(decisions), 1)
    for one in (one for one in decisions if one.status == "timeout"):
        print(f"{one.name}: its tests did not end; if it is no endless loop, they hang for another reason")
    texts = len(mutants) - len(decisions)
    print(f"{len(decisions)} mutants, {noticed:.1%} noticed, at least {LEAST_NOTICED:.0%} expected")
    print(f"{texts} changes of a text are left out")
    return 0 if noticed >= LEAST_NOTICED else 1


def main() -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="make mutations", description=__doc__)
    parser.add_argument("project", type=Path, help="a generated project that is set up")
    parser.add_argument("folder", type=Path, help="where the run works; replaced")
    parser.add_argument("--only", default="", help="one module, such as contract/gates.py")
    arguments = parser.parse_args()
    modules = [arguments.only] if arguments.only else list(MODULES)
    if unknown := set(modules) - set(MODULES):
        parser.error(f"expected one of {', '.join(MODULES)}, found {unknown.pop()}")
    prepare(arguments.project, arguments.folder)
    return judge(mutate(arguments.folder, modules))


if __name__ == "__main__":
    sys.exit(main())
