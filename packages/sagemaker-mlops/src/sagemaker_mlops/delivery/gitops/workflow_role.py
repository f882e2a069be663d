"""`python -m sagemaker_mlops.delivery.gitops.workflow_role`: the AWS role that a workflow's job becomes.

It follows from the settings, so nothing about AWS is kept in GitHub. Every job begins with it, before anything is
compiled, so it imports little.
"""

import argparse
import sys

from sagemaker_mlops.delivery.gitops.outputs import write_outputs
from sagemaker_mlops.environments.names import names_of
from sagemaker_mlops.environments.settings import Settings, SettingsError, load_settings

REGISTRY = "registry"


def workflow_role(settings: Settings, environment: str, kind: str) -> dict[str, str]:
    """ARN, account and region of the role that an environment's foundation stack made for workflows.

    `environment` may be `registry`, for the one that holds it; `kind` is difference, read or deploy.

    Raises SettingsError.
    """
    name = settings.registry_environment if environment == REGISTRY else environment
    found = settings.environment(name)
    role_arn = names_of(settings, name).role_arn(f"github-{kind}")
    return {"role_arn": role_arn, "account": found.account, "region": found.region}


def main() -> int:
    """Print the role; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sagemaker_mlops.delivery.gitops.workflow_role", description=__doc__
    )
    parser.add_argument("--environment", required=True, help="dev, staging, production or registry")
    parser.add_argument("--kind", choices=("difference", "read", "deploy"), default="read")
    arguments = parser.parse_args()
    try:
        values = workflow_role(load_settings(), arguments.environment, arguments.kind)
    except SettingsError as error:
        print(f"error: environments file: {error}", file=sys.stderr)
        return 1
    write_outputs("workflow-role", values)
    for name, value in values.items():
        print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
