"""Who is on a desk, and who is writing what there. Rows of the moment; each open desk says every 15 s that it is."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from articles.models import Coverage, Presence
from articles.publishing import CHANNEL

from .state import name_of

GONE = timedelta(seconds=40)
"""Silence after which somebody is taken to have left."""


def people(pk: int) -> list[dict[str, Any]]:
    """`[{"tab", "user", "name", "editing"}]` of a coverage's open desks; `editing` as in models.Presence."""
    there = Presence.objects.filter(coverage=pk, seen_at__gt=timezone.now() - GONE)
    rows = there.select_related("user__author").order_by("user_id", "tab")
    return [
        {"tab": str(one.tab), "user": one.user_id, "name": name_of(one.user), "editing": one.editing} for one in rows
    ]


def here(coverage: Coverage, user: Any, tab: UUID, editing: int | None) -> None:
    """Somebody is on the desk; the others are told when that is new, or what is written is."""
    known = Presence.objects.filter(tab=tab, seen_at__gt=timezone.now() - GONE).first()
    Presence.objects.update_or_create(
        tab=tab, defaults={"coverage": coverage, "user": user, "editing": editing, "seen_at": timezone.now()}
    )
    if known is None or (known.editing, known.coverage_id, known.user_id) != (editing, coverage.pk, user.pk):
        _tell(coverage)


def leave(coverage: Coverage, user: Any, tab: UUID) -> None:
    Presence.objects.filter(tab=tab, user=user).delete()
    Presence.objects.filter(seen_at__lt=timezone.now() - 10 * GONE).delete()
    _tell(coverage)


def _tell(coverage: Coverage) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"people {coverage.pk}"])
