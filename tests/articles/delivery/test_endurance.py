"""Eighteen thousand streams of two workers, a post a second, for ten minutes. Run by bin/soak."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from articles.models import Coverage
from articles.publishing import updates
from bench.newsroom import memory, text
from bench.readers import Readers
from tests.browser.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
STREAMS = int(os.environ.get("SOAK_STREAMS", "18000"))
SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
SETTLED = SECONDS // 5
"""Seconds after which memory must be flat."""


@pytest.fixture
def server(database_url: str, data: Path) -> Iterator[Server]:
    served = Server(database_url, data, workers=2)
    served.start()
    yield served
    served.stop()


def test_ten_minutes(server: Server, live: Coverage) -> None:
    assert server.process
    pid = server.process.pid
    many = Readers(server.port, f"/live/{live.slug}/stream?after={live.version}", STREAMS)
    many.open(b"event: heartbeat")
    opened, settled, late = memory(pid), 0, []
    began = time.monotonic()
    posts = 0
    while (now := time.monotonic() - began) < SECONDS:
        updates.post(live, headline=f"Post {posts}", body=text(posts))
        committed = time.monotonic()
        posts += 1
        late.append(max(many.receive(rest=0.0)) - committed)  # each reader has it, and had none before
        settled = settled or (memory(pid) if now > SETTLED else 0)
        time.sleep(max(0.0, began + posts - time.monotonic()))
    grown = memory(pid) - settled
    late.sort()
    print(f"\n{STREAMS} streams, {posts} posts")
    print(f"last receipt after the commit: median {late[len(late) // 2]:.2f} s, at most {late[-1]:.2f} s")
    sizes = [round(size / 2**20) for size in (opened, settled, settled + grown)]
    print(f"memory when opened, after {SETTLED} s and at the end: {sizes} MB")
    assert many.lost(1) == 0
    assert grown < 0.05 * settled
    many.close()
