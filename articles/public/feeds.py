"""Atom feeds (RFC 4287) of one coverage and of the whole site."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from articles import changes
from articles.changes import reading
from articles.delivery.pages import Page
from articles.delivery.structured_data import changed_at
from articles.models import Coverage, Update
from articles.models.querysets import UpdateQuerySet

from .xml import xml

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""When a site without updates last changed: a feed must say when, and must not differ from one minute to the next."""


class Entry(NamedTuple):
    """An update as feed readers get it."""

    update: Update
    id: str
    title: str
    updated_at: datetime
    content: str
    """HTML."""


def coverage_feed(pk: int) -> Page:
    """The newest updates of a coverage, in its own language."""
    with reading():
        coverage = changes.public_coverage(pk)
        path = reverse("feed", args=[coverage.slug])
        body = _feed(
            Update.objects.filter(coverage=pk),
            id=_tag(coverage),
            title=coverage.headline,
            subtitle=coverage.summary,
            language=coverage.language,
            page=coverage.get_absolute_url(),
            address=path,
            updated_at=coverage.ended_at or coverage.started_at,
            authors=[author.name for author in coverage.authors] or [settings.PUBLICATION_NAME],
        )
        return Page(body, coverage.version, coverage.state, path)


def site_feed() -> bytes:
    """The newest updates of all coverage."""
    with reading():
        return _feed(
            Update.objects.all(),
            id=f"{settings.SITE_URL}/",
            title=settings.PUBLICATION_NAME,
            subtitle=settings.PUBLICATION_TAGLINE,
            language=settings.LANGUAGE_CODE,
            page=reverse("front"),
            address=reverse("site_feed"),
            updated_at=BEGINNING,
            authors=[settings.PUBLICATION_NAME],
        )


def _feed(updates: UpdateQuerySet, *, updated_at: datetime, **facts: Any) -> bytes:
    newest = updates.published().newest_first().with_content()[: settings.PAGE_UPDATES]
    entries = [_entry(update) for update in newest]
    last = max([updated_at, *(entry.updated_at for entry in entries)])
    return xml("feed", entries=entries, updated_at=last, **facts)


def _entry(update: Update) -> Entry:
    with translation.override(update.coverage.language), timezone.override(update.coverage.zone):
        content = render_to_string("xml/_content.html", {"update": update}).strip()
    return Entry(update, _tag(update), update.title, changed_at(update), content)


def _tag(thing: Coverage | Update) -> str:
    """An id that stays the same when headline and slug change (a tag URI, RFC 4151)."""
    kind = "coverage" if isinstance(thing, Coverage) else "update"
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{thing.created_at:%Y-%m-%d}:{kind}/{thing.pk}"
