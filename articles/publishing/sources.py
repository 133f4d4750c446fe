"""Authors and photos: what many updates show at once."""

from functools import partial
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.media import photos
from articles.models import Author, Coverage, Photo, Update

from .content import User, attribute
from .edition import Edition, edition_of, hold
from .errors import Refused


class PhotoContent(TypedDict, total=False):
    """What an editor gives of a photo; what is left out stays as it is (at upload: as the file's metadata says)."""

    image: "File[Any]"
    alt: str
    caption: str
    credit: str


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
    taken = photos.take_in(content["image"])
    photo = Photo(
        alt=content.get("alt", "") or taken.alt,
        caption=content.get("caption", "") or taken.caption,
        credit=content.get("credit", "") or taken.credit,
    )
    photo.image = taken.file
    photo.full_clean()
    attribute(photo, by)
    with transaction.atomic(durable=True):
        photo.save()
    return photo


def edit_photo(photo: Photo, *, by: User = None, **content: Unpack[PhotoContent]) -> Photo:
    """Correct a photo, or put another picture in its place; wherever it stands, open pages follow."""
    taken = photos.take_in(content["image"]) if "image" in content else None
    with edition_of(lambda: _shown_in(photo), lambda: hold(Photo, [photo.pk])) as ed:
        current = Photo.objects.get(pk=photo.pk)
        had_alt = bool(current.alt)
        for field in ("alt", "caption", "credit"):
            setattr(current, field, str(content.get(field, getattr(current, field))).strip())
        if taken:
            current.image = taken.file
        if settings.REQUIRE_ALT_TEXT and not current.alt and had_alt and _is_shown(current):
            raise Refused(_("Readers see this photo: its alt text cannot be taken away."), code="alt")
        current.full_clean()
        attribute(current, by)
        current.save()
        _stamp_places(ed, current)
    return current


def discard_photo(photo: Photo) -> None:
    """Delete a photo that stands nowhere."""
    with transaction.atomic(durable=True):
        hold(Photo, [photo.pk])
        try:
            photo.delete()
        except ProtectedError as error:
            raise Refused(_("This photo stands in coverage; take it out there first."), code="in_use") from error
        transaction.on_commit(partial(photo.image.storage.delete, str(photo.image.name)))


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
