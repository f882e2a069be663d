"""A repository of workflows, pushed to the stand-in for GitHub as a person does."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def push_workflows(cloud_directory: Path, folder: Path, texts: Mapping[str, str]) -> str:
    """Commit workflows, by name, with whatever a folder has, and push them to main; returns what git printed."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for name, text in texts.items():
        (workflows / f"{name}.yml").write_text(text)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return git(folder, "push", str(cloud_directory / "github.git"), "main")


def git(folder: Path, *words: str) -> str:
    """Run git as somebody in a folder; returns what it printed."""
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *words]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout + result.stderr
