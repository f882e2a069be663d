"""boto3 sessions that read the description of each AWS service once."""

from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader


@cache
def _loader() -> Loader:
    return create_loader()


def session_with(**options: Any) -> boto3.Session:
    """Return a new session that shares its loader with the others.

    A loader keeps what it has read. Every session has one of its own by default, so a command that works on three
    accounts would read SageMaker's description, half a second of work, three times.
    Source: https://github.com/boto/botocore/blob/develop/botocore/session.py (register_component)

    Args:
        options: arguments of boto3.Session, such as profile_name.
    """
    shared = botocore.session.Session()
    shared.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=shared, **options)
