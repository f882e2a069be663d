"""Every private name of ministack that localcloud uses, so that a new version breaks here and not in the middle."""

import inspect
import os

import pytest
from localcloud import ministack_host


@pytest.fixture(scope="module", autouse=True)
def quiet() -> None:
    os.environ.setdefault("IOT_MTLS_ENABLED", "0")


def test_services_are_found_in_three_tables() -> None:
    from ministack import app
    from ministack.core import router

    assert isinstance(app.SERVICE_REGISTRY, dict)
    assert isinstance(app.SERVICE_HANDLERS, dict)
    assert isinstance(app._loaded_modules, dict)
    assert {"target_prefixes", "host_patterns"} & set(router.SERVICE_PATTERNS["sqs"])
    assert "sagemaker" not in app.SERVICE_REGISTRY, "ministack has a SageMaker of its own now; look at it"


def test_a_handler_gets_what_ours_takes() -> None:
    from ministack.services import cloudwatch_logs

    names = list(inspect.signature(cloudwatch_logs.handle_request).parameters)
    assert names == ["method", "path", "headers", "body", "query_params"]


def test_events_of_aws_can_be_put() -> None:
    from ministack.services import eventbridge

    assert "allow_aws_source" in inspect.signature(eventbridge._put_events).parameters


def test_state_can_be_saved_at_any_time() -> None:
    from ministack import app
    from ministack.core import persistence

    assert callable(app._build_persistence_save_dict)
    assert callable(persistence.save_all)


def test_work_can_be_pinned_to_an_account_and_region() -> None:
    from ministack.core import responses

    assert list(inspect.signature(responses.request_scope).parameters) == ["account_id", "region"]
    assert callable(responses.get_account_id)
    assert callable(responses.get_region)


def test_private_names_are_used_in_one_module_only() -> None:
    package = os.path.dirname(ministack_host.__file__)
    users = set()
    for folder, _, files in os.walk(package):
        for name in files:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                if "from ministack" in text or "import ministack\n" in text:
                    users.add(name)
    assert users == {"ministack_host.py"}
