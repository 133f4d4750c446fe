"""Who is on a coverage's desk, and writes what there: nothing that readers see, and so without a version."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from articles.models import Coverage, Presence

from .edition import CHANNEL

GONE = timedelta(seconds=40)
"""Silence after which somebody is taken to have left: an open desk speaks every 15 s."""


def since() -> datetime:
    """When those who are there now spoke last, at the earliest."""
    return timezone.now() - GONE


def enter(coverage: Coverage, user: User, tab: UUID, editing: int | None) -> None:
    """Somebody is on the desk; the other desks are told when that is new, or what is written is."""
    known = Presence.objects.filter(tab=tab, seen_at__gt=since()).first()
    Presence.objects.update_or_create(
        tab=tab, defaults={"coverage": coverage, "user": user, "editing": editing, "seen_at": timezone.now()}
    )
    if known is None or (known.editing, known.coverage_id, known.user_id) != (editing, coverage.pk, user.pk):
        _tell(coverage)


def leave(coverage: Coverage, user: User, tab: UUID) -> None:
    """The desk was closed. Those who went without a word a while ago are forgotten with it."""
    Presence.objects.filter(tab=tab, user=user).delete()
    Presence.objects.filter(seen_at__lt=timezone.now() - 10 * GONE).delete()
    _tell(coverage)


def _tell(coverage: Coverage) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"people {coverage.pk}"])
