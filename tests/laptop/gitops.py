"""A project, its cloud and the stand-in for GitHub, as the tests of workflows make and look at them."""

import re
import subprocess
from collections.abc import Iterable

from tests.laptop.conftest import Laptop
from tests.laptop.github_stand_in import PERSON, StandIn

GROUP = "purchase-intent-dev"
STAGING, PRODUCTION = "purchase-intent-staging", "purchase-intent-production"
FILE = "deployments/production.yaml"
SOON, DELIVERED_SECONDS = 240, 1500
NOTIFY_TOKEN = "token-of-notify"


def set_up_github(laptop: Laptop) -> StandIn:
    """Set the stand-in up as `make github-setup` does, and give notify in dev its token."""
    directory = laptop.project.path / ".localcloud" / "main"
    github = StandIn(f"http://127.0.0.1:{laptop.port}/_github", directory)
    setup = ("github-setup", "--apply", "--connected")
    first = laptop.project.run(".venv/bin/python", "-m", "delivery", *setup, GITHUB_TOKEN=PERSON, **laptop.environment)
    again = laptop.project.run(".venv/bin/python", "-m", "delivery", *setup, GITHUB_TOKEN=PERSON, **laptop.environment)
    assert first.returncode == again.returncode == 0, first.stdout + first.stderr
    assert "made" in first.stdout
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"there"}
    give_token(laptop, NOTIFY_TOKEN, "dev")
    return github


def push_main(laptop: Laptop) -> str:
    """Commit the project and push it to the stand-in; returns what git printed."""
    git(laptop, "init", "--quiet", "--initial-branch", "main")
    git(laptop, "add", "--all")
    git(laptop, "commit", "--quiet", "--message", "Generate the project")
    git(laptop, "remote", "add", "laptop", laptop.project.make("-s", "local-remote").strip().splitlines()[-1])
    return git(laptop, "push", "laptop", "main")


def own_settings(laptop: Laptop) -> None:
    """Name the laptop's stand-in for GitHub, whose port is the test's own, in the settings."""
    settings = laptop.project.path / "environments.laptop.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(":4566/_github", f":{laptop.port}/_github"), encoding="utf-8")


def give_token(laptop: Laptop, token: str, environment: str) -> None:
    result = laptop.project.run(
        *(".venv/bin/python", "-m", "delivery", "notify-token", "--environment", environment),
        **{**laptop.environment, "GITHUB_TOKEN": token},
    )
    assert result.returncode == 0, result.stderr


def git(laptop: Laptop, *words: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *words]
    result = subprocess.run(command, cwd=laptop.project.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def arn_of(number: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:000000000000:model-package/{GROUP}/{number}"


def decide(laptop: Laptop, number: int, decision: str) -> None:
    """What the console does when somebody clicks."""
    laptop.client("sagemaker").update_model_package(ModelPackageArn=arn_of(number), ModelApprovalStatus=decision)


def versions(laptop: Laptop) -> list[int]:
    found = laptop.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP, MaxResults=100)
    return sorted(package["ModelPackageVersion"] for package in found["ModelPackageSummaryList"])


def served(laptop: Laptop, endpoint: str) -> str | None:
    sagemaker = laptop.client("sagemaker")
    names = [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]]
    if endpoint not in names:
        return None
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    arn: str = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]["ModelPackageName"]
    return arn


def stack_says(laptop: Laptop, stack: str) -> str:
    found = laptop.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
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
    result = laptop.project.run(
        ".venv/bin/python", "-m", "delivery", "difference", GITHUB_TOKEN=PERSON, **laptop.environment
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "they agree" in result.stdout
    assert served(laptop, PRODUCTION) == stack_says(laptop, f"{PRODUCTION}-serving") == arn_of(number)


def plain(lines: Iterable[str]) -> list[str]:
    """Lines without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
