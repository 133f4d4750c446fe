"""Readers by the hundred, who follow as a page's script does: by stream, by question, or dropping and coming back."""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.articles.reader import Page
from tests.browser.server import PROJECT

from .http import BROKEN, Answer, ask, asked

_SCRIPT = PROJECT / "static" / "js" / "transport.js"
_TIMES = dict(re.findall(r"^const ([A-Z_]+) = ([\d.]+)", _SCRIPT.read_text(), re.MULTILINE))
SILENCE, COMING_BACK, AGAIN, LOSSES, ENDED = (
    float(_TIMES[name]) for name in ("SILENCE", "COMING_BACK", "AGAIN", "LOSSES", "ENDED")
)
"""Seconds, and LOSSES, as the page's own script has them; Follower.follow follows them as that does."""
LASTED = 60
"""Seconds after which a stream was a good one."""
type Noting = Callable[[str, Answer], None]


class Follower:
    """One reader at `port`. `kind`: "stream", "poll" or "drop", which leaves its stream when it likes."""

    def __init__(self, port: int, slug: str, kind: str, chance: random.Random, note: Noting) -> None:
        self.kind = kind
        self.page: Page | None = None
        self.mode = "stream"
        self.poll = 2.0
        self._port, self._path = port, f"/live/{slug}/"
        self._chance, self._note = chance, note
        self.opened: list[float] = []
        """When each of its streams began, by time.monotonic()."""
        self.told: list[float] = []
        """Seconds after which it was told to come back, by each server that ended."""
        self._failed = self._lost = 0
        self._stream_after = 0.0
        self._comes_back: float | None = None

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            if not await self._ask():
                await asyncio.sleep(self._jitter(min(AGAIN, 2 ** (self._failed - 1))))
            elif self.kind == "poll" or self.mode != "stream":
                await asyncio.sleep(self._jitter(self.poll))
            elif (wait := self._stream_after - time.monotonic()) > 0:
                await asyncio.sleep(self._jitter(min(self.poll, wait)))
            else:
                began = time.monotonic()
                with suppress(*BROKEN):
                    await self._listen()
                self._lose(began)
                told, self._comes_back = self._comes_back, None
                await asyncio.sleep(self._chance.uniform(0, COMING_BACK) if told is None else told)

    def _jitter(self, seconds: float) -> float:
        return self._chance.uniform(0.75, 1.25) * seconds

    def _lose(self, began: float) -> None:
        """A stream is over: the next is opened at once, and later if none lasts."""
        now = time.monotonic()
        self._lost = 1 if now - began > LASTED or self.kind == "drop" else self._lost + 1
        wait = self._jitter(min(ENDED, max(AGAIN, 2 ** (self._lost - LOSSES))))
        self._stream_after = now + wait if self._lost > 1 else 0

    async def _ask(self) -> bool:
        """Whether it has been answered."""
        try:
            if self.page is None:
                self.page = Page((await self._get("")).body)
            await self._take((await self._get(f"changes?after={self.page.C}")).json())
        except BROKEN:
            self._failed += 1
            return False
        self._failed = 0
        return True

    async def _get(self, what: str) -> Answer:
        answer = await ask(self._port, self._path + what)
        self._note(self._path + what, answer)
        if answer.status != 200:
            raise ConnectionError(f"{answer.status} to {what}")
        return answer

    async def _take(self, delta: dict[str, Any]) -> None:
        assert self.page
        self.mode, self.poll = delta["mode"], float(delta["poll"])
        if delta["after"] > self.page.C:
            raise ConnectionError("something is missing between")  # so that it asks for that
        if self.page.apply(delta):
            await asyncio.sleep(self._chance.uniform(0, 1))
            self.page.show((await self._get("")).body)

    async def _listen(self) -> None:
        assert self.page
        stays = self._chance.uniform(0.5, 6) if self.kind == "drop" else 3600
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(stays),
                asked(self._port, f"{self._path}stream?after={self.page.C}") as opened,
            ):
                self._note(f"{self._path}stream", Answer(opened.status, opened.headers, b""))
                if opened.status == 200:
                    self.opened.append(time.monotonic())
                    await self._hear(opened.chunks())

    async def _hear(self, chunks: Any) -> None:
        rest = b""
        while True:
            async with asyncio.timeout(SILENCE):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            *events, rest = (rest + chunk).split(b"\n\n")
            for event in events:
                await self._heard(dict(line.split(b": ", 1) for line in event.splitlines()))

    async def _heard(self, event: dict[bytes, bytes]) -> None:
        assert self.page
        if b"retry" in event:
            self._comes_back = int(event[b"retry"]) / 1000
            self.told.append(self._comes_back)
        if b"data" not in event:
            return
        facts = json.loads(event[b"data"])
        if event[b"event"] == b"changes":
            await self._take(facts)
        elif facts["version"] > self.page.C:
            raise ConnectionError("it was not sent what is new")
