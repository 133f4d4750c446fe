"""Who may do what to updates, and doing it to many at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Update
from articles.publishing import updates
from articles.publishing.updates import UNPUBLISHED

from .base import PublishingAdmin
from .bulk import ReasonForm, asked, each
from .generic import StaffRequest
from .permissions import may, may_change_update, may_remove_update

State = Update.State


def time_of(update: Update) -> datetime | None:
    """When a publishing button or action lets it out: a scheduled one now, another at the time that it bears."""
    return None if update.state == State.SCHEDULED else update.published_at


class UpdateActions(PublishingAdmin):
    actions = [
        "publish",
        "submit",
        "withdraw",
        "restore",
        "pin",
        "unpin",
        "mark_key_event",
        "unmark_key_event",
        "discard",
        "erase",
    ]

    # ── Who may do what ─────────────────────────────────────────────────────────────────────────────────

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "publish_update")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "erase_update")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request) if obj is None else may_change_update(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return any(may(request.user, f"{verb}_update") for verb in ("delete", "publish", "change"))
        return may_remove_update(request.user, obj)

    # ── Actions ─────────────────────────────────────────────────────────────────────────────────────────

    def _each(self, request: HttpRequest, objects: Any, do: Callable[[Any], object], done: str) -> None:
        each(self, request, objects, do, done, may=lambda update: self.has_change_permission(request, update))

    @admin.action(permissions=["publish"], description=gettext_lazy("Publish"))
    def publish(self, request: StaffRequest, queryset: Any) -> None:
        """At the time that each bears, or now."""
        self._each(request, queryset, lambda u: updates.publish(u, at=time_of(u), by=request.user), _("Published"))

    @admin.action(permissions=["change"], description=gettext_lazy("Submit for approval"))
    def submit(self, request: StaffRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda u: updates.submit(u, by=request.user), _("Submitted for approval"))

    @admin.action(permissions=["publish"], description=gettext_lazy("Pin (one a coverage)"))
    def pin(self, request: StaffRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda u: updates.pin(u, by=request.user), _("Pinned"))

    @admin.action(permissions=["publish"], description=gettext_lazy("Unpin"))
    def unpin(self, request: StaffRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda u: updates.pin(u, pinned=False, by=request.user), _("Unpinned"))

    @admin.action(permissions=["change"], description=gettext_lazy("Mark as key event"))
    def mark_key_event(self, request: StaffRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda u: updates.set_key_event(u, by=request.user), _("Marked as key event"))

    @admin.action(permissions=["change"], description=gettext_lazy("No longer a key event"))
    def unmark_key_event(self, request: StaffRequest, queryset: Any) -> None:
        unmark = lambda u: updates.set_key_event(u, key_event=False, by=request.user)  # noqa: E731
        self._each(request, queryset, unmark, _("No longer a key event"))

    @admin.action(permissions=["publish"], description=gettext_lazy("Withdraw…"))
    def withdraw(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="withdraw",
            title=_("Withdraw"),
            says=_("These updates vanish from every page within seconds. They can be restored."),
            form_class=ReasonForm,
        )
        if answer:
            reason = answer["reason"]
            each(self, request, queryset, lambda u: updates.withdraw(u, reason, by=request.user), _("Withdrawn"))
        return page

    @admin.action(permissions=["publish"], description=gettext_lazy("Restore"))
    def restore(self, request: StaffRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda u: updates.restore(u, by=request.user), _("Restored"))

    @admin.action(permissions=["delete"], description=gettext_lazy("Discard drafts…"))
    def discard(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="discard",
            title=_("Discard"),
            says=_("Drafts, submitted and scheduled updates are deleted for good. Published ones are left alone."),
        )
        if answer is not None:
            may = lambda u: u.state not in UNPUBLISHED or self.has_delete_permission(request, u)  # noqa: E731
            each(self, request, queryset, updates.discard, _("Discarded"), may=may)
        return page

    @admin.action(permissions=["erase"], description=gettext_lazy("Erase for good…"))
    def erase(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="erase",
            title=_("Erase for good"),
            says=_(
                "Text, pictures that stand nowhere else, byline and history are gone for good, as the law may ask. "
                "Nobody can bring them back. To take an update from readers only, withdraw it."
            ),
        )
        if answer is not None:
            each(self, request, queryset, lambda u: updates.erase(u, by=request.user), _("Erased"))
        return page
