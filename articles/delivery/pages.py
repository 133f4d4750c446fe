"""From a version to bytes: pages, fragments and deltas, each rendered once per version and process.

The HTML of an update is kept under *its* version and a slot's under the slot's, so that after one post a
page is mostly joined from what is there.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from articles import changes
from articles.changes import Changes, Entry, Place, reading
from articles.models import Coverage, Update
from articles.models.coverage import SLOTS

from . import mode
from .build import build
from .memory import Memory

MAX_DELTA = 256 * 1024
"""Bytes; a larger delta makes the reader fetch the page instead."""

memory = Memory(settings.PAGE_MEMORY // 2)


class Page(NamedTuple):
    """An answer's body, and the version and state of the coverage that it shows."""

    body: bytes
    version: int
    state: str


def coverage_page(pk: int, version: int, before: Place | None = None) -> Page:
    """The coverage's page; with `before`, the page of older updates that is read without JavaScript."""
    return _kept("coverage", pk, version, before, lambda: _coverage_page(pk, before))


def article_page(pk: int, version: int, update_id: int) -> Page:
    """One update as an article. Raises Update.DoesNotExist when readers may not see it."""
    return _kept("article", pk, version, update_id, lambda: _article_page(pk, update_id))


def older_fragment(pk: int, version: int, before: Place) -> Page:
    """The updates below the place `before`, to be put under those that are shown."""
    return _kept("older", pk, version, before, lambda: _older_fragment(pk, before))


def key_updates_page(pk: int, version: int) -> Page:
    """All key events of the coverage."""
    return _kept("key updates", pk, version, None, lambda: _key_updates_page(pk))


def delta(pk: int, version: int, after: int) -> Page:
    """The JSON object of the wire format: one step from `after` to the newest version."""
    return _kept("delta", pk, version, after, lambda: _delta(changes.changes(pk, after)))


def front_page() -> bytes:
    """What is live now, and recent coverage."""
    with reading(), translation.override(settings.LANGUAGE_CODE):
        shown = list(Coverage.objects.public().with_content().with_updated_at()[: settings.FRONT_PAGE_COVERAGES])
        context = {
            "live": [coverage for coverage in shown if coverage.is_live],
            "recent": [coverage for coverage in shown if not coverage.is_live],
        }
        return _render("front", **context).encode()


def gone_page(coverage: Coverage | None) -> bytes:
    """For an update that was withdrawn; None: the whole coverage was."""
    if coverage is None:
        with translation.override(settings.LANGUAGE_CODE):
            return _render("gone", coverage=None).encode()
    with _voice(coverage):
        return _render("gone", coverage=coverage).encode()


def preview(coverage: Coverage, update: Update | None = None) -> str:
    """How readers will see a coverage or an update that they may not see yet. Kept nowhere."""
    with reading():
        coverage = Coverage.objects.with_content().get(pk=coverage.pk)
        with _voice(coverage):
            slots = {slot: mark_safe(_slot(coverage, slot)) for slot in SLOTS}
            name = "coverage"
            if update is not None:
                name, update = "article", Update.objects.with_content().get(pk=update.pk)
                update.published_at = update.published_at or timezone.now()
            shown = coverage.updates.filter(state=Update.State.PUBLISHED, pinned=False).newest_first()
            return _render(
                name,
                coverage=coverage,
                update=update,
                slots=slots,
                updates=[_article(one) for one in shown.with_content()[: settings.PAGE_UPDATES]],
                updated_at=changes.updated_at(coverage.pk),
                version=coverage.version,
                preview=True,
            )


def bad_request_page(message: str) -> bytes:
    with translation.override(settings.LANGUAGE_CODE):
        return _render("bad_request", message=message).encode()


def error_json(message: str) -> bytes:
    return json.dumps({"error": message}, ensure_ascii=False).encode()


# ── What is made when nothing is kept ───────────────────────────────────────────────────────────────────


def _kept(kind: str, pk: int, version: int, more: Any, make: Any) -> Page:
    def made() -> Page:
        with reading():
            page: Page = make()
            return page

    key = (kind, pk, version, more, mode.current())
    page = memory.get(key, made, lambda page: len(page.body) + 200)
    if page.version != version:  # the database was ahead of the version that was asked for
        memory.move(key, (kind, pk, page.version, more, mode.current()))
    return page


@contextmanager
def _voice(coverage: Coverage) -> Iterator[None]:
    """The coverage's own language and time zone, whoever asks."""
    with translation.override(coverage.language), timezone.override(coverage.zone):
        yield


def _page(coverage: Coverage, template: str, **context: Any) -> Page:
    html = _render(template, coverage=coverage, version=coverage.version, **context)
    return Page(html.encode(), coverage.version, coverage.state)


def _coverage_page(pk: int, before: Place | None) -> Page:
    found = changes.snapshot(pk, settings.PAGE_UPDATES, before)
    with _voice(found.coverage):
        return _page(
            found.coverage,
            "coverage",
            slots=_slots(found.coverage, SLOTS),
            updates=_articles(found.coverage, found.entries),
            older=str(found.older or ""),
            newer=before is not None,
            updated_at=changes.updated_at(pk),
        )


