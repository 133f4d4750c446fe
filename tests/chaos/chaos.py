"""Readers, editors and faults at the same time, and what must hold in the end."""

import asyncio
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bs4 import BeautifulSoup

from tests.articles.reader import SLOTS, Page

from .editors import Editor
from .faults import Fault
from .http import BROKEN, Answer, ask
from .readers import Follower
from .site import Site

KINDS = ("stream", "stream", "poll", "drop")

HEALED = 5
"""Seconds from healing until all that editors sent is acknowledged, and read by everybody."""


class Chaos:
    """One run. All that is random comes from `seed`."""

    def __init__(self, site: Site, seed: int, readers: int, kinds: Sequence[str] = KINDS) -> None:
        self.site = site
        self.chance = random.Random(seed)
        self.run_id = secrets.token_hex(3)
        self.errors: list[tuple[str, Answer]] = []
        self.visits: Counter[int] = Counter()
        """What those who come anew are answered by nginx: by status, 0 where nobody answers."""
        self.faults: Counter[str] = Counter()
        ports = (site.gate.port, site.nginx.port)
        self.readers = [
            Follower(ports[number % 2], site.slug, kinds[number % len(kinds)], self._chance(), self._note)
            for number in range(readers)
        ]
        self.editors = [
            Editor(f"{self.run_id}{number}", ports[number % 2], site, cookies, self._chance(), self._note)
            for number, cookies in enumerate(site.cookies)
        ]

    def _chance(self) -> random.Random:
        return random.Random(self.chance.random())

    def _note(self, path: str, answer: Answer) -> None:
        if answer.status >= 500:
            self.errors.append((path, answer))

    def play(self, kinds: dict[str, list[Fault]], *, lasting: float, pause: float, seconds: float = 0) -> None:
        """Break all of it, two kinds at the same time, again and again for so many seconds, and check what must hold.

        `lasting`: seconds of a fault, about; `pause`: of an editor between two posts.
        """
        dealt = list(kinds.values())
        self.chance.shuffle(dealt)
        lanes = [[fault for faults in half for fault in faults] for half in (dealt[::2], dealt[1::2])]
        asyncio.run(self.run(lanes, lasting, pause, seconds))
        print(self)
        self.check()

    def attend(self, fault: Fault, seconds: float) -> None:
        """Break one thing for so long, and check what must hold."""

        async def lasting(site: Site, chance: random.Random, _: float) -> None:
            await fault(site, chance, seconds)

        lasting.__name__ = fault.__name__
        asyncio.run(self.run([[lasting]], 0, 0.2))
        print(self)
        self.check()

    async def run(self, faults: list[list[Fault]], lasting: float, pause: float, seconds: float = 0) -> None:
        """`faults`: several lists, each played one after the other, side by side."""
        following = [asyncio.create_task(reader.follow()) for reader in self.readers]
        following.append(asyncio.create_task(self._visit()))
        stop = asyncio.Event()
        working = [asyncio.create_task(editor.work(stop, pause)) for editor in self.editors]
        working.append(asyncio.create_task(self._photograph(stop)))
        await self._all_read()
        await asyncio.gather(*(self._break(lane, lasting, seconds) for lane in faults))
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

    async def _visit(self) -> None:
        while True:
            try:
                answer = await ask(self.site.nginx.port, f"/live/{self.site.slug}/")
            except BROKEN:
                self.visits[0] += 1
            else:
                self.visits[answer.status] += 1
            await asyncio.sleep(0.1)

    async def _photograph(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.editors[0].photograph()
            await asyncio.sleep(0.3)

    async def _break(self, faults: list[Fault], lasting: float, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while True:
            for fault in self.chance.sample(faults, len(faults)):
                self.faults[fault.__name__] += 1
                await fault(self.site, self.chance, self.chance.uniform(0.3, 2) * lasting)
                await asyncio.sleep(self.chance.uniform(0, lasting))
                if seconds > 0 and ends < time.monotonic():
                    return
            if ends < time.monotonic():
                return

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
            ours = "SELECT id, headline, state FROM articles_update WHERE headline LIKE %s ORDER BY id"
            rows = database.execute(ours, [f"Editor {self.run_id}%"]).fetchall()
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
        path = f"/live/{self.site.slug}/"
        fresh = Page((await ask(self.site.nginx.port, path)).body)
        async with asyncio.timeout(5):
            while self.version != fresh.C:  # nginx gives what it has while it asks for the new one
                fresh.show((await ask(self.site.nginx.port, path)).body)
        whole = Page((await ask(self.site.nginx.port, path)).body)
        while whole.cursor:
            answer = await ask(self.site.nginx.port, f"{path}older?before={whole.cursor}")
            whole.apply_older(BeautifulSoup(answer.body, "html.parser"), whole.cursor)
        return fresh, whole.shown

    def check_errors(self) -> None:
        """Each answer of 5xx has a line in a log: the server's by the request's id, nginx's own by its count.

        500 is a fault of ours, which nothing that breaks around us may lead to.
        """
        assert [path for path, answer in self.errors if answer.status == 500] == []
        ids = [answer.headers.get("x-request-id") for _path, answer in self.errors]
        said = self.site.said()
        assert [id for id in ids if id and id not in said] == []
        own = [(path, *answer[:3]) for path, answer in self.errors if "x-request-id" not in answer.headers]
        streams = [one for one in own if one[0].endswith("/stream") and one[1] == 503]
        assert said.count("is not begun") >= len(streams), "streams that the server refused itself"
        own = [one for one in own if one not in streams]
        nobodys = [(path, status, body[:300]) for path, status, _, body in own if not _is_nginx(path, status, body)]
        assert nobodys == [], nobodys
        log = (self.site.folder / "nginx" / "error.log").read_text()
        assert len(re.findall(r"\[(?:error|crit|alert)\]", log)) >= len(own)

    def check_words(self) -> None:
        refused = [words for editor in self.editors for words in editor.refused]
        assert refused == [], refused

    def check(self) -> None:
        asyncio.run(self.check_readers())
        self.check_posts()
        self.check_errors()
        self.check_words()

    def __str__(self) -> str:
        posts = sum(len(editor.posts) for editor in self.editors)
        tries = sum(editor.tries for editor in self.editors)
        errors = Counter(answer.status for _, answer in self.errors)
        photos = [sum(editor.photos for editor in self.editors), sum(editor.full for editor in self.editors)]
        lines = (
            f"{self.faults.total()} faults: {dict(self.faults)}",
            f"{len(self.readers)} readers; {posts} posts, {tries} requests of editors; {photos[0]} photos taken,"
            f" {photos[1]} without room; answers of 5xx {dict(errors)}, pages {dict(self.visits)}",
            f"after healing: all acknowledged in {self.acknowledged:.1f} s, all read in {self.caught_up:.1f} s",
            *(f"{answer.status} {path}" for path, answer in self.errors if answer.status not in {502, 504}),
        )
        return "\n".join(lines)


def _is_nginx(path: str, status: int, body: bytes) -> bool:
    """Whether nginx itself said that nobody answers; of a stream only the status is kept."""
    return status in {502, 504} and (b"Back in a moment" in body or path.endswith("stream"))
