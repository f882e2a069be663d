"""Captured requests in S3, stored by the hour in which they were made."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sagemaker_mlops.contract.monitors import SHADOW_VARIANT
from sagemaker_mlops.monitoring.services import Services

PIECE_BYTES = 32 * 1024 * 1024
LONGEST_DELAY = timedelta(hours=2)


def captured_between(services: Services, uri: str, start: datetime, end: datetime) -> Iterator[bytes]:
    """Yield the whole lines that were captured between two times, in pieces, without the shadow variant.

    SageMaker writes requests to S3 minutes after they were made. A file therefore belongs to the window in which it was
    written, so each file is in exactly one window.

    Args:
        services: access to S3.
        uri: s3:// address of the captured requests, which ends with the endpoint's name.
        start: start of the window, included.
        end: end of the window, excluded.
    """
    return pieces(
        block for content in services.read_all(_uris(services, uri, start, end)) for block in (content, b"\n")
    )


def _uris(services: Services, uri: str, start: datetime, end: datetime) -> Iterator[str]:
    for variant in services.folders(f"{uri}/"):
        if variant == SHADOW_VARIANT:
            continue
        prefix = f"{uri}/{variant}/"
        for entry in services.objects(prefix, after=f"{start - LONGEST_DELAY:%Y/%m/%d/%H}"):
            if start <= entry.modified < end:
                yield prefix + entry.key


def pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Join blocks to pieces of at least PIECE_BYTES that end with a line. The last piece may be smaller."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= PIECE_BYTES and b"\n" in block:
            joined = b"".join(held)
            end = joined.rindex(b"\n") + 1
            yield joined[:end]
            held, size = [joined[end:]], len(joined) - end
    rest = b"".join(held)
    if rest.strip():
        yield rest
