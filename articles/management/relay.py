"""The relay: to the hub, nchan is one more reader of each live coverage; what it is sent is posted, once for all.

nchan then holds the readers' connections. Whoever comes there is given the newest message, a delta or a heartbeat, and
asks `changes` for what lies before it: so nothing but the newest state has to reach nchan.
"""

import asyncio
import http.client
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import psycopg

from articles.delivery.events import Event, Stream, heartbeat
from articles.delivery.find import Found
from articles.delivery.hub import Hub, in_thread
from articles.models import Coverage
from articles.publishing.edition import CHANNEL
from liveblog import postgres

logger = logging.getLogger(__name__)
LOCK = 0x11FEB107
"""The advisory lock of the one process that posts."""
LOOK = 1
"""Seconds between two looks at which coverages are live, and at nchan while it does not answer."""
PATIENCE = 5
"""Seconds that the database or nchan may take for an answer."""


class Refused(Exception):
    """nchan said no."""


class Nchan:
    """nchan's publisher at `origin`, over one kept connection. It blocks, and is used by one thread at a time."""

    def __init__(self, origin: str) -> None:
        at = urlsplit(origin)
        kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(at.hostname or "", at.port, timeout=PATIENCE)

    def post(self, pk: int, event: str, data: bytes) -> None:
        self._ask("POST", pk, data, {"X-EventSource-Event": event, "Content-Type": "application/json"})

    def delete(self, pk: int) -> None:
        """End the connections of the coverage's readers, if there are any."""
        self._ask("DELETE", pk)

    def check(self) -> None:
        """Raises OSError, HTTPException or Refused when it does not answer."""
        self._ask("GET", 0)

    def _ask(self, method: str, pk: int, body: bytes | None = None, headers: dict[str, str] | None = None) -> None:
        try:
            status = self._status(method, f"/publish/{pk}", body, headers or {})
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # It had closed the kept connection. Should it have taken the message: readers ignore a second one.
            status = self._status(method, f"/publish/{pk}", body, headers or {})
        no_such_channel = status == HTTPStatus.NOT_FOUND and method != "POST"
        if not (HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or no_such_channel):
            raise Refused(f"it answered {status} to {method} /publish/{pk}")

    def _status(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return response.status


class Channel(Stream):
    """nchan's channel of one live coverage, with the version that nchan is known to have."""

    __slots__ = ("_relay", "pk", "posted")

    def __init__(self, pk: int, version: int, relay: "Relay") -> None:
        super().__init__(version)
        self.pk = pk
        self.posted = version
        self._relay = relay

    def write(self, event: Event) -> bool:
        if self._relay.is_down:
            self.stall()
            return False
        self._relay.outbox.put_nowait((self, event))
        return True

    def end(self) -> None:
        if not self._relay.is_down:
            self._relay.outbox.put_nowait((self, None))

    def abort(self) -> None:
        """It is caught up when nchan is back, however long that takes."""

    def catch_up(self, hub: Hub) -> None:
        """nchan is back: give it what it did not get, and if that is nothing, a sign of life."""
        self.version = self.posted
        self.stalled_since = 0.0
        if hub.version(self.pk) == self.posted:
            self.write(heartbeat(self.posted))
        hub.announce(self.pk, self.posted)


class Relay:
    """Posts to nchan what is new, from now on."""

    def __init__(self, nchan: Nchan) -> None:
        self.outbox: asyncio.Queue[tuple[Channel, Event | None]] = asyncio.Queue()
        """What the hub sent and nchan has not got; None ends the channel."""
        self.is_down = False
        self.counts = {"changes": 0, "heartbeat": 0}
        self._nchan = nchan
        self._channels: dict[int, Channel] = {}
        self._hub = Hub()

    async def run(self, stop: asyncio.Event) -> None:
        """Post until `stop` is set; while another process does so, stand by to take over."""
        while not stop.is_set():
            try:
                conninfo = await in_thread(postgres.conninfo)
                async with await psycopg.AsyncConnection.connect(**conninfo, autocommit=True) as database:
                    await self._stand_by(database, stop)
                    await self._follow(database, stop)
            except (psycopg.Error, OSError, TimeoutError) as lost:
                logger.warning("The database was lost (%s); connecting again.", str(lost).strip() or "silence")
            await _pause(stop)

    async def _stand_by(self, database: "psycopg.AsyncConnection[Any]", stop: asyncio.Event) -> None:
        while not stop.is_set():
            asked = await database.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if await asked.fetchone() == (True,):
                logger.info("Posting to nchan what is new.")
                return
            await _pause(stop)

    async def _follow(self, database: "psycopg.AsyncConnection[Any]", stop: asyncio.Event) -> None:
        await self._hub.start()
        posting = asyncio.create_task(self._post())
        try:
            await database.execute(f"LISTEN {CHANNEL}")
            changed: set[int] = set()
            while not stop.is_set():
                # Over the lock's own connection: when that is gone, so is the lock, and another may be posting.
                live = await asyncio.wait_for(_live(database), PATIENCE)
                self._meet(live)
                self._dismiss(changed - {found.pk for found in live})
                changed = await _changed(database)
                if posting.done():
                    await posting  # it ends only by a failure of ours: say so, and be started again
        finally:
            posting.cancel()  # first: stopping the hub ends its streams, but the readers are to stay
            await asyncio.gather(posting, return_exceptions=True)
            await self._hub.stop()
            self._hub, self._channels, self.outbox, self.is_down = Hub(), {}, asyncio.Queue(), False

    def _meet(self, live: list[Found]) -> None:
        for found in live:
            if found.pk not in self._channels:
                self._channels[found.pk] = channel = Channel(found.pk, found.version, self)
                channel.write(heartbeat(found.version))  # tells those who came before us what they missed
                self._hub.join(found, channel)

    def _dismiss(self, others: set[int]) -> None:
        """Of what is not live, whoever listens shall ask: it ended or was withdrawn while nobody relayed."""
        for pk in others - self._channels.keys():
            self.outbox.put_nowait((Channel(pk, 0, self), None))

    # ── Posting ─────────────────────────────────────────────────────────────────────────────────────────

    async def _post(self) -> None:
        while True:
            channel, event = await self.outbox.get()
            try:
                await asyncio.to_thread(self._give, channel.pk, event)
            except (OSError, http.client.HTTPException, Refused) as error:
                logger.warning("nchan does not take what is new (%s); trying again.", error)
                await self._recover()
            else:
                self._given(channel, event)

    def _give(self, pk: int, event: Event | None) -> None:
        if event:
            self._nchan.post(pk, event.name, event.data)
        else:
            self._nchan.delete(pk)

    def _given(self, channel: Channel, event: Event | None) -> None:
        if event:
            channel.posted = event.version or channel.posted
            self.counts[event.name] += 1
        else:
            self._hub.leave(channel.pk, channel)
            self._channels.pop(channel.pk, None)

    async def _recover(self) -> None:
        """Take nothing until nchan answers; then bring each channel up from the version that nchan has."""
        self.is_down = True
        while self.is_down:
            await asyncio.sleep(LOOK)
            with suppress(OSError, http.client.HTTPException, Refused):
                await asyncio.to_thread(self._nchan.check)
                self.is_down = False
        while not self.outbox.empty():
            self.outbox.get_nowait()
        logger.info("nchan is back.")
        for channel in list(self._channels.values()):
            channel.catch_up(self._hub)


async def _live(database: "psycopg.AsyncConnection[Any]") -> list[Found]:
    asked = await database.execute(
        "SELECT id, version, slug, state, mode, poll_seconds FROM articles_coverage WHERE state = %s AND mode = %s",
        [Coverage.State.LIVE.value, Coverage.Mode.STREAM.value],
    )
    return [Found(*row) for row in await asked.fetchall()]


async def _changed(database: "psycopg.AsyncConnection[Any]") -> set[int]:
    """The coverage that the next notification names, if one comes soon."""
    payloads = [notice.payload async for notice in database.notifies(timeout=LOOK, stop_after=1)]
    return {int(kind) for payload in payloads if (kind := payload.partition(" ")[0]).isdigit()}


async def _pause(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK)
