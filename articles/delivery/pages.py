"""From a version to bytes: pages, fragments and deltas.

A page is a stencil, kept as long as nothing but its holes changes, and filled for each version: so that
after one post nothing is rendered but that post.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from articles import changes
from articles.changes import Changes, Place, reading
from articles.models import Coverage, Update
from articles.models.coverage import SLOTS

from . import find, mode
from .build import build
from .pieces import Shown, article, articles, memory, render, shown, slot, slots, voice, with_known
from .stencil import Stencil, hole
from .structured_data import posting, with_postings

LAZY, EAGER = 'loading="lazy" decoding="async"', 'fetchpriority="high"'
"""What templates/articles/_photo.html says of a picture that is below the fold, and of the first one."""
MAX_DELTA = 256 * 1024
"""Bytes; a larger delta makes the reader fetch the page instead."""


class Page(NamedTuple):
    """An answer's body, the version and state of the coverage that it shows, and its proper address."""

    body: bytes
    version: int
    state: str
    path: str
    quality: int = 5
    """Brotli's: how much work it is worth to make the body small."""
    streams: bool = True
    """Of a delta: whether those who have a stream may keep it."""
    poll: int = 0
    """Of a delta: the seconds that it says."""


class Kept(NamedTuple):
    """A page's stencil, with what it was made for."""

    stencil: Stencil
    fits: Hashable
    """It is good for every `Shown` that gives the same."""
    version: int
    path: str
    posting: dict[int, str]
    """Of the update whose page it is, as in Shown.postings."""


def coverage_page(pk: int, version: int) -> Page:
    """The coverage's page."""
    now = shown(pk, version)
    fits = _fits(now.coverage, SLOTS)
    key = ("stencil", "coverage", pk)
    kept = memory.peek(key)
    if kept is None or kept.fits != fits:
        with voice(now.coverage):
            kept = _kept(key, now, fits, "coverage", now.coverage.get_absolute_url())
    return _filled(kept, now, "coverage")


def article_page(pk: int, version: int, update_id: int) -> Page:
    """One update as an article. Raises Update.DoesNotExist when readers may not see it."""
    now = shown(pk, version)
    key = ("stencil", "article", update_id)
    kept = memory.peek(key)
    if kept is None or kept.fits != _article_fits(now) or not now.is_unchanged(update_id, kept.version):
        with reading():
            update = Update.objects.published().with_content().get(pk=update_id, coverage=pk)
            now = shown(pk, update.coverage.version)  # in one view of the database with the update
            update.coverage = now.coverage
            with voice(now.coverage):
                kept = _kept(key, now, _article_fits(now), "article", update.get_absolute_url(), update=update)
    # There are many, each asked for by few: three times the work for a tenth of the bytes does not pay.
    return _filled(kept, now, "article", update_id)._replace(quality=3)


def older_page(pk: int, before: Place) -> Page:
    """The page of older updates that is read without JavaScript."""
    return _older("coverage", pk, before, newer=True)


def older_fragment(pk: int, before: Place) -> Page:
    """The updates below the place `before`, to be put under those that are shown."""
    return _older("older", pk, before)


def key_updates_page(pk: int) -> Page:
    """All key events of the coverage."""
    with reading():
        coverage = changes.public_coverage(pk)
        updates = list(Update.objects.key_events().filter(coverage=pk).select_related("coverage"))
        with voice(coverage):
            path = reverse("key_updates", args=[coverage.slug])
            html = render("key_updates", coverage=coverage, version=coverage.version, now="", updates=updates)
            return Page(html.encode(), coverage.version, coverage.state, path)


def delta(pk: int, version: int, after: int) -> Page:
    """The JSON object of the wire format: one step from `after` to the newest version."""

    def made() -> Page:
        with reading():
            return _delta(with_known(pk, partial(changes.changes, pk, after)))

    key = ("delta", pk, version, after, mode.current())
    page = memory.get(key, made, lambda page: len(page.body) + 200)
    if page.version != version:  # the database was ahead of the version that was asked for
        memory.move(key, ("delta", pk, page.version, after, mode.current()))
    return page


def site_page(path: str, make: Callable[[], bytes]) -> Page:
    """What `make` gives of all coverage, at the site's version: only publishing changes it."""
    with reading():
        site = find.site()
        return Page(make(), site.version, site.state, path)


def front_page() -> bytes:
    """What is live now, and recent coverage."""
    with reading(), translation.override(settings.LANGUAGE_CODE):
        public = Coverage.objects.public().with_content().with_updated_at().as_on_the_front()
        newest = list(public[: settings.FRONT_PAGE_COVERAGES])
        context = {
            "live": [coverage for coverage in newest if coverage.is_live],
            "recent": [coverage for coverage in newest if not coverage.is_live],
        }
        return render("front", **context).encode()


def gone_page(coverage: Coverage | None) -> bytes:
    """For an update that was withdrawn; None: the whole coverage was."""
    if coverage is None:
        with translation.override(settings.LANGUAGE_CODE):
            return render("gone", coverage=None).encode()
    with voice(coverage):
        return render("gone", coverage=coverage).encode()


