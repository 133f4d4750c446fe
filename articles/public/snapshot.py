"""The documented JSON of a whole coverage: `/live/<slug>.json`."""

import json
from typing import Any

from django.conf import settings
from django.urls import reverse

from articles import changes
from articles.changes import Place, iso, reading
from articles.delivery.build import build
from articles.delivery.pages import Page
from articles.models import Coverage, PhotoCaption, Update
from articles.models.addresses import absolute


def snapshot_page(pk: int, before: Place | None) -> Page:
    """The newest updates, or those below `before`, with everything that stands beside them, as JSON."""
    with reading():
        found = changes.snapshot(pk, settings.PAGE_UPDATES, before)
        coverage = found.coverage
        body = _coverage(coverage) | {
            "key_points": [_key_point(point) for point in coverage.key_points.all()],
            "pinned": _pinned(coverage),
            "updates": _updates(coverage, [entry.id for entry in found.entries]),
            "older": f"{_url(coverage)[:-1]}.json?before={found.rest}" if found.rest else None,
        }
    path = reverse("snapshot", args=[coverage.slug])
    return Page(json.dumps(body, ensure_ascii=False).encode(), coverage.version, coverage.state, path)


def _url(thing: Coverage | Update) -> str:
    return absolute(thing.get_absolute_url())


def _coverage(coverage: Coverage) -> dict[str, Any]:
    successor, previous = coverage.public_successor, coverage.public_previous
    return {
        "version": coverage.version,
        "build": build(),
        "state": coverage.state,
        "url": _url(coverage),
        "language": coverage.language,
        "time_zone": coverage.time_zone,
        "section": coverage.section,
        "headline": coverage.headline,
        "summary": coverage.summary,
        "authors": [author.name for author in coverage.authors],
        "photo": _photo(coverage.lead) if coverage.lead else None,
        "started_at": iso(coverage.started_at) if coverage.started_at else None,
        "ended_at": iso(coverage.ended_at) if coverage.ended_at else None,
        "successor": _url(successor) if successor else None,
        "previous": _url(previous) if previous else None,
    }


def _key_point(point: Any) -> dict[str, Any]:
    return {"id": point.pk, "text": point.text, "update": _url(point.source) if point.source else None}


def _pinned(coverage: Coverage) -> dict[str, Any] | None:
    pinned = Update.objects.published().with_content().filter(coverage=coverage.pk, pinned=True).first()
    return _update(pinned) if pinned else None


def _updates(coverage: Coverage, ids: list[int]) -> list[dict[str, Any]]:
    found = {one.pk: one for one in Update.objects.published().with_content().filter(pk__in=ids)}
    return [_update(found[pk]) for pk in ids]


def _update(update: Update) -> dict[str, Any]:
    return {
        "id": update.pk,
        "version": update.version,
        "headline": update.headline,
        "body": update.body,
        "published_at": iso(update.published_at),
        "edited_at": iso(update.edited_at) if update.edited_at else None,
        "authors": [author.name for author in update.authors],
        "key_event": update.key_event,
        "correction": update.correction or None,
        "photos": [_photo(placed) for placed in update.photo_captions.all()],
        "embed": update.embed or None,
        "url": _url(update),
    }


def _photo(placed: PhotoCaption) -> dict[str, Any]:
    photo = placed.photo
    return {
        "url": absolute(photo.url),
        "width": photo.width,
        "height": photo.height,
        "caption": placed.text,
        "credit": photo.credit,
        "alt": photo.alt,
    }
