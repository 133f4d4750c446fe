"""What the admin's first page shows before Django's own lists."""

from typing import Any

from django import template

from articles.models import Coverage

register = template.Library()
MOST = 6


@register.inclusion_tag("admin/articles/_desks.html", takes_context=True)
def desks(context: dict[str, Any]) -> dict[str, Any]:
    """The desks that are open to work on: live coverage first, then what is prepared."""
    if not context["user"].has_perm("articles.view_coverage"):
        return {}
    open_ones = Coverage.objects.filter(state__in=["live", "draft"]).order_by("-state", "-started_at", "-pk")
    return {"coverages": open_ones[:MOST]}
