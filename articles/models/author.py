from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Author(models.Model):
    """Who stands in a byline: a person, or a desk such as "Kyiv desk"."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("slug"), max_length=120, unique=True, allow_unicode=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user account"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        help_text=_("Whoever signs in with this account posts under this name."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Byline(models.Model):
    """One author's place in the byline of one coverage or of one update."""

    author = models.ForeignKey(Author, models.PROTECT, related_name="bylines", verbose_name=_("author"))
    coverage = models.ForeignKey("Coverage", models.CASCADE, null=True, blank=True, related_name="bylines")
    update = models.ForeignKey("Update", models.CASCADE, null=True, blank=True, related_name="bylines")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(coverage__isnull=True) ^ models.Q(update__isnull=True),
                name="byline_of_one_thing",
            ),
            models.UniqueConstraint(fields=["coverage", "author"], name="byline_once_a_coverage"),
            models.UniqueConstraint(fields=["update", "author"], name="byline_once_an_update"),
        ]

    def __str__(self) -> str:
        return str(self.author)
