"""Everything that can happen to a coverage as a whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack, cast

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.models import Author, Coverage, FormerSlug, KeyPoint, Photo, Update
from articles.models.coverage import SLOTS

from . import sound
from .content import PlacedPhoto, User, attribute, check_alt, given, set_bylines, set_photos
from .edition import Edition, edition, edition_of, hold
from .errors import Conflict, Refused
from .sound import Sound

State = Coverage.State
MAX_KEY_POINTS = 7
POLL_RANGE = range(2, 301)
"""Seconds between two questions of an open page."""
RELATIONS = ("authors", "lead", "successor")


class CoverageContent(TypedDict, total=False):
    """What an editor gives of a coverage; what is left out stays as it is."""

    headline: str
    slug: str
    section: str
    summary: str
    authors: Sequence[Author]
    language: str
    time_zone: str
    lead: PlacedPhoto | None
    audio: "File[Any] | None"
    successor: Coverage | None


class KeyPointContent(NamedTuple):
    """A bullet; `pk` keeps the identity of one that already stands there."""

    text: str
    update: Update | None = None
    pk: int | None = None


def create(*, by: User = None, **content: Unpack[CoverageContent]) -> Coverage:
    """A new coverage, as a draft that no reader can see."""
    coverage = Coverage()
    with sound.stored(content) as heard, transaction.atomic(durable=True):
        _assign(coverage, content, heard)
        _save(coverage, by)
    relations = cast(CoverageContent, {key: content[key] for key in RELATIONS if content.get(key)})  # type: ignore[literal-required]
    return edit(coverage, by=by, **relations) if relations else coverage


def create_successor(coverage: Coverage, headline: str, *, by: User = None) -> Coverage:
    """A draft that goes on where this one ends, alike in all that a new day has in common with the last.

    One that there is already is given back: asking twice makes one.
    """
    standing = Coverage.objects.filter(previous=coverage.pk).first()
    if standing:
        return standing
    lead = coverage.lead
    made = create(
        by=by,
        headline=headline,
        slug=_free_slug(headline),
        section=coverage.section,
        language=coverage.language,
        time_zone=coverage.time_zone,
        authors=coverage.authors,
        lead=PlacedPhoto(lead.photo, lead.caption) if lead else None,
    )
    edit(coverage, successor=made, by=by)
    return made


def _free_slug(headline: str) -> str:
    """An address of the headline's words, numbered where other coverage has or had it."""
    wanted = slugify(headline, allow_unicode=True)[:100].strip("-_") or "live"
    taken = {
        slug
        for model in (Coverage, FormerSlug)
        for slug in model._default_manager.filter(slug__startswith=wanted).values_list("slug", flat=True)
    }
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


def edit(
    coverage: Coverage, *, by: User = None, expected: int | None = None, **content: Unpack[CoverageContent]
) -> Coverage:
    """Change what is given. A changed slug leads on from the old address.

    `expected`: the `header_version` that the editor began from; Conflict when it has moved on to something else.
    """
    successor = content.get("successor")
    with sound.stored(content) as heard, _opened(coverage, by, successor.pk if successor else None) as (ed, current):
        old = Coverage.objects.get(pk=current.pk)
        _assign(current, content, heard)
        changed = _relate(current, content)
        if expected not in {None, old.header_version} and (changed or _header(current) != _header(old)):
            raise Conflict(_("Somebody else changed this in the meantime."), old)
        if "successor" in content:
            current.successor, current.awaited_successor = successor, ""
        _stamp_edit(ed, old, current, changed)
    return current


def start(coverage: Coverage, *, at: datetime | None = None, taken_over: bool = False, by: User = None) -> Coverage:
    """Open a draft to readers. `at`: when it began, if not now; never in the future.

    `taken_over`: readers saw it elsewhere before, so it is not refused for want of alt text.
    """
    with _opened(coverage, by) as (ed, current):
        _expect(current, State.DRAFT)
        _not_in_future(ed, at)
        if not taken_over:
            check_alt(current)
        current.state, current.started_at = State.LIVE, at or ed.now
        ed.touch(current.pk, *SLOTS)
    return current


def undo_start(coverage: Coverage, *, by: User = None) -> Coverage:
    """Close a coverage that was started by mistake, while nothing has been published in it."""
    with _opened(coverage, by) as (ed, current):
        _expect(current, State.LIVE)
        if current.updates.filter(state__in=[Update.State.PUBLISHED, Update.State.WITHDRAWN]).exists():
            raise Refused(_("Something was already published in it; end the coverage instead."), code="published")
        current.state, current.started_at = State.DRAFT, None
        ed.touch(current.pk, *SLOTS)
    return current


