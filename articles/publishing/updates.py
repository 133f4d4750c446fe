"""Everything that can happen to an update."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict, Unpack

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.utils.translation import gettext as _

from articles.media import markup
from articles.models import Author, Coverage, Photo, PhotoCaption, Update
from articles.models.fields import to_milliseconds

from . import renditions, sound
from .content import PlacedPhoto, User, attribute, check_alt, given, set_bylines, set_photos
from .edition import Edition, edition, hold
from .errors import Conflict, Refused
from .rights import ask_again
from .sound import Sound

State = Update.State
UNPUBLISHED = (State.DRAFT, State.SUBMITTED, State.SCHEDULED)
SHOWN = (State.SCHEDULED, State.PUBLISHED)
"""What readers see, or will without anybody looking at it again."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Of publication times; years that calendars and cursors can all hold."""
ON_TIME = timedelta(seconds=1)
"""How late a scheduled update may come out and still bear the time that it was scheduled for."""


class Content(TypedDict, total=False):
    """What an editor gives of an update; what is left out stays as it is."""

    headline: str
    body: str
    authors: Sequence[Author]
    photos: Sequence[PlacedPhoto]
    embed: str
    audio: "File[Any] | None"
    pinned: bool
    key_event: bool
    correction: str
    published_at: datetime | None
    edited_at: datetime
    """For what is taken over from elsewhere: when it was edited, and corrected, if not now."""
    corrected_at: datetime


class Posted(NamedTuple):
    update: Update
    created: bool
    """False when the token had already made this update."""


class _Look(NamedTuple):
    """What of an update concerns more than its own article."""

    published: bool
    pinned: bool
    key_event: bool

    @classmethod
    def of(cls, update: Update) -> "_Look":
        published = update.state == State.PUBLISHED
        return cls(published, published and update.pinned, published and update.key_event)


def post(
    coverage: Coverage,
    *,
    state: str = State.PUBLISHED,
    token: uuid.UUID | None = None,
    taken_over: bool = False,
    by: User = None,
    **content: Unpack[Content],
) -> Posted:
    """Create an update in `state`: draft, submitted, or published (scheduled, when `published_at` is to come).

    The same `token` again gives the update that it made the first time.
    `taken_over`: readers saw it elsewhere before, so it is not refused for want of alt text.
    """
    with sound.stored(content) as heard, edition(coverage.pk) as ed:
        if token and (before := Update.objects.filter(token=token).first()):
            if before.coverage_id != coverage.pk:
                raise Refused(_("This token was already used in another coverage; make a new one for each post."))
            return Posted(before, created=False)
        update = Update(coverage=ed.coverages[coverage.pk], token=token or uuid.uuid4(), created_by=_person(by))
        _write(ed, update, content, heard)
        _settle(ed, update, state, bool(content.get("photos")))
        update.edited_at = content.get("edited_at")
        _save(ed, update, _Look(False, False, False), by)
        _relate(update, content)
        if update.state in SHOWN and not taken_over:
            check_alt(update)
        return Posted(update, created=True)


def edit(
    update: Update,
    *,
    by: User = None,
    expected: int | None = None,
    token: uuid.UUID | None = None,
    state: str | None = None,
    **content: Unpack[Content],
) -> Update:
    """Change what is given.

    `expected`: the `revision` that the editor began from; Conflict when it has moved on.
    `token` names this save, so that it can be sent again: what it had already done is done once.
    `state`: what it becomes with it, if not published before: draft, submitted or published (scheduled, when its
    time is to come).
    """
    with sound.stored(content) as heard, edition(update.coverage_id) as ed:
        current = _current(update)
        if token and current.history.filter(save_token=token).exists():
            return current
        _check_revision(current, expected)
        before, stood, stood_in = _Look.of(current), _values(current), current.state
        changed = _write(ed, current, content, heard) | _relate(current, content)
        _move(ed, current, state)
        if before.published and (changed or "edited_at" in content):
            current.edited_at = content.get("edited_at", ed.now)
        if changed or _values(current) != stood:
            current.save_token = token
            _save(ed, current, before, by)
        if current.state in SHOWN and ("photos" in content or current.state != stood_in):
            check_alt(current)
    return current


def publish(update: Update, *, at: datetime | None = None, by: User = None) -> Update:
    """Publish a draft, a submitted or a scheduled update: now, or `at` (to come: scheduled)."""
    with _opened(update, by) as (ed, current):
        _expect(current, *UNPUBLISHED)
        current.published_at = at
        _release(ed, current)
        check_alt(current)
    return current


def submit(update: Update, *, by: User = None) -> Update:
    """Hand a draft over for approval."""
    with _opened(update, by) as (_ed, current):
        _expect(current, State.DRAFT, State.SCHEDULED)
        _not_empty(current)
        current.state = State.SUBMITTED
    return current


def return_to_draft(update: Update, *, by: User = None) -> Update:
    """Take a submitted or scheduled update back to its writer."""
    with _opened(update, by) as (_ed, current):
        _expect(current, State.SUBMITTED, State.SCHEDULED)
        current.state = State.DRAFT
    return current


