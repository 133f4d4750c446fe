"""The ASGI layer that answers the hot addresses from memory and passes everything else to Django.

Django is asked once per version and address, however many readers ask at once: its answer is compressed once
and kept under the coverage's version, which the hub knows. What Django refuses or redirects is passed on and
not kept.
"""

import asyncio
import gzip
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import brotli
from django.conf import settings
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host

from articles.changes import Withdrawn
from articles.models import Coverage

from . import find, mode
from .hub import hub, in_thread
from .memory import Memory
from .negotiation import encoding, matches

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[Any], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]

HOT = re.compile(r"/live/([-\w]+)(?:\.json|/(?:|changes|older|feed\.atom|key-updates/|\d[-\w]*/))")
PARAMETERS = ("after", "before")
"""Those that mean something; the others neither miss nor fill the memory."""
DOUBT = 5
"""Seconds of the listener's silence after which the database is asked beside it, at most once a second."""
STALE = 45
"""Seconds without confirmation after which what is served may no longer be kept by anybody."""
_VARYING = {b"content-length", b"content-encoding", b"date", b"server"}


class Answer(NamedTuple):
    """What Django said."""

    status: int
    headers: Headers
    body: bytes


class Kept(NamedTuple):
    """An answer of one version: its bodies by encoding, and the headers of a 200, a 304 and of stale service."""

    version: int
    etag: bytes
    headers: Headers
    bodies: dict[str, bytes]


class Front:
    """Wraps Django's application."""

    def __init__(self, django: App) -> None:
        self.django = django
        self._memory = Memory(settings.PAGE_MEMORY // 2)
        self._slugs: dict[str, int] = {}
        self._asking: dict[tuple[str, str, int], asyncio.Future[Kept | Answer]] = {}
        self._doubted_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = HOT.fullmatch(scope["path"]) if scope["method"] in {"GET", "HEAD"} else None
        if found is None or not _is_ours(*_host_and_scheme(scope)):
            return await self.django(scope, receive, send)
        pk, version = await self._version(found[1])
        if version is None:
            return await self.django(scope, receive, send)
        key = (scope["path"], _query(scope["query_string"]))
        kept: Kept | Answer | None = self._memory.peek((*key, version, mode.current()))
        if kept is None:
            kept = await self._ask(scope, found[1], pk, version, key)
        if isinstance(kept, Answer):
            return await _pass_on(scope, kept, send)
        return await _serve(scope, kept, send)

    # ── Which version ───────────────────────────────────────────────────────────────────────────────────

    async def _version(self, slug: str) -> tuple[int, int | None]:
        """The coverage at this slug and its version now; None when only Django can say."""
        pk = self._slugs.get(slug)
        version = hub.version(pk) if pk else None
        if pk is None or version is None:
            try:
                found = await in_thread(find.coverage, slug)
            except (find.Moved, Withdrawn, Coverage.DoesNotExist, DatabaseError):
                return 0, None
            pk, version = self._slugs[slug], _ = found.pk, found.version
            hub.follow(pk, version)
        if hub.silence > DOUBT:
            await self._doubt()
            version = hub.version(pk) or version
        return pk, version

    async def _doubt(self) -> None:
        """The listener is silent: ask the database, at most once a second; if it is too, go on with what we have."""
        if time.monotonic() - self._doubted_at < 1:
            return
        self._doubted_at = time.monotonic()
        with suppress(DatabaseError, TimeoutError):
            await asyncio.wait_for(hub.confirm(), timeout=2)

    # ── What is not kept ────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, scope: Scope, slug: str, pk: int, version: int, key: tuple[str, str]) -> "Kept | Answer":
        """Ask Django, once for all who ask for the same at the same time."""
        asking = self._asking.get((*key, version))
        if asking is None:
            asking = self._asking[(*key, version)] = asyncio.ensure_future(self._make(scope, slug, pk, key))
            asking.add_done_callback(lambda _: self._asking.pop((*key, version), None))
        return await asyncio.shield(asking)

    async def _make(self, scope: Scope, slug: str, pk: int, key: tuple[str, str]) -> "Kept | Answer":
        answer = await ask(self.django, scope, key[1])
        etag = dict(answer.headers).get(b"etag", b"")
        made_at = re.fullmatch(rb'W/"\w+-(\d+)"', etag)
        if answer.status != 200 or made_at is None:  # noqa: PLR2004
            self._slugs.pop(slug, None)  # it may stand at another address now
            return answer
        kept = await asyncio.to_thread(_pack, answer, etag, int(made_at[1]))
        hub.follow(pk, kept.version)
        weight = sum(map(len, kept.bodies.values())) + 2000
        self._memory.put((*key, kept.version, mode.current()), kept, weight)
        return kept


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
    return Answer(said["status"], said["headers"], bytes(body))


def _pack(answer: Answer, etag: bytes, version: int) -> Kept:
    """Compress once for everybody. What does not get smaller is sent as it is."""
    headers = [header for header in answer.headers if header[0] not in _VARYING]
    bodies = {"": answer.body}
    packed = {"br": brotli.compress(answer.body, quality=5), "gzip": gzip.compress(answer.body, 6, mtime=0)}
    bodies |= {name: body for name, body in packed.items() if len(body) < len(answer.body)}
    return Kept(version, etag, headers, bodies)


# ── One request ─────────────────────────────────────────────────────────────────────────────────────────


async def _serve(scope: Scope, kept: Kept, send: Send) -> None:
    headers = dict(scope["headers"])
    own = kept.headers if hub.silence < STALE else _not_to_keep(kept.headers)
    if matches(headers.get(b"if-none-match", b""), kept.etag):
        own = [header for header in own if header[0] != b"content-type"]
        await send({"type": "http.response.start", "status": 304, "headers": own})
        return await send({"type": "http.response.body", "body": b""})
    name = encoding(headers.get(b"accept-encoding", b""))
    body = kept.bodies.get(name)
    if body is None:
        name, body = "", kept.bodies[""]
    more = [(b"content-length", b"%d" % len(body))]
    if name:
        more.append((b"content-encoding", name.encode()))
    await send({"type": "http.response.start", "status": 200, "headers": own + more})
    return await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _pass_on(scope: Scope, answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})


def _not_to_keep(headers: Headers) -> Headers:
    return [header for header in headers if header[0] != b"cache-control"] + [(b"cache-control", b"no-store")]


def _host_and_scheme(scope: Scope) -> tuple[bytes, bytes]:
    """As Django takes them: of a proxy's word on the scheme only where settings believe it."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    scheme = scope["scheme"].encode()
    if settings.SECURE_PROXY_SSL_HEADER:
        scheme = dict(scope["headers"]).get(b"x-forwarded-proto", scheme)
    return hosts[0] if len(hosts) == 1 else b"", scheme


@lru_cache(maxsize=1000)
def _is_ours(host: bytes, scheme: bytes) -> bool:
    """Whether Django would answer this host and scheme with a page; if not, Django shall say so."""
    if settings.SECURE_SSL_REDIRECT and scheme != b"https":
        return False
    domain, _port = split_domain_port(host.decode("latin-1"))
    allowed = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    return bool(domain) and validate_host(domain, allowed)


@lru_cache(maxsize=10_000)
def _query(query: bytes) -> str:
    """The query with only what means something; of a parameter given twice the last counts, as in Django."""
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return urlencode({name: given[name] for name in PARAMETERS if name in given})