def end(
    coverage: Coverage, *, successor: Coverage | None = None, at: datetime | None = None, by: User = None
) -> Coverage:
    """Close a live coverage; `successor`, where given, is the coverage that goes on."""
    with _opened(coverage, by, successor.pk if successor else None) as (ed, current):
        _expect(current, State.LIVE)
        _not_in_future(ed, at)
        current.state, current.ended_at = State.ENDED, at or ed.now
        if successor:
            current.successor, current.awaited_successor = successor, ""
            ed.touch(successor.pk, "header", "notice")
        ed.touch(current.pk, "header", "notice")
    return current


def reopen(coverage: Coverage, *, by: User = None) -> Coverage:
    """Make an ended coverage live again."""
    with _opened(coverage, by) as (ed, current):
        _expect(current, State.ENDED)
        current.state, current.ended_at = State.LIVE, None
        ed.touch(current.pk, "header", "notice")
    return current


def withdraw(coverage: Coverage, reason: str, *, by: User = None) -> Coverage:
    """Take the whole coverage from readers: every address of it answers 410. Refused without a reason."""
    reason = given(reason)
    with _opened(coverage, by) as (ed, current):
        _expect(current, State.LIVE, State.ENDED)
        current.state, current.withdrawn_reason = State.WITHDRAWN, reason
        ed.touch(current.pk, *SLOTS)
    return current


def restore(coverage: Coverage, *, by: User = None) -> Coverage:
    """Bring a withdrawn coverage back, live or ended as it was."""
    with _opened(coverage, by) as (ed, current):
        _expect(current, State.WITHDRAWN)
        current.state = State.ENDED if current.ended_at else State.LIVE
        current.withdrawn_reason = ""
        ed.touch(current.pk, *SLOTS)
    return current


def switch(coverage: Coverage, mode: str, poll_seconds: int | None = None, *, by: User = None) -> Coverage:
    """How its open pages shall hear of what is new (models.Coverage.Mode), and how often those ask that do.

    They obey with the delta that this makes, or with their next question.
    """
    if poll_seconds is not None and poll_seconds not in POLL_RANGE:
        raise Refused(
            _("The interval must be from %(least)d to %(most)d seconds.")
            % {"least": POLL_RANGE[0], "most": POLL_RANGE[-1]},
            code="poll",
        )
    with _opened(coverage, by) as (ed, current):
        if (current.mode, current.poll_seconds) != (mode, poll_seconds):
            current.mode, current.poll_seconds = mode, poll_seconds
            ed.touch(current.pk, "header")
    return current


def discard(coverage: Coverage) -> None:
    """Delete a draft coverage with its drafts. What readers have seen is withdrawn instead."""
    with edition(coverage.pk) as ed:
        current = Coverage.objects.get(pk=coverage.pk)
        _expect(current, State.DRAFT)
        sound.forget_soon(current, *current.updates.exclude(audio=""))
        current.updates.all().delete()
        current.delete()
        ed.revise(coverage.pk)  # so that open desks are told


def set_key_points(
    coverage: Coverage, points: Sequence[KeyPointContent], *, by: User = None, expected: int | None = None
) -> Coverage:
    """Make these the bullets of "Here's what to know", in this order; at most MAX_KEY_POINTS.

    `expected`: the `key_points_version` that the editor began from; Conflict when it has moved on to others.
    """
    points = [point._replace(text=" ".join(point.text.split())) for point in points if point.text.strip()]
    if len(points) > MAX_KEY_POINTS:
        raise Refused(_("At most %(most)d key points; remove some.") % {"most": MAX_KEY_POINTS}, code="too_many")
    with edition(coverage.pk) as ed:
        standing = {point.pk: point for point in coverage.key_points.all()}
        current = ed.coverages[coverage.pk]
        if _same_points(standing, points):
            return current
        if expected not in {None, current.key_points_version}:
            raise Conflict(_("Somebody else changed the key points in the meantime."), current)
        for position, point in enumerate(points):
            kept = standing.pop(point.pk or 0, None) or KeyPoint(coverage_id=coverage.pk)
            _save_point(kept, point, position, by)
        for gone in standing.values():
            attribute(gone, by)
            gone.delete()
        ed.touch(coverage.pk, "key_points")
        return current


# ── Within one edition ──────────────────────────────────────────────────────────────────────────────────


def _neighbours(pk: int) -> set[int]:
    """The coverages that link to this one or that it links to."""
    before = Coverage.objects.filter(successor=pk).values_list("pk", flat=True)
    after = Coverage.objects.filter(previous=pk).values_list("pk", flat=True)
    return {*before, *after}


