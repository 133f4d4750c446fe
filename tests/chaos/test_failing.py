"""Three servers on one PostgreSQL, and one thing fails: readers go on reading, and soon all is right again."""

import random

import pytest

from . import faults
from .chaos import Chaos
from .faults import Fault
from .site import Site

HEALED = 5
"""Seconds from healing until what editors sent is acknowledged, and every reader has it."""


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
