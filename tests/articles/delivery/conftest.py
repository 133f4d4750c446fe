from collections.abc import Iterator

import psycopg.conninfo
import pytest

from liveblog.postgres import conninfo
from tests.browser.server import Server


@pytest.fixture(scope="package")
def port(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a real server answers, on the database of these tests."""
    given = conninfo()
    named = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if given.get(name)}
    server = Server(psycopg.conninfo.make_conninfo(**named), tmp_path_factory.mktemp("delivery"))
    server.start()
    yield server.port
    server.stop()
