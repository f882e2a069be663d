"""Download of the objects that a training was started on, in the versions that its manifest names.

A SageMaker input copies the newest version of a prefix, or of the keys of a ManifestFile, which names no versions. An
upload during a training would change what the second step reads. ValidateData and PrepareData therefore read S3
themselves.

Source: botocore 1.43.106, ProcessingS3Input and S3DataSource documentation.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from sagemaker_mlops.contract.documents import ManifestDocument, ManifestObject
from sagemaker_mlops.runtime.job import StepRefused

FETCHED_AT_ONCE = 8


def fetch_objects(data_uri: str, manifest: ManifestDocument, directory: Path, client: Any = None) -> None:
    """Download each object of a manifest to a folder.

    A file that already exists with the right size is kept.

    Args:
        data_uri: prefix of the names in the manifest, such as s3://bucket/data/.
        manifest: manifest that start-training wrote: `objects`, each with name, version_id and size_bytes.
        directory: folder on the job's volume.
        client: S3 client; by default one for the job's role and region.

    Raises:
        StepRefused: if a version was deleted, may not be read, or has another size than the manifest states.
    """
    missing = [entry for entry in manifest["objects"] if not _is_there(entry, directory)]
    if not missing:
        return
    s3 = client or boto3.client("s3", region_name=_region())
    bucket, _, prefix = data_uri.removeprefix("s3://").partition("/")
    directory.mkdir(parents=True, exist_ok=True)

    def fetch(entry: ManifestObject) -> None:
        _fetch(s3, bucket, prefix, entry, directory)

    with ThreadPoolExecutor(FETCHED_AT_ONCE) as pool:
        list(pool.map(fetch, missing))


def _is_there(entry: ManifestObject, directory: Path) -> bool:
    """Return True if a file has the name and the size of an object.

    A container without network access gets its data mounted, and needs no download.
    """
    path = directory / str(entry["name"])
    return path.is_file() and path.stat().st_size == entry["size_bytes"]


def _fetch(s3: Any, bucket: str, prefix: str, entry: ManifestObject, directory: Path) -> None:
    name, version_id = entry["name"], entry["version_id"]
    path = directory / name
    if not path.resolve().is_relative_to(directory.resolve()):
        raise StepRefused(f"expected object names below {prefix}, found {name}; rename the object and start again")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        s3.download_file(bucket, prefix + name, str(path), ExtraArgs={"VersionId": version_id})
    except ClientError as error:
        raise StepRefused(
            f"expected version {version_id} of {name}, which this training was started on; S3 answers "
            f"{error.response['Error']['Code']}. If it was deleted, start the training again"
        ) from None
    size = path.stat().st_size
    if size != entry["size_bytes"]:
        raise StepRefused(f"expected {entry['size_bytes']:,} bytes of {name}, found {size:,}; start the training again")


def _region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
