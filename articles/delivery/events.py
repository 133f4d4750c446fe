"""Server-sent events (WHATWG HTML §9.2), and what they are written to."""

import json
import random
import time
from abc import ABC, abstractmethod
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
COMING_BACK = 3.5
"""Seconds over which readers come back whom a process sends away at its end; static/js/transport.js knows it too."""
END = {"type": "http.response.body", "body": b""}


class Event:
    """One event; `data` must hold no line break."""

    __slots__ = ("chunk", "data", "name", "version")

    def __init__(self, name: str, data: bytes, version: int | None = None) -> None:
        self.name = name
        self.data = data
        self.version = version
        head = f"event: {name}\n" + (f"id: {version}\n" if version else "")
        self.chunk = _chunk(b"%sdata: %s\n\n" % (head.encode(), data))
        """As HTTP/1.1 sends it (RFC 9112 §7.1), the same for every reader."""


class Stream(ABC):
    """What the hub sends events to, and the version that it was last sent."""

    __slots__ = ("stalled_since", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self.stalled_since = 0.0

    @abstractmethod
    def write(self, event: Event) -> bool:
        """Hand over one event without waiting; False when it cannot be taken now, and nothing of it was."""

    @abstractmethod
    def end(self) -> None:
        """Nothing more will come."""

    def dismiss(self) -> None:
        """Nothing more will come from this process."""
        self.end()

    @abstractmethod
    def abort(self) -> None:
        """It has taken nothing for too long."""

    def stall(self) -> None:
        self.stalled_since = self.stalled_since or time.monotonic()
        if time.monotonic() - self.stalled_since > STALLED:
            self.abort()


class Connection(Stream):
    """One reader's open connection.

    It writes to the connection of uvicorn's that is behind `send`: 10,000 times `send` would check what cannot be
    otherwise here, and join the same bytes anew.
    """

    __slots__ = ("_cycle",)

    def __init__(self, version: int, send: Callable[..., Any]) -> None:
        super().__init__(version)
        self._cycle = send.__self__  # type: ignore[attr-defined]

    def write(self, event: Event) -> bool:
        if self._cycle.disconnected:  # `receive` is telling the application so
            return True
        if self._cycle.flow.write_paused:
            self.stall()
            return False
        self._cycle.transport.write(event.chunk)
        self.stalled_since = 0.0
        return True

    def end(self) -> None:
        """The server then tells the application that waits on `receive` that it is over."""
        if self._cycle.flow.write_paused:
            return self.abort()
        with suppress(StopIteration):  # it waits only while the connection is full
            self._cycle.send(END).send(None)
        return None

    def dismiss(self) -> None:
        """Each is told another time to come back at, for those who leave that to their EventSource."""
        if not (self._cycle.disconnected or self._cycle.flow.write_paused):
            retry = random.randrange(int(COMING_BACK * 1000))  # noqa: S311
            self._cycle.transport.write(_chunk(b"retry: %d\n\n" % retry))
        self.end()

    def abort(self) -> None:
        self._cycle.transport.abort()


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def heartbeat(version: int, poll: int = 0) -> Event:
    """What open streams are told when nothing else is said. `poll`: seconds, if not as usual."""
    now = changes.iso(datetime.now(UTC))
    facts = {
        "version": version,
        "build": build(),
        "mode": mode.current(),
        "poll": poll or settings.POLL_SECONDS,
        "now": now,
    }
    return Event("heartbeat", json.dumps(facts, separators=(",", ":")).encode())
