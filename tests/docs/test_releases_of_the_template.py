"""A release of the template has one version, a section of the changelog, and a note about what to do."""

import re
import tomllib
from pathlib import Path

from tests.conftest import TEMPLATE

CHANGELOG = (TEMPLATE / "CHANGELOG.md").read_text(encoding="utf-8")


def version_of(path: Path) -> str:
    return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])


def sections(text: str) -> dict[str, str]:
    """Return the sections of a changelog by version, newest first."""
    found = re.split(r"^## (\d+\.\d+\.\d+).*$", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def test_the_newest_section_is_the_templates_version_and_says_what_to_do() -> None:
    version, text = next(iter(sections(CHANGELOG).items()))
    assert version == version_of(TEMPLATE / "pyproject.toml")
    assert "### To do when you update" in text


def test_each_package_has_a_section_for_its_version() -> None:
    for name in ("sagemaker-mlops", "localcloud"):
        folder = TEMPLATE / "packages" / name
        assert version_of(folder / "pyproject.toml") in sections((folder / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_the_walks_name_files_that_exist() -> None:
    page = (TEMPLATE / "docs" / "architecture.md").read_text(encoding="utf-8")
    walks = page.partition("## Two walks")[2].partition("## The training pipeline")[0]
    library = TEMPLATE / "packages" / "sagemaker-mlops" / "src" / "sagemaker_mlops"
    paths = re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|yml))`", walks)
    assert len(paths) > 15
    for path in paths:
        assert any((folder / path).exists() for folder in (library, TEMPLATE, *TEMPLATE.glob("{{*"))), path
