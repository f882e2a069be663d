"""What SageMaker expects of an image. Sources: the rules' own, in delivery/container/image_rules.py."""

from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.delivery.container.image_rules import PLATFORM, check_dockerfile, dockerfile_faults, image_faults
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import ROOT

DOCKERFILE = ROOT / "Dockerfile"
GOOD: dict[str, Any] = {
    "Os": "linux",
    "Architecture": "amd64",
    "Config": {"User": "", "Entrypoint": ["python", "-m", "sagemaker_mlops.serving"], "Cmd": ["serve"]},
}


def test_this_projects_dockerfile_keeps_the_rules() -> None:
    assert dockerfile_faults(DOCKERFILE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("addition", "fault"),
    [
        ("\nUSER 1000\n", "found USER 1000"),
        ("\nuser \\\n  app\n", "found USER app"),
        ("\nENTRYPOINT python -m serving\n", "shell form"),
        ("\nFROM python\nUSER root\n", "expected an ENTRYPOINT"),
    ],
)
def test_a_violation_is_found(addition: str, fault: str, tmp_path: Path) -> None:
    violated = tmp_path / "Dockerfile"
    violated.write_text(DOCKERFILE.read_text(encoding="utf-8") + addition, encoding="utf-8")
    with pytest.raises(DeliveryError, match=fault):
        check_dockerfile(violated)


def test_users_of_earlier_stages_and_root_are_fine() -> None:
    assert dockerfile_faults('FROM a\nUSER app\nFROM b\n# USER app\nUSER root\nENTRYPOINT ["x"]') == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"Architecture": "arm64"}, f"expected an image for {PLATFORM}, found linux/arm64"),
        ({"Config": {**GOOD["Config"], "User": "1000"}}, "found user 1000"),
        ({"Config": {**GOOD["Config"], "Entrypoint": None}}, "found none"),
        ({"Config": {**GOOD["Config"], "Entrypoint": ["/bin/sh", "-c", "serve"]}}, "exec form"),
    ],
)
def test_a_built_image_that_breaks_a_rule_is_found(change: dict[str, Any], fault: str) -> None:
    assert image_faults(GOOD) == []
    assert [fault in found for found in image_faults({**GOOD, **change})] == [True]
