"""Instance types with local storage (NVMe), for which a job cannot set a KMS key for its volume.

"Local storage volumes are encrypted using a hardware module on the instance. You can't request a VolumeKmsKeyId when
using an instance type with local storage." Source: botocore 1.44.5, ResourceConfig and ProcessingClusterConfig
documentation. An endpoint may set a key, which "does not encrypt instance local storage" (CreateEndpointConfig).
Families with local storage: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
"""

import re

# A `d` after the generation number stands for local storage: m5d, c6gd, r7gd, p3dn, g4dn, p4d, p4de.
DISK_IN_NAME = re.compile(r"[a-z]+\d+[a-z]*d[a-z]*")
DISK_NOT_IN_NAME = frozenset({"dl1", "g5", "g6", "g6e", "g7", "g7e", "p5", "p5e", "p5en", "trn1", "trn1n", "trn2"})
P6 = re.compile(r"p6e?-[a-z0-9]+")


def has_local_storage(instance_type: str) -> bool:
    """Return True if an instance type, such as ml.g5.xlarge, has local storage."""
    family = instance_type.removeprefix("ml.").partition(".")[0]
    return bool(family in DISK_NOT_IN_NAME or P6.fullmatch(family) or DISK_IN_NAME.fullmatch(family))


def volume_key(instance_type: str, key_arn: str) -> dict[str, str]:
    """Return `{"VolumeKmsKeyId": key_arn}`, or an empty dict for an instance type with local storage."""
    return {} if has_local_storage(instance_type) else {"VolumeKmsKeyId": key_arn}
