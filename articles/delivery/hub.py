"""One LISTEN connection a process: it knows each watched coverage's version and sends to its open streams.

There is no task and no queue a reader: the hub calls each stream's `send` itself. What a reader cannot take
at once is not kept for it; the reader is caught up from its own version when it drains.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from articles import changes
from articles.models import Coverage
from articles.publishing.edition import CHANNEL
from liveblog import postgres

from . import audience, find, metrics, mode, pages
from .audience import Count
from .events import Event, Stream, heartbeat
from .find import Found
from .topics import Topics

logger = logging.getLogger(__name__)
HEARTBEAT = 15
"""Seconds between two heartbeats; a reader takes silence of 40 s for a loss."""
DEAF = 1
"""Seconds in which the listening connection must answer; after that it is taken for lost."""
REREAD = 2
"""Seconds between two looks at the versions of watched coverages, in case a notification was lost."""
COUNT = 2
"""Seconds between two reports of how many readers are connected, where that has changed."""
RECOUNT = 10
"""Seconds after which it is reported though it has not changed; see audience.FRESH."""
TOGETHER = 0.1
"""The first change goes out at once; what follows within this many seconds goes out together."""
FORGET = 300
"""Seconds without reader or question after which a coverage is no longer followed."""
DOUBT = 5
"""Seconds of the listening connection's silence after which its versions are not taken for the newest."""
PATIENCE = 2
"""Seconds that the database may take where there is something to go on with."""
BATCH = 500
"""Streams that are written to before the others of the process have their turn."""


class Watched:
    """A coverage that has open streams here, or whose pages are asked for."""

    def __init__(self) -> None:
        self.version = 0
        self.poll = 0
        """Seconds, as in events.heartbeat."""
        self.asked_at = 0.0
        """time.monotonic() when a page of it was last asked for."""
        self.streams: set[Stream] = set()
        self.sender: asyncio.Task[None] | None = None
        self.handed: tuple[int, int, float] = (0, 0, 0.0)
        """The version that was last given to streams, to how many, and when the last one had it (time.monotonic())."""
        self.reported: tuple[int, int] = (0, 0)
        """How many readers, and which version, desks were last told of, at `reported_at`."""
        self.reported_at = 0.0

    def news(self, pk: int) -> Count | None:
        """What desks have not been told of it yet."""
        now, readers = time.monotonic(), len(self.streams)
        version, handed, handed_at = self.handed
        stale = readers and now - self.reported_at > RECOUNT
        if (readers, version) == self.reported and not stale:
            return None
        self.reported, self.reported_at = (readers, version), now
        return Count(pk, readers, version, handed, now - handed_at)

    def end(self) -> None:
        for stream in list(self.streams):
            stream.end()


