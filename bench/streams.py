"""One update to many open streams: when each reader has it, and what a reader costs."""

import asyncio
import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator

from asgiref.sync import sync_to_async

from .newsroom import free_port, memory, running, serve
from .table import Row

ROUNDS = 7


def measure(slug: str, readers: int) -> Iterator[Row]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if readers + 500 > hard:
        yield Row(f"{readers:,} streams", "", f"skipped: this machine allows {hard:,} open files a process")
        return
    port = free_port()
    with running(*serve(port, 1), port=port) as server:
        before = memory(server.pid)
        seen, each = asyncio.run(_measure(slug, readers, port, lambda: memory(server.pid) - before))
    for name, pick in (("first", 0.0), ("median", 0.5), ("99 %", 0.99), ("last", 1.0)):
        times = [sorted(times)[min(int(len(times) * pick), len(times) - 1)] for times in seen]
        yield Row(
            f"{readers:,} streams: {name} receipt after the commit", f"{statistics.median(times) * 1000:.1f} ms", ""
        )
    yield Row(f"{readers:,} streams: memory a reader", f"{each / readers / 1024:.1f} KB", "")


async def _measure(slug: str, readers: int, port: int, grown: Callable[[], int]) -> tuple[list[list[float]], int]:
    from articles.models import Coverage
    from articles.publishing import updates

    coverage = await Coverage.objects.aget(slug=slug)
    open_ones = [await _open(slug, coverage.version, port) for _ in range(readers)]
    each = grown()
    rounds = []
    for number in range(ROUNDS):
        waiting = [asyncio.ensure_future(_receive(stream)) for stream in open_ones]
        await asyncio.sleep(0.5)
        posted = await sync_to_async(updates.post)(coverage, headline=f"To all {number}")
        committed = time.monotonic()
        got = await asyncio.gather(*waiting)
        assert {version for _, version in got} == {posted.update.version}, "a reader got something else"
        rounds.append([at - committed for at, _ in got])
    for _, writer in open_ones:
        writer.close()
    return rounds, each


async def _open(slug: str, version: int, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live/{slug}/stream?after={version} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await reader.readuntil(b"event: heartbeat")
    return reader, writer


async def _receive(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> tuple[float, int]:
    await stream[0].readuntil(b"event: changes")
    at = time.monotonic()
    line = b""
    while not line.startswith(b"data: "):
        line = await stream[0].readline()
    return at, int(json.loads(line[6:])["version"])
