"""Commands, jobs and servers import what they need: libraries that take seconds to import only where they work."""

import subprocess
import sys

import pytest

STATISTICS = {"fairlearn", "lightgbm", "matplotlib", "pandas", "scipy.stats", "sklearn"}


@pytest.mark.parametrize(
    ("module", "slow"),
    [
        ("sagemaker_mlops.command_line.main", {*STATISTICS, "numpy", "polars"}),
        ("sagemaker_mlops.monitoring.analyze", STATISTICS),
        ("sagemaker_mlops.serving.server", STATISTICS - {"lightgbm"}),
        ("sagemaker_mlops.training.train_model", STATISTICS - {"lightgbm"}),
    ],
)
def test_a_start_imports_nothing_slow(module: str, slow: set[str]) -> None:
    command = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = set(result.stdout.split())
    assert module in imported
    assert imported & slow == set()
