"""A workflow's job assumes the roles that trust its token, and no others.

Sources: https://docs.github.com/actions/reference/security/oidc (subject claims; a job needs `id-token: write`) and
https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request (forks).
"""

import json
import re

import boto3
import pytest
from localcloud.github.job_identity import ISSUER

from tests.laptop.github_stand_in import StandIn
from tests.localcloud.conftest import LocalCloud, StartCloud
from tests.localcloud.pushed_workflows import push_workflows

ACCOUNT = "111111111111"
NEW, OLD = "repo:example-org@1000001/purchase-intent@2000002", "repo:example-org/purchase-intent"
WORKFLOW = """\
name: {name}
on: {{workflow_dispatch: {{}}}}
permissions: {{}}
jobs:
  ask:
    runs-on: ubuntu-24.04
    {environment}
    permissions: {permissions}
    steps:
      - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
        with:
          role-to-assume: arn:aws:iam::{account}:role/reader
          aws-region: eu-west-1
      - run: env | grep ^AWS_
"""
TOKEN, NO_TOKEN = "{id-token: write}", "{contents: read}"
WORKFLOWS = {
    "main": ("", TOKEN),
    "dev": ("environment: dev", TOKEN),
    "named": ("environment: {name: dev}", TOKEN),
    "production": ("environment: production", TOKEN),
    "none": ("environment: dev", NO_TOKEN),
}


@pytest.fixture(scope="module")
def cloud(start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    return start_cloud(tmp_path_factory.mktemp("identity-cloud"), iam=True)


@pytest.fixture(scope="module")
def github(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """A repository with a workflow of each kind, and a role that trusts the environment dev."""
    stand_in = StandIn(f"{cloud.running.url}/_github", cloud.instance.directory)
    stand_in.runs()  # from now on it knows its name
    texts = {
        name: WORKFLOW.format(name=name, environment=environment, permissions=permissions, account=ACCOUNT)
        for name, (environment, permissions) in WORKFLOWS.items()
    }
    push_workflows(cloud.instance.directory, tmp_path_factory.mktemp("work"), texts)
    cloud.client("iam", ACCOUNT).create_role(RoleName="reader", AssumeRolePolicyDocument=trust(NEW))
    return stand_in


def trust(prefix: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": f"{prefix}:environment:dev"}
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def run(github: StandIn, workflow: str) -> tuple[str, str]:
    """Run a workflow; return how it ended and what it wrote."""
    before = github.newest(workflow)
    github.call("POST", f"/actions/workflows/{workflow}.yml/dispatches", {"ref": "main"})
    found = github.wait(workflow, before, 60)
    return found["conclusion"], github.log(found["id"])


@pytest.mark.parametrize("workflow", ["dev", "named"])
def test_a_job_whose_environment_is_trusted_acts_as_the_role(cloud: LocalCloud, github: StandIn, workflow: str) -> None:
    conclusion, log = run(github, workflow)
    assert conclusion == "success", log
    found = dict(re.findall(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)=(\S+)", log))
    sts = boto3.client(
        "sts",
        endpoint_url=cloud.running.url,
        region_name="eu-west-1",
        **{f"aws_{name.lower()}": value for name, value in found.items()},
    )
    assert sts.get_caller_identity()["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/")


@pytest.mark.parametrize(
    ("workflow", "said"),
    [
        ("main", f"Not authorized to perform sts:AssumeRoleWithWebIdentity (arn:aws:iam::{ACCOUNT}:role/reader, "),
        ("main", f"{NEW}:ref:refs/heads/main)"),
        ("production", f"{NEW}:environment:production"),
        ("none", "Could not load credentials from any providers"),
    ],
)
def test_a_job_that_the_role_does_not_trust_or_that_has_no_token_fails(
    github: StandIn, workflow: str, said: str
) -> None:
    conclusion, log = run(github, workflow)
    assert (conclusion, said in log, "AWS_ACCESS_KEY_ID" in log) == ("failure", True, False), log


def test_an_old_repositorys_subject_has_no_ids(cloud: LocalCloud, github: StandIn) -> None:
    iam = cloud.client("iam", ACCOUNT)
    github.call("PUT", "/actions/oidc/customization/sub", {"use_default": True, "use_immutable_subject": False})
    try:
        assert run(github, "dev")[0] == "failure", "the role trusts the subject with ids"
        iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust(OLD))
        assert run(github, "dev")[0] == "success"
    finally:
        github.call("PUT", "/actions/oidc/customization/sub", {"use_default": True, "use_immutable_subject": True})
        iam.update_assume_role_policy(RoleName="reader", PolicyDocument=trust(NEW))


def test_a_role_that_is_not_there_is_no_role(cloud: LocalCloud, github: StandIn) -> None:
    cloud.client("iam", ACCOUNT).delete_role(RoleName="reader")
    try:
        assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in run(github, "dev")[1]
    finally:
        cloud.client("iam", ACCOUNT).create_role(RoleName="reader", AssumeRolePolicyDocument=trust(NEW))
