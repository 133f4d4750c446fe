"""What somebody may do is asked again under the lock: others write between the first look and the lock."""

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, connections, transaction
from django.test import Client

from articles.models import Coverage, Photo, PhotoCaption, Update
from articles.publishing import sources, updates

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reporter() -> User:
    user = User.objects.create_user("reporter", is_staff=True)
    user.groups.add(Group.objects.get(name="Reporter"))
    return user


@pytest.fixture
def asks(reporter: User) -> Callable[..., Any]:
    """The reporter's request, on a connection of its own."""
    client = Client()
    client.force_login(reporter)

    def ask(path: str, sent: dict[str, Any]) -> Any:
        try:
            return client.post(path, json.dumps(sent), "application/json", headers={"Accept": "application/json"})
        finally:
            connections.close_all()

    return ask


def until_it_waits(asked: "Future[Any]") -> None:
    """For the lock that this connection holds."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    while not asked.done():
        with connection.cursor() as cursor:
            cursor.execute(query)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError(asked.result().content)


def test_a_photo_that_is_published_meanwhile(asks: Callable[..., Any], coverage: Coverage, picture: Any) -> None:
    photo = sources.add_photo(image=picture())
    update = updates.post(coverage, headline="Out").update
    path = f"/admin/articles/coverage/{coverage.pk}/desk/photos/{photo.pk}/"
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            list(Photo.objects.select_for_update(no_key=True).filter(pk=photo.pk))
            asked = thread.submit(asks, path, {"alt": "Mine"})
            until_it_waits(asked)
            PhotoCaption.objects.create(photo=photo, update=update, position=0)
        assert asked.result().status_code == 403
    assert Photo.objects.get().alt == ""


@pytest.mark.parametrize(("step", "sent"), [("key", {}), ("submit", {}), ("discard", {}), ("revert", {"record": 0})])
def test_a_draft_that_is_published_meanwhile(
    asks: Callable[..., Any], coverage: Coverage, reporter: User, step: str, sent: dict[str, Any]
) -> None:
    draft = updates.post(coverage, state="draft", headline="First", by=reporter).update
    record = draft.history.latest().history_id
    updates.edit(draft, headline="Second", by=reporter)
    path = f"/admin/articles/coverage/{coverage.pk}/desk/updates/{draft.pk}/{step}/"
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            list(Coverage.objects.select_for_update(no_key=True).filter(pk=coverage.pk))
            asked = thread.submit(asks, path, sent and {"record": record})
            until_it_waits(asked)
            Update.objects.filter(pk=draft.pk).update(state="published", published_at="2026-01-01T00:00Z")
        assert asked.result().status_code == 403
    now = Update.objects.get()
    assert (now.state, now.headline, now.key_event) == ("published", "Second", False)


def test_what_nobody_touches_is_written(asks: Callable[..., Any], coverage: Coverage, reporter: User) -> None:
    draft = updates.post(coverage, state="draft", headline="First", by=reporter).update
    path = f"/admin/articles/coverage/{coverage.pk}/desk/updates/{draft.pk}/"
    sent = {"headline": "Second", "expected": draft.revision, "token": str(uuid.uuid4())}
    assert asks(path, sent).status_code == 200
    assert asks(f"{path}submit/", {}).status_code == 200
    now = Update.objects.get()
    assert (now.state, now.headline) == ("submitted", "Second")