def _article_page(pk: int, update_id: int) -> Page:
    update = Update.objects.published().with_content().get(pk=update_id, coverage=pk)
    found = changes.snapshot(pk, settings.PAGE_UPDATES)
    update.coverage = found.coverage
    with _voice(found.coverage):
        entries = [entry for entry in found.entries if entry.id != update_id]
        return _page(
            found.coverage,
            "article",
            update=update,
            slots=_slots(found.coverage, ("notice", "key_points", "key_events")),
            updates=_articles(found.coverage, entries),
            older=str(found.older or ""),
            updated_at=changes.updated_at(pk),
        )


def _older_fragment(pk: int, before: Place) -> Page:
    found = changes.snapshot(pk, settings.PAGE_UPDATES, before)
    with _voice(found.coverage):
        return _page(
            found.coverage, "older", updates=_articles(found.coverage, found.entries), older=str(found.older or "")
        )


def _key_updates_page(pk: int) -> Page:
    coverage = changes.public_coverage(pk)
    updates = list(Update.objects.key_events().filter(coverage=pk).select_related("coverage"))
    with _voice(coverage):
        return _page(coverage, "key_updates", updates=updates, slots=_slots(coverage, ("header", "notice")))


def _delta(found: Changes) -> Page:
    coverage = found.coverage
    with _voice(coverage):
        slots: dict[str, str | None] = dict.fromkeys(SLOTS)
        slots |= _slots(coverage, found.slots)
        updates = _delta_updates(coverage, found.entries)
    wire = _wire(found, updates, slots)
    body = json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_DELTA:
        return _delta(Changes(coverage=coverage, after=found.after, reset=True))
    return Page(body, coverage.version, coverage.state)


def _wire(found: Changes, updates: list[dict[str, Any]], slots: dict[str, str | None]) -> dict[str, Any]:
    return {
        "after": found.after,
        "version": found.coverage.version,
        "build": build(),
        "state": found.coverage.state,
        "mode": mode.current(),
        "poll": settings.POLL_SECONDS,
        "updates": updates,
        "removed": found.removed,
        **slots,
        "reset": found.reset,
    }


def _delta_updates(coverage: Coverage, entries: list[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.id,
            "published_at": changes.iso(entry.published_at),
            "key_event": entry.key_event,
            "html": html,
        }
        for entry, html in zip(entries, _articles(coverage, entries), strict=True)
    ]


# ── Pieces ──────────────────────────────────────────────────────────────────────────────────────────────


def _articles(coverage: Coverage, entries: Iterable[Entry]) -> list[SafeString]:
    """Each entry's `<article>`: from memory, or, all that are missing at once, from the database."""
    keys = {entry.id: ("update", entry.id, max(entry.version, coverage.html_version)) for entry in entries}
    found: dict[int, Any] = {pk: memory.peek(key) for pk, key in keys.items()}
    missing = [pk for pk, html in found.items() if html is None]
    if missing:
        for update in Update.objects.published().with_content().filter(pk__in=missing):
            update.coverage = coverage
            html = found[update.pk] = _article(update)
            memory.put(keys[update.pk], html, len(html) * 2)
    return [found[pk] for pk in keys]


def _article(update: Update) -> SafeString:
    context = {"update": update, "coverage": update.coverage}
    return mark_safe(_tight(render_to_string("articles/_update.html", context)))


def _slots(coverage: Coverage, names: Iterable[str]) -> dict[str, SafeString]:
    return {name: _kept_slot(coverage, name) for name in names}


def _kept_slot(coverage: Coverage, name: str) -> SafeString:
    version = max(getattr(coverage, f"{name}_version"), coverage.html_version)
    key = ("slot", name, coverage.pk, version)
    return mark_safe(memory.get(key, lambda: _slot(coverage, name), lambda html: len(html) * 2 + 100))


def _slot(coverage: Coverage, name: str) -> str:
    context: dict[str, Any] = {"coverage": coverage}
    if name == "key_events":
        events = Update.objects.filter(coverage=coverage.pk).key_events()
        newest = list(events.select_related("coverage")[: changes.KEY_EVENTS + 1])
        context |= {"key_events": newest[: changes.KEY_EVENTS], "more": len(newest) > changes.KEY_EVENTS}
    elif name == "pinned":
        pinned = Update.objects.published().with_content().filter(coverage=coverage.pk, pinned=True).first()
        if pinned is None:
            return ""
        context["update"] = pinned
    return _tight(render_to_string(f"articles/_{name}.html", context))


def _tight(html: str) -> str:
    """Without the templates' indentation, which means nothing: no element of ours keeps white space."""
    return re.sub(r"\s*\n\s*", "\n", html.strip())


def _render(template: str, **context: Any) -> str:
    site = {
        "name": settings.PUBLICATION_NAME,
        "tagline": settings.PUBLICATION_TAGLINE,
        "url": settings.SITE_URL,
        "build": build(),
        "sections": [],
    }
    page = {"mode": mode.current(), "poll": settings.POLL_SECONDS, "now": timezone.now(), "preview": False}
    return _tight(render_to_string(f"articles/{template}.html", {"site": site} | page | context))
