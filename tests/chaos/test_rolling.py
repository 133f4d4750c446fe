"""All servers are replaced, one after the other, under three hundred readers: nobody is refused, nothing is missed."""

import asyncio
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread

from tests.browser.waiting import until
from tests.deploy.conftest import Behind

from .chaos import Chaos
from .site import Site

READERS = 300
refused: list[str] = []


def rolled(site: Site) -> None:
    """The first is reloaded, as by systemctl; the others, of one worker each, are restarted."""
    reloaded, *others = site.servers
    before = set(reloaded.workers())
    assert reloaded.process
    with knocking(reloaded):
        reloaded.process.send_signal(signal.SIGHUP)
        until(lambda: len(now := set(reloaded.workers())) == len(before) and not now & before, 60)
    for server in others:
        server.restart(lambda server=server: site.start_server(server))


@contextmanager
def knocking(server: Behind) -> Iterator[None]:
    """Somebody connects to it all the time, and is refused never."""
    over = Event()

    def knock() -> None:
        while not over.wait(0.01):
            try:
                asking = HTTPConnection("localhost", server.port, timeout=30)
                asking.connect()
                asking.close()
            except OSError as error:
                refused.append(str(error))

    thread = Thread(target=knock)
    thread.start()
    yield
    over.set()
    thread.join()


async def roll(site: Site, chance: random.Random, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await asyncio.to_thread(rolled, site)


def test_a_rolling_restart(site: Site) -> None:
    chaos = Chaos(site, 1, READERS, ["stream"])
    chaos.attend(roll, 1)
    assert refused == []
    assert set(chaos.visits) == {200}
    assert [answer for _, answer in chaos.errors if answer.status != 502] == []
    opened = sorted(moment for reader in chaos.readers for moment in reader.opened)
    back = opened[READERS:]
    peak = max(sum(moment <= other < moment + 1 for other in back) for moment in back)
    print(f"{len(back)} streams came back, {peak} in the fullest second")
    assert len(back) >= READERS
    assert peak < READERS / 3
