"""What coverages and updates have in common: bylines, and photos with captions."""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.utils.translation import gettext as _

from articles.models import Author, Byline, Coverage, Photo, PhotoCaption, Update

from .errors import Refused

type User = AbstractBaseUser | None
"""Who did it, as histories remember; None for a command or the schedule."""


MAX_PHOTOS = 10
"""Of one update: a gallery that readers still leaf through."""


class PlacedPhoto(NamedTuple):
    """A photo where it shall stand; an empty caption means the photo's own."""

    photo: Photo
    caption: str = ""


def attribute(to: Model, by: User, reason: str = "") -> None:
    """Have the history of what is saved next say who did it, and why (django-simple-history's names)."""
    vars(to)["_history_user"] = by
    vars(to)["_change_reason"] = reason[:100] or None


def given(reason: str) -> str:
    """The reason for a withdrawal as it is kept. Refused where there is none."""
    if said := " ".join(reason.split()):
        return said[:250]
    raise Refused({"reason": Refused(_("Say why, in a few words; the history keeps it."), code="required")})


def _of(owner: Coverage | Update) -> dict[str, Coverage | Update]:
    return {"coverage" if isinstance(owner, Coverage) else "update": owner}


def set_bylines(owner: Coverage | Update, authors: Sequence[Author]) -> bool:
    """Make this the byline, in this order; whether that changed anything."""
    wanted = list(dict.fromkeys(author.pk for author in authors))
    if wanted == list(owner.bylines.order_by("position").values_list("author_id", flat=True)):
        return False
    owner.bylines.all().delete()
    Byline.objects.bulk_create(
        Byline(author_id=author, position=position, **_of(owner)) for position, author in enumerate(wanted)
    )
    return True


def check_alt(owner: Coverage | Update) -> None:
    """For what readers see, or will: Refused where a photo has no alt text and REQUIRE_ALT_TEXT is set."""
    if not settings.REQUIRE_ALT_TEXT:
        return
    if lacking := [str(placed.photo) for placed in owner.photo_captions.select_related("photo").filter(photo__alt="")]:
        says = _("A photo has no alt text: %(photos)s. Say what it shows, for those who can't see it.")
        raise Refused(says % {"photos": ", ".join(lacking)}, code="alt")


def set_photos(owner: Coverage | Update, photos: Sequence[PlacedPhoto]) -> bool:
    """Make these the photos, in this order; whether that changed anything."""
    if len(photos) > MAX_PHOTOS:
        raise Refused(_("At most %(most)d photos; take some out.") % {"most": MAX_PHOTOS}, code="too_many")
    wanted = [(placed.photo.pk, placed.caption.strip()) for placed in photos]
    if wanted == list(owner.photo_captions.order_by("position", "id").values_list("photo_id", "caption")):
        return False
    gone = set(
        Photo.objects.filter(pk__in=[pk for pk, _caption in wanted])
        .exclude(withdrawn_at=None)
        .values_list("pk", flat=True)
    )
    if places := [str(place) for place, (pk, _caption) in enumerate(wanted, 1) if pk in gone]:
        says = _("Withdrawn, so it may stand nowhere: photo %(places)s of %(all)d. Take it out.")
        raise Refused(says % {"places": ", ".join(places), "all": len(wanted)}, code="photos")
    owner.photo_captions.all().delete()
    PhotoCaption.objects.bulk_create(
        PhotoCaption(photo_id=photo, caption=caption, position=position, **_of(owner))
        for position, (photo, caption) in enumerate(wanted)
    )
    return True
