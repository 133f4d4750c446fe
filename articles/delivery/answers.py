"""What the front keeps: Django's answer to an address, compressed once and ready to be sent."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import brotli
from django.conf import settings

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

PACK: dict[str, Callable[[bytes, int], bytes]] = {
    "br": lambda body, quality: brotli.compress(body, quality=quality),
    "gzip": lambda body, quality: gzip.compress(body, quality + 1, mtime=0),
}
"""By encoding, as articles.delivery.negotiation names them: what makes it, of Page.quality."""
FROM_DISK = "X-Accel-Redirect"
"""The header with which an answer names the file that is to be its body; nginx and liveblog.media know it."""
PRIVATE = "/originals/"
"""Where such names begin; no request gets there."""
_OF_ONE_REQUEST = b"x-request-id"
_VARYING = {b"content-length", b"content-encoding", b"date", b"server", b"etag", _OF_ONE_REQUEST}


class Answer(NamedTuple):
    """What Django said; `page` and `remake` when it was the page of a coverage."""

    reply: "Reply"
    page: Page | None
    remake: Remake | None


class Kept:
    """The answer with the page of one version, by encoding; each is made when it is first asked for."""

    def __init__(self, pk: int, page: Page, headers: Headers, remake: Remake) -> None:
        self.pk = pk
        self.version = page.version
        self.state = page.state
        self.quality = page.quality
        self.mode = mode.current()
        self.remake = remake
        self.etag = f'W/"{build()}-{page.version}"'.encode()
        self.headers = [header for header in headers if header[0] not in _VARYING] + [(b"etag", self.etag)]
        self.replies = {"": self._reply("", page.body)}
        """By encoding."""
        self.unchanged = Reply(304, [header for header in self.headers if header[0] != b"content-type"], b"")

    def is_of(self, version: int | None) -> bool:
        """Whether it is what there is to say at this version."""
        return self.version == version and self.mode == mode.current()

    def pack(self, encoding: str) -> None:
        """Make it in this encoding too. What does not get smaller is sent as it is."""
        plain = self.replies[""]
        packed = PACK[encoding](plain.body, self.quality)
        self.replies[encoding] = self._reply(encoding, packed) if len(packed) < len(plain.body) else plain

    @property
    def weight(self) -> int:
        """Bytes of memory, about."""
        return sum(len(reply.body) for reply in self.replies.values()) + 4000

    def _reply(self, encoding: str, body: bytes) -> "Reply":
        headers = [*self.headers, (b"content-length", b"%d" % len(body))]
        if encoding:
            headers.append((b"content-encoding", encoding.encode()))
        return Reply(200, headers, body)


class Reply:
    """One whole answer, as a server sends it."""

    __slots__ = ("body", "head", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.head = b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n"
        """The headers as HTTP/1.1 has them, with the empty line."""

    def for_others(self) -> "Reply":
        """Without what names the request that it was made for: no line of the log is about theirs."""
        return Reply(self.status, [header for header in self.headers if header[0] != _OF_ONE_REQUEST], self.body)

    async def send(self, send: Send, *, with_body: bool = True) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body if with_body else b""})


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
    return Answer(Reply(said["status"], said["headers"], bytes(body)), *plain.get("page", (None, None)))


def refusal(status: int, body: str, kind: str = "text/plain", policy: str = "default-src 'none'", **more: str) -> Reply:
    """What is said without asking Django, and kept by nobody. `more`: headers, with _ for -."""
    said = {
        "content-type": f"{kind}; charset=utf-8",
        "content-length": str(len(body.encode())),
        "cache-control": "no-store",
        "content-security-policy": policy,
        **{name.replace("_", "-"): value for name, value in more.items()},
        **settings.SAFE_HEADERS,
    }
    headers = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    return Reply(status, headers, body.encode())
