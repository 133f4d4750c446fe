import re
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import Truncator, slugify
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from articles.media.embeds import Embed, find

from .coverage import Coverage
from .fields import MillisecondField, ShortTextField
from .photo import originals
from .querysets import UpdateQuerySet

if TYPE_CHECKING:
    from .author import Author


@lru_cache(maxsize=200)
def _plain(html: str) -> str:
    spaced = re.sub(r"(</(?:p|li|h\d|blockquote)>|<br>)", r"\1 ", html)
    return " ".join(strip_tags(spaced).replace("&nbsp;", " ").split())


class Update(models.Model):
    """One post of a coverage (schema.org BlogPosting).

    Once published it is never deleted: a withdrawn update's row stays, to tell open pages to drop it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted for approval")
        SCHEDULED = "scheduled", _("scheduled")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    coverage = models.ForeignKey(
        Coverage,
        models.PROTECT,
        related_name="updates",
        verbose_name=_("coverage"),
        help_text=_("Fixed once saved: to move an update, withdraw it and post it anew."),
    )
    headline = models.CharField(_("headline"), max_length=250, blank=True)
    body = models.TextField(_("text"), blank=True, help_text="Sanitised HTML: only what media/markup.py lets through.")
    embed = models.URLField(
        _("embed"),
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("An address of YouTube, Vimeo, X, Bluesky, Mastodon or Instagram; others are shown as a link."),
    )
    audio = models.FileField(_("audio"), upload_to="audio/", storage=originals, blank=True)
    audio_seconds = models.PositiveIntegerField(_("length of the audio in seconds"), default=0, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT)
    published_at = MillisecondField(_("published at"), null=True, blank=True)
    pinned = models.BooleanField(_("pinned"), default=False, help_text=_("Stands above the feed; one a coverage."))
    key_event = models.BooleanField(_("key event"), default=False, help_text=_("Listed under “Key updates”."))
    correction = ShortTextField(_("correction"), max_length=600, blank=True, help_text=_("A public note."))
    corrected_at = MillisecondField(_("corrected at"), null=True, editable=False)
    edited_at = MillisecondField(_("edited at"), null=True, editable=False)
    withdrawn_at = MillisecondField(_("withdrawn at"), null=True, editable=False)
    withdrawn_reason = models.CharField(_("reason for withdrawal"), max_length=250, blank=True, editable=False)
    erased_at = MillisecondField(_("erased at"), null=True, editable=False)
    token = models.UUIDField(_("token"), default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    version = models.BigIntegerField(default=0, editable=False)
    revision = models.BigIntegerField(
        default=0, editable=False, help_text="The coverage's revision at which it last changed, whatever its state."
    )
    save_token = models.UUIDField(
        null=True, editable=False, help_text="Names the save that made it so, which may be sent again."
    )

    objects = UpdateQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["version", "revision", "token", "created_at", "created_by", "audio", "audio_seconds"]
    )

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["-published_at", "-id"]
        permissions = [
            ("publish_update", "Can approve, publish, withdraw and pin updates"),
            ("erase_update", "Can erase updates for good"),
        ]
        indexes = [
            models.Index(
                fields=["coverage", "-published_at", "-id"],
                name="update_feed",
                condition=Q(state="published", pinned=False),
            ),
            models.Index(
                fields=["coverage", "-published_at", "-id"],
                name="update_key_events",
                condition=Q(state="published", key_event=True),
            ),
            models.Index(fields=["coverage", "version"], name="update_changes"),
            models.Index(fields=["coverage", "revision"], name="update_revisions"),
            models.Index(fields=["audio"], name="update_by_audio", condition=~Q(audio="")),
            models.Index(fields=["published_at"], name="update_due", condition=Q(state="scheduled")),
        ]
        constraints = [
            models.UniqueConstraint("coverage", condition=Q(pinned=True, state="published"), name="one_pin_a_coverage"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted"]) | Q(published_at__isnull=False),
                name="update_state_fits_times",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="update_withdrawn_has_time",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(state="withdrawn", headline="", body=""),
                name="update_erased_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return self._words or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        """Its permalink: the number finds it, the words may change."""
        words = slugify(self.headline, allow_unicode=True)[:80].strip("-_")
        return reverse("update", args=[self.coverage.slug, f"{self.pk}-{words}" if words else str(self.pk)])

    @property
    def text(self) -> str:
        """The body as plain words."""
        return _plain(self.body)

    @property
    def title(self) -> str:
        """What names it where something must: headline, first words, what a photo shows, or the coverage's headline."""
        photos = self.photo_captions.all() if not self._words else ()
        return self._words or next(filter(None, (one.text or one.photo.alt for one in photos)), self.coverage.headline)

    @property
    def _words(self) -> str:
        return self.headline or Truncator(self.text).chars(80)

    @property
    def framed(self) -> Embed | None:
        """What its embed shows in a frame; None where it is just a link."""
        return find(self.embed)

    @property
    def lacks_alt(self) -> bool:
        """Whether a photo of it says nothing to those who can't see it. Wants `with_content`."""
        return any(not placed.photo.alt for placed in self.photo_captions.all())

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def authors(self) -> "list[Author]":
        return [byline.author for byline in self.bylines.all()]


class FormerNumber(models.Model):
    """The number that an update had where it was taken back from: its address there leads to it here."""

    slug = models.SlugField(max_length=120, allow_unicode=True)
    number = models.BigIntegerField()
    update = models.ForeignKey(Update, models.CASCADE, related_name="former_numbers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "number"], name="former_number_leads_to_one")]

    def __str__(self) -> str:
        return f"{self.slug}/{self.number}"
