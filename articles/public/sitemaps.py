"""What crawlers are shown the way with: sitemaps (sitemaps.org), Google's news sitemap, and robots.txt."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from articles.changes import reading
from articles.delivery.structured_data import changed_at
from articles.models import Coverage, Update
from articles.models.addresses import absolute

from .xml import xml

PART = 10_000
MOST_PARTS = 50_000
"""Of one index (sitemaps.org)."""
"""Coverages and key updates a sitemap; each has at most three addresses, and the standard allows 50,000."""
NEWS = 1000
"""Addresses in a news sitemap at most (Google)."""
FRESH = timedelta(hours=48)
"""How old what stands there may be (Google)."""
DISALLOWED = ("/admin/", "/live/*/changes", "/live/*/stream", "/live/*/older")


class Place(NamedTuple):
    """An address from the root, and when what stands there last changed."""

    address: str
    changed_at: datetime | None = None


class News(NamedTuple):
    """An article for the news sitemap."""

    address: str
    title: str
    language: str
    published_at: datetime


def sitemap() -> bytes:
    """All addresses; where they are too many for one sitemap, an index of its parts."""
    with reading():
        total = _coverages().count() + _key_updates().count()
        if total <= PART:
            return xml("sitemap", places=_places(0))
    parts = range(1, -(-total // PART) + 1)
    return xml("sitemap_index", parts=[reverse("sitemap_part", args=[part]) for part in parts])


def part(number: int) -> bytes | None:
    """The part of that number, from 1; None when there is no such part."""
    with reading():
        places = _places(PART * (number - 1)) if 0 < number <= MOST_PARTS else []
    return xml("sitemap", places=places) if places else None


def news_sitemap() -> bytes:
    """Coverage started and updates published in the last 48 hours, newest first."""
    since = timezone.now() - FRESH
    with reading():
        coverages = Coverage.objects.public().filter(started_at__gte=since).order_by("-started_at")[:NEWS]
        updates = Update.objects.published().filter(published_at__gte=since).newest_first().with_content()[:NEWS]
        news = [*map(_coverage_news, coverages), *map(_update_news, updates)]
    news.sort(key=lambda one: one.published_at, reverse=True)
    return xml("news_sitemap", news=news[:NEWS], publication=settings.PUBLICATION_NAME)


def robots() -> bytes:
    """What not to ask for, and where the sitemaps are."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DISALLOWED), ""]
    lines += [f"Sitemap: {absolute(reverse(name))}" for name in ("sitemap", "news_sitemap")]
    return ("\n".join(lines) + "\n").encode()


def _coverages() -> QuerySet[Coverage]:
    events = Update.objects.key_events().filter(coverage=OuterRef("pk")).order_by()
    return Coverage.objects.public().with_updated_at().annotate(has_key_events=Exists(events)).order_by("pk")


def _key_updates() -> QuerySet[Update]:
    return Update.objects.key_events().select_related("coverage").order_by("pk")


def _places(start: int) -> list[Place]:
    """Those of PART coverages and key updates from the one at `start`; before the first, the front page."""
    front = [] if start else [Place(reverse("front"))]
    coverages = list(_coverages()[start : start + PART])
    start = max(0, start - _coverages().count())
    updates = _key_updates()[start : start + PART - len(coverages)]
    of_updates = (Place(update.get_absolute_url(), changed_at(update)) for update in updates)
    return [*front, *(place for coverage in coverages for place in _of_coverage(coverage)), *of_updates]


def _of_coverage(coverage: Any) -> Iterator[Place]:
    changed = max(filter(None, (coverage.updated_at, coverage.started_at, coverage.ended_at)))
    yield Place(coverage.get_absolute_url(), changed)
    if coverage.has_key_events:
        yield Place(reverse("key_updates", args=[coverage.slug]), changed)
    if not coverage.is_live:
        yield Place(reverse("in_order", args=[coverage.slug]), changed)


def _coverage_news(coverage: Coverage) -> News:
    return News(coverage.get_absolute_url(), coverage.headline, _language(coverage), coverage.started_at)


def _update_news(update: Update) -> News:
    return News(update.get_absolute_url(), update.title, _language(update.coverage), update.published_at)


def _language(coverage: Coverage) -> str:
    """ISO 639, as Google wants it."""
    return coverage.language.partition("-")[0]
