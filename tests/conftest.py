"""What all tests share: an empty database, files in a folder of their own, and coverage to begin with."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from PIL import Image

from articles.models import Coverage, Update
from articles.publishing import coverages, updates

from . import database

hypothesis_settings.register_profile(
    "quick", deadline=None, max_examples=15, suppress_health_check=list(HealthCheck), print_blob=True
)
hypothesis_settings.register_profile("soak", hypothesis_settings.get_profile("quick"), max_examples=1000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The tests' database: quickly emptied after each test that committed, and left by everybody in the end."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: database.empty())
        yield
    with django_db_blocker.unblock():
        database.wait_until_left()


@pytest.fixture(scope="session")
def database_url(django_db_setup: None) -> str:
    """The database of this process's tests, as another process reaches it."""
    return database.url()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of every server, of all workers of xdist: the first collects the static files, for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "served"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES = {
        "default": {"BACKEND": "liveblog.files.WholeFiles"},
        "originals": {
            "BACKEND": "liveblog.files.WholeFiles",
            "OPTIONS": {"location": tmp_path / "originals"},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["tests.passwords.Quick"]


@pytest.fixture(autouse=True)
def _empty_memory() -> None:
    """Tables begin anew with each test, and so would versions and ids that were kept."""
    from articles.delivery import pieces

    pieces.memory.clear()


@pytest.fixture
def live(db: None) -> Coverage:
    """A live coverage of Kyiv's zone, without updates."""
    coverage = coverages.create(headline="The day", slug="the-day", time_zone="Europe/Kyiv", section="World")
    return coverages.start(coverage)


@pytest.fixture
def post(live: Coverage) -> Callable[..., Update]:
    """Post an update into `live`: `post(headline="…", …)`."""

    def posted(**content: Any) -> Update:
        return updates.post(live, **({"headline": "An update"} | content)).update

    return posted


@pytest.fixture
def picture() -> Callable[..., SimpleUploadedFile]:
    """A picture file as a browser sends it: `picture(size=(60, 40), format="JPEG")`."""

    def made(size: tuple[int, int] = (60, 40), format: str = "JPEG", **options: Any) -> SimpleUploadedFile:
        data = io.BytesIO()
        Image.new("RGB", size, "#48709a").save(data, format, **options)
        return SimpleUploadedFile(f"picture.{format.lower()}", data.getvalue(), f"image/{format.lower()}")

    return made
