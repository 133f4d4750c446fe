"""The demo, loaded and played from the files as they are."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db.models import Sum

from articles.management.demo import data, editor, loader
from articles.models import Coverage, Photo, Update
from articles.publishing import coverages, updates

from .conftest import Said

pytestmark = pytest.mark.django_db
type Command = Callable[..., Said]


@pytest.fixture
def loaded(command: Command) -> Said:
    return command("demo")


def state() -> tuple[object, ...]:
    return (
        list(Coverage.objects.order_by("pk").values_list("pk", "state", "version")),
        list(Update.objects.order_by("pk").values_list("pk", "state", "version")),
        list(Photo.objects.order_by("pk").values_list("pk", "image")),
    )


def test_both_coverages_are_as_the_files_say(loaded: Said) -> None:
    sunday, monday = Coverage.objects.get(state="ended"), Coverage.objects.get(state="live")
    assert sunday.successor == monday
    for coverage, table in ((sunday, data.ended()), (monday, data.live())):
        assert coverage.slug == table["coverage"]["slug"]
        assert coverage.started_at == table["coverage"]["started_at"]
        assert coverage.ended_at == table["coverage"].get("ended_at")
        assert coverage.lead
        assert coverage.lead.text == table["coverage"]["lead"]["caption"]
        shown = list(Update.objects.published().filter(coverage=coverage).order_by("published_at", "id"))
        assert [update.published_at for update in shown] == sorted(e["published_at"] for e in table["updates"])
        assert [point.text for point in coverage.key_points.all()] == [e["text"] for e in table["key_points"]]
        assert f"/live/{coverage.slug}/" in loaded.out
    assert sunday.updates.count() >= 24
    assert monday.updates.count() >= 12
    used = {e["photo"] for t in (data.ended(), data.live()) for u in t["updates"] for e in u.get("photos", [])}
    leads = {t["coverage"]["lead"]["photo"] for t in (data.ended(), data.live())}
    assert Photo.objects.count() == len(used | leads)


def test_loading_twice_changes_nothing(loaded: Said, command: Command) -> None:
    before = state()
    assert "nothing was changed" in command("demo").out
    assert state() == before


def test_what_was_cut_short_is_finished(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = updates.post, []

    def breaks(*args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) > 40:
            raise KeyboardInterrupt
        return real(*args, **kwargs)  # type: ignore[arg-type]

    assert loader.is_wanted()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(updates, "post", breaks)
        command("demo")
    assert loader.is_wanted()
    said = json.loads(command("demo", "--json").out)
    total = len(data.ended()["updates"]) + len(data.live()["updates"])
    assert said["posted"] == total - 40
    assert Update.objects.count() == total
    assert not loader.is_wanted()


def test_a_database_in_use_is_left_alone(live: Coverage) -> None:
    assert not loader.is_wanted()


def test_playing(loaded: Said, command: Command) -> None:
    monday = Coverage.objects.get(state="live")
    loaded_ids = set(Update.objects.values_list("pk", flat=True))
    said = command("demo", "--play", "--speed", "1000")
    assert said.out.endswith("Played to the end.\n")
    steps = data.script()
    assert f"{len(steps)}/{len(steps)}" in said.out
    assert [p.text for p in monday.key_points.all()] == [p["text"] for s in steps for p in s.get("key_points", [])]
    played = Update.objects.published().exclude(pk__in=loaded_ids)
    assert played.count() == sum(step["action"] == "post" for step in steps)
    assert Update.objects.filter(coverage=monday, pinned=True).exists()

    first = set(played.values_list("pk", flat=True))
    command("demo", "--play", "--speed", "1000", "--json")
    assert {u.state for u in Update.objects.filter(pk__in=first)} == {"withdrawn"}
    again = Update.objects.published().exclude(pk__in=loaded_ids)
    assert again.count() == len(first)
    assert not first & set(again.values_list("pk", flat=True))


def test_every_kind_of_step_is_played() -> None:
    kinds = {"post", "edit", "correct", "pin", "unpin", "withdraw", "restore", "key_points", "key_event"}
    assert {step["action"] for step in data.script()} == kinds
    assert 120 <= sum(step["after"] for step in data.script()) <= 300


def test_nothing_is_played_on_what_has_ended(loaded: Said, command: Command) -> None:
    coverages.end(Coverage.objects.get(state="live"))
    versions = Coverage.objects.aggregate(Sum("version"))
    with pytest.raises(CommandError, match="not live any more"):
        command("demo", "--play")
    assert Coverage.objects.aggregate(Sum("version")) == versions


def test_a_senseless_speed_is_refused(command: Command) -> None:
    with pytest.raises(CommandError, match="above 0"):
        command("demo", "--play", "--speed", "0")


# ── The account ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_account_is_made_once_and_its_password_kept() -> None:
    assert editor.make() == editor.make() == f"user {editor.NAME}, password {editor.PASSWORD}"
    account = get_user_model().objects.get()
    assert account.is_superuser
    account.set_password("her own")
    account.save()
    assert "password that it was given" in editor.make()
    assert get_user_model().objects.get().check_password("her own")
    assert not editor.opens()


def test_no_account_for_a_public_site(settings: object) -> None:
    settings.LOCAL = False  # type: ignore[attr-defined]
    assert "createsuperuser" in editor.make()
    assert not get_user_model().objects.exists()
