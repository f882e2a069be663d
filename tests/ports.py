"""Ports for the servers of tests, outside those that the operating system gives to others.

A port that `bind` chose is free until its server stops. When the server starts again on it, another process of the
tests may have been given it meanwhile, as its own server's port or as the local port of a connection.
"""

import itertools
import os

from localcloud.instance import port_is_free

FIRST_PORT, PORTS_OF_A_WORKER = 20_000, 1_000  # Linux gives away 32768 to 60999 (ip_local_port_range)
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = itertools.count(FIRST_PORT + _WORKER % 10 * PORTS_OF_A_WORKER)


def reserved_port() -> int:
    """Return a port that no other process of the tests uses, also after its server has stopped."""
    return next(port for port in _PORTS if port_is_free(port))
