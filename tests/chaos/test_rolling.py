"""Servers are replaced, one after the other, under its readers: nobody is refused, nothing is missed."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread

import pytest

from tests.browser.waiting import until
from tests.deploy.conftest import Behind

from .chaos import Chaos
from .site import Site

refused: list[str] = []


def rolled(site: Site) -> None:
    """The first is reloaded, as by systemctl; the second, of one worker, is restarted."""
    reloaded, restarted, _ = site.servers
    before = set(reloaded.workers())
    assert reloaded.process
    with knocking(reloaded):
        reloaded.process.send_signal(signal.SIGHUP)
        until(lambda: len(now := set(reloaded.workers())) == len(before) and not now & before, 60)
    restarted.restart(lambda: site.start_server(restarted))


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


@pytest.mark.parametrize("readers", [80, pytest.param(300, marks=pytest.mark.soak)])
def test_a_rolling_restart(site: Site, readers: int) -> None:
    refused.clear()
    chaos = Chaos(site, 1, readers, ["stream"])
    chaos.attend(roll, 1)
    assert refused == []
    assert set(chaos.visits) == {200}
    assert [answer for _, answer in chaos.errors if answer.status != 502] == []
    told = [seconds for reader in chaos.readers for seconds in reader.told]
    by_second = Counter(int(seconds) for seconds in told)
    opened = sorted(moment for reader in chaos.readers for moment in reader.opened)[readers:]
    peak = max(sum(moment <= other < moment + 1 for other in opened) for moment in opened)
    print(f"{len(told)} were told to come back, by seconds {dict(by_second)}; {peak} came in the fullest second")
    assert len(told) >= readers / 4, "whom a server lets go it tells when to come back"
    assert max(by_second.values()) < 0.6 * len(told), "and not all at once"
    assert peak < 0.7 * len(told), "nor is any second full of those who come back"
    assert all(len(reader.opened) > len(reader.told) for reader in chaos.readers), "and all came back"
