"""A shell in which a test follows a page of the documentation."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop


@dataclass
class Shell:
    """A shell in the folder of a project, line by line: what is exported stays."""

    project: BakedProject
    directory: Path
    variables: dict[str, str]
    substitutes: dict[str, str] = field(default_factory=dict, kw_only=True)

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of the page; returns what it printed."""
        for written, here in self.substitutes.items():
            line = line.replace(written, here)
        after = self.directory / "variables"
        after.unlink(missing_ok=True)
        words = ["bash", "-c", f"set -e\n{line}\nenv -0 > {after}"]
        result = subprocess.run(
            words, cwd=self.project.path, env=self.variables, capture_output=True, text=True, check=False
        )
        if after.exists():
            entries = after.read_text(encoding="utf-8").split("\0")
            self.variables = dict(entry.split("=", 1) for entry in entries if "=" in entry)
        return result

    def succeed(self, line: str) -> str:
        """Run a line that must succeed; returns what it printed."""
        result = self.run(line)
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
        return result.stdout


def variables_without_credentials(laptop: Laptop, directory: Path) -> dict[str, str]:
    """Return a shell without credentials and without a token, whose AWS is on this laptop."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "GITHUB_TOKEN", "GH_TOKEN", "DELIVERY_TOKEN")
    found = laptop.project.environment(**laptop.environment)
    people = {"GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.com"}
    committers = {name.replace("AUTHOR", "COMMITTER"): value for name, value in people.items()}
    return {
        **{name: value for name, value in found.items() if name not in keys},
        **people,
        **committers,
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": f"{laptop.project.path}/.venv/bin:{found['PATH']}",
        "LOCALCLOUD_PORT": str(laptop.port),
    }
