"""The stream of one desk (server-sent events): what has changed, who is there, how many read.

Few people are on desks, so here each has a task of its own, which the hub wakes. Whether they still may be there
is looked at again at every heartbeat.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.access.gate import lacks_second_factor
from articles.changes import iso
from articles.delivery.hub import hub, in_thread
from articles.models import Coverage

from . import state
from .asked import coverage_for, desk, error
from .people import people
from .views import readers

LOOK = 5
"""Seconds between two looks at whether somebody may still be there, each of them a heartbeat."""
TOGETHER = 0.1
"""Seconds in which what changes goes out together."""
CALM = 1
"""Seconds between two looks at who is there, and at how many read, however often that changes: anybody on the desk
can say ten times a second that they are there."""
TOPICS = ("desk", "people", "audience")

type Told = tuple[str, Any]


class SignedOut(Exception):
    pass


class Looker:
    """Who looks at a desk: asked anew each time, for a session can end and a role can change."""

    def __init__(self, request: HttpRequest, pk: int) -> None:
        self._session = request.session.session_key
        self.pk = pk

    def user(self) -> Any:
        """The user behind the session now. Raises SignedOut."""
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self._session)
        user = get_user(request) if request.session.get(SESSION_KEY) else None
        if user is None or not getattr(user, "is_staff", False) or lacks_second_factor(user):
            raise SignedOut
        return user

    def changes(self, after: int) -> dict[str, Any]:
        user = self.user()
        zone = coverage_for(user, self.pk).zone
        with timezone.override(zone):
            return state.changes(user, self.pk, after, lambda: coverage_for(user, self.pk))

    def check(self) -> int:
        """The coverage's revision, if the user may still see it."""
        return int(coverage_for(self.user(), self.pk).revision)


@desk
def stream(request: HttpRequest, coverage: Coverage) -> HttpResponseBase:
    known = request.headers.get("Last-Event-ID", "")
    after = known if known.isdecimal() else request.GET.get("after", "")
    if not after.isdecimal() or len(after) > 16:  # noqa: PLR2004
        return error(400, _("Say after which revision: after=0 for all."), "after")
    if not hub.running:
        return error(503, _("This server does not stream; ask for changes instead."), "poll")
    answer = StreamingHttpResponse(_events(Looker(request, coverage.pk), int(after)), content_type="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


async def _events(looker: Looker, after: int) -> AsyncIterator[bytes]:
    topics = {name: f"{name} {looker.pk}" for name in TOPICS}
    with hub.topics.following(*topics.values()) as events:
        news = {name: events[topic] for name, topic in topics.items()}
        for event in news.values():
            event.set()
        try:
            async for name, facts in _told(looker, after, news):
                head = f"event: {name}\n" + (f"id: {facts['revision']}\n" if name == "changes" else "")
                yield f"{head}data: {json.dumps(facts, separators=(',', ':'))}\n\n".encode()
        except DatabaseError:
            return  # the desk comes back by itself, with the revision that it has
        except (SignedOut, PermissionDenied, Http404) as over:
            why = {SignedOut: "signed-out", PermissionDenied: "forbidden"}.get(type(over), "gone")
            yield f'event: goodbye\ndata: {{"why":"{why}"}}\n\n'.encode()


async def _told(looker: Looker, after: int, news: dict[str, asyncio.Event]) -> AsyncIterator[Told]:
    """What to say next, for as long as this process goes on."""
    reading: dict[str, Callable[[], dict[str, Any]]] = {
        "people": lambda: {"people": people(looker.pk)},
        "audience": lambda: readers(looker.pk),
    }
    clock = asyncio.get_running_loop().time
    beat = clock() + LOOK
    due = dict.fromkeys(reading, 0.0)
    while not hub.closing:
        await _any(news, beat - clock())
        if clock() >= beat:
            beat = clock() + LOOK
            revision = await in_thread(looker.check)
            yield "heartbeat", {"revision": revision, "now": iso(datetime.now(UTC))}
            event = news["people"]  # somebody may have left without a word
            event.set()
        if _taken(news["desk"]):
            facts = await in_thread(looker.changes, after)
            if facts["revision"] != after:
                yield "changes", facts
                after = facts["revision"]
        for name, read in reading.items():
            if clock() >= due[name] and _taken(news[name]):
                due[name] = clock() + CALM
                yield name, await in_thread(read)
        await asyncio.sleep(TOGETHER)


def _taken(event: asyncio.Event) -> bool:
    """Whether it was set; it is not any more."""
    was = event.is_set()
    event.clear()
    return was


async def _any(news: dict[str, asyncio.Event], seconds: float) -> None:
    """Wait until there is news, at most so long."""
    waits = [asyncio.create_task(event.wait()) for event in news.values()]
    try:
        await asyncio.wait(waits, timeout=max(0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