class Hub:
    """Follows the database's notifications and publishes to this process's streams."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}
        self._found: dict[str, Found] = {}
        self._finding: dict[str, asyncio.Future[Found]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._process = uuid4()
        self._maker = Maker()
        self._news = asyncio.Event()
        self.closing = False
        """Whether this process is about to end."""
        self.topics = Topics()
        """What else the database announces: "desk", "people" and "audience", each with a coverage's id."""
        self.confirmed_at = 0.0
        """time.monotonic() when the database last confirmed the versions."""

    async def start(self) -> None:
        mode.streaming = True
        self._tasks = [asyncio.create_task(work) for work in (self._listen(), self._beat(), self._report())]

    async def stop(self) -> None:
        """End every stream politely and let the database go."""
        mode.streaming = False
        self.close_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._maker.close()
        with suppress(Exception):
            await in_thread(audience.forget, self._process)

    def close_streams(self) -> None:
        self.closing = True
        self.topics.announce_all()
        for watched in self._watched.values():
            for stream in list(watched.streams):
                stream.dismiss()

    @property
    def running(self) -> bool:
        """Whether this process follows the database, so that streams can be served."""
        return bool(self._tasks) and not self.closing

    # ── Which coverage, at which version ────────────────────────────────────────────────────────────────

    def known(self, slug: str) -> Found | None:
        """What was at this slug when the database was last asked, if that still holds as far as we heard.

        All that `Found` says changes only with the version.
        """
        found = self._found.get(slug)
        return found if found and self.version(found.pk) == found.version else None

    async def locate(self, slug: str) -> Found:
        """What is at this slug ("": the site); the database is asked once a version. Raises like find.coverage.

        While the database does not answer, what was last found there holds.
        """
        found = self.known(slug) if self.silence < DOUBT else None
        if found is None:
            last = self._found.get(slug)
            try:
                found = await asyncio.wait_for(asyncio.shield(self._find(slug)), PATIENCE if last else None)
            except (DatabaseError, TimeoutError):
                if last is None:
                    raise
                return last
            self._found[slug] = found
            self.follow(found.pk, found.version)
        return found

    def _find(self, slug: str) -> asyncio.Future[Found]:
        """Ask the database, once for all who wait."""
        finding = self._finding.get(slug)
        if finding is None:
            ask = in_thread(find.coverage, slug) if slug else in_thread(find.site)
            finding = self._finding[slug] = asyncio.ensure_future(ask)
            finding.add_done_callback(lambda _: self._finding.pop(slug, None))
        return finding

    # ── Streams ─────────────────────────────────────────────────────────────────────────────────────────

    def join(self, found: Found, stream: Stream) -> None:
        """From now on the stream is sent what came after its version."""
        watched = self._watched.setdefault(found.pk, Watched())
        watched.streams.add(stream)
        watched.poll = found.poll_seconds or 0
        if stream.version != watched.version or found.version > watched.version:
            self.announce(found.pk, found.version)

    def leave(self, pk: int, stream: Stream) -> None:
        watched = self._watched.get(pk)
        if watched is None:
            return
        watched.streams.discard(stream)

    def version(self, pk: int) -> int | None:
        """The coverage's version, as the database last said; None when it is not followed (see `follow`)."""
        watched = self._watched.get(pk)
        if watched is None or not watched.version:
            return None
        watched.asked_at = time.monotonic()
        return watched.version

    def follow(self, pk: int, version: int) -> None:
        """Know this coverage's version from now on, as long as it is asked for."""
        self._watched.setdefault(pk, Watched()).asked_at = time.monotonic()
        self.announce(pk, version)

    @property
    def silence(self) -> float:
        """Seconds since the database last confirmed the versions."""
        return time.monotonic() - self.confirmed_at

    async def confirm(self) -> None:
        """Ask the database for the versions beside the listening connection: for when that one is down."""
        asked = list(self._watched)
        self._confirmed(asked, await in_thread(find.versions, asked))

    def announce(self, pk: int, version: int) -> None:
        """The coverage has this version now: have its streams brought up to it."""
        watched = self._watched.get(pk)
        if watched is None:
            return
        watched.version = max(watched.version, version)
        if watched.sender is None:
            watched.sender = asyncio.create_task(self._bring_up(pk, watched))

    async def _bring_up(self, pk: int, watched: Watched) -> None:
        """Send until nobody is behind; those who are full are tried once, and again at the next look."""
        try:
            behind = [stream for stream in watched.streams if stream.version != watched.version]
            while behind:
                await self._send_deltas(pk, watched, behind)
                await asyncio.sleep(TOGETHER)
                behind = [s for s in watched.streams if s.version != watched.version and not s.stalled_since]
        except (changes.Withdrawn, Coverage.DoesNotExist):
            self._tell(watched)  # that there is something newer: so they ask at once what became of it
            watched.end()
        except Exception:
            logger.exception("Could not send version %s of coverage %s; trying again.", watched.version, pk)
        finally:
            watched.sender = None

    async def _send_deltas(self, pk: int, watched: Watched, behind: list[Stream]) -> None:
        """One delta for all who share the same `after`."""
        groups: dict[int, list[Stream]] = {}
        handed = 0
        for stream in behind:
            groups.setdefault(stream.version, []).append(stream)
        for after, streams in groups.items():
            page = await self._maker.run(pages.delta, pk, watched.version, after)
            watched.version, watched.poll = max(watched.version, page.version), page.poll
            frame = Event("changes", page.body, page.version)
            for written, stream in enumerate(streams, 1):
                # While the delta was made, another may have reached the stream: it must start where it stands.
                if stream.version == after and stream.write(frame):
                    stream.version = page.version
                    handed += 1
                    if page.state != Coverage.State.LIVE or not page.streams:
                        stream.end()
                if written % BATCH == 0:
                    await asyncio.sleep(0)
        watched.handed = watched.version, handed, time.monotonic()
        metrics.tally.streamed += handed
        if handed:
            metrics.handed.observe(max(0.0, time.time() - watched.version / 1000))
        self._news.set()

    # ── The database ────────────────────────────────────────────────────────────────────────────────────

    async def _listen(self) -> None:
        """Keep one connection listening; after a loss, listen first and then read the versions again."""
        while True:
            try:
                conninfo = await in_thread(postgres.conninfo)
                async with await psycopg.AsyncConnection.connect(**conninfo, autocommit=True) as listening:
                    await listening.execute(f"LISTEN {CHANNEL}")
                    self.topics.announce_all()
                    while True:
                        await self._reread(listening)
                        async for notice in listening.notifies(timeout=REREAD):
                            self._notified(notice.payload)
            except (psycopg.Error, OSError, TimeoutError) as lost:
                why = str(lost).strip() or "silence"
                logger.warning("The listening connection was lost (%s); connecting again.", why)
            await asyncio.sleep(0.5)

    async def _reread(self, listening: "psycopg.AsyncConnection[Any]") -> None:
        asked = list(self._watched)
        deaf = asyncio.get_running_loop().call_later(DEAF, _hang_up, listening)
        try:
            rows = await listening.execute(find.VERSIONS, [asked])
            self._confirmed(asked, dict(await rows.fetchall()))
        finally:
            deaf.cancel()

    def _confirmed(self, asked: list[int], versions: dict[int, int]) -> None:
        """What the database says holds, also when it is less than before: a restored backup makes readers reset."""
        for pk in asked:
            if pk not in versions and pk in self._watched:  # deleted by somebody who does not know our rules
                self._watched.pop(pk).end()
        for pk, version in versions.items():
            if pk in self._watched:
                self._watched[pk].version = version
                self.announce(pk, version)
        self.confirmed_at = time.monotonic()

    def _notified(self, payload: str) -> None:
        kind, _, version = payload.partition(" ")
        if kind.isdigit() and version.isdigit():
            self.announce(int(kind), int(version))
        elif kind == "site":
            self.announce(find.SITE, int(version))
        else:
            self.topics.announce(payload)

    async def _report(self) -> None:
        """Tell desks how many readers are connected here, and how soon they had what is new."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), COUNT)
            self._news.clear()
            self._measure()
            counts = [count for pk, watched in self._watched.items() if (count := watched.news(pk))]
            try:
                if counts:
                    await in_thread(audience.report, self._process, counts)
            except Exception as error:
                logger.warning("Could not say how many readers there are (%s).", str(error).strip())

    def _measure(self) -> None:
        metrics.tally.flush()
        metrics.listener.set(self.silence)
        for slug, found in self._found.items():
            if watched := self._watched.get(found.pk):
                metrics.readers.labels(slug).set(len(watched.streams))

    async def _beat(self) -> None:
        """One timer for all: say that we are here, and at which version; forget what nobody asks for."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            for pk, watched in list(self._watched.items()):
                if not watched.streams and time.monotonic() - watched.asked_at > FORGET:
                    del self._watched[pk]
                    self._found = {slug: found for slug, found in self._found.items() if found.pk != pk}
                self._tell(watched)

    def _tell(self, watched: Watched) -> None:
        event = heartbeat(watched.version, watched.poll)
        for stream in list(watched.streams):
            stream.write(event)


def _hang_up(listening: "psycopg.AsyncConnection[Any]") -> None:
    """Break a connection whose other side is silent: cancelling or closing it politely would wait for an answer."""
    with socket.socket(fileno=os.dup(listening.fileno())) as plain:
        plain.shutdown(socket.SHUT_RDWR)


async def in_thread[**P, T](call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what asks the database in a thread, which gives its connection back to the pool afterwards."""

    def called() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            with suppress(Exception):
                connection.close()

    return await asyncio.to_thread(called)


class Maker:
    """A thread that makes deltas, one after the other, and keeps its connection to the database between them.

    Readers wait for these: to take a connection out of the pool, which first sees that it is alive, would cost them a
    tenth of that. One that is found dead is given back, and asked for again.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="deltas")

    async def run[**P, T](self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def called() -> T:
            try:
                return call(*args, **kwargs)
            except (InterfaceError, OperationalError):
                connection.close()
                return call(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, called)

    def close(self) -> None:
        """Give the connection back."""
        self._thread.submit(connection.close)


hub = Hub()
"""This process's hub."""