def publish_due(update: Update) -> Update | None:
    """Publish a scheduled update whose time has come; None when that is no longer so."""
    with edition(update.coverage_id) as ed:
        current: Update | None = Update.objects.filter(pk=update.pk, state=State.SCHEDULED).first()
        if (
            current is None
            or current.published_at is None
            or current.published_at > ed.now
            or not ed.coverages[update.coverage_id].is_public
        ):
            return None
        late = ed.now - current.published_at > ON_TIME
        current.published_at = ed.now if late else current.published_at
        before = _Look.of(current)
        _release(ed, current)
        _save(ed, current, before, None)
        return current


def withdraw(update: Update, reason: str, *, by: User = None) -> Update:
    """Take a published update from every page; its row stays as the tombstone that tells them so.

    Refused without a reason.
    """
    reason = given(reason)
    with _opened(update, by, reason) as (ed, current):
        _expect(current, State.PUBLISHED)
        current.state = State.WITHDRAWN
        current.withdrawn_at, current.withdrawn_reason, current.pinned = ed.now, reason, False
    return current


def restore(update: Update, *, by: User = None) -> Update:
    """Bring a withdrawn update back to where it stood."""
    with _opened(update, by) as (_ed, current):
        _expect(current, State.WITHDRAWN)
        if current.erased_at:
            raise Refused(_("This update was erased; its text is gone for good."))
        current.state, current.withdrawn_at, current.withdrawn_reason = State.PUBLISHED, None, ""
    return current


def pin(update: Update, *, pinned: bool = True, by: User = None) -> Update:
    """Pin above the feed, in place of what was pinned, or unpin."""
    return edit(update, by=by, pinned=pinned)


def set_key_event(update: Update, *, key_event: bool = True, by: User = None) -> Update:
    return edit(update, by=by, key_event=key_event)


def retime(update: Update, at: datetime, *, by: User = None) -> Update:
    """Move an update to another time; a published one not into the future."""
    return edit(update, by=by, published_at=at)


def discard(update: Update) -> None:
    """Delete what was never published. Published updates are withdrawn instead."""
    with edition(update.coverage_id) as ed:
        current = _current(update)
        _expect(current, *UNPUBLISHED)
        sound.forget_soon(current)
        current.delete()
        ed.revise(update.coverage_id)


def erase(update: Update, *, by: User = None) -> Update:
    """Remove text, history and pictures for good (a legal duty). What remains is the empty tombstone."""
    with edition(update.coverage_id) as ed:
        current = _current(update)
        _expect(current, State.PUBLISHED, State.WITHDRAWN)
        before = _Look.of(current)
        _erase_pictures(current)
        sound.place(current, Sound())
        current.headline = current.body = current.embed = current.correction = current.withdrawn_reason = ""
        current.state, current.pinned, current.key_event = State.WITHDRAWN, False, False
        current.withdrawn_at = current.withdrawn_at or ed.now
        current.erased_at = ed.now
        current.bylines.all().delete()
        _save(ed, current, before, by)
        current.history.all().delete()
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Update), object_id=str(current.pk)
        ).update(object_repr=f"#{current.pk}", change_message="")
        return current


# ── Within one edition ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _opened(update: Update, by: User, reason: str = "") -> Iterator[tuple[Edition, Update]]:
    """The update as it stands under the lock, saved and stamped when the block ends."""
    with edition(update.coverage_id) as ed:
        current = _current(update)
        before = _Look.of(current)
        yield ed, current
        _save(ed, current, before, by, reason)


def _current(update: Update) -> Update:
    """The update as it stands under the lock; Refused when somebody has discarded it."""
    found: Update | None = Update.objects.select_related("coverage").filter(pk=update.pk).first()
    if found is None:
        raise Refused(_("This update was discarded by somebody; nothing of it is left."), code="gone")
    ask_again(found)
    return found


def _check_revision(update: Update, expected: int | None) -> None:
    if expected is not None and update.revision != expected:
        raise Conflict(_("Somebody else saved this update in the meantime."), update)


def _person(by: User) -> Any:
    """Who is kept as its writer; nobody for a command."""
    return by if by and by.pk else None


def _move(ed: Edition, update: Update, state: str | None) -> None:
    """Give an update the state that was asked for; a scheduled one is released again, for its time may have moved."""
    if state in {State.DRAFT, State.SUBMITTED}:
        _expect(update, *UNPUBLISHED)
        if state == State.SUBMITTED:
            _not_empty(update)
        update.state = state
    elif update.state in UNPUBLISHED and (state or update.state == State.SCHEDULED):
        _release(ed, update)


def _expect(update: Update, *states: str) -> None:
    if update.state not in states:
        raise Refused(
            _("This cannot be done to an update that is %(state)s.") % {"state": update.get_state_display()},
            code="state",
        )


def is_empty(update: Update, has_photos: bool = False) -> bool:
    """Whether it would show readers nothing."""
    has_photos = has_photos or (update.pk is not None and update.photo_captions.exists())
    return not (update.headline or update.body or update.embed or update.audio or has_photos)


