"""Clients that assume CDK's deploy role, through which users and workflows change stacks."""

import time
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.sessions import session_with
from sagemaker_mlops.delivery.target import Target

# Credentials expire after an hour, but a rollout may take longer.
RENEWED_SECONDS = 1800
PATIENT = Config(retries={"mode": "standard", "max_attempts": 8})  # CloudFormation has low request limits


def deployer_client(target: Target, service: str) -> Any:
    """Return a boto3 client with CDK's deploy role. Raise DeliveryError if the role cannot be assumed."""
    role_arn = target.names.bootstrap_role_arn("deploy")
    try:
        session = _session(role_arn, target.environment.region, int(time.time() // RENEWED_SECONDS))
        return session.client(service, config=PATIENT)
    except ClientError as error:
        raise DeliveryError(
            f"your credentials may not use CDK's deploy role ({error.response['Error']['Code']}), or the account "
            f"{target.environment.account} is not bootstrapped in {target.environment.region}. "
            f"See: mlops doctor -e {target.name}"
        ) from None


@cache
def _session(role_arn: str, region: str, _period: int) -> boto3.Session:
    sts = boto3.client("sts", region_name=region)
    credentials = sts.assume_role(RoleArn=role_arn, RoleSessionName="delivery")["Credentials"]
    return session_with(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=region,
    )
