"""Bodies of requests: Django takes each in whole, onto the disk, before it looks who sends it, and readers wait."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import parse_cookie

from articles.access.sessions import SessionStore
from articles.delivery.answers import App, Receive, Scope, Send, refusal
from articles.delivery.hub import in_thread
from articles.media.disk import is_full
from articles.media.processes import make_way
from articles.publishing.errors import NO_ROOM

from .errors import AWAY

MOST = 1024 * 1024
"""Bytes that those may send who have not signed in. They write nothing longer than a password."""
RATE = 50_000_000
"""Bytes a second that are taken in, of all bodies together, in each process."""
_OF_A_BODY = frozenset({b"content-length", b"content-type", b"transfer-encoding"})

logger = logging.getLogger(__name__)


def bounded(django: App) -> App:
    """Django's application, which hears what is large, or does not say how large, of those alone who have signed in.

    The others it answers as if they had sent nothing.
    """
    pace = _Pace()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if not _is_large(headers):
            return await _taken_in(django, scope, pace.kept(receive), send)
        if not await in_thread(_has_signed_in, headers):
            without = [header for header in scope["headers"] if header[0] not in _OF_A_BODY]
            return await django({**scope, "headers": without}, _silence(), send)
        async with ThreadSensitiveContext():  # Django joins it: one thread for this request, which ends with it
            await sync_to_async(make_way)()
            return await _taken_in(django, scope, pace.kept(receive), send)

    return application


async def _taken_in(django: App, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await django(scope, receive, send)
    except OSError as error:  # while it takes the body in: what fails later, Django answers
        if not is_full(error):
            raise
        logger.error("No room on the disk of temporary files: %s", error)
        await refusal(HTTPStatus.INSUFFICIENT_STORAGE, str(NO_ROOM)).send(send)


class _Pace:
    """Each piece of a body waits until those before it, of whichever request, have had their time.

    Ten large photos that come at once would otherwise fill each round of the loop, and readers wait for all of it.
    """

    def __init__(self) -> None:
        self._free_at = 0.0
        """On the loop's clock: when what came so far has had its time."""

    def kept(self, receive: Receive) -> Receive:
        async def paced() -> dict[str, Any]:
            message = await receive()
            if message.get("more_body"):
                now = asyncio.get_running_loop().time()
                self._free_at = max(now, self._free_at) + len(message["body"]) / RATE
                await asyncio.sleep(self._free_at - now)
            return message

        return paced


def _is_large(headers: dict[bytes, bytes]) -> bool:
    return b"transfer-encoding" in headers or int(headers.get(b"content-length", 0)) > MOST


def _has_signed_in(headers: dict[bytes, bytes]) -> bool:
    """Not while the database is away: Django, which looks too, then says so."""
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    with suppress(*AWAY):
        return SESSION_KEY in SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    return False


def _silence() -> Receive:
    """An empty body, and nothing after it."""
    said: Iterable[dict[str, Any]] = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in said:
            return message
        return await asyncio.Future()

    return receive
