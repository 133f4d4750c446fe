from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import ShortTextField


class Photo(models.Model):
    """A picture as readers get it: re-encoded, upright, in sRGB and without private metadata.

    Captions and credits follow the IPTC photo metadata standard: `caption` is its Description,
    `credit` its Credit Line, `alt` its Alt Text (Accessibility).
    """

    image = models.ImageField(
        _("picture"), upload_to="photos/%Y/%m/", width_field="width", height_field="height", max_length=250
    )
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
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["image", "width", "height", "created_at"])

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.caption or self.alt or str(self.image.name)

    @cached_property
    def url(self) -> str:
        """Where the picture is; asked for several times on a page, and a storage takes its time."""
        return str(self.image.url)


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
