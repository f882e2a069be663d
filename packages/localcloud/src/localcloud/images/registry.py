"""Push of manifests to ECR, whose API returns them afterwards."""

import os
import re
from pathlib import Path
from typing import Any

from localcloud.errors import NotInLocalcloud
from localcloud.images.manifests import Manifest
from localcloud.instance import Instance

NAME = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@]+)(?::(?P<tag>.+))?"
)


class PushRefused(Exception):
    """Push that the registry refused. The message is the registry's."""


def put_manifest(state: Path, name: str, manifest: Manifest) -> None:
    """Put a manifest into the ECR of the localcloud that runs for a state folder.

    Args:
        state: state folder of localcloud.
        name: name of the image, which includes the ECR registry.
        manifest: manifest of the image.

    Raises:
        NotInLocalcloud: if the registry in the name is not ECR.
        PushRefused: if no localcloud is running, there is no such repository, or ECR rejects the manifest.
    """
    found = NAME.fullmatch(name)
    if found is None:
        raise NotInLocalcloud(f"pushing to another registry than ECR, such as that of {name}")
    client = _client(_address(state), found["account"], found["region"])
    try:
        client.put_image(
            repositoryName=found["repository"],
            imageManifest=manifest.text,
            imageManifestMediaType=manifest.media_type,
            imageTag=found["tag"] or "latest",
        )
    except client.exceptions.RepositoryNotFoundException:
        raise PushRefused(
            f"name unknown: The repository with name '{found['repository']}' does not exist in the registry with id "
            f"'{found['account']}'"
        ) from None
    except client.exceptions.ClientError as error:
        raise PushRefused(f"denied: {error.response['Error']['Message']}") from None


def _address(state: Path) -> str:
    running = Instance(state.resolve()).running()
    address = running.url if running else os.environ.get("AWS_ENDPOINT_URL", "")
    if not address:
        raise PushRefused(f"expected a localcloud that runs for {state}, found none; start it: mlops local up")
    return address


def _client(address: str, account: str, region: str) -> Any:
    import boto3  # takes a third of a second; the other commands do not need it

    given = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "localcloud"} | dict(os.environ)
    return boto3.client(
        "ecr",
        endpoint_url=address,
        region_name=region,
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
    )
