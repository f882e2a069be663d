"""The AWS role of a workflow's job. It follows from the settings, so GitHub stores nothing about AWS."""

from sagemaker_mlops.environments.names import names_of
from sagemaker_mlops.environments.settings import Settings

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
