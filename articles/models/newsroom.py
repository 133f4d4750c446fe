"""What is so now and need not outlive a crash: who is on a desk, and how many readers each process serves."""

from django.conf import settings
from django.db import models


class Presence(models.Model):
    """One open desk (a browser's tab) and what is being written there."""

    tab = models.UUIDField(primary_key=True)
    coverage = models.ForeignKey("Coverage", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    editing = models.BigIntegerField(null=True, help_text="The update's id; 0: a new one; null: nothing.")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} ({self.coverage})"


class Audience(models.Model):
    """The readers of one coverage whose streams one process holds, and what it last handed to them."""

    process = models.UUIDField()
    coverage = models.ForeignKey("Coverage", models.CASCADE, related_name="+")
    readers = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    handed = models.PositiveIntegerField(default=0, help_text="Connections that `version` was written to.")
    milliseconds = models.PositiveIntegerField(default=0, help_text="From taking `version` to the last of them.")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "coverage"], name="audience_once_a_process")]

    def __str__(self) -> str:
        return f"{self.readers} ({self.coverage})"
