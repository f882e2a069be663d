"""`python -m monitoring.analyze`: the entry point of the monitors' jobs, in both runtimes.

The analysis is not in this version. A job that runs this fails and says so, and the alarm of a silent monitor fires:
nobody should believe that a model is watched when it is not.
"""

import os
import sys
from pathlib import Path

OUTPUT = Path("/opt/ml/output")
NOT_THERE = "the analyzer is not in this version of the repository, so nothing was analysed"


def main(output: Path = OUTPUT) -> int:
    """Fail with the reason, on standard error and where SageMaker looks for it; returns the exit code."""
    reason = f"{os.environ.get('MONITOR_KIND', 'monitor')}: {NOT_THERE}"
    print(reason, file=sys.stderr)
    if output.is_dir():
        (output / "message").write_text(reason, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
