"""The admin of authors: people and desks that stand in bylines."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import Author
from articles.publishing import sources

from .base import PublishingAdmin, Removal
from .bulk import asked, each
from .forms import PublishingForm
from .generic import StaffRequest


class AuthorForm(PublishingForm):
    def state_mark(self) -> str:
        newest = self.instance.history.order_by("-history_id").values_list("history_id", flat=True).first()
        return str(newest or 0)


@admin.register(Author)
class AuthorAdmin(PublishingAdmin):
    form = AuthorForm
    search_fields = ["name", "slug", "user__username"]
    search_help_text = gettext_lazy("A name or an account")
    list_display = ["name", "slug", "user", "uses"]
    list_select_related = ["user"]
    list_filter = [("user", admin.EmptyFieldListFilter)]
    ordering = ["name"]
    actions = ["discard"]
    autocomplete_fields = ["user"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "user"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(use_count=Count("bylines"))

    @admin.display(description=gettext_lazy("bylines"), ordering="use_count")
    def uses(self, author: Any) -> int:
        count: int = author.use_count
        return count

    def write(self, request: StaffRequest, form: Any, formsets: Sequence[Any], change: bool) -> Author:
        author: Author = form.instance
        return sources.save_author(author, by=request.user) if form.has_changed() else author

    def removal(self, request: HttpRequest, obj: Any) -> Removal:
        count = obj.bylines.count()
        refused = ngettext(
            "This author stands in %(count)d byline: take the name out there first.",
            "This author stands in %(count)d bylines: take the name out there first.",
            count,
        ) % {"count": count}
        says = _("The name stands in no byline. It is deleted for good.")
        return Removal(_("Delete"), says, refused=refused if count else "")

    def remove(self, request: StaffRequest, obj: Any, reason: str) -> None:
        sources.discard_author(obj)
        self.log_removed(request, obj)

    @admin.action(permissions=["delete"], description=gettext_lazy("Delete those in no byline…"))
    def discard(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        says = _("Authors who stand in no byline are deleted for good. The others are left alone.")
        answer, page = asked(self, request, queryset, action="discard", title=_("Delete"), says=says)
        if answer is not None:
            each(self, request, queryset, sources.discard_author, _("Deleted"))
        return page
