"""What all tests share: media in a folder of their own, and coverage to begin with."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from PIL import Image

from articles.models import Coverage, Update
from articles.publishing import coverages, updates

hypothesis_settings.register_profile(
    "quick", deadline=None, max_examples=15, suppress_health_check=list(HealthCheck), print_blob=True
)
hypothesis_settings.register_profile("soak", hypothesis_settings.get_profile("quick"), max_examples=1000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.SECURE_SSL_REDIRECT = False


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