def preview(coverage: Coverage, update: Update | None = None) -> str:
    """How readers will see a coverage, or an update (with its content), that they may not see yet. Kept nowhere."""
    with reading():
        coverage = Coverage.objects.with_content().get(pk=coverage.pk)
        with voice(coverage):
            if update is not None:
                update.published_at = update.published_at or timezone.now()
            feed = coverage.updates.filter(state=Update.State.PUBLISHED, pinned=False).newest_first()
            kind = "article" if update else "coverage"
            updates = [article(one) for one in feed.with_content()[: settings.PAGE_UPDATES]]
            return render(
                kind,
                coverage=coverage,
                update=update,
                slots={name: mark_safe(slot(coverage, name)) for name in SLOTS},
                feed=mark_safe(render("_feed", coverage=coverage, updates=updates, older="", kind=kind)),
                updated=mark_safe(render("_updated", updated_at=changes.updated_at(coverage.pk))),
                version=coverage.version,
                preview=True,
            )


def bad_request_page() -> bytes:
    with translation.override(settings.LANGUAGE_CODE):
        return render("bad_request").encode()


def error_json(message: str) -> bytes:
    return json.dumps({"error": message}, ensure_ascii=False).encode()


# ── Stencils ────────────────────────────────────────────────────────────────────────────────────────────


def _fits(coverage: Coverage, names: tuple[str, ...]) -> Hashable:
    return (mode.current(), coverage.html_version, *(getattr(coverage, f"{name}_version") for name in names))


def _article_fits(now: Shown) -> Hashable:
    return _fits(now.coverage, ("header", "notice", "key_points"))


def _kept(key: Hashable, now: Shown, fits: Hashable, template: str, path: str, **context: Any) -> Kept:
    """The page's stencil, rendered anew."""
    holes = {name: hole(name) for name in ("version", "now", "updated", "feed", "structured_data")}
    stencil = Stencil(render(template, coverage=now.coverage, slots=now.slots, **holes, **context))
    own = {update.pk: posting(update)} if (update := context.get("update")) else {}
    kept = Kept(stencil, fits, now.coverage.version, path, own)
    memory.put(key, kept, stencil.size * 2 + 500)
    return kept


def _filled(kept: Kept, now: Shown, kind: str, own: int = 0) -> Page:
    """The page, its feed without its `own` update."""
    coverage = now.coverage
    own = own if own in now.articles else 0
    key = ("feed", coverage.pk, coverage.version, kind, own)
    feed = memory.get(key, lambda: _feed(now, kind, own), lambda html: len(html) * 2)
    postings = kept.posting | now.postings
    filled = kept.stencil.filled(
        version=str(coverage.version),
        now=now.read_at,
        feed=feed,
        updated=now.updated,
        structured_data=with_postings(now.live_blog, postings.values()),
    )
    return Page(filled.encode(), coverage.version, coverage.state, kept.path)


def _feed(now: Shown, kind: str, own: int) -> str:
    updates = [html for pk, html in now.articles.items() if pk != own]
    if kind == "coverage" and not now.coverage.lead:  # then the first picture that the reader sees may stand here
        updates[:1] = [SafeString(html.replace(LAZY, EAGER, 1)) for html in updates[:1]]
    with voice(now.coverage):
        return render("_feed", coverage=now.coverage, updates=updates, older=now.older, kind=kind)


def _older(template: str, pk: int, before: Place, **context: Any) -> Page:
    with reading():
        found = changes.snapshot(pk, settings.PAGE_UPDATES, before)
        coverage = found.coverage
        with voice(coverage):
            context |= {
                "coverage": coverage,
                "version": coverage.version,
                "now": "",
                "updates": articles(coverage, found.entries).values(),
                "older": str(found.rest or ""),
            }
            if template == "coverage":
                context |= {"feed": mark_safe(render("_feed", kind="older", **context))}
            html = render(template, **context)
        return Page(html.encode(), coverage.version, coverage.state, reverse(template, args=[coverage.slug]))


# ── Deltas ──────────────────────────────────────────────────────────────────────────────────────────────


def _delta(found: Changes) -> Page:
    coverage = found.coverage
    with voice(coverage):
        changed: dict[str, str | None] = dict.fromkeys(SLOTS)
        changed |= slots(coverage, found.slots)
        wire = _wire(found, changed, articles(coverage, found.entries))
    body = json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_DELTA:
        return _delta(Changes(coverage=coverage, after=found.after, reset=True))
    path = reverse("changes", args=[coverage.slug])
    return Page(body, coverage.version, coverage.state, path, streams=_streams(coverage), poll=coverage.poll)


def _streams(coverage: Coverage) -> bool:
    """Whether it is sent in streams, as far as its own switch says."""
    return coverage.mode == Coverage.Mode.STREAM


def _wire(found: Changes, changed: dict[str, str | None], html: Mapping[int, str]) -> dict[str, Any]:
    return {
        "after": found.after,
        "version": found.coverage.version,
        "build": build(),
        "state": found.coverage.state,
        "mode": mode.of(found.coverage),
        "poll": found.coverage.poll,
        "updates": [
            {
                "id": entry.id,
                "published_at": changes.iso(entry.published_at),
                "key_event": entry.key_event,
                "html": html[entry.id],
            }
            for entry in found.entries
        ],
        "removed": found.removed,
        **changed,
        "reset": found.reset,
    }
