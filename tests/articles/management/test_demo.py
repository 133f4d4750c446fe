"""The demo on its way into an empty database, and the account that comes with it."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from articles.management.demo import data, editor, loader
from articles.models import Coverage, Update
from articles.publishing import updates

from .conftest import Said

pytestmark = pytest.mark.django_db
type Command = Callable[..., Said]


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


def test_every_kind_of_step_is_played() -> None:
    kinds = {"post", "edit", "correct", "pin", "unpin", "withdraw", "restore", "key_points", "key_event"}
    assert {step["action"] for step in data.script()} == kinds
    assert 120 <= sum(step["after"] for step in data.script()) <= 300


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
