"""A reader of server-sent events, for tests."""

import json
import socket
import threading
from types import TracebackType
from typing import Any, Self


class EventStream:
    """One open stream. `status` and `headers` are known at once; events are waited for with `next` and `until`."""

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, port), timeout=20)
        lines = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in ({"Host": "localhost"} | (headers or {})).items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().strip().decode():
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # the file that reads from it would keep it open
        self._file.close()
        self._socket.close()

    def next(self) -> tuple[str, Any] | None:
        """The next event's name and data; None when the stream has ended."""
        name, data = "", ""
        while True:
            line = self._line()
            if line is None:
                return None
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and name:
                return name, json.loads(data)

    def changes(self) -> dict[str, Any]:
        """The next `changes` event; heartbeats are passed over."""
        while event := self.next():
            if event[0] == "changes":
                return event[1]
        raise AssertionError("the stream ended")

    def until(self, version: int) -> list[dict[str, Any]]:
        """All changes up to the one that brings this version."""
        seen = [self.changes()]
        while seen[-1]["version"] < version:
            seen.append(self.changes())
        return seen

    def _line(self) -> str | None:
        """One line of the body, out of whatever chunks it came in."""
        if not hasattr(self, "_rest"):
            self._rest = b""
        while b"\n" not in self._rest:
            if "chunked" in self.headers.get("transfer-encoding", ""):
                size = int(self._file.readline().strip() or b"0", 16)
                chunk = self._file.read(size)
                self._file.readline()
            else:
                chunk = self._file.read1()
            if not chunk:
                return None
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()


def in_background(work: Any, *args: Any) -> threading.Thread:
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread
