"""What we ship for machines in front: nginx and nchan, before real processes of the application."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Newsroom, chromium, newsroom
from tests.browser.server import Server

from .nginx import NCHAN, Nginx, program

__all__ = ["Newsroom", "chromium", "newsroom"]


SHOWN = {"PAGE_UPDATES": "6", "POLL_SECONDS": "2"}


class Behind(Server):
    """The application, where only nginx asks it."""

    def __init__(
        self, database_url: str, data: Path, nginx: Nginx, workers: int = 1, *options: str, **environment: str
    ) -> None:
        own = {"SITE_URL": nginx.origin, "SECRET_KEY": "tests", "FORWARDED_ALLOW_IPS": "127.0.0.1", "SENDFILE": "true"}
        super().__init__(database_url, data, workers, *options, **own, **SHOWN, **environment)

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self._said.read_text()
        asking = HTTPConnection("localhost", self.port, timeout=30)
        try:
            asking.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
            return asking.getresponse().status == 200
        except OSError:
            return False
        finally:
            asking.close()


@contextmanager
def served(folder: Path, data: Path, database_url: str, processes: int, **environment: str) -> Iterator[Any]:
    """nginx and that many processes of the application."""
    if not program():
        pytest.skip("nginx is not installed (apt-get install nginx-light).")
    nginx = Nginx(folder, data, "nchan" if environment else "app")
    if environment and not NCHAN.exists():
        pytest.skip("nchan is not installed (apt-get install libnginx-mod-nchan).")
    with ExitStack() as stack:
        own = {name: value.format(port=nginx.push_port) for name, value in environment.items()}
        servers = [Behind(database_url, data, nginx, **own) for _ in range(processes)]
        nginx.configure(*(server.port for server in servers))
        nginx.start()
        stack.callback(nginx.stop)
        for server in servers:
            stack.callback(server.stop)
        with ThreadPoolExecutor() as together:
            list(together.map(Server.start, servers))
        yield nginx, servers


@pytest.fixture(scope="package")
def site(database_url: str, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """nginx before two processes."""
    with served(tmp_path_factory.mktemp("nginx"), data, database_url, 2) as both:
        yield both


@pytest.fixture(scope="package")
def pushed(database_url: str, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """nginx with nchan, before one process that holds no streams."""
    url = {"NCHAN_URL": "http://127.0.0.1:{port}"}
    with served(tmp_path_factory.mktemp("nchan"), data, database_url, 1, **url) as both:
        yield both
