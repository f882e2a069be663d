"""Closed-loop HTTP load: each client sends its next request after the response to the last one.

It uses raw sockets under asyncio. On two cores, a client that needs as much processor time as the server would measure
itself.
"""

import asyncio
import time
from dataclasses import dataclass, field

import uvloop


@dataclass(frozen=True)
class Load:
    """Result of a load: seconds per response, number of responses other than 200, and the duration."""

    seconds: list[float]
    failures: int
    duration_seconds: float

    @property
    def requests_per_second(self) -> float:
        """Responses per second, of all clients together."""
        return len(self.seconds) / self.duration_seconds

    def milliseconds(self, quantile: float) -> float:
        """Return a quantile of the latency in milliseconds."""
        return sorted(self.seconds)[int(quantile * (len(self.seconds) - 1))] * 1000


def request_bytes(port: int, body: bytes, content_type: str = "application/json") -> bytes:
    """Return a complete HTTP request."""
    head = (
        f"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class _Client(asyncio.Protocol):
    """One connection."""

    requests: list[bytes]
    ends_at: float
    done: asyncio.Event = field(default_factory=asyncio.Event)
    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport, self._buffer, self._turn = transport, b"", 0
        self._send()

    def _send(self) -> None:
        self._begin = time.perf_counter()
        self._transport.write(self.requests[self._turn % len(self.requests)])
        self._turn += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        now = time.perf_counter()
        self.seconds.append(now - self._begin)
        self.failures += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        if now < self.ends_at:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self.done.set()


async def _load(port: int, requests: list[bytes], clients: int, seconds: float) -> Load:
    loop, begin = asyncio.get_running_loop(), time.perf_counter()
    ends_at = begin + seconds
    protocols = [_Client(requests[number:] + requests[:number], ends_at) for number in range(clients)]
    for protocol in protocols:
        await loop.create_connection(lambda protocol=protocol: protocol, "127.0.0.1", port)  # type: ignore[misc]
    for protocol in protocols:
        await protocol.done.wait()
    duration = time.perf_counter() - begin
    answered = [value for protocol in protocols for value in protocol.seconds]
    return Load(answered, sum(protocol.failures for protocol in protocols), duration)


def load(port: int, bodies: list[bytes], *, clients: int, seconds: float) -> Load:
    """Send requests with the bodies in turn, from a number of clients for a number of seconds."""
    return uvloop.run(_load(port, [request_bytes(port, body) for body in bodies], clients, seconds))
