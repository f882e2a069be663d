"""Instance types with local storage (NVMe), and what that means for the key of a job's volume.

"Local storage volumes are encrypted using a hardware module on the instance. You can't request a VolumeKmsKeyId when
using an instance type with local storage." Source: botocore 1.44.5, ResourceConfig and ProcessingClusterConfig
documentation. An endpoint may name a key: there it "does not encrypt instance local storage" (CreateEndpointConfig).
Which families have local storage: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
"""

import re

# The `d` after the generation says so: m5d, c6gd, r7gd, p3dn, g4dn, p4d, p4de.
DISK_IN_NAME = re.compile(r"[a-z]+\d+[a-z]*d[a-z]*")
DISK_NOT_IN_NAME = frozenset({"dl1", "g5", "g6", "g6e", "g7", "g7e", "p5", "p5e", "p5en", "trn1", "trn1n", "trn2"})
P6 = re.compile(r"p6e?-[a-z0-9]+")


def has_local_storage(instance_type: str) -> bool:
    """Return whether an instance type, such as ml.g5.xlarge, brings its own disks."""
    family = instance_type.removeprefix("ml.").partition(".")[0]
    return bool(family in DISK_NOT_IN_NAME or P6.fullmatch(family) or DISK_IN_NAME.fullmatch(family))


def volume_key(instance_type: str, key_arn: str) -> dict[str, str]:
    """Return the VolumeKmsKeyId of a job's cluster; nothing where AWS refuses one."""
    return {} if has_local_storage(instance_type) else {"VolumeKmsKeyId": key_arn}
