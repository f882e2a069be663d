"""HTTP requests to a server in a container without network, sent from inside with `docker exec`."""

import json
from dataclasses import dataclass

from sagemaker_mlops.delivery.container.container import Container

# SAGEMAKER_BIND_TO_PORT is set if SageMaker uses another port than 8080. 0A is the state of a listening socket.
PROGRAM = """
import http.client, json, os, sys
port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)
with open("/proc/net/tcp") as table:
    rows = [line.split() for line in table.readlines()[1:]]
sockets = [row[1].split(":") for row in rows if row[3] == "0A"]
answer = {"status": None, "body": "", "sockets": [[address, int(number, 16)] for address, number in sockets]}
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
try:
    connection.request(sys.argv[1], sys.argv[2], sys.stdin.buffer.read(), {"content-type": "application/json"})
    response = connection.getresponse()
    answer.update(status=response.status, body=response.read().decode("utf-8", "replace"))
except (OSError, http.client.HTTPException) as error:
    answer["body"] = type(error).__name__
print(json.dumps(answer))
"""
LOOPBACK = "0100007F"


@dataclass(frozen=True)
class ProbeAnswer:
    """Response of a server, and the listening sockets as (address, port).

    `status` is None if there was no response; `body` is then the error. Addresses are hexadecimal as in /proc/net/tcp.
    """

    status: int | None
    body: str
    sockets: tuple[tuple[str, int], ...] = ()

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports of the listening sockets, which are the container's own only if it has its own network."""
        return tuple(sorted({port for _, port in self.sockets}))

    def is_loopback_only(self, port: int) -> bool:
        """Return True if a port is open on the loopback address only."""
        addresses = {address for address, number in self.sockets if number == port}
        return addresses == {LOOPBACK}


def ask(container: Container, method: str, path: str, body: str = "") -> ProbeAnswer:
    """Send one HTTP request to the server in a container and return its response."""
    answer = container.execute("python", "-c", PROGRAM, method, path, content=body)
    try:
        found = json.loads(answer.output)
    except ValueError:
        return ProbeAnswer(None, (answer.errors or answer.output).strip()[-300:])
    sockets = tuple((address, port) for address, port in found["sockets"])
    return ProbeAnswer(found["status"], found["body"], sockets)
