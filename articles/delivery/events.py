"""Server-sent events (WHATWG HTML §9.2), and the connection that one reader has open for them."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from articles import changes

from . import mode
from .build import build

STALLED = 45
"""Seconds after which a reader who takes nothing is let go; it comes back with the version that it has."""
END = {"type": "http.response.body", "body": b""}


class Stream:
    """One reader's open connection, and the version that it was last sent.

    It writes to the connection of uvicorn's that is behind `send`: 10,000 times `send` would check what cannot be
    otherwise here, and join the same bytes anew. Whatever is written must be a whole chunk.
    """

    __slots__ = ("_cycle", "stalled_since", "version")

    def __init__(self, version: int, send: Callable[..., Any]) -> None:
        self.version = version
        self.stalled_since = 0.0
        self._cycle = send.__self__  # type: ignore[attr-defined]

    def write(self, chunk: bytes) -> bool:
        """Hand over one chunk without waiting; False when the connection is full and took nothing of it."""
        if self._cycle.disconnected:  # `receive` is telling the application so
            return True
        if self._cycle.flow.write_paused:
            self._stall()
            return False
        self._cycle.transport.write(chunk)
        self.stalled_since = 0.0
        return True

    def end(self) -> None:
        """End the answer; the server then tells the application that waits on `receive` that it is over."""
        if self._cycle.flow.write_paused:
            return self.abort()
        with suppress(StopIteration):  # it waits only while the connection is full
            self._cycle.send(END).send(None)
        return None

    def abort(self) -> None:
        """Free the connection of a reader who takes nothing."""
        self._cycle.transport.abort()

    def _stall(self) -> None:
        self.stalled_since = self.stalled_since or time.monotonic()
        if time.monotonic() - self.stalled_since > STALLED:
            self.abort()


def event(name: str, data: bytes, version: int | None = None) -> bytes:
    """One event as a chunk of HTTP/1.1 (RFC 9112 §7.1); `data` must hold no line break."""
    head = f"event: {name}\n" + (f"id: {version}\n" if version else "")
    body = b"%sdata: %s\n\n" % (head.encode(), data)
    return b"%x\r\n%s\r\n" % (len(body), body)


def heartbeat(version: int) -> bytes:
    """What open streams are told when nothing else is said."""
    now = changes.iso(datetime.now(UTC))
    facts = {"version": version, "build": build(), "mode": mode.current(), "poll": settings.POLL_SECONDS, "now": now}
    return event("heartbeat", json.dumps(facts, separators=(",", ":")).encode())
