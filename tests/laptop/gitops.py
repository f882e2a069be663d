"""A project, its cloud and the stand-in for GitHub, as the tests of workflows make and look at them."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import BakedProject
from tests.laptop.conftest import SERVED, THREE_ACCOUNTS, Laptop, restored, three_accounts
from tests.laptop.github_stand_in import PERSON, StandIn

GROUP = "purchase-intent-dev"
STAGING, PRODUCTION = "purchase-intent-staging", "purchase-intent-production"
FILE = "deployments/production.yaml"
SOON, DELIVERED_SECONDS = 240, 1500
# What the App may do: docs/gitops.md.
PERMISSIONS = dict.fromkeys(("actions", "contents", "deployments", "issues", "pull_requests"), "write")
PRIVATE_KEY, TEAM_TOKEN = "known-secret:DELIVERY_APP_PRIVATE_KEY", "known-secret:DELIVERY_TOKEN"
AN_HOUR_LATER = {"clock-ahead-seconds": 3700}


def set_up_github(laptop: Laptop) -> StandIn:
    """Set the stand-in up as `mlops github setup` does after a first push; workflows and notify in dev have an App."""
    directory = laptop.project.path / ".localcloud" / "main"
    github = StandIn(f"http://127.0.0.1:{laptop.port}/_github", directory)
    app = github.steer("app", name="Shop Delivery", permissions=PERMISSIONS)
    key_file = laptop.project.path.parent / "key.pem"
    key_file.write_text(app["pem"], encoding="utf-8")
    words = ("--app-id", app["client_id"], "--key-file", str(key_file))
    early = as_person(laptop, "github", "setup", "--apply", "--connected", *words)
    assert early.returncode == 1
    assert "first: git push origin main" in early.stdout
    assert re.search(r"^held back +variable AWS_CONNECTED", early.stdout, re.MULTILINE)
    begin(laptop)
    for environment in laptop.accounts:  # with the ids of the repository, which the roles now trust
        laptop.at(environment).mlops("deploy", "--environment", environment, "--only", "foundation")
    first = as_person(laptop, "github", "setup", "--apply", "--connected", *words)
    again = as_person(laptop, "github", "setup", "--apply", "--connected", *words)
    assert first.returncode == again.returncode == 0, first.stdout + first.stderr
    assert "made" in first.stdout
    left = [line for line in again.stdout.splitlines() if not line.startswith("there")]
    assert all("secret DELIVERY_APP_PRIVATE_KEY" in line for line in left), "a secret cannot be read, so it is written"
    github.steer("settings", **{PRIVATE_KEY: app["pem"]})  # the stand-in keeps secrets sealed
    give_app(laptop, words, "dev")
    return github


def as_person(laptop: Laptop, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with a person's token."""
    return laptop.project.run(".venv/bin/mlops", *words, **{**laptop.environment, "GITHUB_TOKEN": PERSON})


def begin(laptop: Laptop) -> None:
    """Push what exists before anything is delivered, so that there is a main branch."""
    git(laptop, "init", "--quiet", "--initial-branch", "main")
    git(laptop, "add", "README.md", ".github/CODEOWNERS")
    git(laptop, "commit", "--quiet", "--message", "Begin")
    git(laptop, "remote", "add", "laptop", laptop.project.mlops("local", "remote").strip())
    git(laptop, "push", "laptop", "main")


def push_main(laptop: Laptop) -> str:
    """Commit the whole project and push it to the stand-in; returns what git printed."""
    git(laptop, "add", "--all")
    git(laptop, "commit", "--quiet", "--message", "Generate the project")
    return git(laptop, "push", "laptop", "main")


def own_settings(laptop: Laptop) -> None:
    """Name the laptop's stand-in for GitHub, whose port is the test's own, in the settings."""
    settings = laptop.project.path / "environments.laptop.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(":4566/_github", f":{laptop.port}/_github"), encoding="utf-8")


@contextmanager
def serving_laptop(
    states: BakedProject, installed: BakedProject, directory: Path, *, monitors_daily: bool = False
) -> Iterator[Laptop]:
    """Give three deployed environments with the default settings, of which production serves version 1.

    Args:
        monitors_daily: let the monitors run every 24 minutes instead of every minute, where no test needs them.
    """
    with restored(states, SERVED, directory) as laptop:
        settings = "environments.laptop.yaml"
        text = installed.read(settings)
        text = text.replace("monitor_every: hour", "monitor_every: day") if monitors_daily else text
        (laptop.project.path / settings).write_text(text, encoding="utf-8")
        three_accounts(laptop.project)
        own_settings(laptop)
        for options in (("dev", "--image", laptop.image_uri()), ("staging",), ("production",)):
            laptop.mlops("deploy", "--environment", *options)
        yield laptop


def push_served(laptop: Laptop) -> StandIn:
    """Set the stand-in up with a main branch that names version 1; what the push starts is cancelled."""
    github = set_up_github(laptop)
    give_app(laptop, app_words(laptop, github), "production")
    file = laptop.project.path / FILE
    file.write_text(file.read_text(encoding="utf-8").replace("none", arn_of(1)), encoding="utf-8")
    push_main(laptop)
    github.cancel_all("deliver")
    github.cancel_all("release")
    return github


def give_app(laptop: Laptop, words: tuple[str, ...], environment: str) -> None:
    """Let notify of an environment act as the App."""
    result = as_person(laptop.at(environment), "github", "notify-app", "--environment", environment, *words)
    assert result.returncode == 0, result.stderr


def app_words(laptop: Laptop, github: StandIn) -> tuple[str, ...]:
    """Return id and key of the App as options, for another environment."""
    client_id = github.call("GET", "/actions/variables/DELIVERY_APP_ID")["value"]
    return ("--app-id", client_id, "--key-file", str(laptop.project.path.parent / "key.pem"))


def git(laptop: Laptop, *words: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *words]
    result = subprocess.run(command, cwd=laptop.project.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def arn_of(number: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:{THREE_ACCOUNTS['dev']}:model-package/{GROUP}/{number}"


def decide(laptop: Laptop, number: int, decision: str) -> None:
    """What the console does when somebody clicks."""
    laptop.client("sagemaker").update_model_package(ModelPackageArn=arn_of(number), ModelApprovalStatus=decision)


def versions(laptop: Laptop) -> list[int]:
    found = laptop.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP, MaxResults=100)
    return sorted(package["ModelPackageVersion"] for package in found["ModelPackageSummaryList"])


def served(laptop: Laptop, endpoint: str) -> str | None:
    sagemaker = laptop.at(endpoint.rpartition("-")[2]).client("sagemaker")
    names = [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]]
    if endpoint not in names:
        return None
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    arn: str = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]["ModelPackageName"]
    return arn


def stack_says(laptop: Laptop, stack: str) -> str:
    found = laptop.at(stack.split("-")[-2]).client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    values = {entry["ParameterKey"]: entry["ParameterValue"] for entry in found["Parameters"]}
    return str(values["ModelPackageArn"])


def trainings(laptop: Laptop) -> list[dict[str, str]]:
    """Parameters of every training, oldest first, and its status."""
    sagemaker = laptop.client("sagemaker")
    listed = sagemaker.list_pipeline_executions(PipelineName=f"{GROUP}-training", SortOrder="Ascending", MaxResults=100)
    found = []
    for execution in listed["PipelineExecutionSummaries"]:
        arn = execution["PipelineExecutionArn"]
        answer = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn, MaxResults=100)
        values = {entry["Name"]: entry["Value"] for entry in answer["PipelineParameters"]}
        found.append({**values, "Status": execution["PipelineExecutionStatus"], "Arn": arn})
    return found


def all_agree(laptop: Laptop, number: int) -> None:
    """Git, stack, endpoint and registry name one version."""
    result = as_person(laptop.at("production"), "status")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "they agree" in result.stdout
    assert served(laptop, PRODUCTION) == stack_says(laptop, f"{PRODUCTION}-serving")
    assert served(laptop, PRODUCTION) == arn_of(number)


def plain(lines: Iterable[str]) -> list[str]:
    """Lines without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
