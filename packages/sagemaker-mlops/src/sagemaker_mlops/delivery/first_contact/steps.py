"""The steps of FIRST-CONTACT.md: their numbers, names and commands. Commands that are run too early refer to them."""

from dataclasses import dataclass
from typing import Literal

PAGE = "FIRST-CONTACT.md"
Name = Literal[
    "credentials",
    "repository",
    "ids",
    "app",
    "bootstrap",
    "deploy",
    "data",
    "push",
    "rules",
    "notify",
    "connect",
    "version",
    "release",
]


@dataclass(frozen=True)
class PathStep:
    """One step of the path.

    Args:
        name: how the code refers to it.
        title: the heading of its section in FIRST-CONTACT.md.
        command: what to type; `{environment}` and `{profile}` are filled in.
        is_for_each: whether it is done once for each environment, with credentials of that environment's account.
    """

    name: Name
    title: str
    command: str
    is_for_each: bool = False

    @property
    def number(self) -> int:
        """Return its number, from 1."""
        return PATH.index(self) + 1


PATH = (
    PathStep("credentials", "Credentials for each account", "aws sso login --profile {profile}", is_for_each=True),
    PathStep("repository", "The repository", "create it empty on GitHub, then: export GITHUB_TOKEN=..."),
    PathStep("ids", "The ids of the repository", "mlops github ids --apply"),
    PathStep("app", "The GitHub App", "create it and install it, then: export APP_ID=... KEY_FILE=..."),
    PathStep("bootstrap", "Bootstrap", "mlops bootstrap -e {environment}", is_for_each=True),
    PathStep("deploy", "First deployment", "mlops deploy -e {environment}", is_for_each=True),
    PathStep("data", "Training data", "mlops data put FILE -e {environment}", is_for_each=True),
    PathStep("push", "First push", "git push origin main"),
    PathStep("rules", "Rules", "mlops github setup --apply"),
    PathStep(
        "notify",
        "Events from AWS",
        "mlops github notify-app -e {environment} (with a token: mlops github notify-token -e {environment})",
        is_for_each=True,
    ),
    PathStep("connect", "Connection", "mlops github setup --apply --connected"),
    PathStep(
        "version",
        "First version",
        "mlops github deliver (by hand: mlops image build && mlops train start)",
        is_for_each=True,
    ),
    PathStep(
        "release",
        "First release",
        "mlops approve, then merge the request that promote opens (by hand: mlops release)",
        is_for_each=True,
    ),
)


def step(name: Name) -> PathStep:
    """Return a step by its name."""
    return next(found for found in PATH if found.name == name)


def profile_name(project: str, environment: str) -> str:
    """Return the AWS profile that FIRST-CONTACT.md sets up for an environment."""
    return f"{project}-{environment}"


def command_of(found: PathStep, project: str, environment: str, profile: str = "") -> str:
    """Return what to type for a step; `profile` is chosen for it where the shell's own credentials are others."""
    chosen = f"AWS_PROFILE={profile} " if profile and found.command.startswith("mlops ") and found.is_for_each else ""
    return chosen + found.command.format(environment=environment, profile=profile_name(project, environment))


def do_first(name: Name, environment: str = "", project: str = "") -> str:
    """Return the end of a message about a command that was run too early: the missing step and its command."""
    found = step(name)
    return f"Do step {found.number} of {PAGE} first: {command_of(found, project, environment)}"
