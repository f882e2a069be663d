"""`python -m infra.app [OUTPUT]`: synthesize every environment. Reads settings, contract, operations and cdk.json."""

import json
import os
import sys
from pathlib import Path

from aws_cdk import App
from sagemaker_mlops.contract.contract import Contract, ContractError, load_contract
from sagemaker_mlops.environments.operations import Operations, load_operations
from sagemaker_mlops.environments.settings import Settings, SettingsError, load_settings

from infra.deployment import Deployment
from infra.function_archive import PackagesMissing
from infra.stacks.environment_stage import EnvironmentStage

ROOT = Path(__file__).parents[1]


def feature_flags() -> dict[str, object]:
    """The context of cdk.json: a plain Python run does not read it, and flags change the templates."""
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return context


def build_app(settings: Settings, contract: Contract, operations: Operations, output: Path | None = None) -> App:
    """Construct all environments of the settings."""
    app = App(
        outdir=str(output) if output else None,
        context=feature_flags(),
        analytics_reporting=False,
        tree_metadata=False,
    )
    for name in settings.environments:
        EnvironmentStage(app, Deployment(settings, contract, operations, name))
    return app


def main() -> int:
    """Synthesize; returns the exit code. Settings that cannot be used are told in a sentence each."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        build_app(load_settings(), load_contract(), load_operations(), output).synth()
    except (SettingsError, ContractError, PackagesMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    # The node process of CDK is told to end; waiting for it takes a second.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
