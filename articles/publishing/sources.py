"""Authors and photos: what many updates show at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage, storages
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.media import photos
from articles.models import Author, Coverage, Photo, Update

from . import renditions, updates
from .content import User, attribute, given
from .edition import Edition, edition_of, hold
from .errors import Refused
from .rights import ask_again

FACTS = ("alt", "caption", "credit", "creator", "taken", "place", "copyright", "headline")
"""What is read from a photo's file and corrected by the editor."""
STAYING = ("caption", "place")
"""Those that may hold for another picture in a photo's place, whose file says nothing of them."""


class PhotoContent(TypedDict, total=False):
    """What an editor gives of a photo; what is left out stays as it is.

    With an `image`, what is left out or empty is what its file says. Where that says nothing either, only STAYING
    stays of a picture that was there before: no credit beats a wrong one, and its alt text does not describe this.
    """

    image: "File[Any]"
    alt: str
    caption: str
    credit: str
    creator: str
    taken: str
    place: str
    copyright: str
    headline: str
    focus: tuple[int, int]
    """Where the eye goes, in percent from the left and from the top."""


def author_named(name: str, *, by: User = None) -> Author:
    """The author of this name, made when there is none."""
    name = " ".join(name.split())
    known = Author.objects.filter(name__iexact=name)
    if found := known.first():
        return found
    try:
        return save_author(Author(name=name, slug=_free_slug(name)), by=by)
    except (ValidationError, IntegrityError):
        if made_meanwhile := known.first():
            return made_meanwhile
        raise


