"""Where captured requests are: below a folder that Model Monitor downloaded, or in S3 by the hour."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from contract.monitors import SHADOW_VARIANT
from monitoring.services import Services

PIECE_BYTES = 32 * 1024 * 1024
HOUR = timedelta(hours=1)


def captured_in_folder(directory: Path) -> Iterator[bytes]:
    """Whole lines of capture below a folder, in pieces of bounded size; a shadow's are left out."""
    paths = sorted(path for path in directory.rglob("*.jsonl") if SHADOW_VARIANT not in path.parts)
    return pieces(block for path in paths for block in _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(PIECE_BYTES):
            yield block
    yield b"\n"  # the last line of a file may lack its end


def captured_in_s3(services: Services, uri: str, start: datetime, end: datetime) -> Iterator[bytes]:
    """The same, of the hours that may hold requests of a time; `uri` ends with the endpoint's name."""
    return pieces(
        block for content in services.read_all(_uris(services, uri, start, end)) for block in (content, b"\n")
    )


def _uris(services: Services, uri: str, start: datetime, end: datetime) -> Iterator[str]:
    """SageMaker writes a request into the hour in which it was captured, which may be the one after it was made."""
    for variant in services.folders(f"{uri}/"):
        if variant == SHADOW_VARIANT:
            continue
        prefix = f"{uri}/{variant}/"
        first, last = f"{start:%Y/%m/%d/%H}", f"{end + HOUR:%Y/%m/%d/%H}"
        for entry in services.objects(prefix, after=first):
            if entry.key[: len(last)] > last:
                break
            yield prefix + entry.key


def pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small blocks and cut large ones, at the ends of lines."""
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
