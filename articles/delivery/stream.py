"""The stream of a coverage's changes (server-sent events, WHATWG HTML §9.2): catch up, then be sent to by the hub."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host

from articles import changes
from articles.models import Coverage

from . import find, metrics, pages
from .events import END, Connection, Stream, heartbeat
from .find import Found
from .hub import hub

logger = logging.getLogger(__name__)

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]

ADDRESS = re.compile(r"/live/([-\w]+)/stream")
SAFE = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'"),
    *((name.lower().encode(), value.encode()) for name, value in settings.SAFE_HEADERS.items()),
]
HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no"), *SAFE]


def is_stream(scope: Scope) -> bool:
    """Whether this request is ours."""
    return scope["type"] == "http" and scope["method"] == "GET" and ADDRESS.fullmatch(scope["path"]) is not None


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one reader until it leaves, the coverage ends or the process stops."""
    admitted = await _admitted(scope, send)
    if admitted is None:
        return
    pk, reader = admitted
    scope["headers"].clear()  # an open stream weighs little, and what it asked with is the most of it
    try:
        while (await receive())["type"] != "http.disconnect":  # comes too when the hub ends the answer
            pass
    finally:
        hub.leave(pk, reader)


async def _admitted(scope: Scope, send: Send) -> tuple[int, Stream] | None:
    """The reader, joined to its coverage's streams; None when it was told why not."""
    headers = dict(scope["headers"])
    slug = ADDRESS.fullmatch(scope["path"])[1]  # type: ignore[index]
    try:
        _check_host(headers)
        after = None if settings.NCHAN_URL else _after(headers, scope["query_string"])
        found = await hub.locate(slug)
    except ValueError as bad:
        await _refuse(send, 400, str(bad))
    except find.Moved as moved:
        await _redirect(send, f"/live/{moved.slug}/stream", scope["query_string"])
    except changes.Withdrawn:
        await _refuse(send, 410, "This coverage was withdrawn.")
    except Coverage.DoesNotExist:
        await _refuse(send, 404, "There is no such coverage.")
    except (DatabaseError, TimeoutError) as away:  # and this process has not heard of the coverage before
        logger.warning("A stream of %s is not begun: %s", slug, str(away).strip() or "the database is silent")
        metrics.errors.inc()
        await _refuse(send, 503, "The database does not answer; come back in a moment.", (b"retry-after", b"2"))
    else:
        return await _joined(found, after, send)
    return None


async def _say(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    """An answer of headers alone: nothing will come, or nchan holds the streams and nginx shall go there."""
    await send({"type": "http.response.start", "status": status, "headers": [*SAFE, *headers]})
    await send(END)


async def _joined(found: Found, after: int | None, send: Send) -> tuple[int, Stream] | None:
    """`after`: None when nchan holds the streams."""
    if found.mode != Coverage.Mode.STREAM or (found.state != Coverage.State.LIVE and after in {None, found.version}):
        await _say(send, 204)
        return None
    if after is None:
        await _say(send, 200, (b"x-accel-redirect", b"/push/%d" % found.pk))
        return None
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    reader = Connection(after, send)
    if after == found.version:
        reader.write(heartbeat(found.version, found.poll_seconds or 0))
    # No wait until it has joined: nothing falls between the version that was looked up and what comes after it.
    hub.join(found, reader)
    return found.pk, reader


def _check_host(headers: dict[bytes, bytes]) -> None:
    domain, _port = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    allowed = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        raise ValueError("This host is not served here.")


def _after(headers: dict[bytes, bytes], query: bytes) -> int:
    """The version that the reader has. A known Last-Event-ID wins; one that is not ours is ignored."""
    last = headers.get(b"last-event-id", b"").decode("latin-1")
    try:
        return find.parse_version(last)
    except ValueError:
        given = parse_qs(query.decode("latin-1")).get("after", [None])
        return find.parse_version(given[0])


async def _redirect(send: Send, path: str, query: bytes) -> None:
    location = path.encode() + (b"?" + query if query else b"")
    await _say(send, 301, (b"location", location))


async def _refuse(send: Send, status: int, message: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8"), *SAFE, *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": pages.error_json(message)})
