"""Command that compiles the definitions with the SageMaker SDK: `python -m pipelines.compile`."""

import argparse
import json
import sys
from pathlib import Path

from pipelines.offline_session import offline_session

# isort: split
from sagemaker_mlops.definitions.sources import record_sources

from pipelines.monitoring import MonitoringPipeline
from pipelines.training import TrainingPipeline

DEFINITIONS = Path(__file__).with_name("definitions")


def compiled() -> dict[str, str]:
    """Return the text of each definition by its file name."""
    session = offline_session()
    pipelines = {"training.json": TrainingPipeline(session), "monitoring.json": MonitoringPipeline(session)}
    return {name: _text(json.loads(pipeline.build().definition())) for name, pipeline in pipelines.items()}


def _text(definition: dict[str, object]) -> str:
    present = {key: value for key, value in definition.items() if value is not None}
    return json.dumps(present, indent=2) + "\n"


def main() -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.compile", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a committed definition is not current")
    arguments = parser.parse_args()
    outdated = []
    for name, text in compiled().items():
        path = DEFINITIONS / name
        if arguments.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                outdated.append(name)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote pipelines/definitions/{name}")
    if not arguments.check:
        record_sources()
    if outdated:
        print(f"not current: {', '.join(outdated)}. Run `make compile` and commit the result.", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
