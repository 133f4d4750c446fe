from collections.abc import Iterator
from pathlib import Path

import pytest

from .site import Site, running


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[Site]:
    """Three servers, one of them with two workers, behind nginx and before a PostgreSQL of their own."""
    with running(tmp_path_factory.mktemp("site"), data, [2, 1, 1]) as site:
        yield site
