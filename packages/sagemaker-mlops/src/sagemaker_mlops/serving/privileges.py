"""Give up root before the first request is read.

SageMaker starts containers as root and "expects all containers to run with root users":
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html. So the image names no USER, and
each server process gives root up by itself, once it has read what only root may be able to read.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from sagemaker_mlops.project import ROOT

# A number that no user has: nothing in the image, and nothing that SageMaker mounts, belongs to it.
UNPRIVILEGED_ID = 10001
OTHERS_MAY_ENTER, OTHERS_MAY_LIST = 0o001, 0o004
# Where modules are that are imported later, during a request.
CODE = (ROOT, Path(__file__).parents[1], Path(sys.prefix), Path(sys.base_prefix))
# From linux/capability.h and linux/prctl.h.
CAP_DAC_READ_SEARCH, CAPABILITY_VERSION_3, PR_SET_KEEPCAPS = 2, 0x20080522, 8


def drop_privileges(code: Iterable[Path] = CODE) -> str:
    """Become a user without rights, if this process is root; returns a sentence about it for the log.

    Where the code is closed to other users, as below root's home folder on a laptop, the right to read every file is
    kept, so that later imports do not fail; containers have it seldom, and need it never, since the image's code is
    open. Root itself is kept where the container may not change its user.
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
    """Whether users without rights can list a folder and reach it."""
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
        # Effective, permitted, inheritable, each in two words of 32 bits.
        _call("capset", header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raises OSError if it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name} failed")
