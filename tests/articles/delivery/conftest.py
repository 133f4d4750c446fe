from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.server import Server


@pytest.fixture(scope="package")
def port(database_url: str, data: Path) -> Iterator[int]:
    """Where a real server answers, on the database of these tests."""
    server = Server(database_url, data)
    server.start()
    yield server.port
    server.stop()
