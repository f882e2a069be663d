"""Same inputs, same bytes: wherever, whenever, without credentials and network. And a tripwire for logical ids."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.stacks.conftest import Template, Templates

ROOT = Path(__file__).parents[2]
TRIPWIRE = Path(__file__).with_name("logical_ids.json")
PARTS = (
    "cdk.json", "contract", "environments.yaml", "operations.yaml", "infra", "pipelines", "requirements",
    "build/function-packages",
)  # fmt: skip
NOWHERE = "http://127.0.0.1:1"


def synthesize(project: Path, output: Path) -> None:
    """Synthesize in a process of its own, with no credentials, and proxies that lead nowhere."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "JSII_NODE")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    environment = {**kept, **proxies, "AWS_EC2_METADATA_DISABLED": "true", "CDK_VALIDATION": "false"}
    command = [sys.executable, "-m", "infra.app", str(output)]
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def same(left: Path, right: Path) -> None:
    compared = filecmp.dircmp(left, right)
    assert not compared.left_only, compared.left_only
    assert not compared.right_only, compared.right_only
    _, different, broken = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    assert not different, different
    assert not broken, broken
    for name in compared.common_dirs:
        same(left / name, right / name)


def test_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "project"
    for part in PARTS:
        source, target = ROOT / part, other / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    synthesize(ROOT, tmp_path / "here")
    synthesize(other, tmp_path / "there")
    same(tmp_path / "here", tmp_path / "there")


def test_no_resource_changed_its_logical_id(templates: Templates) -> None:
    """CloudFormation deletes and makes anew what has another logical id. If you mean it: delete the file, run again."""
    present = {
        f"{environment}/{capability}": {
            logical_id: entry["Type"]
            for logical_id, entry in sorted(templates[environment, capability]["Resources"].items())
        }
        for environment, capability in templates
    }
    if not TRIPWIRE.exists():
        TRIPWIRE.write_text(json.dumps(present, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        raise AssertionError(f"wrote {TRIPWIRE.name}; look at it, commit it")
    assert present == json.loads(TRIPWIRE.read_text(encoding="utf-8"))


def _types(template: Template) -> dict[str, str]:
    return {logical_id: entry["Type"] for logical_id, entry in template["Resources"].items()}
