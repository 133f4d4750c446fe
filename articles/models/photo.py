from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from articles.media import photos

from .fields import MillisecondField, ShortTextField

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from .coverage import Coverage

STEPS = 10
"""Per cent between two places of the focus that a style sheet can hold."""


def originals() -> Storage:
    """Where pictures lie as they came, and sound, of which public.media gives what is published; no address leads
    there."""
    return storages["originals"]


class Crop(NamedTuple):
    url: str
    width: int
    height: int


def _focus(name: "StrPromise", default: int) -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(name, default=default, validators=[MaxValueValidator(100)])


class PhotoQuerySet(models.QuerySet["Photo"]):
    def usable(self) -> "PhotoQuerySet":
        """Those that may stand somewhere: not withdrawn."""
        return self.filter(withdrawn_at=None)

    def unfinished(self) -> "PhotoQuerySet":
        """Those of which renditions are missing."""
        return self.usable().filter(rendered_at=None)

    def standing_in(self, coverage: "Coverage") -> "PhotoQuerySet":
        """Those that lead it, or stand in an update of it."""
        return self.filter(Q(places__coverage=coverage) | Q(places__update__coverage=coverage)).distinct()


class Photo(models.Model):
    """A picture as readers get it: re-encoded, upright, in sRGB and without private metadata.

    Captions and credits follow the IPTC photo metadata standard: `caption` is its Description,
    `credit` its Credit Line, `alt` its Alt Text (Accessibility). What `image` names is there from the
    beginning; the addresses of its renditions are known then too, and answer with it until they are made.
    """

    MODERN = photos.FORMATS
    """The formats of its renditions besides its own, the best first."""

    # Without `width_field`: with it, Django opens the file whenever a row is read anew, which fails once it is gone.
    image = models.ImageField(_("picture"), upload_to="photos/%Y/%m/", max_length=250)
    width = models.PositiveIntegerField(_("width in pixels"), editable=False)
    height = models.PositiveIntegerField(_("height in pixels"), editable=False)
    alt = ShortTextField(
        _("alt text"),
        max_length=500,
        blank=True,
        help_text=_("What the picture shows, for those who can't see it."),
    )
    caption = ShortTextField(_("caption"), max_length=1000, blank=True, help_text=_("Used where no other is given."))
    credit = models.CharField(
        _("credit"), max_length=200, blank=True, help_text=_("Stands in parentheses after the caption.")
    )
    creator = models.CharField(_("creator"), max_length=200, blank=True)
    taken = models.CharField(_("taken"), max_length=20, blank=True, help_text=_("Such as 2022-02-27T21:13."))
    place = models.CharField(_("place"), max_length=250, blank=True)
    copyright = models.CharField(_("copyright notice"), max_length=250, blank=True)
    headline = models.CharField(_("headline in the file"), max_length=250, blank=True)
    focus_x = _focus(_("focus from the left"), 50)
    focus_y = _focus(_("focus from the top"), 40)
    tone = models.CharField(max_length=3, default="222", editable=False, help_text="As media.decoder gives it.")
    original = models.FileField(max_length=250, storage=originals, blank=True, editable=False)
    former = models.JSONField(default=list, editable=False, help_text="The stems of pictures that stood here before.")
    rendered_at = models.DateTimeField(_("renditions made at"), null=True, editable=False)
    render_error = models.TextField(_("why renditions are missing"), blank=True, editable=False)
    withdrawn_at = MillisecondField(_("withdrawn at"), null=True, editable=False)
    withdrawn_reason = models.CharField(_("reason for withdrawal"), max_length=250, blank=True, editable=False)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=[
            *("image", "width", "height", "tone", "original", "former", "rendered_at", "render_error", "created_at")
        ]
    )

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-created_at", "-id"]
        permissions = [("withdraw_photo", "Can withdraw photos")]
        indexes = [models.Index(fields=["image"], name="photo_by_file", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.caption or self.alt or str(_("(no caption)"))

    @cached_property
    def url(self) -> str:
        """Where the picture is; asked for several times on a page, and a storage takes its time."""
        return str(self.image.url)

    @property
    def stem(self) -> str:
        """The name of the picture's file without its suffix, and of the folder of its renditions."""
        return str(PurePosixPath(str(self.image.name)).with_suffix(""))

    @property
    def suffix(self) -> str:
        """.jpg or .png."""
        return PurePosixPath(str(self.image.name)).suffix

    @property
    def focus(self) -> tuple[int, int]:
        return self.focus_x, self.focus_y

    @property
    def renditions(self) -> list[photos.Rendition]:
        """All that belong to it, by their names within its folder."""
        return photos.plan(self.width, self.height, self.suffix, self.focus)

    @property
    def addresses(self) -> list[str]:
        """All that readers can get of it, or could: cut around an earlier focus, or of pictures that stood here before.

        Not among them: what such a picture had in its own width, where that is none of media.photos.WIDTHS.
        """
        root = self.url.removesuffix(str(self.image.name))
        cut = [photos.crop_name(crop, focus) for focus in self._foci() for crop in photos.CROPS]
        scaled = [f"{wide}.{kind}" for wide in photos.WIDTHS for kind in (*photos.FORMATS, "jpg", "png")]
        now = dict.fromkeys([*(one.name for one in self.renditions), *cut])
        former = [
            f"{stem}{end}" for stem in self.former for end in (".jpg", ".png", *(f"/{name}" for name in scaled + cut))
        ]
        return [self.url, *(f"{root}{path}" for path in [*(f"{self.stem}/{name}" for name in now), *former])]

    def _foci(self) -> list[tuple[int, int]]:
        """Where its focus is and was."""
        return list(self.history.order_by().values_list("focus_x", "focus_y").distinct())

    @property
    def small(self) -> str:
        """The address of its smallest rendition in its own format, for lists of photos."""
        return f"{self.url.removesuffix(self.suffix)}/{photos.widths(self.width)[0]}{self.suffix}"

    def srcset(self, kind: str) -> str:
        """The renditions of one format, "avif", "webp" or its own, as <source> takes them."""
        folder = self.url.removesuffix(self.suffix)
        return ", ".join(f"{folder}/{wide}.{kind} {wide}w" for wide in photos.widths(self.width))

    def crop(self, name: str) -> Crop:
        """One of media.photos.CROPS."""
        address = f"{self.url.removesuffix(self.suffix)}/{photos.crop_name(name, self.focus)}"
        return Crop(address, *photos.crop_size(name, self.width, self.height))

    @property
    def share(self) -> Crop:
        """What other sites show beside a link."""
        return self.crop("share")

    @property
    def look(self) -> str:
        """The classes of its placeholder and of its focus, which the style sheet knows."""
        across, down = (round(place / STEPS) * STEPS for place in self.focus)
        return f"tone-{self.tone} x-{across} y-{down}"


class PhotoCaption(models.Model):
    """A photo's place in an update, or as a coverage's lead, with the caption that stands there."""

    photo = models.ForeignKey(Photo, models.PROTECT, related_name="places", verbose_name=_("photo"))
    coverage = models.ForeignKey("Coverage", models.CASCADE, null=True, blank=True, related_name="photo_captions")
    update = models.ForeignKey("Update", models.CASCADE, null=True, blank=True, related_name="photo_captions")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    caption = ShortTextField(_("caption"), max_length=1000, blank=True, help_text=_("Empty: the photo's own caption."))

    class Meta:
        verbose_name = _("photo with caption")
        verbose_name_plural = _("photos with captions")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(coverage__isnull=True) ^ Q(update__isnull=True), name="photo_caption_of_one_thing"
            ),
            models.UniqueConstraint("coverage", name="one_lead_photo_a_coverage"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The caption that stands here."""
        return str(self.caption or self.photo.caption)
