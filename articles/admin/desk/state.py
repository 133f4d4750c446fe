"""What a desk shows: its list, what has changed since a revision, and the parts beside it. Pure reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.admin.permissions import may, may_change_coverage
from articles.changes import BadCursor, Place, reading
from articles.models import Author, Coverage, Update
from articles.models.querysets import UpdateQuerySet
from articles.publishing.updates import UNPUBLISHED

from .entries import Entry, entries

State = Update.State
WINDOW = 30
"""Published and withdrawn updates that the list begins with, and that "Older" adds."""
WAITING = 200
"""Drafts, submitted and scheduled ones shown above them, at most; the newest."""
MAX_CHANGED = 100
"""More changed updates than this, and the list is sent anew."""


@dataclass(frozen=True)
class Filter:
    """What of a coverage's updates one wants to see."""

    state: str = ""
    author: str = ""
    key: bool = False
    words: str = ""

    def __call__(self, updates: UpdateQuerySet) -> UpdateQuerySet:
        if self.state:
            updates = updates.filter(state=self.state)
        if self.author.isdecimal():
            updates = updates.filter(bylines__author=int(self.author))
        if self.key:
            updates = updates.filter(key_event=True)
        for word in self.words.split()[:8]:
            updates = updates.filter(Q(headline__icontains=word) | Q(body__icontains=word))
        return updates


@dataclass(frozen=True)
class Listed:
    entries: list[Entry]
    older: str
    """The cursor to what comes below; "" when that was all."""


def allowed(user: Any, coverage: Coverage) -> dict[str, bool]:
    """What the user may do on this desk at all."""
    return {
        "add": may(user, "add_update"),
        "publish": may(user, "publish_update"),
        "coverage": may_change_coverage(user, coverage),
        "course": may(user, "publish_coverage"),
    }


def of(coverage: Coverage) -> UpdateQuerySet:
    """All its updates, whatever their state."""
    return Update.objects.filter(coverage=coverage.pk)


def listed(user: Any, coverage: Coverage, wanted: Filter = Filter(), before: str = "") -> Listed:
    """The list's beginning, or what comes below the cursor `before`. Raises ValidationError for a bad one."""
    updates = wanted(of(coverage))
    past = updates.filter(state__in=[State.PUBLISHED, State.WITHDRAWN]).newest_first()
    waiting: list[Update] = []
    if before:
        past = past.before(*_place(before))
    else:
        waiting = list(updates.filter(state__in=UNPUBLISHED).order_by("-created_at").with_content()[:WAITING])
    found = list(past.with_content()[: WINDOW + 1])
    shown = found[:WINDOW]
    older = str(Place(shown[-1].published_at, shown[-1].pk)) if len(found) > WINDOW and shown[-1].published_at else ""
    ordered = sorted(entries(user, waiting + shown), key=lambda entry: entry.order, reverse=True)
    return Listed(ordered, older)


def _place(cursor: str) -> Place:
    try:
        return Place.parse(cursor)
    except BadCursor as bad:
        raise ValidationError(str(bad), code="cursor") from bad


def changes(user: Any, pk: int, after: int, load: Callable[[], Coverage]) -> dict[str, Any]:
    """All that the user's desk must know to get from the revision `after` to the newest."""
    with reading():
        coverage = load()
        changed = of(coverage).filter(revision__gt=after)
        reset = after > coverage.revision or changed[: MAX_CHANGED + 1].count() > MAX_CHANGED
        window = listed(user, coverage) if reset else Listed(entries(user, changed.with_content()), "")
        return {
            "after": after,
            "revision": coverage.revision,
            "reset": reset,
            "entries": [entry.as_json() for entry in window.entries],
            **({"older": window.older} if reset else {}),
            "unpublished": list(coverage.updates.filter(state__in=UNPUBLISHED).values_list("pk", flat=True)),
            "state": coverage.state,
            **beside(user, coverage),
        }


def beside(user: Any, coverage: Coverage) -> dict[str, str]:
    """The parts beside the list, as HTML, by their names."""
    return {
        "coverage": render_to_string("admin/articles/desk/_coverage.html", head(user, coverage)),
        "key_points": render_to_string("admin/articles/desk/_key_points.html", points(user, coverage)),
        "counts": render_to_string("admin/articles/desk/_counts.html", {"counts": counts(coverage)}),
    }


def points(user: Any, coverage: Coverage) -> dict[str, Any]:
    return {
        "points": [{"pk": point.pk, "text": point.text, "update": point.update} for point in coverage.key_points.all()],
        "may": allowed(user, coverage),
        "revision": coverage.key_points_version,
    }


def counts(coverage: Coverage) -> dict[str, int]:
    """How many updates there are of each state, and of key ones among those that readers see."""
    rows = coverage.updates.values_list("state").annotate(Count("pk"))
    by_state = dict.fromkeys(State.values, 0) | dict(rows)
    key = coverage.updates.filter(state=State.PUBLISHED, key_event=True).count()
    return {"all": sum(by_state.values()), **by_state, "key": key}


def head(user: Any, coverage: Coverage) -> dict[str, Any]:
    """What the panel of the coverage shows and offers."""
    gone_out = coverage.updates.filter(state__in=[State.PUBLISHED, State.WITHDRAWN]).exists()
    return {
        "coverage": coverage,
        "coverage_revision": coverage.header_version,
        "may": allowed(user, coverage),
        "successor": coverage.successor,
        "candidates": _candidates(coverage),
        "suggestion": suggestion(coverage),
        "published_any": gone_out,
        "lead": coverage.lead,
        "urls": {
            "public": coverage.get_absolute_url() if coverage.is_public else "",
            "change": reverse("admin:articles_coverage_change", args=[coverage.pk]),
            "successor": reverse("admin:articles_coverage_desk", args=[coverage.successor_id])
            if coverage.successor_id
            else "",
        },
    }


def _candidates(coverage: Coverage) -> "QuerySet[Coverage]":
    """The newest coverages that nothing leads to yet, and that could go on where this one ends."""
    free = Coverage.objects.filter(previous__isnull=True, state__in=["draft", "live"]).exclude(pk=coverage.pk)
    return free.order_by("-created_at")[:12]


def suggestion(coverage: Coverage) -> str:
    """A headline for the coverage of the next day, in the story's language."""
    with translation.override(coverage.language):
        tomorrow = timezone.localtime(timezone.now(), coverage.zone) + timedelta(days=1)
        return _("%(weekday)s’s live updates") % {"weekday": date_format(tomorrow, "l")}


def page(user: Any, coverage: Coverage) -> dict[str, Any]:
    """All that the desk's page is rendered from."""
    window = listed(user, coverage)
    mine = getattr(user, "author", None)
    return {
        **head(user, coverage),
        **points(user, coverage),
        "entries": window.entries,
        "older": window.older,
        "counts": counts(coverage),
        "authors": Author.objects.order_by("name"),
        "mine": mine.pk if mine else None,
        "user_name": name_of(user),
    }


def name_of(user: Any) -> str:
    """The name under which a user writes."""
    author = getattr(user, "author", None)
    return str(author) if author else user.get_full_name() or user.get_username()
