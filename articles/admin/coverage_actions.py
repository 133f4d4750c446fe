"""Who may do what to coverages, and doing it to several at once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Coverage
from articles.publishing import coverages

from .base import PublishingAdmin
from .bulk import ReasonForm, asked, each
from .forms import ChosenSelect
from .generic import ModelChoiceField, StaffRequest
from .permissions import may, may_change_coverage

State = Coverage.State


class EndForm(forms.Form):
    successor = ModelChoiceField(
        Coverage.objects.all(),
        required=False,
        label=gettext_lazy("The coverage that goes on"),
        help_text=gettext_lazy("Empty: each keeps the successor that it has. A coverage follows one other at most."),
        widget=ChosenSelect(Coverage._meta.get_field("successor"), admin.site),
    )


class CoverageActions(PublishingAdmin):
    actions = ["start", "undo_start", "end_coverage", "reopen", "withdraw", "restore", "discard"]

    # ── Who may do what ─────────────────────────────────────────────────────────────────────────────────

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "publish_coverage")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request) if obj is None else may_change_coverage(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To withdraw what is public takes the right to publish; to discard a draft, that to delete."""
        if obj is None:
            return super().has_delete_permission(request) or self.has_publish_permission(request)
        if obj.state == State.DRAFT:
            return super().has_delete_permission(request, obj)
        return obj.is_public and self.has_publish_permission(request)

    # ── Actions ─────────────────────────────────────────────────────────────────────────────────────────

    @admin.action(permissions=["publish"], description=gettext_lazy("Start"))
    def start(self, request: StaffRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda c: coverages.start(c, by=request.user), _("Started"))

    @admin.action(permissions=["publish"], description=gettext_lazy("Undo start (while nothing is published)"))
    def undo_start(self, request: StaffRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda c: coverages.undo_start(c, by=request.user), _("Back to draft"))

    @admin.action(permissions=["publish"], description=gettext_lazy("End…"))
    def end_coverage(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="end_coverage",
            title=_("End"),
            says=_("Readers are told that this live coverage has ended, and where it goes on."),
            form_class=EndForm,
        )
        if answer is not None:
            end = lambda c: coverages.end(c, successor=answer["successor"], by=request.user)  # noqa: E731
            each(self, request, queryset, end, _("Ended"))
        return page

    @admin.action(permissions=["publish"], description=gettext_lazy("Reopen"))
    def reopen(self, request: StaffRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda c: coverages.reopen(c, by=request.user), _("Reopened"))

    @admin.action(permissions=["publish"], description=gettext_lazy("Withdraw…"))
    def withdraw(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="withdraw",
            title=_("Withdraw"),
            says=_("These coverages vanish with all their updates within seconds. They can be restored."),
            form_class=ReasonForm,
        )
        if answer:
            reason = answer["reason"]
            each(self, request, queryset, lambda c: coverages.withdraw(c, reason, by=request.user), _("Withdrawn"))
        return page

    @admin.action(permissions=["publish"], description=gettext_lazy("Restore"))
    def restore(self, request: StaffRequest, queryset: Any) -> None:
        each(self, request, queryset, lambda c: coverages.restore(c, by=request.user), _("Restored"))

    @admin.action(permissions=["delete"], description=gettext_lazy("Discard drafts…"))
    def discard(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        answer, page = asked(
            self,
            request,
            queryset,
            action="discard",
            title=_("Discard"),
            says=_("Drafts are deleted for good, with the updates in them. What readers have seen is left alone."),
        )
        if answer is not None:
            may = lambda c: c.state != State.DRAFT or self.has_delete_permission(request, c)  # noqa: E731
            each(self, request, queryset, coverages.discard, _("Discarded"), may=may)
        return page
