"""Validation of the instances that a job requests."""

import re

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.operations import Members

# Families with local storage: a `d` after the generation (m5d, g4dn, p4d), and those that always have it.
# Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
LOCAL_STORAGE = re.compile(r"ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g[5-7]e?|p5e?n?|p6e?-[a-z0-9]+|trn[12]n?)\.\w+")


def has_local_storage(instance_type: str) -> bool:
    """Return True if a type has local NVMe storage, which cannot be encrypted with a customer's key."""
    return LOCAL_STORAGE.fullmatch(instance_type) is not None


def refuse_key_with_local_storage(cluster: Members) -> None:
    """Raise ValidationException for a VolumeKmsKeyId with an instance type that has local storage."""
    instance_type = cluster.get("InstanceType", "")
    if cluster.get("VolumeKmsKeyId") and has_local_storage(instance_type):
        raise validation_error(
            f"VolumeKmsKeyId is not supported for instance type {instance_type}: its local storage is encrypted by "
            "hardware. Leave the key out, or choose an instance type without local storage."
        )


def refuse_several(cluster: Members) -> None:
    """Raise NotInLocalcloud for a job on more than one instance."""
    if cluster.get("InstanceCount", 1) > 1:
        raise NotInLocalcloud(f"jobs on {cluster['InstanceCount']} instances")
