"""Record of the sources of an image, so that a training does not run with an outdated contract or code."""

import hashlib
import json
from pathlib import Path

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import PAGE, step
from sagemaker_mlops.project import ROOT

SOURCES = ("Dockerfile", "requirements/image.txt", "contract", "model", "packages/sagemaker-mlops")
IMAGE_FILE = Path("build/image-uri.txt")
DIGEST_LENGTH = 20
RECORD = Path("build/image-sources.json")


def source_hashes() -> dict[str, str]:
    """Return the SHA-256 of every file that goes into the image, by path."""
    paths = [
        path for name in SOURCES for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    ]
    files = [path for path in paths if path.is_file() and path.suffix != ".pyc"]
    return {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def sources_digest(base_image: str) -> str:
    """Return one short digest of the base image and of every file that goes into the image."""
    content = json.dumps([base_image, source_hashes()]).encode()
    return hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]


def record_image(uri: str) -> None:
    """Record the URI and the source hashes of the image that was built last."""
    IMAGE_FILE.parent.mkdir(exist_ok=True)
    IMAGE_FILE.write_text(uri + "\n", encoding="utf-8")
    RECORD.write_text(json.dumps(source_hashes(), indent=1), encoding="utf-8")


def read_image_uri(given: str | None) -> str:
    """Return the image to train with: the given one, or the one that was built last.

    Raises:
        DeliveryError: No image is given, and none was built or its sources have changed since.
    """
    if given:
        return given
    if not IMAGE_FILE.exists() or not RECORD.exists():
        raise DeliveryError(
            f"expected an image, found neither --image nor {IMAGE_FILE}. Build one: mlops image build "
            f"(step {step('version').number} of {PAGE})"
        )
    built, now = json.loads(RECORD.read_text(encoding="utf-8")), source_hashes()
    changed = sorted(name for name in built.keys() | now.keys() if built.get(name) != now.get(name))
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise DeliveryError(
            f"the image was built before {', '.join(changed[:3])}{more} changed, so the training would not use it. "
            "Build it again: mlops image build"
        )
    return IMAGE_FILE.read_text(encoding="utf-8").strip()
