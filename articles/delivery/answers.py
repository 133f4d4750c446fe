"""What the front keeps: Django's answer to an address, compressed once, as messages that are ready to be sent."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import brotli

from . import mode
from .build import build
from .pages import Page

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[Any], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]
type Remake = Callable[[int], Page]
"""Gives the page of an address for another version of its coverage."""

PACK: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
"""By encoding, as articles.delivery.negotiation names them."""
_VARYING = {b"content-length", b"content-encoding", b"date", b"server", b"etag"}
_NOT_SENT = {b"content-type", b"content-length"}


class Answer(NamedTuple):
    """What Django said; `page` and `remake` when it was the page of a coverage."""

    status: int
    headers: Headers
    body: bytes
    page: Page | None
    remake: Remake | None


class Kept:
    """The answer with the page of one version, by encoding; each is made when it is first asked for."""

    def __init__(self, pk: int, page: Page, headers: Headers, remake: Remake) -> None:
        self.pk = pk
        self.version = page.version
        self.state = page.state
        self.mode = mode.current()
        self.remake = remake
        self.etag = f'W/"{build()}-{page.version}"'.encode()
        self.headers = [header for header in headers if header[0] not in _VARYING] + [(b"etag", self.etag)]
        self.messages: dict[str, tuple[Any, Any]] = {"": self._messages("", page.body)}
        """By encoding: the message that starts the answer, and that of the body."""
        head = [header for header in self.headers if header[0] not in _NOT_SENT]
        self.unchanged: tuple[Any, Any] = start_message(304, head), body_message(b"")

    def pack(self, encoding: str) -> None:
        """Make it in this encoding too. What does not get smaller is sent as it is."""
        body: bytes = self.messages[""][1]["body"]
        packed = PACK[encoding](body)
        self.messages[encoding] = self._messages(encoding, packed) if len(packed) < len(body) else self.messages[""]

    @property
    def weight(self) -> int:
        """Bytes of memory, about."""
        return sum(len(body["body"]) for _, body in self.messages.values()) + 3000

    def _messages(self, encoding: str, body: bytes) -> tuple[Any, Any]:
        headers = [*self.headers, (b"content-length", b"%d" % len(body))]
        if encoding:
            headers.append((b"content-encoding", encoding.encode()))
        return start_message(200, headers), body_message(body)


def start_message(status: int, headers: Headers) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body_message(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body}


async def ask(app: App, scope: Scope, query: str) -> Answer:
    """What an application answers to a plain GET without conditions, encodings or cookies."""
    kept = {b"host", b"x-forwarded-proto"}
    plain = {
        **scope,
        "method": "GET",
        "query_string": query.encode(),
        "headers": [header for header in scope["headers"] if header[0] in kept],
    }
    said: dict[str, Any] = {}
    body = bytearray()
    over = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not said.setdefault("asked", False):
            said["asked"] = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message.get("headers", [])]
            said.update(status=message["status"], headers=headers)
        else:
            body.extend(message.get("body", b""))

    await app(plain, receive, send)
    over.set()
    return Answer(said["status"], said["headers"], bytes(body), *plain.get("page", (None, None)))
