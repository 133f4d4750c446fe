"""A cable is pulled: nobody says that a connection is over, and each side must find out by the clock."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.articles.delivery.streams import EventStream
from tests.browser.server import PROJECT, Server
from tests.browser.waiting import until

from .cable import ADDRESSES, Cable, Side
from .postgres import Postgres

pytestmark = pytest.mark.soak
ESTABLISHED = "01"
DEAD = 5
"""Seconds after which the database's side is taken for dead (tcp_user_timeout of settings.py)."""
LOOKED_FOR = 8
"""Seconds that may pass until a connection on which nothing is sent asks whether the other side is there."""
HEALED = 5
READERS_DEAD = 3
"""Seconds, here, after which a reader is (server.SILENCE_MS)."""


class Far(Postgres):
    """PostgreSQL on the far side."""

    def __init__(self, folder: Path, cable: Cable) -> None:
        self._cable = cable
        super().__init__(folder, enter=cable.enter("far"), host=ADDRESSES["far"])

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return self._cable.within("far", super().connect)


class Near(Server):
    """The application on the near side; it waits so long for an answer that the network must say that none comes."""

    def __init__(self, database: Far, data: Path, cable: Cable) -> None:
        self._cable, self.database = cable, database
        own = {"DATABASE_PATIENCE": "300", "SITE_URL": f"http://{ADDRESSES['near']}", "SECRET_KEY": "tests" * 10}
        super().__init__(database.url(), data, 1, "--host", "0.0.0.0", ALLOWED_HOSTS="*", **own)  # noqa: S104

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.said
        return self.ask("/healthz")[0] == 200

    def ask(self, path: str) -> tuple[int, str]:
        return self._cable.within("near", lambda: self._asked(path))

    def _asked(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def connections(self, side: Side, port: int) -> int:
        """How many connections this machine believes to have: to the database's `port`, or to its own."""
        assert self.process
        lines = Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]
        other = {"near": 1, "far": 2}[side]
        return sum(line.split()[other].endswith(f":{port:04X}") and line.split()[3] == ESTABLISHED for line in lines)


@pytest.fixture(scope="module")
def cable() -> Iterator[Cable]:
    cable = Cable()
    if not (os.geteuid() == 0 and cable.is_there):
        cable.close()
        pytest.skip("network namespaces are not allowed here, or ip is missing (apt-get install iproute2)")
    yield cable
    cable.close()


@pytest.fixture(scope="module")
def near(cable: Cable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    folder = tmp_path_factory.mktemp("cable")
    (folder / "data").mkdir()
    far = Far(folder / "cluster", cable)
    far.start()
    server = Near(far, folder / "data", cable)
    for command in (["migrate"], ["start_coverage", "the-day", "--headline", "The day"]):
        manage(cable, server, *command)
    impatient = f"from articles.management import server; server.SILENCE_MS = {READERS_DEAD * 1000}"
    server.start(*cable.enter("near"), sys.executable, "-c", f"import manage; {impatient}; manage.main()")
    yield server
    cable.plug()
    server.stop()
    far.stop()


def manage(cable: Cable, server: Near, *words: str) -> None:
    done = [*cable.enter("near"), sys.executable, "manage.py", *words]
    subprocess.run(done, cwd=PROJECT, env=server._environment, check=True, capture_output=True)


def test_the_databases_cable(cable: Cable, near: Near) -> None:
    """None that the pool has is believed in for long: nor one that waits for an answer, nor one that rests."""
    port = near.database.port
    assert near.ask("/readyz")[0] == 200
    assert near.connections("far", port) >= 2, "the listener's, and one at rest"
    cable.pull()
    try:
        until(lambda: near.connections("far", port) == 0, DEAD + LOOKED_FOR)
    finally:
        cable.plug()
    until(lambda: near.ask("/readyz")[0] == 200, HEALED)


def test_a_readers_cable(cable: Cable, near: Near) -> None:
    """What is sent to one who is gone is not acknowledged, and the place is free again."""
    host = ADDRESSES["near"]
    reader = cable.within("far", lambda: EventStream(near.port, "/live/the-day/stream?after=1", host=host))
    assert reader.status == 200
    readers = re.compile(r'^liveblog_readers\{coverage="the-day"\} (\S+)$', re.MULTILINE)

    def held() -> float:
        return sum(map(float, readers.findall(near.ask("/metrics")[1])))

    until(lambda: held() == 1)
    cable.pull()
    try:
        until(lambda: near.connections("near", near.port) == 0, 15 + 2 * READERS_DEAD)  # with the next heartbeat
        until(lambda: held() == 0)
    finally:
        cable.plug()
