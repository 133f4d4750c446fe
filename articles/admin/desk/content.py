"""From what the composer sends to what publishing takes, and back."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.admin.forms import StoryTimeField, names
from articles.admin.history import diff, moment, plain
from articles.admin.permissions import may_change_photo
from articles.media import markup
from articles.models import Author, Photo, PhotoCaption, Update
from articles.publishing import PlacedPhoto, sources
from articles.publishing.content import MAX_PHOTOS
from articles.publishing.updates import Content

from .entries import actions

TEXTS = ("headline", "body", "embed", "correction")
MARKS = ("key_event", "pinned")
FACTS = [name for name in sources.FACTS if name not in {"alt", "caption", "credit"}]
"""What is known of a photo besides what the composer has fields for; put right on its page in the admin."""


def content(sent: dict[str, Any], update: Update | None = None) -> Content:
    """What was sent of an update, checked; what was left out stays out. Raises ValidationError."""
    found: dict[str, Any] = {name: _text(sent, name) for name in TEXTS if name in sent}
    found |= {name: _boolean(sent, name) for name in MARKS if name in sent}
    if "authors" in sent:
        found["authors"] = _chosen(Author, sent["authors"], "authors")
    if "photos" in sent:
        found["photos"] = placed(sent["photos"])
    if "published_at" in sent:
        found["published_at"] = story_time(sent["published_at"], update)
    return cast(Content, found)


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent[name]
    if not isinstance(value, str):
        raise ValidationError({name: _("This must be a text.")}, code="type")
    if "\x00" in value:
        raise ValidationError({name: _("The text holds a character that no text may hold (U+0000).")}, code="type")
    return value


def _boolean(sent: dict[str, Any], name: str) -> bool:
    if not isinstance(sent[name], bool):
        raise ValidationError({name: _("This must be true or false.")}, code="type")
    return bool(sent[name])


def _chosen[M: Model](model: type[M], ids: Any, name: str) -> list[M]:
    """The objects of these ids, in their order."""
    if not isinstance(ids, list) or not all(_is_id(pk) for pk in ids):
        raise ValidationError({name: _("This must be a list of ids.")}, code="type")
    found = model._default_manager.in_bulk(ids)
    if missing := [pk for pk in ids if pk not in found]:
        raise ValidationError(
            {name: _("One of them is gone (%(id)s); choose another.") % {"id": missing[0]}}, code="missing"
        )
    return [found[pk] for pk in dict.fromkeys(ids)]


def _is_id(value: object) -> bool:
    most = 2**63
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < most


def placed(sent: Any) -> list[PlacedPhoto]:
    """The photos of `[{"id", "caption"}]`; a caption that is the photo's own is left to the photo."""
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise ValidationError({"photos": _("This must be a list of photos.")}, code="type")
    if len(sent) > MAX_PHOTOS:
        raise ValidationError({"photos": _("At most %(most)d photos; take some out.") % {"most": MAX_PHOTOS}})
    photos = _chosen(Photo, [one.get("id") for one in sent], "photos")
    captions = {one["id"]: str(one.get("caption") or "").strip() for one in sent}
    return [PlacedPhoto(photo, "" if captions[photo.pk] == photo.caption else captions[photo.pk]) for photo in photos]


def story_time(text: Any, update: Update | None = None) -> datetime | None:
    """The moment that a clock of the story shows as `text` ("2022-02-28T09:13"); None for ""."""
    if not isinstance(text, str | None):
        raise ValidationError({"published_at": _("This must be a text.")}, code="type")
    field = StoryTimeField(required=False)
    field.standing = update.published_at if update else None
    try:
        found: datetime | None = field.clean(text)
    except ValidationError as bad:
        raise ValidationError({"published_at": bad}) from bad
    return found


def to_come(at: datetime | None) -> None:
    """Refuse a time that has passed, for what is to be scheduled: a minute's grace is for slow typing."""
    if at and (timezone.now() - at).total_seconds() > 60:  # noqa: PLR2004
        says = _("This time has passed. Choose a later one, or leave it empty to publish now.")
        raise ValidationError({"published_at": says}, code="past")


