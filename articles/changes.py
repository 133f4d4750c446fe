"""What a reader's page must hold: the state as a whole, and all that came after a version. Pure reads.

Nothing here renders. An `Entry` says which update stands where and at which version; its HTML is kept by
`articles.delivery.pages` and made only when there is none for that version.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, Self

import psycopg
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Greatest

from articles.models import Coverage, Update
from articles.models.coverage import SLOTS
from articles.models.querysets import IN_FEED
from articles.models.statement import AnyOf, Asked, Given, Statement, together

MAX_CHANGED = 50
"""More changed updates than this, and the page is fetched anew instead."""
STAMPS = ("html_version", "reset_version", *(f"{slot}_version" for slot in SLOTS))
CHANGED = 50
"""How many of the updates that changed last are looked at, to tell what is as it was."""
BESIDE = {"key_events_version", "pinned_version"}
"""The stamps of slots that show updates, and nothing of the coverage."""
KEY_EVENTS = 12
"""Key events listed beside the feed; the others are on a page of their own."""
_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z_([1-9]\d{0,17})", re.ASCII)


class Withdrawn(Exception):
    """The coverage was public once and is no longer: 410."""


class BadCursor(ValueError):
    """The cursor was not made by this coverage: 400."""


class Place(NamedTuple):
    """Where an update stands in the feed; as text it is the cursor `<published_at>_<id>`."""

    published_at: datetime
    id: int

    def __str__(self) -> str:
        return f"{iso(self.published_at)}_{self.id}"

    @classmethod
    def parse(cls, cursor: str) -> Self:
        found = _CURSOR.fullmatch(cursor)
        try:
            moment = datetime.fromisoformat(f"{found[1]}+00:00") if found else None
        except ValueError:
            moment = None
        if found is None or moment is None:
            raise BadCursor("before and after take a cursor such as 2022-02-27T23:14:05.120Z_12.")
        return cls(moment, int(found[2]))


class Entry(NamedTuple):
    """One update in the feed, without its content."""

    id: int
    published_at: datetime
    key_event: bool
    version: int

    @property
    def place(self) -> Place:
        return Place(self.published_at, self.id)


class Change(NamedTuple):
    """That an update changed."""

    id: int
    version: int
    state: str
    published_at: datetime | None
    edited_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A coverage as it stands at `coverage.version`, with a part of its updates in one order or the other."""

    coverage: Coverage
    entries: list[Entry]
    rest: Place | None
    """The last entry's place when more come after it; else None."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """All that came after the version `after`, as one step to `coverage.version`."""

    coverage: Coverage
    after: int
    entries: list[Entry] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    slots: list[str] = field(default_factory=list)
    """The names, of models.coverage.SLOTS, that changed."""
    reset: bool = False


PLACED = ("pk", "published_at", "key_event", "version")
"""The columns of an Entry."""
_COVERAGE = Statement(lambda: Coverage.objects.with_content().filter(pk=AnyOf("ids")))
_NOW = Statement(lambda: Coverage.objects.filter(pk=Given("pk")).values_list("version", *STAMPS))
_LATER = Statement(
    lambda: (
        Update.objects.filter(coverage=Given("pk"), version__gt=Given("after"))
        .newest_first()
        .annotate(is_entry=IN_FEED)
        .values_list(*PLACED, "is_entry")[: MAX_CHANGED + 1]
    )
)
"""Of each update its Entry, and whether it is one."""
_CHANGED_LAST = Statement(
    lambda: Update.objects.filter(coverage=Given("pk")).order_by("-version").values_list(*Change._fields)[:CHANGED]
)


@cache
def _newest(limit: int) -> Statement[Update]:
    return Statement(lambda: Update.objects.feed().filter(coverage=Given("pk")).values_list(*PLACED)[:limit])


def iso(moment: datetime) -> str:
    """The moment in UTC with milliseconds, as JavaScript writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def reading() -> Iterator[None]:
    """One consistent view of the database for all reads within (REPEATABLE READ)."""
    if connection.in_atomic_block:  # already within one
        yield
        return
    connection.ensure_connection()
    with _one_view(connection.connection), transaction.atomic():
        yield


@contextmanager
def _one_view(driver: "psycopg.Connection[Any]") -> Iterator[None]:
    """Have the driver begin its transactions so: the database need not be told in a message of its own."""
    driver.isolation_level, driver.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    try:
        yield
    finally:
        if not driver.closed:
            driver.isolation_level = driver.read_only = None


def public_coverage(pk: int) -> Coverage:
    """The coverage with what its page shows. Raises Coverage.DoesNotExist (draft, unknown) or Withdrawn."""
    return _public(next(iter(_COVERAGE.objects(ids=[pk])), None))


