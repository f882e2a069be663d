"""The role of a job follows from the settings."""

import pytest
from sagemaker_mlops.delivery.gitops.workflow_role import workflow_role
from sagemaker_mlops.environments.settings import SettingsError, load_settings


def test_every_environment_has_two_roles() -> None:
    settings = load_settings()
    for name in ("dev", "staging", "production"):
        for kind in ("difference", "read", "deploy"):
            values = workflow_role(settings, name, kind)
            assert values["role_arn"].endswith(f":role/{settings.project}-{name}-github-{kind}")
            assert values["account"] == settings.environment(name).account


def test_the_registry_is_where_training_is_done() -> None:
    settings = load_settings()
    assert workflow_role(settings, "registry", "read") == workflow_role(settings, "dev", "read")


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(SettingsError, match="expected one of"):
        workflow_role(load_settings(), "prod", "read")
