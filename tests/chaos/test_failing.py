"""Three servers on one PostgreSQL, and one thing fails: readers go on reading, and soon all is right again."""

import asyncio
import random

import pytest

from . import faults
from .chaos import HEALED, Chaos
from .faults import Fault
from .http import Answer, ask
from .site import PATIENCE, Site

OLDER = "older?before=2022-01-01T00:00:00.000Z_1"
"""What nobody has asked for."""


async def one_silent(site: Site, chance: random.Random, seconds: float) -> None:
    """One server's database says nothing more; connections to it are broken only when all is healed."""
    await faults.without(site.ways[1:2], seconds, faults.Proxy.silence)


async def one_cut(site: Site, chance: random.Random, seconds: float) -> None:
    await faults.without(site.ways[1:2], seconds, faults.Proxy.cut)


@pytest.mark.parametrize(
    "fault", [faults.postgres, faults.server, one_silent, pytest.param(one_cut, marks=pytest.mark.soak)]
)
def test_readers_go_on_reading(site: Site, fault: Fault) -> None:
    chaos = Chaos(site, 1, 40)
    chaos.attend(fault, 2.5)
    assert set(chaos.visits) == {200}, "the page was always answered"
    assert chaos.acknowledged < HEALED
    assert chaos.caught_up < HEALED


@pytest.mark.soak  # how long anybody waits is only told on a machine that has nothing else to do
def test_the_database_hangs(site: Site) -> None:
    """It takes every packet and answers none: whoever needs it is told so in time, and the others read."""
    missed: list[Answer] = []

    async def hangs(site: Site, chance: random.Random, seconds: float) -> None:
        site.postgres.hang()
        try:
            missed.append(await ask(site.nginx.port, f"/live/{site.slug}/{OLDER}"))
            await asyncio.sleep(seconds)
        finally:
            site.postgres.go_on()

    chaos = Chaos(site, 1, 40)
    chaos.attend(hangs, PATIENCE)
    refused = [answer for path, answer in chaos.errors if "/desk/" in path]
    longest = max(answer.seconds for answer in (*refused, *missed))
    print(f"{len(refused)} requests of editors were refused; the longest waited for {longest:.1f} s")
    assert refused
    for answer in (*refused, *missed):
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert longest < 3 * PATIENCE
    assert set(chaos.visits) == {200}
    assert chaos.caught_up < HEALED
