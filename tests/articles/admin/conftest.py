from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from articles.models import Author, Coverage, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates

KINDS = ("update", "coverage", "photo", "author")


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes. Django knows its own outer transaction, so a durable one still tells any other."""


def _user(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="articles"))
    return user


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chief_user() -> User:
    return User.objects.create_superuser("chief", first_name="Clara", last_name="Chief")


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
def coverage(live: Coverage) -> Coverage:
    return live


@pytest.fixture
def draft_coverage() -> Coverage:
    return coverages.create(headline="Tomorrow", slug="tomorrow", time_zone="America/New_York")


@pytest.fixture
def update(coverage: Coverage) -> Update:
    return updates.post(coverage, headline="Talks begin", body="<p>They have met.</p>").update


@pytest.fixture
def draft(coverage: Coverage, writer_user: User) -> Update:
    """The writer's own."""
    content = {"headline": "Not yet", "body": "<p>Unchecked.</p>"}
    return updates.post(coverage, state="draft", by=writer_user, **content).update


@pytest.fixture
def things(coverage: Coverage, picture: Any) -> dict[str, Any]:
    photo = sources.add_photo(image=picture())
    return {
        "coverage": coverage,
        "update": updates.post(coverage, headline="Out", photos=[PlacedPhoto(photo)]).update,
        "photo": photo,
        "author": sources.author_named("Kyiv desk"),
    }
