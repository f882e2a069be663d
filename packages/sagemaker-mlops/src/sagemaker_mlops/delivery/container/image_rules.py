"""SageMaker's requirements for an image, checked in the Dockerfile and in the built image."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError

PLATFORM = "linux/amd64"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ROOT_USERS = ("", "0", "root", "0:0", "root:root")
# "SageMaker AI expects all containers to run with root users"; "we recommend that you use the exec form".
GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"


def check_dockerfile(path: Path) -> None:
    """Raise DeliveryError if SageMaker could not run the image of a Dockerfile."""
    if faults := dockerfile_faults(path.read_text(encoding="utf-8")):
        raise DeliveryError(f"{path.name}: {'; '.join(faults)}. See {GUIDE}")


def dockerfile_faults(text: str) -> list[str]:
    """Return the faults in the last stage of a Dockerfile, one text for each."""
    instructions = _last_stage(text)
    users = [rest for keyword, rest in instructions if keyword == "USER"]
    entry_points = [rest for keyword, rest in instructions if keyword == "ENTRYPOINT"]
    faults = []
    if users and users[-1] not in ROOT_USERS:
        faults.append(f"expected no USER in the last stage, found USER {users[-1]}: jobs could not write to /opt/ml")
    if not entry_points:
        faults.append("expected an ENTRYPOINT in the last stage, found none: SageMaker starts the image with `serve`")
    elif not entry_points[-1].startswith("["):
        faults.append(
            "expected the exec form of ENTRYPOINT, found the shell form, which passes neither words nor signals"
        )
    return faults


def _last_stage(text: str) -> list[tuple[str, str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\s*\n", " ", lines)
    instructions = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    parsed = [(words[0].upper(), words[1].strip() if len(words) > 1 else "") for words in instructions]
    last = max((index for index, (keyword, _) in enumerate(parsed) if keyword == "FROM"), default=-1)
    return parsed[last + 1 :]


def image_faults(inspected: Mapping[str, Any]) -> list[str]:
    """Return the faults of a built image, one text for each, from its description by `docker inspect`."""
    config = inspected.get("Config") or {}
    platform = f"{inspected.get('Os')}/{inspected.get('Architecture')}"
    faults = []
    if platform != PLATFORM:
        faults.append(f"expected an image for {PLATFORM}, found {platform}: build it with --platform {PLATFORM}")
    if config.get("User", "") not in ROOT_USERS:
        faults.append(
            f"expected an image that runs as root, found user {config['User']}: remove USER from the Dockerfile"
        )
    entry_point = config.get("Entrypoint") or []
    if not entry_point:
        faults.append("expected an entry point, found none: SageMaker starts the image with `serve`")
    elif entry_point[0] in ("/bin/sh", "sh"):
        faults.append(f"expected the exec form of ENTRYPOINT, found {json.dumps(entry_point)}")
    return faults
