"""The public pages over HTTP: what they answer, and what they say to what makes no sense."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.delivery import pieces
from articles.models import Author, Byline, Coverage, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

type Post = Callable[..., Update]


def soup(response: Any) -> BeautifulSoup:
    assert response.status_code == 200, response.content[:500]
    return BeautifulSoup(response.content, "html.parser")


@pytest.mark.django_db
def test_public_answers_carry_no_cookie_and_do_not_vary_by_user(live: Coverage, post: Post, client: Client) -> None:
    update = post()
    client.cookies["sessionid"] = "outdated"
    for address in (
        "/",
        "/live/the-day/",
        "/live/the-day/changes?after=0",
        "/live/the-day.json",
        update.get_absolute_url(),
    ):
        response = client.get(address, headers={"accept-language": "uk"})
        assert not response.cookies, address
        assert response["Vary"] == "Accept-Encoding", address
        assert "public" in response["Cache-Control"]
        assert "'unsafe" not in response["Content-Security-Policy"]
        assert response["Content-Security-Policy"].startswith("default-src 'none'")
        assert "nonce" not in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_what_a_reader_has_is_not_sent_again(live: Coverage, post: Post, client: Client) -> None:
    etag = client.get("/live/the-day/")["ETag"]
    assert client.get("/live/the-day/", headers={"if-none-match": etag}).status_code == 304
    post()
    assert client.get("/live/the-day/", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_coverage(live: Coverage, post: Post, client: Client) -> None:
    desk = sources.author_named("Kyiv desk")
    for number in range(20):
        post(headline=f"Update {number}", authors=[desk], key_event=number % 2 == 0)

    few = count_cold(client, live)
    copy_newest(live, 480)
    assert count_cold(client, live) == few


def copy_newest(coverage: Coverage, number: int) -> None:
    """At once: posting as many would take half a minute. Each has an author of its own."""
    newest = updates_of(coverage)[0]
    same = {"published_at": newest.published_at, "version": newest.version, "key_event": True}
    made = Update.objects.bulk_create(
        Update(coverage=coverage, state="published", headline=f"More {n}", **same) for n in range(number)
    )
    desks = Author.objects.bulk_create(Author(name=f"Desk {n}", slug=f"desk-{n}") for n in range(number))
    Byline.objects.bulk_create(Byline(update=update, author=desk) for update, desk in zip(made, desks, strict=True))


def updates_of(coverage: Coverage) -> list[Update]:
    return list(Update.objects.filter(coverage=coverage).select_related("coverage").newest_first())


def count_cold(client: Client, live: Coverage) -> dict[str, int]:
    """Queries of each page when nothing is kept."""
    counts = {}
    article = updates_of(live)[0].get_absolute_url()
    for name, address in (("coverage", "/live/the-day/"), ("article", article), ("front", "/"), ("feed", "/feed.atom")):
        pieces.memory.clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        counts[name] = len(seen)
    return counts


@pytest.mark.django_db
def test_the_front_page_shows_what_is_live_first_and_what_began_last(client: Client, settings: Any) -> None:
    """Also when more has ended since than there is room for."""
    settings.FRONT_PAGE_COVERAGES = 4
    now = timezone.now()
    started = {
        days: coverages.start(coverages.create(headline=f"{days}", slug=f"day-{days}"), at=now - timedelta(days=days))
        for days in (9, 2, 5, 1, 3)
    }
    for days in (1, 2, 3):
        coverages.end(started[days])
    assert [h3.get_text() for h3 in soup(client.get("/")).select("h3")] == ["5", "9", "1", "2"]


@pytest.mark.django_db
def test_a_kept_page_costs_one_query(
    live: Coverage, post: Post, client: Client, django_assert_num_queries: Any
) -> None:
    post()
    client.get("/live/the-day/")
    with django_assert_num_queries(1):
        client.get("/live/the-day/")


@pytest.mark.django_db
def test_paging_without_javascript_shows_every_update_once(
    live: Coverage, post: Post, client: Client, settings: Any
) -> None:
    settings.PAGE_UPDATES = 4
    posted = [post(headline=f"Update {number}").pk for number in range(11)]
    seen: list[int] = []
    address: str | None = "/live/the-day/"
    while address:
        page = soup(client.get(address))
        seen += [int(str(article["data-id"])) for article in page.select("ol.feed > li > article")]
        link = page.select_one("a[rel=next]")
        address = urljoin("/live/the-day/", str(link["href"])) if link else None
    assert seen == posted[::-1]


@pytest.mark.django_db
def test_slugs_lead_on(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="First words")
    coverages.edit(live, slug="a-better-name")
    for old, new in (
        ("/live/the-day/", "/live/a-better-name/"),
        (f"/live/the-day/{update.pk}-first-words/", f"/live/a-better-name/{update.pk}-first-words/"),
        ("/live/the-day/changes?after=5", "/live/a-better-name/changes?after=5"),
        ("/live/the-day.json", "/live/a-better-name.json"),
    ):
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, new)
    updates.edit(update, headline="Other words")
    response = client.get(f"/live/a-better-name/{update.pk}-first-words/")
    assert response["Location"] == f"/live/a-better-name/{update.pk}-other-words/"
    assert client.get(f"/live/a-better-name/{update.pk}/")["Location"] == response["Location"]


@pytest.mark.django_db
def test_an_update_without_headline_has_its_number_as_address(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="", body="<p>Only a few words.</p>")
    assert update.get_absolute_url() == f"/live/the-day/{update.pk}/"
    assert "Only a few words." in soup(client.get(update.get_absolute_url())).title.get_text()


@pytest.mark.django_db
def test_a_withdrawn_update_is_gone_with_a_way_back(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="Wrong")
    address = update.get_absolute_url()
    updates.withdraw(update, "It was wrong")
    response = client.get(address)
    assert response.status_code == 410
    assert "/live/the-day/" in response.content.decode()
    updates.restore(update)
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_ended_points_at_the_next_day(live: Coverage, post: Post, client: Client) -> None:
    monday = coverages.create(headline="Monday", slug="monday", time_zone="Europe/Kyiv")
    coverages.end(live, successor=monday)
    assert "click here" not in client.get("/live/the-day/").content.decode(), "a draft successor is not linked"
    coverages.start(monday)
    notice = soup(client.get("/live/the-day/")).select_one('[data-slot="notice"]')
    weekday = monday.started_at or Coverage.objects.get(pk=monday.pk).started_at.astimezone(monday.zone)
    assert " ".join(notice.get_text().split()) == (
        f"This live coverage has ended. For {weekday:%A}’s live updates, click here."
    )
    assert notice.select_one("a").get_text() == "click here"
    assert notice.select_one("a")["href"] == "/live/monday/"


@pytest.mark.django_db
def test_wire_format(live: Coverage, post: Post, client: Client) -> None:
    began = Coverage.objects.get(pk=live.pk).version
    update = post(headline="Hello", key_event=True, pinned=True)
    coverages.set_key_points(live, [KeyPointContent("Know this", update)])
    delta = json.loads(client.get("/live/the-day/changes", {"after": began}).content)
    assert list(delta) == [
        "after", "version", "build", "state", "mode", "poll", "updates", "removed",
        "header", "notice", "key_points", "key_events", "pinned", "reset",
    ]  # fmt: skip
    assert (delta["after"], delta["version"]) == (began, Coverage.objects.get(pk=live.pk).version)
    assert (delta["updates"], delta["removed"]) == ([], [update.pk]), "the pinned one stands in its slot alone"
    assert delta["pinned"].count("<article") == 1
    assert delta["key_points"].startswith("<ol")
    assert (delta["header"], delta["notice"], delta["reset"]) == (None, None, False)
    updates.pin(update, pinned=False)
    delta = json.loads(client.get("/live/the-day/changes", {"after": delta["version"]}).content)
    assert [one["id"] for one in delta["updates"]] == [update.pk]
    assert delta["updates"][0]["html"].startswith("<article")
    assert (delta["removed"], delta["pinned"]) == ([], "")


@pytest.mark.django_db
def test_nothing_new_is_said_briefly(live: Coverage, client: Client) -> None:
    version = Coverage.objects.get(pk=live.pk).version
    response = client.get("/live/the-day/changes", {"after": version})
    assert len(response.content) <= 250
    assert json.loads(response.content)["updates"] == []


@pytest.mark.django_db
def test_too_much_at_once_is_a_reset(live: Coverage, post: Post, client: Client) -> None:
    for number in range(51):
        post(headline=f"Update {number}")
    delta = json.loads(client.get("/live/the-day/changes", {"after": 0}).content)
    assert (delta["reset"], delta["updates"]) == (True, [])
    update = post(body=f"<p>{'word ' * 35_000}</p>")
    version = Coverage.objects.get(pk=live.pk).version
    post(body=f"<p>{'word ' * 35_000}</p>")
    assert not json.loads(client.get("/live/the-day/changes", {"after": version}).content)["reset"]
    assert json.loads(client.get("/live/the-day/changes", {"after": update.version - 1}).content)["reset"]
    ahead = json.loads(client.get("/live/the-day/changes", {"after": 2**52}).content)
    assert ahead["reset"], "the database says that this version was never reached"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/live/nothing-here/", 404),
        ("/live/nothing-here/changes?after=1", 404),
        ("/live/nothing-here.json", 404),
        ("/live/the-day/999999/", 404),
        ("/live/the-day/words/", 404),
        ("/live/the-day/changes", 400),
        ("/live/the-day/changes?after=", 400),
        ("/live/the-day/changes?after=-1", 400),
        ("/live/the-day/changes?after=1.5", 400),
        ("/live/the-day/changes?after=9007199254740993", 400),
        ("/live/the-day/changes?after=" + "9" * 5000, 400),
        ("/live/the-day/changes?after=%D9%A1", 400),
        ("/live/the-day/older", 400),
        ("/live/the-day/older?before=rubbish", 400),
        ("/live/the-day/older?before=2022-02-30T00:00:00.000Z_1", 400),
        ("/live/the-day/older?before=2022-02-27T23:14:05.120Z_999999", 400),
        ("/live/the-day/older?before=2022-02-27T23:14:05.120Z_" + "9" * 40, 400),
        ("/live/the-day/?before=rubbish", 400),
        ("/live/the-day.json?before=%00", 400),
    ],
)
def test_bad_input_is_told_what_is_wrong(live: Coverage, client: Client, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    if response["Content-Type"].startswith("application/json"):
        assert len(json.loads(response.content)["error"]) > 10
    else:
        assert "<h1" in response.content.decode()


@pytest.mark.django_db
def test_a_cursor_of_another_coverage_is_refused(live: Coverage, post: Post, client: Client) -> None:
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    foreign = updates.post(other, headline="There").update
    response = client.get("/live/the-day/older", {"before": f"2999-01-01T00:00:00.000Z_{foreign.pk}"})
    assert response.status_code == 400


@pytest.mark.django_db
def test_a_forged_host_is_refused_and_never_shown(
    live: Coverage, post: Post, client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOWED_HOSTS = ["news.example"]
    assert client.get("/live/the-day/", headers={"host": "evil.example"}).status_code == 400
    assert "evil.example" in caplog.text
    assert "Traceback" not in caplog.text
    page = client.get("/live/the-day/", headers={"host": "news.example"}).content.decode()
    assert f'href="{settings.SITE_URL}/live/the-day/"' in page
    assert "http://news.example" not in page


@pytest.mark.django_db
def test_only_reading_is_allowed(live: Coverage, client: Client) -> None:
    assert client.post("/live/the-day/").status_code == 405
    head = client.head("/live/the-day/")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.django_db
def test_only_the_first_picture_is_fetched_before_it_is_near(
    live: Coverage, post: Post, client: Client, picture: Callable[..., Any]
) -> None:
    photo = sources.add_photo(image=picture())
    post(photos=[PlacedPhoto(photo), PlacedPhoto(photo)])
    post(photos=[PlacedPhoto(photo)])

    def eager() -> list[bool]:
        images = BeautifulSoup(client.get("/live/the-day/").content, "html.parser").select("main img")
        assert all((image.get("loading") == "lazy") != (image.get("fetchpriority") == "high") for image in images)
        return [image.get("loading") is None for image in images]

    assert eager() == [True, False, False]
    coverages.edit(live, lead=PlacedPhoto(photo))
    assert eager() == [True, False, False, False], "the lead photo is the first then"