def uuid_of(sent: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(str(sent.get(name)))
    except ValueError as bad:
        raise ValidationError({name: _("Send a UUID, made anew for each save.")}, code="token") from bad


def _is_percent(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100  # noqa: PLR2004


def focus_of(sent: dict[str, Any]) -> tuple[int, int]:
    """Where the eye goes, in percent from the left and from the top."""
    focus = sent["focus"]
    if isinstance(focus, list) and len(focus) == 2 and all(map(_is_percent, focus)):  # noqa: PLR2004
        return focus[0], focus[1]
    raise ValidationError({"focus": _("Send two whole numbers from 0 to 100.")}, code="focus")


def expected_of(sent: dict[str, Any], *, required: bool = False) -> int | None:
    value = sent.get("expected")
    if value is None and not required:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValidationError({"expected": _("Send the revision that you began from.")}, code="expected")
    return value


# ── Back ────────────────────────────────────────────────────────────────────────────────────────────────


def photo_json(user: Any, photo: Photo, caption: str = "") -> dict[str, Any]:
    """`changeable`: whether this user may change what belongs to the photo wherever it stands."""
    return {
        "id": photo.pk,
        "url": photo.small,
        "width": photo.width,
        "height": photo.height,
        "caption": caption or photo.caption,
        "default_caption": photo.caption,
        "credit": photo.credit,
        "alt": photo.alt,
        "focus": photo.focus,
        "changeable": may_change_photo(user, photo),
        "facts": [
            (capfirst(str(Photo._meta.get_field(name).verbose_name)), value)  # type: ignore[union-attr]
            for name in FACTS
            if (value := getattr(photo, name))
        ],
        "admin": reverse("admin:articles_photo_change", args=[photo.pk]),
    }


def update_json(user: Any, update: Update) -> dict[str, Any]:
    """An update for the composer to edit; its time as a clock of the story shows it."""
    local = timezone.localtime(update.published_at).strftime("%Y-%m-%dT%H:%M:%S") if update.published_at else ""
    places: list[PhotoCaption] = list(update.photo_captions.all())
    return {
        "id": update.pk,
        "revision": update.revision,
        "version": update.version,
        "state": update.state,
        **{name: getattr(update, name) for name in (*TEXTS, *MARKS)},
        "authors": [author.pk for author in update.authors],
        "photos": [photo_json(user, place.photo, place.text) for place in places],
        "published_at": local,
        "actions": [action.name for action in actions(user, update)],
        "url": update.get_absolute_url() if update.is_published else "",
    }


def differences(current: Update, given: Content) -> list[dict[str, str]]:
    """Where `current` is not what was sent: `[{"label", "theirs", "html"}]`, the last from theirs to one's own."""
    sent: dict[str, Any] = dict(given)
    rows = [
        (_label(name), show(_stands(current, name)), show(sent[name])) for name, show in _SHOW.items() if name in sent
    ]
    return [
        {"label": label, "theirs": theirs or "–", "html": str(diff(theirs, mine))}
        for label, theirs, mine in rows
        if theirs != mine
    ]


def _label(name: str) -> str:
    known = {"authors": _("Byline"), "photos": _("Photos")}
    field: Any = known.get(name) or Update._meta.get_field(name)
    return capfirst(str(getattr(field, "verbose_name", field)))


def _stands(update: Update, name: str) -> Any:
    if name == "photos":
        return [PlacedPhoto(place.photo, place.caption) for place in update.photo_captions.select_related("photo")]
    return getattr(update, name)


def _body(html: str) -> str:
    return plain(markup.clean(html))


def _photos(photos: list[PlacedPhoto]) -> str:
    return names(one.caption or one.photo for one in photos)


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


_SHOW: dict[str, Callable[[Any], str]] = {
    "headline": str.strip,
    "body": _body,
    "embed": str.strip,
    "authors": names,
    "photos": _photos,
    "published_at": lambda at: moment(at) if at else "",
    "correction": str.strip,
    "key_event": _yes,
    "pinned": _yes,
}


def differs_to_readers(update: Update, given: Content) -> bool:
    """Whether the words are others, after case, punctuation and white space are taken away."""
    body = markup.clean(given["body"]) if "body" in given else update.body
    stood, stands = f"{update.headline} {update.body}", f"{given.get('headline', update.headline)} {body}"
    return _letters(stood) != _letters(stands)


def _letters(html: str) -> str:
    """Letters, numbers and signs alone; "3.5" and "35" stay apart."""
    text = unicodedata.normalize("NFKC", strip_tags(html.replace("<", " <")).replace("&nbsp;", " ")).casefold()
    kept = [
        c if unicodedata.category(c)[0] not in "PZC" or _within_number(text, index) else ""
        for index, c in enumerate(text)
    ]
    return "".join(kept)


def _within_number(text: str, index: int) -> bool:
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return text[index] in ".,-:" and len(around) == 2 and around.isdecimal()  # noqa: PLR2004
