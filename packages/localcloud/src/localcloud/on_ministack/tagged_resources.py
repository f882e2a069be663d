"""SageMaker resources in the Resource Groups Tagging API. SageMaker stores their tags.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import AwsError
from localcloud.on_ministack.resource_types import current_scope
from localcloud.sagemaker.operations import TAGS, Members, call

SERVICE = "sagemaker"
Tags = list[dict[str, str]]


def install_tagged_resources(cloud: Cloud) -> None:
    """Add SageMaker to the services whose tags ministack's tagging API reads and writes."""
    from ministack.services import tagging

    def collected() -> Iterator[tuple[str, Tags]]:
        scope = current_scope()
        for owner, arn, _ in list(cloud.store.everywhere(TAGS)):
            if owner == scope:
                with suppress(AwsError):  # the resource has been deleted
                    yield arn, call(cloud, scope, "ListTags", {"ResourceArn": arn})["Tags"]

    def write(_spec: Any, arn: str, tags: dict[str, str]) -> None:
        change("AddTags", arn, {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def remove(_spec: Any, arn: str, keys: list[str]) -> None:
        change("DeleteTags", arn, {"TagKeys": list(keys)})

    def change(operation: str, arn: str, members: Members) -> None:
        try:
            call(cloud, current_scope(), operation, {"ResourceArn": arn, **members})
        except AwsError as error:
            raise tagging._ResourceNotFound(error.message) from None

    tagging._COLLECTORS[SERVICE] = collected
    tagging._WRITERS[SERVICE] = write
    tagging._REMOVERS[SERVICE] = remove
