"""Dropping of root privileges before the first request is read.

SageMaker starts containers as root and "expects all containers to run with root users":
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html. The image therefore sets no USER.
Each server process drops root privileges itself, after it has read the files that only root may be able to read.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from sagemaker_mlops.project import ROOT

# User id without an account, which owns no file in the image and no file that SageMaker mounts.
UNPRIVILEGED_ID = 10001
OTHERS_MAY_ENTER, OTHERS_MAY_LIST = 0o001, 0o004
# Folders of modules that may be imported later, during a request.
CODE = (ROOT, Path(__file__).parents[1], Path(sys.prefix), Path(sys.base_prefix))
# From linux/capability.h and linux/prctl.h.
CAP_DAC_READ_SEARCH, CAPABILITY_VERSION_3, PR_SET_KEEPCAPS = 2, 0x20080522, 8


def drop_privileges(code: Iterable[Path] = CODE) -> str:
    """Become an unprivileged user if this process runs as root, and return a sentence for the log.

    If other users cannot read the code, for example below root's home folder on a laptop, the process keeps the
    capability to read every file, so that later imports do not fail. Containers rarely have this capability and do not
    need it, because the code in the image is readable for all users.

    The process remains root in two cases: the container may not change its user, or other users cannot read the code
    and the capability is not available.

    Args:
        code: folders with modules that may be imported later.
    """
    if os.geteuid() != 0:
        return f"started as user {os.geteuid()}"
    closed = next((path for path in code if not is_open_to_others(path)), None)
    if closed is not None and not _may_read_everything():
        return f"kept: other users may not read {closed}; allow it with chmod -R a+rX"
    try:
        _become_unprivileged(keep_reading=closed is not None)
    except PermissionError:
        return "kept: this container may not change its user"
    return f"dropped: user {UNPRIVILEGED_ID}" + (" with the right to read every file" if closed else "")


def is_open_to_others(path: Path) -> bool:
    """Return True if users without privileges can reach a folder and list it."""
    reachable = all(parent.stat().st_mode & OTHERS_MAY_ENTER for parent in (path, *path.resolve().parents))
    return reachable and bool(path.stat().st_mode & OTHERS_MAY_LIST)


def _may_read_everything() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    permitted = next(line.split()[1] for line in status if line.startswith("CapPrm:"))
    return bool(int(permitted, 16) & 1 << CAP_DAC_READ_SEARCH)


def _become_unprivileged(*, keep_reading: bool) -> None:
    if keep_reading:
        _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(UNPRIVILEGED_ID)
    os.setuid(UNPRIVILEGED_ID)
    if keep_reading:
        kept = 1 << CAP_DAC_READ_SEARCH
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        # Effective, permitted and inheritable capabilities: first the lower 32 bits of each, then the upper ones.
        _call("capset", header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library. Raise OSError if it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name} failed")
