"""Differences between the deployed stacks and the code, as `cdk diff` formats them.

Without `--template`, `cdk diff` assumes the lookup role of the bootstrap stack, which can read all data in the account
that KMS does not protect (ReadOnlyAccess). With it, CDK compares with a file, and GetTemplate is the only permission
needed.
Source: https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-diff.html (--template), and the bootstrap template's
LookupRole in https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from sagemaker_mlops.delivery.stacks.cdk_cli import ASSEMBLY, run_cdk, stack_path
from sagemaker_mlops.delivery.stacks.state import capabilities, deployed_template
from sagemaker_mlops.delivery.target import Target


def show_difference(target: Target) -> None:
    """Print the changes that a deployment would make, stack by stack."""
    for capability in capabilities(target):
        _compare(target, capability, shown=True)


def difference_text(target: Target) -> str:
    """Return the changes that a deployment would make, as text."""
    return "\n".join(_compare(target, capability, shown=False) for capability in capabilities(target))


def _compare(target: Target, capability: str, *, shown: bool) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{target.names.stack(capability)}.json"
        path.write_text(json.dumps(deployed_template(target, capability)), encoding="utf-8")
        words = (stack_path(target, capability), f"--app={ASSEMBLY}", "--exclusively", f"--template={path}")
        return run_cdk(target, "diff", *words, shown=shown)