@contextmanager
def _opened(coverage: Coverage, by: User, *more: int | None) -> Iterator[tuple[Edition, Coverage]]:
    """The coverage as it stands under the lock, with its neighbours locked too; saved when the block ends.

    Neighbours are stamped when what their links show has changed.
    """
    find: Callable[[], set[int]] = lambda: {coverage.pk, *_neighbours(coverage.pk), *filter(None, more)}  # noqa: E731
    with edition_of(find) as ed:
        current = ed.coverages[coverage.pk]
        shown = _link(current)
        yield ed, current
        ed.revise(current.pk)
        _save(current, by)
        if _link(current) != shown:
            for pk in _neighbours(current.pk):
                ed.touch(pk, "header", "notice")


def _link(coverage: Coverage) -> tuple[object, ...]:
    return coverage.is_public, coverage.slug, coverage.headline, coverage.started_at, coverage.time_zone


def _expect(coverage: Coverage, *states: str) -> None:
    if coverage.state not in states:
        raise Refused(
            _("“%(coverage)s” is %(state)s; this cannot be done to it now.")
            % {"coverage": coverage, "state": coverage.get_state_display()},
            code="state",
        )


def _not_in_future(ed: Edition, at: datetime | None) -> None:
    if at and at > ed.now:
        raise Refused(_("This time is still to come; leave it out to mean now."), code="future")


def _assign(coverage: Coverage, content: CoverageContent, heard: Sound | None) -> None:
    for field in ("headline", "section", "summary"):
        setattr(coverage, field, " ".join(str(content.get(field, getattr(coverage, field))).split()))
    for field in ("slug", "language", "time_zone"):
        setattr(coverage, field, content.get(field, getattr(coverage, field)))
    if FormerSlug.objects.filter(slug=coverage.slug).exclude(coverage=coverage.pk).exists():
        raise ValidationError({"slug": _("This was the address of another coverage, and still leads there.")})
    sound.place(coverage, heard)


def _relate(coverage: Coverage, content: CoverageContent) -> bool:
    changed = False
    if "authors" in content:
        hold(Author, [author.pk for author in content["authors"]])
        changed |= set_bylines(coverage, content["authors"])
    if "lead" in content:
        lead = content["lead"]
        hold(Photo, [lead.photo.pk] if lead else [])
        changed |= set_photos(coverage, [lead] if lead else [])
        if coverage.is_public:
            check_alt(coverage)
    return changed


def _save(coverage: Coverage, by: User) -> None:
    coverage.full_clean()
    attribute(coverage, by, coverage.withdrawn_reason)
    try:
        coverage.save()
    except IntegrityError as error:
        # Only the database sees a circle that others close at the same moment.
        if _constraint(error) != "coverage_successors_make_no_circle":
            raise
        raise ValidationError(
            {"successor": _("This would make a circle: it leads back to this coverage.")}, code="circle"
        ) from error


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", ""))


def _header(coverage: Coverage) -> list[object]:
    """What its header shows, apart from byline and lead photo."""
    fields = ("headline", "section", "summary", "language", "time_zone", "audio", "slug")
    return [getattr(coverage, field) for field in fields]


def _stamp_edit(ed: Edition, old: Coverage, new: Coverage, relations_changed: bool) -> None:
    """Stamp the slots that show what was changed."""

    def differ(*fields: str) -> bool:
        return any(getattr(old, field) != getattr(new, field) for field in fields)

    if relations_changed or _header(old) != _header(new):
        ed.touch(new.pk, "header")
    if differ("successor"):
        for pk in filter(None, (new.pk, old.successor_id, new.successor_id)):
            ed.touch(pk, "header", "notice")
    if differ("language", "time_zone"):
        version = ed.touch(new.pk, *SLOTS)
        new.updates.filter(state=Update.State.PUBLISHED).update(version=version)
    if differ("slug"):
        ed.touch(new.pk, *SLOTS, "html")
        FormerSlug.objects.filter(slug=new.slug).delete()
        FormerSlug.objects.create(slug=old.slug, coverage=new)


def _same_points(standing: dict[int, KeyPoint], points: Sequence[KeyPointContent]) -> bool:
    """Whether they say so already; a list that is sent again may not know the ids that it was given."""
    now = [(point.text, point.update_id) for point in standing.values()]
    return now == [(point.text, point.update.pk if point.update else None) for point in points]


def _save_point(point: KeyPoint, content: KeyPointContent, position: int, by: User) -> None:
    if content.update and content.update.coverage_id != point.coverage_id:
        raise Refused(_("A key point can only come from an update of its own coverage."), code="coverage")
    if (point.text, point.update, point.position, point.pk is None) == (
        content.text,
        content.update,
        position,
        False,
    ):
        return
    point.text, point.update, point.position = content.text, content.update, position
    point.full_clean()
    attribute(point, by)
    point.save()