def _public(coverage: Coverage | None) -> Coverage:
    if coverage is None:
        raise Coverage.DoesNotExist
    if coverage.state == Coverage.State.WITHDRAWN:
        raise Withdrawn
    if not coverage.is_public:
        raise Coverage.DoesNotExist
    return coverage


def _with_coverage(pk: int, known: Coverage | None, asked: Asked) -> tuple[Coverage, list[tuple[Any, ...]]]:
    """The coverage, and the rows of what is `asked` beside it. Raises like `public_coverage`.

    `known`: the same as it was when it was read last; what its stamps say is still so is not read again.
    """
    now, rows = together(_NOW.given(pk=pk), asked)
    coverage = _brought_up(known, now) if known else None
    return _public(coverage) if coverage else public_coverage(pk), rows


def _brought_up(known: Coverage, rows: list[tuple[Any, ...]]) -> Coverage | None:
    """A copy of `known` with the versions of now; None when it shows something else by now."""
    now = next((dict(zip(("version", *STAMPS), row, strict=True)) for row in rows), None)
    if now is None or any(now[stamp] != getattr(known, stamp) for stamp in STAMPS if stamp not in BESIDE):
        return None
    coverage = copy(known)
    vars(coverage).update(now)
    return coverage


def snapshot(pk: int, limit: int, before: Place | None = None, known: Coverage | None = None) -> Snapshot:
    """The newest `limit` entries of the feed, or those below the place `before`.

    `known` is the coverage as it was when it was read last.
    Raises like `public_coverage`, and BadCursor when `before` names no update of this coverage.
    """
    with reading():
        if before is None:
            coverage, rows = _with_coverage(pk, known, _newest(limit + 1).given(pk=pk))
            return _part(coverage, rows, limit)
        coverage = public_coverage(pk)
        _check(before, pk)
        feed = Update.objects.feed().filter(coverage=pk).before(*before)
        return _part(coverage, feed.values_list(*PLACED)[: limit + 1], limit)


def chronicle(pk: int, limit: int, after: Place | None = None) -> Snapshot:
    """As it happened: the first `limit` updates, the pinned one where it belongs, or those after the place `after`.

    Raises like `snapshot`.
    """
    with reading():
        coverage = public_coverage(pk)
        published = Update.objects.published().filter(coverage=pk).order_by("published_at", "id")
        if after:
            _check(after, pk)
            published = published.after(*after)
        return _part(coverage, published.values_list(*PLACED)[: limit + 1], limit)


def _part(coverage: Coverage, rows: Iterable[tuple[Any, ...]], limit: int) -> Snapshot:
    """`rows`: one more than `limit` where there are more."""
    entries = [Entry(*row) for row in rows]
    rest = entries[limit - 1].place if len(entries) > limit else None
    return Snapshot(coverage=coverage, entries=entries[:limit], rest=rest)


def _check(cursor: Place, pk: int) -> None:
    """That the place is, or was once, that of an update of this coverage."""
    if not Update.objects.filter(pk=cursor.id, coverage=pk).exists():
        raise BadCursor("The cursor names no update of this coverage.")


def changes(pk: int, after: int, known: Coverage | None = None) -> Changes:
    """Everything stamped later than `after`. Raises like `public_coverage`; `known` as in `snapshot`."""
    with reading():
        coverage, rows = _with_coverage(pk, known, _LATER.given(pk=pk, after=after))
        if not coverage.reset_version <= after <= coverage.version or len(rows) > MAX_CHANGED:
            return Changes(coverage=coverage, after=after, reset=True)
        return Changes(
            coverage=coverage,
            after=after,
            entries=[Entry(*placed) for *placed, is_entry in rows if is_entry],
            removed=sorted(pk for pk, *_, is_entry in rows if not is_entry),
            slots=[slot for slot in SLOTS if getattr(coverage, f"{slot}_version") > after],
        )


def changed_last(pk: int) -> list[Change]:
    """The CHANGED updates of any state that changed last, the latest first."""
    return [Change(*row) for row in _CHANGED_LAST.rows(pk=pk)]


def updated_at(pk: int, changed: Sequence[Change] = ()) -> datetime | None:
    """When something was last published or edited in a coverage.

    `changed`, the updates that changed last, mostly tells it: a version is never below the milliseconds since 1970
    at which it was taken, so what changed before them was neither published nor edited later than that.
    """
    seen = [change for change in changed if change.state == Update.State.PUBLISHED]
    newest = max(
        (moment for change in seen for moment in (change.published_at, change.edited_at) if moment), default=None
    )
    if newest and newest.timestamp() * 1000 >= changed[-1].version:
        return newest
    published = Update.objects.published().filter(coverage=pk)
    moment: datetime | None = published.aggregate(last=Max(Greatest("published_at", "edited_at")))["last"]
    return moment
