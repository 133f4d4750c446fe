"""Many open streams in one process, read as quickly as Python can: no task, no buffer, no parsing a reader."""

import resource
import select
import socket
import time
from dataclasses import dataclass, field

MARK = b"event: changes\n"
"""Stands once in each event that is counted; whatever the server, it sends the same one."""
BATCH = 200


@dataclass
class Readers:
    """`number` readers of one address, each with a stream open."""

    port: int
    path: str
    number: int
    sockets: dict[int, socket.socket] = field(default_factory=dict)
    opened: float = 0.0
    """Seconds that it took to open them all."""

    def open(self, until: bytes) -> None:
        """Connect all; each is open when it has received `until`."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        began = time.monotonic()
        request = f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
        self._epoll = select.epoll()
        while len(self.sockets) < self.number:
            fresh = [self._connect(request) for _ in range(min(BATCH, self.number - len(self.sockets)))]
            for one in fresh:
                said = b""
                while until not in said:
                    if not (data := one.recv(65536)):
                        raise RuntimeError(f"A reader was sent away: {said[:300]!r}")
                    said += data
                one.setblocking(False)
                self.sockets[one.fileno()] = one
                self._epoll.register(one, select.EPOLLIN)
        self.opened = time.monotonic() - began

    def _connect(self, request: bytes) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        one.sendall(request)
        return one

    def receive(self, seconds: float = 30, rest: float = 0.2) -> list[float]:
        """When, by time.monotonic, each reader received the next event. Raises unless each receives exactly one.

        `rest`: seconds to wait for what comes twice.
        """
        got: dict[int, float] = {}
        parts: dict[int, bytes] = {}
        ends = time.monotonic() + seconds
        while len(got) < len(self.sockets):
            if time.monotonic() > ends:
                raise RuntimeError(f"{len(self.sockets) - len(got)} of {len(self.sockets)} readers received nothing.")
            self._read(got, parts, 0.5)
        if rest:
            self._read(got, parts, rest)
        return list(got.values())

    def _read(self, got: dict[int, float], parts: dict[int, bytes], seconds: float) -> None:
        for number, _ in self._epoll.poll(seconds, 1024):
            data = parts.pop(number, b"") + self.sockets[number].recv(65536)
            found = data.count(MARK)
            if found > 1 or (found and number in got):
                raise RuntimeError("A reader received an event twice.")
            if found:
                got[number] = time.monotonic()
            else:
                parts[number] = data[-len(MARK) :]

    def lost(self, seconds: float) -> int:
        """How many connections the server closes within that time; they are given up."""
        ends, gone = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            for number, _ in self._epoll.poll(0.2, 1024):
                try:
                    closed = not self.sockets[number].recv(65536)
                except ConnectionResetError:
                    closed = True
                if closed:
                    self._epoll.unregister(number)
                    self.sockets.pop(number).close()
                    gone += 1
        return gone

    def drain(self, seconds: float) -> None:
        """Read what has come, and count nothing."""
        for number, _ in self._epoll.poll(seconds, 1024):
            self.sockets[number].recv(65536)

    def close(self) -> None:
        for one in self.sockets.values():
            one.close()
        self._epoll.close()
        self.sockets.clear()
