"""Ask a server in a container that has no network: a small program that runs inside, with `docker exec`."""

import json
from dataclasses import dataclass

from sagemaker_mlops.delivery.container.container import Container

# SageMaker says in a variable if it asks another port than 8080. 0A is the state of a socket that listens.
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
    """What a server answered, None if nothing did; and the sockets that listen, by address and port."""

    status: int | None
    body: str
    sockets: tuple[tuple[str, int], ...] = ()

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports on which something listens, if the container has a network of its own."""
        return tuple(sorted({port for _, port in self.sockets}))

    def is_loopback_only(self, port: int) -> bool:
        """Whether whatever listens on a port can be reached from inside the container only."""
        addresses = {address for address, number in self.sockets if number == port}
        return addresses == {LOOPBACK}


def ask(container: Container, method: str, path: str, body: str = "") -> ProbeAnswer:
    """Send one request to the server of a container."""
    answer = container.execute("python", "-c", PROGRAM, method, path, content=body)
    try:
        found = json.loads(answer.output)
    except ValueError:
        return ProbeAnswer(None, (answer.errors or answer.output).strip()[-300:])
    sockets = tuple((address, port) for address, port in found["sockets"])
    return ProbeAnswer(found["status"], found["body"], sockets)
