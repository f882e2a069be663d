"""CDK application that synthesizes all environments: `python -m infra.app [OUTPUT]`.

It reads the settings, the contract, the operations file and cdk.json.
"""

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
    """Return the context of cdk.json, because feature flags change the templates.

    Only the command line of CDK reads that file by itself.
    """
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return context


def build_app(settings: Settings, contract: Contract, operations: Operations, output: Path | None = None) -> App:
    """Return an application with all environments of the settings."""
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
    """Synthesize the templates, and return the exit code. Unusable settings are reported as errors."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        build_app(load_settings(), load_contract(), load_operations(), output).synth()
    except (SettingsError, ContractError, PackagesMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    # Exit without waiting for the node process of CDK, which takes a second to end.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
