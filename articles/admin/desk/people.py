"""Who is on a desk, and who is writing what there."""

from typing import Any

from articles.models import Presence
from articles.publishing import presence

from .state import name_of


def people(pk: int) -> list[dict[str, Any]]:
    """`[{"tab", "user", "name", "editing"}]` of a coverage's open desks; `editing` as in models.Presence."""
    there = Presence.objects.filter(coverage=pk, seen_at__gt=presence.since())
    rows = there.select_related("user__author").order_by("user_id", "tab")
    return [
        {"tab": str(one.tab), "user": one.user_id, "name": name_of(one.user), "editing": one.editing} for one in rows
    ]
