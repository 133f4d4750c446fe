"""Bodies of requests: Django takes each in whole, onto the disk, before it looks who sends it, and readers wait."""

import asyncio
import heapq
import itertools
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
from articles.admin.desk.asked import AWHILE
from articles.delivery.answers import App, Receive, Scope, Send, refusal
from articles.delivery.hub import in_thread
from articles.media.disk import is_full
from articles.media.processes import make_way
from articles.publishing.errors import NO_ROOM

from .errors import AWAY

MOST = 1024 * 1024
"""Bytes that those may send who have not signed in. They write nothing longer than a password."""
RESTARTED = "The server is being restarted. Ask again in a moment."
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
    except asyncio.CancelledError as ended:  # with the server; of this uvicorn would say that it is a fault: 500
        told = refusal(HTTPStatus.SERVICE_UNAVAILABLE, RESTARTED, retry_after=str(AWHILE), connection="close")
        try:
            await told.send(send)
        except RuntimeError:  # an answer has begun
            raise ended from None
    except OSError as error:  # while it takes the body in: what fails later, Django answers
        if not is_full(error):
            raise
        logger.error("No room on the disk of temporary files: %s", error)
        await refusal(HTTPStatus.INSUFFICIENT_STORAGE, str(NO_ROOM)).send(send)


class _Pace:
    """Pieces of bodies one after the other, at RATE, those of the request that came first before all others.

    Ten large photos that come at once would otherwise fill each round of the loop, and end together: readers wait.
    """

    def __init__(self) -> None:
        self._requests = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        """A heap: which request, how many bytes, and what is done when they may go."""
        self._free_at = 0.0
        """On the loop's clock: when what went so far has had its time."""
        self._is_busy = False

    def kept(self, receive: Receive) -> Receive:
        number = next(self._requests)

        async def paced() -> dict[str, Any]:
            message = await receive()
            if message.get("more_body"):
                await self._turn(number, len(message["body"]))
            return message

        return paced

    def _turn(self, number: int, size: int) -> asyncio.Future[None]:
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (number, size, turn))
        if not self._is_busy:
            self._next()
        return turn

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            _, size, turn = heapq.heappop(self._waiting)
            if not turn.done():  # it is where its client has left
                turn.set_result(None)
                self._free_at = max(loop.time(), self._free_at) + size / RATE
                self._is_busy = True
                loop.call_at(self._free_at, self._next)
                return
        self._is_busy = False


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
