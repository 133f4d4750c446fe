"""What must hold of a coverage whatever happened to it: in the database, on the disk, and in what readers are sent."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from PIL import Image

from articles.changes import MAX_CHANGED, Place, reading
from articles.delivery import pages
from articles.media import markup
from articles.models import Coverage, FormerSlug, Photo, Update
from articles.models.coverage import SLOTS

from .records import KINDS, files_of

State = Update.State
MAX_KEY_POINTS = 7
_ARTICLE = re.compile(r'<article id="update-(\d+)"[^>]* data-version="(\d+)"')
_OLDER = re.compile(r'data-fragment="([^"]+)"')
STEPS = 50
"""Of the newest versions, how many are taken for one that a reader may have."""


class Finding(NamedTuple):
    """Something that does not hold."""

    rule: str
    """Its short name, which stays the same."""
    what: str
    """A sentence."""


type Check = Callable[[Coverage], Iterator[str]]
_RULES: dict[str, Check] = {}


def rule(name: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        _RULES[name] = check
        return check

    return register


RULES = _RULES.keys()


def check(coverage: Coverage) -> list[Finding]:
    """All that is wrong with the coverage, in one view of the database."""
    with reading():
        current = Coverage.objects.with_content().get(pk=coverage.pk)
        return [Finding(name, what) for name, holds in _RULES.items() for what in holds(current)]


# ── Stored ──────────────────────────────────────────────────────────────────────────────────────────────


@rule("versions")
def _versions(coverage: Coverage) -> Iterator[str]:
    stamps = ["html_version", "reset_version", *(f"{slot}_version" for slot in SLOTS)]
    for stamp in stamps:
        if getattr(coverage, stamp) > coverage.version:
            yield f"{stamp} {getattr(coverage, stamp)} is beyond the coverage’s version {coverage.version}."
    beyond = Q(version__gt=coverage.version) | Q(revision__gt=coverage.revision)
    for pk in coverage.updates.filter(beyond).values_list("pk", flat=True):
        yield f"Update {pk} has a version or revision beyond its coverage’s."
    seen = coverage.updates.filter(state__in=[State.PUBLISHED, State.WITHDRAWN])
    for pk in seen.filter(version=0).values_list("pk", flat=True):
        yield f"Update {pk} was published without a version, so open pages never hear of it."


@rule("times")
def _times(coverage: Coverage) -> Iterator[str]:
    early = coverage.updates.filter(state=State.PUBLISHED, published_at__gt=timezone.now())
    for pk in early.values_list("pk", flat=True):
        yield f"Update {pk} is published at a time that is still to come; is the database’s clock right?"


@rule("states")
def _states(coverage: Coverage) -> Iterator[str]:
    seen = coverage.updates.filter(state__in=[State.PUBLISHED, State.WITHDRAWN])
    if coverage.state == Coverage.State.DRAFT and seen.exists():
        yield "It is a draft, and yet something was published in it."
    if coverage.updates.filter(state=State.PUBLISHED, pinned=True).count() > 1:
        yield "More than one update is pinned."
    erased = coverage.updates.exclude(erased_at=None)
    left = Q(bylines__isnull=False) | Q(photo_captions__isnull=False) | ~Q(embed="") | ~Q(correction="") | ~Q(audio="")
    for update in erased.filter(left).distinct():
        yield f"Update {update.pk} was erased, and something of it is left."
    for update in erased:
        if update.history.exclude(headline="", body="").exists():
            yield f"Update {update.pk} was erased, and its history still has its text."


@rule("texts")
def _texts(coverage: Coverage) -> Iterator[str]:
    for pk, body in coverage.updates.values_list("pk", "body").iterator():
        try:
            clean = markup.clean(body)
        except ValidationError as error:
            yield f"Update {pk}: {' '.join(error.messages)}"
            continue
        if clean != body:
            yield f"The text of update {pk} holds what is not let through; open and save it."


@rule("links")
def _links(coverage: Coverage) -> Iterator[str]:
    points = list(coverage.key_points.all())
    if len(points) > MAX_KEY_POINTS:
        yield f"It has {len(points)} key points; {MAX_KEY_POINTS} are allowed."
    for point in points:
        if point.update and point.update.coverage_id != coverage.pk:
            yield f"The key point “{point}” comes from an update of another coverage."
    if FormerSlug.objects.filter(slug=coverage.slug).exists():
        yield f"Its slug “{coverage.slug}” leads to a coverage that had it before."


@rule("files")
def _files(coverage: Coverage) -> Iterator[str]:
    for kind in KINDS:
        for field in files_of(kind.model):
            if hasattr(kind.model, "history"):  # what histories name may be gone
                for row in kind.of(coverage.pk):
                    yield from _file(row, field.name)


def _file(row: Any, name: str) -> Iterator[str]:
    file = getattr(row, name)
    if not file:
        return
    if not file.storage.exists(file.name):
        yield f"The file {file.name} of {row._meta.verbose_name} {row.pk} is missing."
    elif isinstance(row, Photo) and name == "image":
        try:
            with file.storage.open(file.name) as opened, Image.open(opened) as image:
                size = image.size
        except (OSError, Image.DecompressionBombError):
            yield f"The picture {file.name} of photo {row.pk} cannot be read."
            return
        if size != (row.width, row.height):
            yield f"The picture {file.name} is {size[0]} × {size[1]}; photo {row.pk} says {row.width} × {row.height}."


# ── Rendered ────────────────────────────────────────────────────────────────────────────────────────────


@rule("pages")
def _pages(coverage: Coverage) -> Iterator[str]:
    """The page and all older ones hold the feed: each update once, in its place, at its version."""
    if not coverage.is_public:
        return
    page = pages.coverage_page(coverage.pk, coverage.version).body.decode()
    feed = page.partition('<ol class="feed"')[2]
    shown = list(_shown(coverage, feed))
    stored = list(Update.objects.feed().filter(coverage=coverage).values_list("pk", "version"))
    yield from _compare("The pages", shown, stored)
    pinned = Update.objects.published().filter(coverage=coverage, pinned=True).values_list("pk", "version")
    above = [one for one in _articles(page.partition('<ol class="feed"')[0]) if one not in stored]
    yield from _compare("The place above the feed", above, list(pinned))


def _shown(coverage: Coverage, feed: str) -> Iterator[tuple[int, int]]:
    while True:
        yield from _articles(feed)
        older = _OLDER.search(feed)
        if older is None:
            return
        before = parse_qs(urlsplit(unescape(older[1])).query)["before"][0]
        feed = pages.older_fragment(coverage.pk, Place.parse(before)).body.decode()


def _articles(html: str) -> list[tuple[int, int]]:
    return [(int(pk), int(version)) for pk, version in _ARTICLE.findall(html)]


def _compare(where: str, shown: list[tuple[int, int]], stored: list[tuple[int, int]]) -> Iterator[str]:
    if shown == stored:
        return
    if extra := set(shown) - set(stored):
        yield f"{where} show {_named(extra)}, which should not stand there so."
    if missing := set(stored) - set(shown):
        yield f"{where} do not show {_named(missing)}."
    if set(shown) == set(stored):
        yield f"{where} show the updates in another order, or one of them twice."


def _named(updates: set[tuple[int, int]]) -> str:
    return ", ".join(f"update {pk}" for pk, _version in sorted(updates)[:10])


@rule("permalinks")
def _permalinks(coverage: Coverage) -> Iterator[str]:
    if not coverage.is_public:
        return
    for update in Update.objects.published().filter(coverage=coverage).select_related("coverage"):
        page = pages.article_page(coverage.pk, coverage.version, update.pk)
        if page.path != update.get_absolute_url():
            yield f"Update {update.pk} has the address {update.get_absolute_url()}, and is shown as {page.path}."


@rule("deltas")
def _deltas(coverage: Coverage) -> Iterator[str]:
    """From each version that a reader may have, one delta brings exactly what was stamped later."""
    if not coverage.is_public:
        return
    newest = coverage.updates.order_by("-version").values_list("version", flat=True)[:STEPS]
    for version in sorted({*newest, coverage.version}):
        yield from _delta(coverage, version - 1)


def _delta(coverage: Coverage, after: int) -> Iterator[str]:
    delta: dict[str, Any] = json.loads(pages.delta(coverage.pk, coverage.version, after).body)
    later = coverage.updates.filter(version__gt=after)
    if delta["reset"]:
        if later.count() <= MAX_CHANGED and after >= coverage.reset_version and not _is_large(later):
            yield f"From version {after} on, readers are sent to fetch the page without need."
        return
    wanted = set(Update.objects.feed().filter(pk__in=later).values_list("pk", flat=True))
    if {one["id"] for one in delta["updates"]} != wanted:
        yield f"From version {after} on, readers are not sent the updates that changed."
    if set(delta["removed"]) != set(later.values_list("pk", flat=True)) - wanted:
        yield f"From version {after} on, readers are not told what is gone."
    for slot in SLOTS:
        if (delta[slot] is not None) != (getattr(coverage, f"{slot}_version") > after):
            yield f"From version {after} on, the slot {slot} is sent when it need not be, or is not when it must."


def _is_large(updates: Any) -> bool:
    return sum(len(body) for body in updates.values_list("body", flat=True)) > pages.MAX_DELTA // 4