def _free_slug(name: str) -> str:
    wanted = slugify(name, allow_unicode=True)[:110] or "author"
    taken = set(Author.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


def save_author(author: Author, *, by: User = None) -> Author:
    """Create or change an author. Open pages show a new name at their next load, not as a delta each."""

    def find() -> set[int]:
        return (
            set(
                Coverage.objects.filter(
                    Q(bylines__author=author.pk) | Q(updates__bylines__author=author.pk)
                ).values_list("pk", flat=True)
            )
            if author.pk
            else set()
        )

    with edition_of(find, lambda: hold(Author, [author.pk] if author.pk else [])) as ed:
        author.full_clean()
        attribute(author, by)
        author.save()
        for pk in ed.coverages:
            ed.touch(pk, "html")
    return author


def discard_author(author: Author) -> None:
    """Delete an author who stands in no byline."""
    with transaction.atomic(durable=True):
        hold(Author, [author.pk])
        try:
            author.delete()
        except ProtectedError as error:
            raise Refused(_("This author stands in bylines; take the name out there first."), code="in_use") from error


def add_photo(*, by: User = None, **content: Unpack[PhotoContent]) -> Photo:
    """Take a picture in: decoded and encoded anew outside any transaction, its metadata read where none is given."""
    if "image" not in content:
        raise Refused(_("Choose a picture."), code="required")
    photo = Photo()
    taken = photos.take_in(content["image"])
    _say(photo, taken, content)
    _place_focus(photo, content)
    with _stored(taken):
        _take(photo, taken)
        photo.full_clean()
        attribute(photo, by)
        with transaction.atomic(durable=True):
            photo.save()
            renditions.queue(photo)
    return photo


def edit_photo(photo: Photo, *, by: User = None, **content: Unpack[PhotoContent]) -> Photo:
    """Correct a photo, or put another picture in its place; wherever it stands, open pages follow."""
    taken = photos.take_in(content["image"]) if "image" in content else None
    with _stored(taken), edition_of(lambda: _shown_in(photo), lambda: hold(Photo, [photo.pk])) as ed:
        current = _usable(photo)
        before = current.stem, str(current.original.name), current.focus
        had_alt = bool(current.alt)
        _say(current, taken, content)
        _place_focus(current, content)
        if taken:
            current.former = [*current.former, current.stem]
            _take(current, taken)
        if settings.REQUIRE_ALT_TEXT and not current.alt and had_alt and _is_shown(current):
            raise Refused(_no_alt(bool(taken)), code="alt")
        current.full_clean()
        attribute(current, by)
        if taken or current.focus != before[2]:
            current.rendered_at = None
        current.save()
        if current.rendered_at is None:
            renditions.queue(current)
        if taken:
            renditions.forget_soon([before[0]], [name for name in before[1:2] if name])
        _stamp_places(ed, current)
    return current


def withdraw_photo(photo: Photo, reason: str, *, by: User = None) -> Photo:
    """Take a photo from everything that shows it, for good; its addresses answer 410. Refused without a reason.

    The original stays, where no reader gets. An update that was nothing but this photo is withdrawn too.
    """
    reason = given(reason)
    with edition_of(lambda: _shown_in(photo), lambda: hold(Photo, [photo.pk])) as ed:
        current = _usable(photo)
        _stamp_places(ed, current)
        shown = list(Update.objects.filter(photo_captions__photo=current, state=Update.State.PUBLISHED).distinct())
        current.places.all().delete()
        current.withdrawn_at, current.withdrawn_reason = ed.now, reason
        attribute(current, by, reason)
        current.save()
        renditions.forget_soon([current.stem, *current.former])
    for update in shown:
        if updates.is_empty(update):
            updates.withdraw(update, reason, by=by)
    return current


def discard_photo(photo: Photo) -> None:
    """Delete a photo that stands nowhere."""
    with transaction.atomic(durable=True):
        hold(Photo, [photo.pk])
        files = [photo.stem, *photo.former], [str(photo.original.name)] if photo.original else []
        try:
            photo.delete()
        except ProtectedError as error:
            raise Refused(_("This photo stands in coverage; take it out there first."), code="in_use") from error
        renditions.forget_soon(*files)


def _usable(photo: Photo) -> Photo:
    current: Photo = Photo.objects.get(pk=photo.pk)
    if current.withdrawn_at:
        raise Refused(_("This photo was withdrawn; upload it anew if that was a mistake."), code="withdrawn")
    ask_again(current)
    return current


@contextmanager
def _stored(taken: photos.TakenIn | None) -> Iterator[None]:
    """Put both files where they are to lie, and take them away where no photo comes of it: no transaction does that."""
    kept: list[tuple[Storage, str]] = []
    try:
        for storage, file in _files(taken):
            file.name = storage.save(f"{timezone.now():photos/%Y/%m}/{file.name}", file)
            kept.append((storage, file.name))
        yield
    except BaseException:
        for storage, name in kept:
            storage.delete(name)
        raise


def _files(taken: photos.TakenIn | None) -> "list[tuple[Storage, ContentFile[bytes]]]":
    return [(default_storage, taken.file), (storages["originals"], taken.original)] if taken else []


def _take(photo: Photo, taken: photos.TakenIn) -> None:
    """The picture that `_stored` has put there."""
    photo.image, photo.original = str(taken.file.name), str(taken.original.name)
    photo.tone, photo.width, photo.height = taken.tone, taken.width, taken.height


def _say(photo: Photo, taken: photos.TakenIn | None, content: PhotoContent) -> None:
    for fact in FACTS:
        given = str(content.get(fact, "")).strip()
        if taken:
            stays = getattr(photo, fact) if fact in STAYING and fact not in content else ""
            setattr(photo, fact, given or taken.words[fact] or stays)  # type: ignore[literal-required]
        elif fact in content:
            setattr(photo, fact, given)


def _no_alt(other_picture: bool) -> str:
    if other_picture:
        return _("Readers see this photo: say in its alt text what the new picture shows; this is of the one before.")
    return _("Readers see this photo: its alt text cannot be taken away.")


def _place_focus(photo: Photo, content: PhotoContent) -> None:
    if "focus" in content:
        photo.focus_x, photo.focus_y = content["focus"]


def _is_shown(photo: Photo) -> bool:
    return photo.places.filter(
        Q(coverage__state__in=["live", "ended"]) | Q(update__state__in=["scheduled", "published"])
    ).exists()


def _shown_in(photo: Photo) -> set[int]:
    places = photo.places.values_list("coverage_id", "update__coverage_id")
    return {pk for place in places for pk in place if pk}


def _stamp_places(ed: Edition, photo: Photo) -> None:
    for pk in photo.places.filter(coverage__isnull=False).values_list("coverage_id", flat=True):
        ed.touch(pk, "header")
    shown = Update.objects.filter(photo_captions__photo=photo).distinct()
    for pk, coverage_id, pinned, state in shown.values_list("pk", "coverage_id", "pinned", "state"):
        stamps = {"revision": ed.revise(coverage_id)}
        if state == Update.State.PUBLISHED:
            stamps["version"] = ed.touch(coverage_id, *(["pinned"] if pinned else []))
        Update.objects.filter(pk=pk).update(**stamps)
