"""Everything breaks, at random, while editors post and readers follow: in the end all is as it should be.

CHAOS_SEED=… plays the same faults again; CHAOS_SECONDS and CHAOS_READERS make it longer and larger.
"""

import asyncio
import os
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.articles.reader import SLOTS, Page

from .editors import Editor
from .faults import possible
from .http import Answer, ask
from .readers import Follower
from .site import Site, running

KINDS = ("stream", "stream", "poll", "drop")


class Chaos:
    """One run. All that is random comes from `seed`."""

    def __init__(self, site: Site, seed: int, readers: int) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.errors: list[tuple[str, Answer]] = []
        self.faults: Counter[str] = Counter()
        ports = (site.gate.port, site.nginx.port)
        self.readers = [
            Follower(ports[number % 2], site.slug, KINDS[number % len(KINDS)], self._chance(), self._note)
            for number in range(readers)
        ]
        self.editors = [
            Editor(number, ports[number % 2], site.nginx.origin, site.coverage, cookies, self._chance(), self._note)
            for number, cookies in enumerate(site.cookies)
        ]

    def _chance(self) -> random.Random:
        return random.Random(self.chance.random())

    def _note(self, path: str, answer: Answer) -> None:
        if answer.status >= 500:
            self.errors.append((path, answer))

    async def run(self, faults: list[list[Any]], lasting: float, pause: float) -> None:
        """`faults`: several lists, each played one after the other, side by side."""
        following = [asyncio.create_task(reader.follow()) for reader in self.readers]
        stop = asyncio.Event()
        working = [asyncio.create_task(editor.work(stop, pause)) for editor in self.editors]
        working.append(asyncio.create_task(self._photograph(stop)))
        await self._all_read()
        await asyncio.gather(*(self._break(lane, lasting) for lane in faults))
        healed = time.monotonic()
        stop.set()
        await asyncio.gather(*working)
        self.acknowledged = time.monotonic() - healed
        self.version = self._version()
        await self._all_have(self.version)
        self.caught_up = time.monotonic() - healed
        for task in following:
            task.cancel()
        for done in await asyncio.gather(*following, return_exceptions=True):
            assert isinstance(done, asyncio.CancelledError), done

    async def _photograph(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.editors[0].photograph()
            await asyncio.sleep(0.7)

    async def _break(self, faults: list[Any], lasting: float) -> None:
        for fault in faults:
            self.faults[fault.__name__] += 1
            await fault(self.site, self.chance, self.chance.uniform(0.3, 2) * lasting)
            await asyncio.sleep(self.chance.uniform(0, lasting))

    def _version(self) -> int:
        with self.site.postgres.connect() as database:
            (version,) = database.execute("SELECT version FROM articles_coverage").fetchone()  # type: ignore[misc]
        assert isinstance(version, int)
        return version

    async def _all_read(self) -> None:
        while any(reader.page is None for reader in self.readers):
            await asyncio.sleep(0.05)

    async def _all_have(self, version: int) -> None:
        async with asyncio.timeout(60):
            while any(reader.page is None or version != reader.page.C for reader in self.readers):
                await asyncio.sleep(0.05)

    # ── What must hold ──────────────────────────────────────────────────────────────────────────────────

    def check_posts(self) -> None:
        """Every acknowledged post exists exactly once, as it was acknowledged last; nothing else does."""
        with self.site.postgres.connect() as database:
            rows = database.execute("SELECT id, headline, state FROM articles_update ORDER BY id").fetchall()
        posts = [post for editor in self.editors for post in editor.posts]
        assert rows == sorted((post.id, post.headline, post.state) for post in posts)

    async def check_readers(self) -> None:
        fresh, feed = await self._truth()
        for reader in self.readers:
            assert reader.page
            assert reader.page.shown == {pk: one for pk, one in feed.items() if one[0] >= reader.page.bound}
            assert reader.page.slots == {name: fresh.slots[name] for name in SLOTS}

    async def _truth(self) -> tuple[Page, dict[int, Any]]:
        """A fresh page, from the last server, and all that is published below it."""
        from bs4 import BeautifulSoup

        path = f"/live/{self.site.slug}/"
        fresh = Page((await ask(self.site.nginx.port, path)).body)
        assert self.version == fresh.C
        whole = Page((await ask(self.site.nginx.port, path)).body)
        while whole.cursor:
            answer = await ask(self.site.nginx.port, f"{path}older?before={whole.cursor}")
            whole.apply_older(BeautifulSoup(answer.body, "html.parser"), whole.cursor)
        return fresh, whole.shown

    def check_errors(self) -> None:
        """Each answer of 5xx has a line in a log: the server's by the request's id, nginx's own by its count."""
        ids = [answer.headers.get("x-request-id") for _path, answer in self.errors]
        said = self.site.said()
        assert [id for id in ids if id and id not in said] == []
        own = [(path, *answer) for path, answer in self.errors if "x-request-id" not in answer.headers]
        nobodys = [(path, status, body[:300]) for path, status, _, body in own if not _is_nginx(path, status, body)]
        assert nobodys == [], nobodys
        log = (self.site.folder / "nginx" / "error.log").read_text()
        assert len(re.findall(r"\[(?:error|crit|alert)\]", log)) >= len(own)


def _is_nginx(path: str, status: int, body: bytes) -> bool:
    """Whether nginx itself said that nobody answers; of a stream only the status is kept."""
    return status in {502, 504} and (b"<center>nginx" in body or path.endswith("stream"))


def play(chaos: Chaos, seed: int, *, lasting: float, pause: float, rounds: int) -> None:
    kinds, without = possible(chaos.site)
    lanes = [[fault for faults in half for fault in faults] * rounds for half in halves(chaos.chance, kinds)]
    for lane in lanes:
        chaos.chance.shuffle(lane)
    print(f"\nCHAOS_SEED={seed}", *without, sep="\n")
    began = time.monotonic()
    asyncio.run(chaos.run(lanes, lasting, pause))
    posts = [post for editor in chaos.editors for post in editor.posts]
    tries = sum(editor.tries for editor in chaos.editors)
    print(
        f"{chaos.faults.total()} faults in {time.monotonic() - began:.0f} s; {len(posts)} posts, {tries} requests of editors"
    )
    print(f"{len(chaos.errors)} answers of 5xx: {Counter(answer.status for _, answer in chaos.errors)}")
    print(f"photos: {chaos.editors[0].photos} taken, {chaos.editors[0].full} without room")
    print(f"after healing: all acknowledged in {chaos.acknowledged:.1f} s, all read it in {chaos.caught_up:.1f} s")
    asyncio.run(chaos.check_readers())
    chaos.check_posts()
    chaos.check_errors()
    refused = [words for editor in chaos.editors for words in editor.refused]
    assert refused == [], refused


def halves(chance: random.Random, kinds: dict[str, Any]) -> list[list[Any]]:
    """The faults of each kind, dealt to two sides that break things at the same time."""
    dealt = list(kinds.values())
    chance.shuffle(dealt)
    return [dealt[::2], dealt[1::2]]


@pytest.fixture
def site(tmp_path: Path, data: Path) -> Iterator[Site]:
    with running(tmp_path, data, [2, 1]) as site:
        yield site


def seed() -> int:
    return int(os.environ.get("CHAOS_SEED", secrets.randbelow(10**6)))


def test_all_breaks_for_seconds(site: Site) -> None:
    chosen = seed()
    play(Chaos(site, chosen, 60), chosen, lasting=0.4, pause=0.3, rounds=1)
