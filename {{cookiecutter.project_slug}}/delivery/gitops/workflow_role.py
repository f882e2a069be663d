"""Which AWS role a workflow's job becomes: derived from the settings, so nothing has to be kept in GitHub."""

from typing import Literal

from delivery.target import Target

Kind = Literal["read", "deploy"]


def workflow_role(target: Target, kind: Kind) -> dict[str, str]:
    """ARN, account and region of the role that the foundation stack made for GitHub's workflows."""
    return {
        "role_arn": target.names.role_arn(f"github-{kind}"),
        "account": target.environment.account,
        "region": target.environment.region,
    }
