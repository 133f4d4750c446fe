"""Take down now: what it reports is what a server answers."""

import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from articles.admin.takedown import _look, _seen, _traces, _traces_of_coverage, addresses, addresses_of_coverage
from articles.models import Coverage, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates
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
    page = reverse("admin:takedown_update", args=[update.pk])
    assert "<h2>Something that must go</h2>" in (asked := chief.get(page).content.decode())
    assert "Why, for its history" in asked
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
    answer = chief.get(reverse("admin:takedown_update", args=[update.pk]))
    assert answer.context["unknown"] == len(answer.context["seen"])
    assert answer.headers["Refresh"] == "2"


@pytest.fixture
def saying(settings: Any) -> Iterator[Callable[[int], None]]:
    """A site of which every page says this status."""

    class Site(BaseHTTPRequestHandler):
        status = 0

        def do_GET(self) -> None:
            self.send_error(self.status)

        def log_message(self, *_said: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), Site) as server:
        settings.SITE_URL = f"http://localhost:{server.server_port}"
        Thread(target=server.serve_forever).start()
        yield lambda status: setattr(Site, "status", status)
        server.shutdown()


def test_nor_is_what_nobody_could_look_at(live: Coverage, chief: Client, saying: Callable[[int], None]) -> None:
    update = updates.withdraw(updates.post(live, headline="Something that must go").update, "Not so")
    for status, is_known in [(500, False), (429, False), (403, False), (404, True), (410, True)]:
        saying(status)
        seen = _look(_traces(update))("/")
        assert (seen.status, seen.is_known) == (status, is_known)
    saying(503)
    answer = chief.get(reverse("admin:takedown_update", args=[update.pk]))
    assert answer.context["unknown"] == len(answer.context["seen"])
    assert "Gone from every" not in answer.content.decode()
    assert answer.headers["Refresh"] == "2"


def test_not_for_everybody(live: Coverage) -> None:
    update = updates.post(live, headline="Something that must stay").update
    writer = Client()
    writer.force_login(User.objects.create_user("writer", is_staff=True))
    for page in (
        reverse("admin:takedown_update", args=[update.pk]),
        reverse("admin:takedown_coverage", args=[live.pk]),
    ):
        assert Client().post(page, {"reason": "Mine"}).status_code == 302
        assert (writer.get(page).status_code, writer.post(page, {"reason": "Mine"}).status_code) == (403, 403)
    assert Update.objects.published().get(pk=update.pk)


def test_a_whole_coverage(port: int, live: Coverage, chief: Client, picture: Callable[..., Any], settings: Any) -> None:
    settings.SITE_URL = f"http://localhost:{port}"
    photo = sources.add_photo(image=picture(), caption="A bridge")
    inside = updates.post(live, headline="Inside", photos=[PlacedPhoto(photo)]).update
    next_day = coverages.start(coverages.create(headline="The next day", slug=f"next-{live.slug}"))
    live = coverages.end(live, successor=next_day)
    page = reverse("admin:takedown_coverage", args=[live.pk])
    for offering in ("switchboard", "articles_coverage_change"):
        address = reverse(f"admin:{offering}", args=[live.pk] if offering != "switchboard" else [])
        assert f'"{page}"' in chief.get(address).content.decode()
    looked = {one.address: one.shows for one in _seen(addresses_of_coverage(live), _traces_of_coverage(live))}
    assert looked[inside.get_absolute_url()]
    assert looked[live.get_absolute_url()]
    assert looked[next_day.get_absolute_url()]
    assert looked[reverse("site_feed")]
    assert sum(looked.values()) > 9
    assert "<h2>The day</h2>" in chief.get(page).content.decode()
    chief.post(page, {"reason": "A legal notice"})
    assert Coverage.objects.get(pk=live.pk).withdrawn_reason == "A legal notice"
    gone = until(lambda: (answer := chief.get(page)).context["left"] == 0 and answer)
    assert 0 <= gone.context["seconds"] < 60
    assert f'/photo/{photo.pk}/change/">A bridge</a>' in gone.content.decode(), "its photo stays, which is said"
    statuses = {one.address: one.status for one in gone.context["seen"]}
    assert {path for path in looked if "changes?" not in path} <= statuses.keys()
    assert statuses[inside.get_absolute_url()] == statuses[live.get_absolute_url()] == 410


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
