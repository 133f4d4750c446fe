import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from PIL import Image

from articles.models import Author, Coverage, Update
from articles.publishing import coverages, sources, updates

KINDS = ("update", "coverage", "photo", "author")


@pytest.fixture(autouse=True)
def database(transactional_db: None) -> Iterator[None]:
    """Publishing's transactions are durable, so a test cannot stand inside one; afterwards tables are emptied.

    That empties the one row of the site's version too, which a migration put there.
    """
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO articles_site (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING")
    yield


@pytest.fixture(autouse=True)
def plain_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def _user(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, password="a long password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="articles"))
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chief_user() -> User:
    return User.objects.create_superuser("chief", password="a long password", first_name="Clara", last_name="Chief")


@pytest.fixture
def chief(chief_user: User) -> Client:
    return _client(chief_user)


@pytest.fixture
def writer_user() -> User:
    """May write, not publish."""
    kinds = [f"{verb}_{kind}" for kind in KINDS for verb in ("view", "add", "change")]
    return _user("writer", *kinds)


@pytest.fixture
def writer(writer_user: User) -> Client:
    return _client(writer_user)


@pytest.fixture
def editor() -> Client:
    """May publish, without being an administrator."""
    kinds = [f"{verb}_{kind}" for kind in KINDS for verb in ("view", "add", "change", "delete")]
    return _client(_user("editor", *kinds, "publish_update", "publish_coverage"))


@pytest.fixture
def viewer() -> Client:
    return _client(_user("viewer", *(f"view_{kind}" for kind in KINDS)))


@pytest.fixture
def author(chief_user: User) -> Author:
    return sources.save_author(Author(name="Anna Reporter", slug="anna", user=chief_user))


@pytest.fixture
def desk() -> Author:
    return sources.author_named("Kyiv desk")


@pytest.fixture
def coverage() -> Coverage:
    return coverages.start(
        coverages.create(headline="A day of news", slug="a-day", section="World", time_zone="Europe/Kyiv")
    )


@pytest.fixture
def draft_coverage() -> Coverage:
    return coverages.create(headline="Tomorrow", slug="tomorrow", time_zone="America/New_York")


@pytest.fixture
def update(coverage: Coverage) -> Update:
    return updates.post(coverage, headline="Talks begin", body="<p>They have met.</p>").update


@pytest.fixture
def draft(coverage: Coverage) -> Update:
    return updates.post(coverage, state="draft", headline="Not yet", body="<p>Unchecked.</p>").update


@pytest.fixture
def picture() -> Callable[..., bytes]:
    def make(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
        data = io.BytesIO()
        Image.effect_noise(size, 80).convert("RGB").save(data, "JPEG", comment=colour)
        return data.getvalue()

    return make
