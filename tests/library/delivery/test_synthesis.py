"""Synthesis is skipped while its inputs are the same; a stack is unchanged by template and parameters."""

from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.delivery.stacks import synthesis, unchanged
from sagemaker_mlops.delivery.stacks.synthesis import INPUTS, inputs_digest, synthesize
from sagemaker_mlops.delivery.stacks.unchanged import is_unchanged
from sagemaker_mlops.delivery.target import target_of

TEMPLATE = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}
STACK = {
    "StackName": "shop",
    "StackStatus": "UPDATE_COMPLETE",
    "Parameters": [{"ParameterKey": "Image", "ParameterValue": "image:1"}],
}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Each synthesis that was really done; its inputs are the digests that a test sets."""
    done: list[str] = []
    assembly = tmp_path / "cdk.out"

    def run() -> None:
        done.append("run")
        assembly.mkdir(exist_ok=True)
        (assembly / "manifest.json").touch()

    monkeypatch.setattr(synthesis, "ASSEMBLY", assembly)
    monkeypatch.setattr(synthesis, "RECORD", tmp_path / "cdk.inputs")
    monkeypatch.setattr(synthesis, "install_tools", lambda: None)
    monkeypatch.setattr(synthesis, "run_app", run)
    monkeypatch.setattr(synthesis, "inputs_digest", lambda: "first")
    return done


def test_it_is_done_once_for_the_same_inputs(runs: list[str]) -> None:
    assert synthesize() == synthesize()
    assert runs == ["run"]


def test_other_inputs_are_synthesized(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    synthesize()
    monkeypatch.setattr(synthesis, "inputs_digest", lambda: "second")
    synthesize()
    assert runs == ["run", "run"]


def test_templates_that_were_removed_are_made_again(runs: list[str]) -> None:
    (synthesize() / "manifest.json").unlink()
    synthesize()
    assert runs == ["run", "run"]


def test_a_synthesis_that_failed_is_not_taken_for_done(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    synthesize()
    monkeypatch.setattr(synthesis, "inputs_digest", lambda: "second")

    def fail() -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(synthesis, "run_app", fail)
        with pytest.raises(RuntimeError):
            synthesize()
    monkeypatch.setattr(synthesis, "inputs_digest", lambda: "first")
    synthesize()
    assert runs == ["run", "run"]


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_counts(tmp_path: Path, name: str) -> None:
    before = inputs_digest(tmp_path)
    path = tmp_path / name if "." in Path(name).name else tmp_path / name / "new.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("new")
    assert inputs_digest(tmp_path) != before


def test_the_environments_file_counts_and_bytecode_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENVIRONMENTS_FILE", raising=False)
    before = inputs_digest(tmp_path)
    cache = tmp_path / "infra" / "__pycache__"
    cache.mkdir(parents=True)
    (cache / "app.pyc").touch()
    assert inputs_digest(tmp_path) == before
    monkeypatch.setenv("ENVIRONMENTS_FILE", "environments.laptop.yaml")
    assert inputs_digest(tmp_path) != before


class Client:
    """CloudFormation, whose stack has TEMPLATE."""

    def get_template(self, **asked: str) -> dict[str, Any]:
        assert asked == {"StackName": "shop", "TemplateStage": "Original"}
        return {"TemplateBody": TEMPLATE}


@pytest.mark.parametrize(
    ("stack", "parameters", "synthesized", "expected"),
    [
        (STACK, {}, TEMPLATE, True),
        (STACK, {"Image": "image:1"}, TEMPLATE, True),
        (STACK, {"Image": "image:2"}, TEMPLATE, False),
        (STACK, {"Scaling": "off"}, TEMPLATE, False),
        (STACK, {}, {"Resources": {}}, False),
        (None, {}, TEMPLATE, False),
        ({**STACK, "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}, {}, TEMPLATE, True),
        ({**STACK, "StackStatus": "ROLLBACK_COMPLETE"}, {}, TEMPLATE, False),
        ({**STACK, "StackStatus": "UPDATE_IN_PROGRESS"}, {}, TEMPLATE, False),
    ],
)
def test_a_stack_is_unchanged_if_template_and_parameters_are(
    monkeypatch: pytest.MonkeyPatch, stack: Any, parameters: dict[str, str], synthesized: Any, expected: bool
) -> None:
    monkeypatch.setattr(unchanged, "deployer_client", lambda *_: Client())
    monkeypatch.setattr(unchanged, "synthesized_template", lambda *_: synthesized)
    assert is_unchanged(target_of("dev"), "foundation", stack, parameters) is expected
