"""A whole site of a test's own: PostgreSQL, several servers, nginx, and a proxy on each connection between them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.browser.proxy import Proxy
from tests.browser.server import PROJECT
from tests.browser.waiting import until
from tests.deploy.conftest import Behind
from tests.deploy.nginx import Nginx, program

from .disk import SmallDisks
from .postgres import Postgres

EDITORS = 3
PATIENCE = 3
"""Seconds that the servers wait for one answer of the database."""


class Site:
    """`workers`: how many each server has. `ways` lead to PostgreSQL, `doors` to the servers, `gate` to nginx."""

    def __init__(self, folder: Path, data: Path, workers: list[int]) -> None:
        self.folder, self.data = folder, data
        self.clocks = {name: folder / f"clock-of-{name}" for name in ("server", "database")}
        self.postgres = Postgres(folder / "cluster", **self._clock("database"))
        self.ways = [Proxy(self.postgres.port) for _ in workers]
        (folder / "nginx").mkdir()
        self.nginx = Nginx(folder / "nginx", data)
        self.disk = SmallDisks(data)
        self.servers = [self._server(index, number) for index, number in enumerate(workers)]
        self.doors = [Proxy(server.port) for server in self.servers]
        self.gate = Proxy(self.nginx.port)

    def _server(self, index: int, workers: int) -> Behind:
        url = self.postgres.url(self.ways[index].port)
        clock = self._clock("server", PYTHONPATH=str(Path(__file__).with_name("clock"))) if index == 0 else {}
        options = {"LOG_FORMAT": "json", "DISK_FREE_MB": "1", "DATABASE_PATIENCE": str(PATIENCE)}
        return Behind(url, self.data, self.nginx, workers, **options, **clock)

    def _clock(self, name: str, **more: str) -> dict[str, str]:
        """What makes a process's clock one that `step_clock` sets, where libfaketime is installed."""
        if FAKETIME is None:
            return {}
        self.clocks[name].write_text("+0s")
        faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.clocks[name])}
        return faked | {"FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"} | more

    def step_clock(self, name: str, seconds: int) -> None:
        self.clocks[name].write_text(f"{seconds:+}s")

    def start(self) -> None:
        self.postgres.start()
        environment = {**os.environ, "DATABASE_URL": self.postgres.url(), "LIVEBLOG_DATA": str(self.data)}
        environment |= {"SITE_URL": self.nginx.origin, "SECRET_KEY": "tests"}
        made = subprocess.run(
            [sys.executable, "-m", "tests.chaos.newsroom", str(EDITORS)],
            cwd=PROJECT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        facts = json.loads(made.stdout)
        self.coverage, self.slug, self.cookies = facts["coverage"], facts["slug"], facts["cookies"]
        self.nginx.configure(*(door.port for door in self.doors))
        self.nginx.start()
        with ThreadPoolExecutor() as together:
            list(together.map(self.start_server, self.servers))

    def start_server(self, server: Behind) -> None:
        server.start(*self.disk.enter(), sys.executable, "manage.py")

    def stop(self) -> None:
        self.nginx.stop()
        with ThreadPoolExecutor() as together:
            list(together.map(Behind.stop, self.servers))
        for proxy in (*self.ways, *self.doors, self.gate):
            proxy.close()
        self.postgres.stop()
        self.disk.close()

    def said(self) -> str:
        """The logs of all servers."""
        return "".join(server.said for server in self.servers)


def _faketime() -> Path | None:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


FAKETIME = _faketime()


@contextmanager
def running(folder: Path, data: Path, workers: list[int]) -> Iterator[Site]:
    if not program():
        pytest.skip("nginx is not installed (apt-get install nginx-light).")
    with ExitStack() as stack:
        site = Site(folder, data, workers)
        stack.callback(site.stop)
        site.start()
        yield site


__all__ = ["FAKETIME", "Site", "running", "until"]
