"""What doctor sees of an environment's steps, with the answers that the services give."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.delivery.first_contact.aws_facts import facts_of
from sagemaker_mlops.delivery.first_contact.facts import Fact, State
from sagemaker_mlops.delivery.first_contact.steps import Name
from sagemaker_mlops.delivery.target import Target, target_of


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Services:
    """Every service of one account, with everything done; a test replaces answers by name of the call."""

    class exceptions:  # noqa: N801  (boto3's name)
        class ParameterNotFound(Exception): ...

        class ResourceNotFoundException(Exception): ...

    def __init__(self, target: Target) -> None:
        prefix = target.settings.github.subject_prefix
        stack = {"StackName": "stack", "StackStatus": "UPDATE_COMPLETE"}
        self.answers: dict[str, Any] = {
            "get_caller_identity": {"Account": target.environment.account, "Arn": "arn:aws:iam::1:user/me"},
            "get_parameter": {"Parameter": {"Value": "30"}},
            "describe_stacks": {"Stacks": [stack]},
            "get_template": {"TemplateBody": {"sub": f"{prefix}:environment:dev"}},
            "list_objects_v2": {"Contents": [{"Key": "data/month=2025-02.parquet"}]},
            "get_secret_value": {"SecretString": "a-token"},
            "list_model_packages": {"ModelPackageSummaryList": [{"ModelPackageVersion": 3}]},
            "describe_endpoint": {"EndpointStatus": "InService"},
        }

    def __getattr__(self, call: str) -> Any:
        def answer(**_: Any) -> Any:
            found = self.answers[call]
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def seen(monkeypatch: pytest.MonkeyPatch, environment: str, **answers: Any) -> dict[Name, Fact]:
    target = target_of(environment)
    services = Services(target)
    services.answers.update(answers)
    monkeypatch.setattr(Target, "client", lambda *_: services)
    return facts_of(target).facts.facts


def test_everything_is_done_and_each_environment_has_its_own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    expected: dict[str, set[Name]] = {
        "dev": {"credentials", "bootstrap", "deploy", "data", "version", "notify"},
        "staging": {"credentials", "bootstrap", "deploy"},
        "production": {"credentials", "bootstrap", "deploy", "notify", "release"},
    }
    for environment, names in expected.items():
        found = seen(monkeypatch, environment)
        assert set(found) == names
        assert {fact.state for fact in found.values()} == {"done"}, found


NO_STACK = refusal("ValidationError", "Stack with id s does not exist")
DENIED = refusal("AccessDeniedException", "not authorized")


@pytest.mark.parametrize(
    ("environment", "call", "answer", "name", "state", "words"),
    [
        ("dev", "get_parameter", Services.exceptions.ParameterNotFound(), "bootstrap", "missing", "no CDK bootstrap"),
        ("dev", "get_parameter", {"Parameter": {"Value": "3"}}, "bootstrap", "missing", "too old"),
        ("dev", "get_parameter", DENIED, "bootstrap", "cannot see", "not authorized"),
        ("dev", "describe_stacks", NO_STACK, "deploy", "missing", "is not deployed"),
        ("dev", "get_template", {"TemplateBody": {"sub": "repo:other/x:ref"}}, "deploy", "missing", "deploy again"),
        ("dev", "list_objects_v2", {"KeyCount": 0}, "data", "missing", "has no data"),
        ("dev", "list_objects_v2", refusal("NoSuchBucket", "no"), "data", "missing", "is not deployed"),
        ("dev", "list_objects_v2", refusal("AccessDenied", "denied"), "data", "cannot see", "denied"),
        ("dev", "get_secret_value", {"SecretString": "none"}, "notify", "missing", "neither App nor token"),
        (
            "production",
            "get_secret_value",
            Services.exceptions.ResourceNotFoundException(),
            "notify",
            "missing",
            "is not deployed",
        ),
        ("dev", "list_model_packages", {"ModelPackageSummaryList": []}, "version", "missing", "has no version"),
        ("dev", "list_model_packages", refusal("V", "it does not exist"), "version", "missing", "is not deployed"),
        (
            "production",
            "describe_endpoint",
            refusal("ValidationException", "Could not find endpoint"),
            "release",
            "missing",
            "there is no endpoint",
        ),
        ("production", "describe_endpoint", {"EndpointStatus": "Creating"}, "release", "missing", "is Creating"),
    ],
)
def test_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    call: str,
    answer: Any,
    name: Name,
    state: State,
    words: str,
) -> None:
    fact = seen(monkeypatch, environment, **{call: answer})[name]
    assert (fact.state, words in fact.text) == (state, True), fact


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_does_not_work_is_not_deployed(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    stack = {"StackName": "stack", "StackStatus": status}
    found = seen(monkeypatch, "dev", describe_stacks={"Stacks": [stack]})["deploy"]
    assert (found.state, status in found.text) == ("missing", True)


def test_without_credentials_nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(monkeypatch, "dev", get_caller_identity=refusal("ExpiredToken", "expired"), get_parameter=DENIED)
    assert (found["credentials"].state, "expired" in found["credentials"].text) == ("missing", True)
    assert {fact.state for name, fact in found.items() if name != "credentials"} == {"cannot see"}
