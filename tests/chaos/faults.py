"""What breaks. Each fault lasts `seconds`, and is healed when it returns."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from tests.browser.proxy import Proxy
from tests.deploy.conftest import Behind

from .site import FAKETIME, Site

type Fault = Callable[[Site, random.Random, float], Awaitable[None]]


async def worker(site: Site, chance: random.Random, seconds: float) -> None:
    """One of a server's workers is killed."""
    several = [server for server in site.servers if server.process and len(server.workers()) > 1]
    if several:
        os.kill(chance.choice(chance.choice(several).workers()), signal.SIGKILL)
    await asyncio.sleep(seconds)


async def server(site: Site, chance: random.Random, seconds: float) -> None:
    """A whole server is killed, and started anew as systemd would."""
    killed = chance.choice(site.servers)
    await asyncio.to_thread(killed.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(started, site, killed)


def started(site: Site, server: Behind) -> None:
    """Without its database a server says so and ends; systemd tries again."""
    while True:
        with suppress(AssertionError):
            return site.start_server(server)


async def all_servers(site: Site, chance: random.Random, seconds: float) -> None:
    for one in site.servers:
        await asyncio.to_thread(one.kill)
    await asyncio.sleep(seconds)
    await asyncio.gather(*(asyncio.to_thread(started, site, one) for one in site.servers))


async def nginx(site: Site, chance: random.Random, seconds: float) -> None:
    await asyncio.to_thread(site.nginx.stop, signal.SIGKILL)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(site.nginx.start)


async def postgres(site: Site, chance: random.Random, seconds: float) -> None:
    await asyncio.to_thread(site.postgres.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(site.postgres.start)


def _some(chance: random.Random, proxies: Sequence[Proxy]) -> list[Proxy]:
    return chance.sample(proxies, chance.randint(1, len(proxies)))


async def without(proxies: Sequence[Proxy], seconds: float, break_off: Callable[[Proxy], None]) -> None:
    for proxy in proxies:
        await asyncio.to_thread(break_off, proxy)
    await asyncio.sleep(seconds)
    for proxy in proxies:
        await asyncio.to_thread(proxy.heal)


async def database_cut(site: Site, chance: random.Random, seconds: float) -> None:
    await without(_some(chance, site.ways), seconds, Proxy.cut)


async def database_silent(site: Site, chance: random.Random, seconds: float) -> None:
    await without(_some(chance, site.ways), seconds, Proxy.silence)


async def doors_cut(site: Site, chance: random.Random, seconds: float) -> None:
    await without(_some(chance, site.doors), seconds, Proxy.cut)


async def doors_silent(site: Site, chance: random.Random, seconds: float) -> None:
    await without(_some(chance, site.doors), seconds, Proxy.silence)


async def gate_cut(site: Site, chance: random.Random, seconds: float) -> None:
    await without([site.gate], seconds, Proxy.cut)


async def gate_silent(site: Site, chance: random.Random, seconds: float) -> None:
    await without([site.gate], seconds, Proxy.silence)


async def disk(site: Site, chance: random.Random, seconds: float) -> None:
    await asyncio.to_thread(site.disk.fill)
    await asyncio.sleep(seconds + 1)  # a photo is decoded before it is kept
    site.disk.free()


async def clock(site: Site, chance: random.Random, seconds: float) -> None:
    name = chance.choice(sorted(site.clocks))
    site.step_clock(name, chance.choice([-3600, -90, 90, 3600]))
    await asyncio.sleep(seconds)
    site.step_clock(name, 0)


FAULTS: dict[str, list[Fault]] = {
    "servers": [worker, server, all_servers],
    "nginx": [nginx],
    "postgres": [postgres],
    "ways": [database_cut, database_silent],
    "doors": [doors_cut, doors_silent],
    "gate": [gate_cut, gate_silent],
    "disk": [disk],
    "clocks": [clock],
}
"""By what breaks: two of one kind are not broken at once."""


def possible(site: Site) -> tuple[dict[str, list[Fault]], list[str]]:
    """What can be broken here, and a sentence for each kind that cannot."""
    without: list[str] = []
    if FAKETIME is None:
        without.append("no clock is stepped: libfaketime is missing (apt-get install faketime)")
    if not site.disk.is_there:
        without.append("no disk is full: mount namespaces are not allowed here")
    out = {"clocks"} if FAKETIME is None else set()
    out |= set() if site.disk.is_there else {"disk"}
    return {kind: list(faults) for kind, faults in FAULTS.items() if kind not in out}, without
