"""Transfer of files between S3 and the folders of a job."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def download_prefix(client: Any, uri: str, directory: Path) -> int:
    """Download the objects below a prefix, or one object, to a folder, and return their number."""
    bucket, prefix = split_uri(uri)
    directory.mkdir(parents=True, exist_ok=True)
    count = 0
    for answer in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in answer.get("Contents", []):
            key: str = entry["Key"]
            if key.endswith("/"):
                continue
            relative = key[len(prefix) :].lstrip("/") if key != prefix else key.rsplit("/", 1)[-1]
            target = directory / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, key, str(target))
            count += 1
    return count


def upload_directory(client: Any, directory: Path, uri: str) -> None:
    """Upload all files of a folder to a prefix."""
    bucket, prefix = split_uri(uri)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            key = f"{prefix.rstrip('/')}/{path.relative_to(directory).as_posix()}"
            client.upload_file(str(path), bucket, key)


def upload_archive(client: Any, directory: Path, uri: str) -> None:
    """Pack a folder as `.tar.gz` and upload it. The same files give the same bytes."""
    bucket, key = split_uri(uri)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                entry = tarfile.TarInfo(path.relative_to(directory).as_posix())
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(entry, file)
    client.put_object(Bucket=bucket, Key=key, Body=gzip.compress(plain.getvalue(), compresslevel=6, mtime=0))


def download_archive(client: Any, uri: str, directory: Path) -> None:
    """Download a `.tar.gz` object and unpack it into a folder.

    Raises:
        ValueError: if the archive contains a path outside of the folder.
    """
    bucket, key = split_uri(uri)
    content = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    directory.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        # `filter="data"` would do the same, but not every Python 3.11 has it.
        files = [member for member in archive if member.isreg() or member.isdir()]
        unsafe = [member.name for member in files if member.name.startswith("/") or ".." in member.name.split("/")]
        if unsafe:
            raise ValueError(f"{uri} has paths outside of its folder")
        archive.extractall(directory, members=files)