def _not_empty(update: Update, has_photos: bool = False) -> None:
    if is_empty(update, has_photos):
        raise Refused(_("The update is empty. Write a headline or a text, or add a photo."), code="empty")


def _write(ed: Edition, update: Update, content: Content, heard: Sound | None) -> bool:
    """Put the content into the update's own fields, sanitised; whether its text changed."""
    if update.state == State.WITHDRAWN:
        raise Refused(_("This update was withdrawn. Restore it before you edit it."), code="state")
    if "published_at" in content:
        _write_time(ed, update, content["published_at"])
    update.pinned = content.get("pinned", update.pinned)
    update.key_event = content.get("key_event", update.key_event)
    if content.get("correction", update.correction) != update.correction:
        update.correction = content["correction"]
        update.corrected_at = content.get("corrected_at", ed.now) if update.correction else None
    sound.place(update, heard)
    return _write_text(update, content)


def _write_text(update: Update, content: Content) -> bool:
    before = (update.headline, update.body, update.embed)
    update.headline = " ".join(content.get("headline", update.headline).split())
    update.body = markup.clean(content["body"]) if "body" in content else update.body
    update.embed = content.get("embed", update.embed).strip()
    return before != (update.headline, update.body, update.embed)


def _values(update: Update) -> list[object]:
    return [field.value_from_object(update) for field in Update._meta.concrete_fields]


def _write_time(ed: Edition, update: Update, at: datetime | None) -> None:
    if at and not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Refused(
            _("The year must be from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}, code="time"
        )
    if update.state == State.PUBLISHED and (at is None or at > ed.now):
        raise Refused(_("A published update cannot be moved into the future; withdraw it instead."), code="future")
    update.published_at = to_milliseconds(at) if at else None


def _relate(update: Update, content: Content) -> bool:
    """Set byline and photos where they are given; whether that changed anything."""
    hold(Author, [author.pk for author in content.get("authors", ())])
    hold(Photo, [placed.photo.pk for placed in content.get("photos", ())])
    changed = set_bylines(update, content["authors"]) if "authors" in content else False
    return (set_photos(update, content["photos"]) if "photos" in content else False) or changed


def _settle(ed: Edition, update: Update, state: str, has_photos: bool) -> None:
    """Give a new update its first state."""
    if state in {State.PUBLISHED, State.SCHEDULED}:
        _release(ed, update, has_photos)
    elif state in {State.DRAFT, State.SUBMITTED}:
        update.state = state
    else:
        raise Refused(_("A new update cannot be %(state)s.") % {"state": state}, code="state")


def _release(ed: Edition, update: Update, has_photos: bool = False) -> None:
    """Publish at the time that the update bears, or now; schedule it when that is to come."""
    _not_empty(update, has_photos)
    update.published_at = update.published_at or ed.now
    if update.published_at > ed.now:
        update.state = State.SCHEDULED
        return
    coverage = ed.coverages[update.coverage_id]
    if not coverage.is_public:
        raise Refused(
            _("“%(coverage)s” is %(state)s: start it before you publish in it, or keep this as a draft.")
            % {"coverage": coverage, "state": coverage.get_state_display()},
            code="coverage_state",
        )
    update.state = State.PUBLISHED


def _save(ed: Edition, update: Update, before: _Look, by: User, reason: str = "") -> None:
    after = _Look.of(update)
    update.revision = ed.revise(update.coverage_id)
    if before.published and update.state == State.PUBLISHED:
        _not_empty(update)
    if before.published or after.published:
        update.version = ed.touch(update.coverage_id, *_slots(update, before, after))
        if after.pinned and not before.pinned:
            _unpin_others(ed, update, by)
    update.coverage = ed.coverages[update.coverage_id]
    update.full_clean(exclude=["coverage"], validate_constraints=False)
    attribute(update, by, reason)
    update.save()


def _slots(update: Update, before: _Look, after: _Look) -> list[str]:
    slots = []
    if before.pinned or after.pinned:
        slots.append("pinned")
    if before.key_event or after.key_event:
        slots.append("key_events")
    if update.pk and update.key_points.exists():
        slots.append("key_points")  # they link to its permalink, which holds words of its headline
    return slots


def _unpin_others(ed: Edition, update: Update, by: User) -> None:
    others = Update.objects.filter(coverage_id=update.coverage_id, state=State.PUBLISHED, pinned=True)
    for other in others.exclude(pk=update.pk):
        other.pinned, other.version, other.revision = False, ed.version(update.coverage_id), update.revision
        attribute(other, by)
        other.save()


def _erase_pictures(update: Update) -> None:
    """Delete the photos that stand nowhere else, with their files."""
    photos = [placed.photo for placed in update.photo_captions.select_related("photo")]
    update.photo_captions.all().delete()
    hold(Photo, [photo.pk for photo in photos])
    for photo in photos:
        if not PhotoCaption.objects.filter(photo=photo).exists():
            pk, original = photo.pk, str(photo.original.name or "")
            photo.delete()
            Photo.history.filter(id=pk).delete()
            renditions.forget_soon([photo.stem, *photo.former], [original] if original else [])
