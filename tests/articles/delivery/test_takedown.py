"""Take down now: what it reports is what a server answers."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from articles.admin.takedown import _look, _traces, addresses
from articles.models import Coverage, Update
from articles.publishing import sources, updates
from tests.browser.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chief() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    return client


def test_it_withdraws_and_reports_until_it_is_gone(port: int, live: Coverage, chief: Client, settings: Any) -> None:
    settings.SITE_URL = f"http://localhost:{port}"
    update = updates.post(live, headline="Something that must go", body="<p>Now.</p>", key_event=True).update
    update = Update.objects.select_related("coverage").get(pk=update.pk)
    before = [_look(_traces(update))(path) for path in addresses(update)]
    assert sum(one.shows for one in before) > 9, "else the report could say nothing"
    page = reverse("admin:takedown", args=[update.pk])
    assert "Why, for its history" in chief.get(page).content.decode()
    assert chief.post(page, {"reason": " "}, follow=True).context["thing"].is_published
    chief.post(page, {"reason": "A legal notice"})
    assert Update.objects.get(pk=update.pk).withdrawn_reason == "A legal notice"
    gone = until(lambda: (answer := chief.get(page)).context["left"] == 0 and answer)
    assert "Gone from every public address" in gone.content.decode()
    assert "Refresh" not in gone.headers
    statuses = {one.address: one.status for one in gone.context["seen"]}
    assert statuses[update.get_absolute_url()] == 410
    assert 0 not in statuses.values()


def test_what_does_not_answer_is_not_called_gone(live: Coverage, chief: Client, settings: Any) -> None:
    settings.SITE_URL = "http://localhost:9"
    update = updates.post(live, headline="Something that must go").update
    updates.withdraw(update, "Not so")
    answer = chief.get(reverse("admin:takedown", args=[update.pk]))
    assert answer.context["left"] == len(answer.context["seen"])
    assert answer.headers["Refresh"] == "2"


def test_not_for_everybody(live: Coverage) -> None:
    update = updates.post(live, headline="Something that must stay").update
    page = reverse("admin:takedown", args=[update.pk])
    assert Client().post(page, {"reason": "Mine"}).status_code == 302
    writer = Client()
    writer.force_login(User.objects.create_user("writer", is_staff=True))
    assert (writer.get(page).status_code, writer.post(page, {"reason": "Mine"}).status_code) == (403, 403)
    assert Update.objects.get(pk=update.pk).is_published


def test_a_withdrawn_photo_is_looked_for_at_all_its_addresses(
    port: int, chief: Client, picture: Callable[..., Any], data: Path, settings: Any
) -> None:
    settings.SITE_URL, settings.MEDIA_ROOT = f"http://localhost:{port}", data / "media"
    photo = sources.add_photo(image=picture((900, 600)))
    look = _look(re.compile(rb"(?!)"))
    assert all(look(path).shows for path in photo.addresses)
    report = reverse("admin:photo_gone", args=[photo.pk])
    assert chief.get(report).status_code == 404
    sources.withdraw_photo(photo, "No rights")
    gone = chief.get(report)
    assert gone.context["left"] == 0
    assert {one.status for one in gone.context["seen"]} == {410}
    assert len(gone.context["seen"]) > 10


def test_its_card_is_looked_at_too(port: int, live: Coverage, settings: Any) -> None:
    settings.SITE_URL = f"http://localhost:{port}"
    update = updates.post(live, headline="Something that must go").update
    (card,) = [path for path in addresses(update) if "/card-" in path]
    assert _look(_traces(update))(card).shows
    updates.withdraw(update, "Wrong")
    assert _look(_traces(update))(card) == (card, 410, False)
