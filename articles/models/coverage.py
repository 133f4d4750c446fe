import zoneinfo
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .fields import MillisecondField, ShortTextField
from .photo import originals
from .querysets import CoverageQuerySet

if TYPE_CHECKING:
    from .author import Author
    from .photo import PhotoCaption
    from .update import Update

SLOTS = ("header", "notice", "key_points", "key_events", "pinned")
"""The parts of an open page beside the feed; each is replaced as a whole."""


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            gettext_lazy("“%(name)s” is no time zone. Write one such as Europe/Kyiv or America/New_York."),
            code="time_zone",
            params={"name": name},
        )


class Coverage(models.Model):
    """One running story (schema.org LiveBlogPosting): what readers keep open, what editors post into."""

    class Mode(models.TextChoices):
        """How open pages hear of what is new; a server that holds no streams makes `STREAM` a `POLL`."""

        STREAM = "stream", _("stream: they are sent it at once")
        POLL = "poll", _("poll: they ask every few seconds, and when they are looked at")
        FROZEN = "frozen", _("frozen: they ask at the interval alone")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        ENDED = "ended", _("ended")
        WITHDRAWN = "withdrawn", _("withdrawn")

    headline = models.CharField(_("headline"), max_length=250)
    slug = models.SlugField(
        _("slug"),
        max_length=120,
        unique=True,
        allow_unicode=True,
        help_text=_("Its place in the address. When it changes, the old address leads here."),
    )
    section = models.CharField(_("section"), max_length=60, blank=True)
    summary = ShortTextField(_("summary"), max_length=600, blank=True)
    language = models.CharField(
        _("language"),
        max_length=12,
        choices=settings.LANGUAGES,
        default=settings.LANGUAGE_CODE,
        help_text=_("The page's language and direction; it does not depend on the reader's browser."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=60,
        default=settings.TIME_ZONE,
        validators=[validate_time_zone],
        help_text=_("Where the story happens, such as Europe/Kyiv."),
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT, editable=False)
    started_at = MillisecondField(_("started at"), null=True, editable=False)
    ended_at = MillisecondField(_("ended at"), null=True, editable=False)
    withdrawn_reason = models.CharField(_("reason for withdrawal"), max_length=250, blank=True, editable=False)
    successor = models.OneToOneField(
        "self",
        verbose_name=_("successor"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="previous",
        error_messages={"unique": _("It already follows another coverage.")},
        help_text=_("The coverage that goes on where this one ends."),
    )
    awaited_successor = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="Of an archive that was taken back before its successor's was: the slug of that.",
    )
    audio = models.FileField(_("audio"), upload_to="audio/", storage=originals, blank=True)
    audio_seconds = models.PositiveIntegerField(_("length of the audio in seconds"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    mode = models.CharField(_("mode"), max_length=6, choices=Mode, default=Mode.STREAM, editable=False)
    poll_seconds = models.PositiveSmallIntegerField(
        _("poll interval"), null=True, editable=False, help_text="Seconds between two questions; null: POLL_SECONDS."
    )

    version = models.BigIntegerField(default=0, editable=False)
    revision = models.BigIntegerField(
        default=0, editable=False, help_text="Counts what its desk can see change, drafts too; readers never see it."
    )
    html_version = models.BigIntegerField(
        default=0, editable=False, help_text="The version below which no kept HTML of its updates is good."
    )
    reset_version = models.BigIntegerField(
        default=0, editable=False, help_text="Pages older than this are fetched anew: a backup was restored since."
    )
    header_version = models.BigIntegerField(default=0, editable=False)
    notice_version = models.BigIntegerField(default=0, editable=False)
    key_points_version = models.BigIntegerField(default=0, editable=False)
    key_events_version = models.BigIntegerField(default=0, editable=False)
    pinned_version = models.BigIntegerField(default=0, editable=False)

    objects = CoverageQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=[
            "version",
            "revision",
            "html_version",
            "reset_version",
            "created_at",
            *(f"{slot}_version" for slot in SLOTS),
        ]
    )

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverage")
        ordering = [F("started_at").desc(nulls_first=True), "-id"]
        permissions = [
            ("publish_coverage", "Can start, end, reopen and withdraw coverage"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(state="draft", started_at__isnull=True, ended_at__isnull=True)
                    | Q(state="live", started_at__isnull=False, ended_at__isnull=True)
                    | Q(state="ended", started_at__isnull=False, ended_at__isnull=False)
                    | Q(state="withdrawn", started_at__isnull=False)
                ),
                name="coverage_state_fits_times",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="coverage_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | ~Q(successor=F("id")),
                name="coverage_not_its_own_successor",
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("coverage", args=[self.slug])

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"; what the HTML attribute `dir` takes."""
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"

    @property
    def poll(self) -> int:
        """Seconds between two questions of an open page."""
        return self.poll_seconds or settings.POLL_SECONDS

    @property
    def is_live(self) -> bool:
        return self.state == self.State.LIVE

    @property
    def is_public(self) -> bool:
        return self.state in {self.State.LIVE, self.State.ENDED}

    @property
    def authors(self) -> "list[Author]":
        return [byline.author for byline in self.bylines.all()]

    @property
    def lead(self) -> "PhotoCaption | None":
        """The lead photo with the caption that stands there."""
        captions: Iterable[PhotoCaption] = self.photo_captions.all()
        return next(iter(captions), None)

    @property
    def public_successor(self) -> "Coverage | None":
        """The next coverage, once readers may see it."""
        return self.successor if self.successor and self.successor.is_public else None

    @property
    def public_previous(self) -> "Coverage | None":
        try:
            previous: Coverage = self.previous
        except ObjectDoesNotExist:
            return None
        return previous if previous.is_public else None


class FormerSlug(models.Model):
    """An address that a coverage once had and that leads to it for ever."""

    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    coverage = models.ForeignKey(Coverage, models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class KeyPoint(models.Model):
    """One "Here's what to know" bullet."""

    coverage = models.ForeignKey(Coverage, models.CASCADE, related_name="key_points")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text = models.CharField(_("text"), max_length=300)
    update = models.ForeignKey(
        "Update",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="key_points",
        verbose_name=_("from the update"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("key point")
        verbose_name_plural = _("key points")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text

    @property
    def source(self) -> "Update | None":
        """The update that it came from, while readers may see it."""
        return self.update if self.update and self.update.is_published else None


class Site(models.Model):
    """One row: the version of what shows every coverage (front page, site-wide feed, sitemaps).

    Its row is locked last in every publishing transaction, so it can join no circle of waiting.
    """

    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)
