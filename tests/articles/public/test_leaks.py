"""Rule: readers see only what `Update.objects.published()` lets through, at every public address."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Coverage, Update
from articles.public.urls import urlpatterns
from articles.publishing import KeyPointContent, coverages, sources, updates

SECRET = "Zebrafish"


def hidden_updates(live: Coverage, post: Callable[..., Update]) -> list[Update]:
    """One update of every kind that readers may not see, with the secret in every field."""
    author = sources.author_named(f"{SECRET} desk")
    text: dict[str, Any] = {
        "headline": f"{SECRET} headline",
        "body": f"<p>{SECRET} body</p>",
        "embed": f"https://example.org/{SECRET}",
        "correction": f"{SECRET} correction",
        "key_event": True,
        "authors": [author],
    }
    later = timezone.now() + timedelta(hours=1)
    withdrawn, pinned, erased = post(**text), post(**text, pinned=True), post(**text)
    hidden = [
        updates.post(live, state="draft", **text).update,
        updates.post(live, state="submitted", **text).update,
        updates.post(live, published_at=later, **text).update,
        withdrawn,
        pinned,
        erased,
    ]
    coverages.set_key_points(live, [KeyPointContent(f"Point {n}", update) for n, update in enumerate(hidden)])
    updates.withdraw(withdrawn, f"{SECRET} reason")
    updates.withdraw(pinned, f"{SECRET} reason")
    updates.erase(erased)
    return hidden


def addresses(coverage: Coverage, hidden: list[Update], shown: Update) -> list[str]:
    """Every public address that there is; a new one must be added here."""
    slug = coverage.slug
    cursor, early = (f"{year}-01-01T00:00:00.000Z_{shown.pk}" for year in (2999, 1999))
    mark = "0" * 10  # leads to the card of what there is to see
    of_one = [reverse("update", args=[slug, str(one.pk)]) for one in hidden]
    words = [reverse("update", args=[slug, f"{one.pk}-zebrafish-headline"]) for one in hidden]
    by_name = {
        "front": ["/"],
        "healthz": ["/healthz"],
        "readyz": ["/readyz"],
        "metrics": ["/metrics"],
        "snapshot": [reverse("snapshot", args=[slug]), reverse("snapshot", args=[slug]) + f"?before={cursor}"],
        "coverage": [reverse("coverage", args=[slug]), reverse("coverage", args=[slug]) + f"?before={cursor}"],
        "changes": [reverse("changes", args=[slug]) + f"?after={after}" for after in (0, coverage.version - 1)],
        "stream": [reverse("stream", args=[slug]) + "?after=0"],
        "older": [reverse("older", args=[slug]) + f"?before={cursor}"],
        "feed": [reverse("feed", args=[slug])],
        "site_feed": [reverse("site_feed")],
        "key_updates": [reverse("key_updates", args=[slug])],
        "in_order": [reverse("in_order", args=[slug]), reverse("in_order", args=[slug]) + f"?after={early}"],
        "embed": [reverse("embed", args=[slug])],
        "oembed": [f"/oembed?url={settings.SITE_URL}{path}" for path in (f"/live/{slug}/", f"/embed/{slug}/", *of_one)],
        "sitemap": ["/sitemap.xml"],
        "sitemap_part": ["/sitemap-1.xml"],
        "news_sitemap": ["/news-sitemap.xml"],
        "robots": ["/robots.txt"],
        "update": [*of_one, *words, shown.get_absolute_url()],
        "coverage_card": [reverse("coverage_card", args=[slug, mark])],
        "update_card": [reverse("update_card", args=[slug, one.pk, mark]) for one in (*hidden, shown)],
    }
    assert {pattern.name for pattern in urlpatterns} == set(by_name), "add the new address to this test"
    return [address for some in by_name.values() for address in some]


@pytest.mark.django_db
def test_nothing_hidden_is_shown(live: Coverage, post: Callable[..., Update], client: Client) -> None:
    shown = post(headline="Seen by all", key_event=True)
    hidden = hidden_updates(live, post)
    live.refresh_from_db()
    for address in addresses(live, hidden, shown):
        response = client.get(address, follow=True)
        said = response.content.decode(errors="replace") + str(dict(response.headers)) + str(response.redirect_chain)
        asked = said.replace("zebrafish-headline", "") if "zebrafish-headline" in address else said
        assert SECRET.lower() not in asked.lower(), address
        assert response.status_code < 500 or address.endswith("stream?after=0"), address


@pytest.mark.django_db
def test_what_is_shown_is_shown(live: Coverage, post: Callable[..., Update], client: Client) -> None:
    """The test above could pass on empty pages."""
    shown = post(headline="Seen by all", body="<p>Words</p>", key_event=True)
    of_the_day = ("", "changes?after=0", "feed.atom", "key-updates/", "in-order/")
    others = ("/live/the-day.json", "/feed.atom", "/embed/the-day/", "/news-sitemap.xml", shown.get_absolute_url())
    for address in (*others, *(f"/live/the-day/{path}" for path in of_the_day)):
        assert "Seen by all" in client.get(address).content.decode(), address
    for address in ("/", f"/oembed?url={settings.SITE_URL}/live/the-day/"):
        assert "The day" in client.get(address).content.decode(), address
    for address in ("/sitemap.xml", "/sitemap-1.xml"):
        assert f"<loc>{settings.SITE_URL}{shown.get_absolute_url()}</loc>" in client.get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "status"), [("draft", 404), ("withdrawn", 410)])
def test_hidden_coverage_is_nowhere(
    live: Coverage, post: Callable[..., Update], client: Client, state: str, status: int
) -> None:
    other = coverages.start(coverages.create(headline="Another day", slug="another-day", successor=live))
    shown = post(headline=f"{SECRET} headline", key_event=True)
    coverages.edit(live, headline=f"{SECRET} day", summary=f"{SECRET} summary")
    if state == "withdrawn":
        live = coverages.withdraw(live, f"{SECRET} reason")
    else:
        live = coverages.create(headline=f"{SECRET} draft", slug="secret-draft")
        coverages.edit(other, successor=live)
        other = coverages.end(Coverage.objects.get(pk=other.pk))
    own = [a for a in addresses(live, [], shown) if live.slug in a and str(shown.pk) not in a.split("?")[0]]
    for address in own:
        assert client.get(address).status_code == status, address
    seen = ["/live/another-day/", "/live/another-day.json", "/live/another-day/changes?after=0"]
    if state == "withdrawn":
        seen += ["/", "/feed.atom", "/news-sitemap.xml"]
    seen += ["/sitemap.xml", "/sitemap-1.xml", "/robots.txt", f"/oembed?url={settings.SITE_URL}/live/another-day/"]
    for address in [*own, *seen]:
        text = client.get(address).content.decode()
        assert live.headline not in text, address
        assert live.get_absolute_url() not in text, address
    assert client.get("/live/another-day/").status_code == 200


@pytest.mark.django_db
def test_erased_is_gone_from_histories_too(live: Coverage, post: Callable[..., Update]) -> None:
    update = post(headline=f"{SECRET} headline")
    updates.edit(update, headline=f"{SECRET} again")
    updates.erase(update)
    assert not update.history.filter(headline__contains=SECRET).exists()
    update.refresh_from_db()
    assert (update.headline, update.body, update.state) == ("", "", "withdrawn")
