"""How an update stands in the desk's list, and what the one who looks may do with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.admin.base import Link
from articles.admin.permissions import (
    may,
    may_change_coverage,
    may_change_update,
    may_erase_update,
    may_remove_update,
    may_restore_update,
)
from articles.admin.takedown import way
from articles.changes import iso
from articles.models import Update
from articles.publishing.updates import UNPUBLISHED

State = Update.State
GROUP = {State.SUBMITTED: 4, State.DRAFT: 3, State.SCHEDULED: 2}
"""What waits for somebody stands above the feed, what waits for approval first."""


class Action(NamedTuple):
    name: str
    label: str
    kind: str = ""
    """"main" for what one is here to do, "danger" for what readers would miss."""


@dataclass(frozen=True)
class Entry:
    """One update in the list, for one user."""

    update: Update
    user: Any

    @property
    def order(self) -> str:
        """The list is sorted by it, descending, as text."""
        return order(self.update)

    @property
    def actions(self) -> list[Action]:
        return list(actions(self.user, self.update))

    @property
    def state_label(self) -> str:
        return capfirst(self.update.get_state_display())

    @property
    def time(self) -> str:
        """When it was or will be published, in the current time zone; the day too where that is not today."""
        return _time(self.update.published_at)

    @property
    def detail(self) -> str:
        """Byline, and what became of it since."""
        update = self.update
        parts = [", ".join(map(str, update.authors))]
        if update.corrected_at and update.correction:
            parts.append(_("corrected %(time)s") % {"time": _time(update.corrected_at)})
        elif update.edited_at:
            parts.append(_("edited %(time)s") % {"time": _time(update.edited_at)})
        if update.erased_at:
            parts.append(_("erased"))
        elif update.withdrawn_reason:
            parts.append(_("withdrawn: %(reason)s") % {"reason": update.withdrawn_reason})
        return " · ".join(filter(None, parts))

    @property
    def url(self) -> str:
        return self.update.get_absolute_url() if self.update.is_published and self.update.coverage.is_public else ""

    @property
    def preview_url(self) -> str:
        changeable = may_change_update(self.user, self.update)
        return reverse("admin:articles_update_preview", args=[self.update.pk]) if changeable else ""

    @property
    def takedown(self) -> Link | None:
        return way(self.user, self.update)

    def as_json(self) -> dict[str, Any]:
        update = self.update
        return {
            "id": update.pk,
            "order": self.order,
            "state": update.state,
            "revision": update.revision,
            "html": self.html(),
        }

    def html(self) -> str:
        return render_to_string("admin/articles/desk/_entry.html", {"entry": self})


def order(update: Update) -> str:
    moment = update.created_at if update.state in GROUP and update.state != State.SCHEDULED else update.published_at
    return f"{GROUP.get(State(update.state), 0)}|{iso(moment) if moment else ''}|{update.pk:019}"


def _time(moment: Any) -> str:
    if moment is None:
        return "–"
    local, now = timezone.localtime(moment), timezone.localtime()
    time = date_format(local, "TIME_FORMAT")
    return time if local.date() == now.date() else f"{date_format(local, 'N j')}, {time}"


def actions(user: Any, update: Update) -> Iterator[Action]:
    """What the user may do with the update as it stands, in the order in which it is offered."""
    if may_change_update(user, update):
        yield Action("edit", _("Edit"))
        if update.state in UNPUBLISHED:
            yield from _before_publication(user, update)
        yield from _marks(user, update)
    if may_restore_update(user, update):
        yield Action("restore", _("Restore"))
    if not update.erased_at:
        yield Action("history", _("History"))
    if may_remove_update(user, update):
        unpublished = update.state in UNPUBLISHED
        yield Action("discard", _("Discard"), "danger") if unpublished else Action("withdraw", _("Withdraw"), "danger")
    if may_erase_update(user, update):
        yield Action("erase", _("Erase"), "danger")


def _before_publication(user: Any, update: Update) -> Iterator[Action]:
    if may(user, "publish_update"):
        label = {State.SUBMITTED: _("Approve and publish"), State.SCHEDULED: _("Publish now")}
        yield Action("publish", label.get(State(update.state), _("Publish")), "main")
    if update.state == State.DRAFT:
        yield Action("submit", _("Submit"))
    else:
        yield Action("return", _("Back to draft"))


def _marks(user: Any, update: Update) -> Iterator[Action]:
    published = update.state == State.PUBLISHED
    if may(user, "publish_update"):
        yield Action("unpin", _("Unpin")) if update.pinned else Action("pin", _("Pin"))
    yield Action("unkey", _("No key update")) if update.key_event else Action("key", _("Key update"))
    if published and may_change_coverage(user, update.coverage):
        yield Action("point", _("Key point"))
    if update.published_at and may(user, "publish_update"):
        yield Action("retime", _("Change time"))


def entries(user: Any, updates: Iterable[Update]) -> list[Entry]:
    return [Entry(update, user) for update in updates]
