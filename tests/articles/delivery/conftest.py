import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from articles.models import Coverage
from articles.publishing import coverages
from tests.browser.server import Server


@pytest.fixture(scope="package")
def port(database_url: str, data: Path) -> Iterator[int]:
    """Where a real server answers, on the database of these tests."""
    server = Server(database_url, data, TWO_FACTOR_ROLES="Reporter")
    server.start()
    yield server.port
    server.stop()


@pytest.fixture
def live(request: pytest.FixtureRequest, db: None) -> Coverage:
    """A live coverage; a server remembers what was at an address, so there each test has one of its own."""
    slug = f"the-day-{secrets.token_hex(4)}" if "port" in request.fixturenames else "the-day"
    return coverages.start(coverages.create(headline="The day", slug=slug))
