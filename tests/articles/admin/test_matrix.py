"""What each role may do, as one table: what stands in it is done, everything else is refused."""

import json
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.models import Coverage, Photo, Update
from articles.publishing import coverages, sources, updates

JSON = "application/json"
REPORTER, EDITOR, ADMINISTRATOR = "Reporter", "Editor", "Administrator"
ALL, EDITING, CHIEF = {REPORTER, EDITOR, ADMINISTRATOR}, {EDITOR, ADMINISTRATOR}, {ADMINISTRATOR}
NOBODY: set[str] = set()
WHO = (REPORTER, EDITOR, ADMINISTRATOR, "closed account", "no role", "nobody")


class Scene(NamedTuple):
    coverage: Coverage
    other: Coverage
    """Not started."""
    published: Update
    draft: Update
    """Somebody else's."""
    photo: Photo
    user: User
    """Whose own things `own` are."""

    @property
    def own(self) -> Update:
        return updates.post(self.coverage, headline="Own", state=Update.State.DRAFT, by=self.user).update


type Do = Callable[[Scene], tuple[str, dict[str, Any]]]


def desk(path: str, **sent: Any) -> Do:
    return lambda scene: (f"/admin/articles/coverage/{scene.coverage.pk}/desk/{path.format(**scene._asdict())}", sent)


def step(name: str, of: str = "published", **sent: Any) -> Do:
    return lambda scene: desk(f"updates/{getattr(scene, of).pk}/{name}/", **sent)(scene)


def new(do: str) -> Do:
    return desk("updates/", token=str(uuid.uuid4()), do=do, headline="New")


def save(of: str) -> Do:
    def sent(scene: Scene) -> tuple[str, dict[str, Any]]:
        update = getattr(scene, of)
        now = {"headline": "Other", "expected": update.revision, "token": str(uuid.uuid4()), "correction": "x"}
        return desk(f"updates/{update.pk}/", **now)(scene)

    return sent


def key_points(scene: Scene) -> tuple[str, dict[str, Any]]:
    return desk("key-points/", expected=scene.coverage.key_points_version, points=[{"text": "x"}])(scene)


def page(path: str) -> Do:
    return lambda scene: (path.format(scene=scene), {})


MAY: list[tuple[str, Do, set[str]]] = [
    ("write a draft", new("draft"), ALL),
    ("publish at once", new("publish"), EDITING),
    ("edit an own draft", save("own"), ALL),
    ("edit another's draft", save("draft"), EDITING),
    ("edit what is published", save("published"), EDITING),
    ("submit an own draft", step("submit", "own"), ALL),
    ("publish an own draft", step("publish", "own"), EDITING),
    ("publish another's draft", step("publish", "draft"), EDITING),
    ("discard an own draft", step("discard", "own"), ALL),
    ("discard another's draft", step("discard", "draft"), EDITING),
    ("pin", step("pin"), EDITING),
    ("make a key update", step("key"), EDITING),
    ("withdraw an update", step("withdraw", reason="Wrong"), EDITING),
    ("erase an update", step("erase", confirm="erase", reason="Duty"), CHIEF),
    ("set key points", key_points, EDITING),
    ("end the coverage", desk("coverage/end/"), EDITING),
    ("withdraw the coverage", desk("coverage/withdraw/", reason="Wrong"), EDITING),
    ("change a photo that readers see nowhere", lambda s: desk(f"photos/{s.photo.pk}/", alt="x")(s), ALL),
    ("see the switchboard", page("/admin/switchboard/"), EDITING),
    ("see what is taken down", page("/admin/takedown/{scene.published.pk}/"), EDITING),
    ("see accounts", page("/admin/auth/user/"), CHIEF),
    ("make an account", page("/admin/auth/user/add/"), CHIEF),
    ("see a role", page("/admin/auth/group/"), CHIEF),
    ("make a role", page("/admin/auth/group/add/"), NOBODY),
    ("see the list of coverage", page("/admin/articles/coverage/"), ALL),
    ("begin coverage", page("/admin/articles/coverage/add/"), EDITING),
    ("upload a photo", page("/admin/articles/photo/add/"), ALL),
    ("withdraw a photo", page("/admin/articles/photo/{scene.photo.pk}/delete/"), EDITING),
    ("add an author", page("/admin/articles/author/add/"), EDITING),
    ("see the queue", page("/admin/django_tasks_database/dbtaskresult/"), NOBODY),
]


@pytest.fixture
def scene(coverage: Coverage, picture: Any) -> Scene:
    return Scene(
        coverage,
        coverages.create(headline="Tomorrow", slug="tomorrow-too"),
        updates.post(coverage, headline="Out").update,
        updates.post(coverage, headline="Hers", state=Update.State.DRAFT).update,
        sources.add_photo(image=picture()),
        User.objects.create_user("somebody"),
    )


def client_of(who: str, user: User) -> Client:
    client = Client()
    user.is_staff = who not in {"no role", "nobody"}
    user.save()
    if who in ALL:
        user.groups.set([Group.objects.get(name=who)])
    if who == "closed account":
        user.groups.set([Group.objects.get(name=ADMINISTRATOR)])
    if who != "nobody":
        client.force_login(user)
    if who == "closed account":
        User.objects.filter(pk=user.pk).update(is_active=False)
    return client


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("what", "do", "by"), MAY, ids=[what for what, _do, _by in MAY])
def test_who_may_do_it(what: str, do: Do, by: set[str], who: str, scene: Scene) -> None:
    client = client_of(who, scene.user)
    address, sent = do(scene)
    headers = {"Accept": JSON}
    if "/desk/" in address:
        answer = client.post(address, json.dumps(sent), JSON, headers=headers)
    else:
        answer = client.get(address, headers=headers)
    if who in by:
        assert answer.status_code == 200, f"{who} may {what}: {answer.content.decode()[:300]}"
    else:
        assert answer.status_code in {302, 401, 403}, f"{who} may not {what}"
