"""The admin of coverages: their heads, their key points, and when they start, end and follow each other."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Coverage, KeyPoint, Update
from articles.public.oembed import embed_code
from articles.publishing import coverages

from .base import CONTINUE, SAVE, Button, Link, Removal
from .coverage_actions import CoverageActions
from .coverage_form import CoverageForm, KeyPoints, LeadPhoto, key_points, mark_of, time_zones
from .desk.urls import urlpatterns as desk_urls
from .forms import Attempt, begin_anew, with_byline
from .generic import StaffRequest
from .history import to_the_minute
from .placed import photos_change, placed_photos, thumbnail
from .preview import preview
from .state import badge
from .takedown import way

State = Coverage.State
START = Button("_start", gettext_lazy("Start"), "publish")
UNDO_START = Button("_undo_start", gettext_lazy("Undo start"))
END = Button("_end", gettext_lazy("End"))
REOPEN = Button("_reopen", gettext_lazy("Reopen"))
RESTORE = Button("_restore", gettext_lazy("Restore"), "publish")
OWN = ("headline", "slug", "section", "summary", "authors", "language", "time_zone", "successor")
"""The fields that publishing takes as the form gives them."""


@admin.register(Coverage)
class CoverageAdmin(CoverageActions):
    form = CoverageForm
    inlines = [KeyPoints, LeadPhoto]
    state_buttons = frozenset({"_start", "_undo_start", "_end", "_reopen", "_restore"})
    autocomplete_fields = ["successor"]
    prepopulated_fields = {"slug": ["headline"]}
    search_fields = ["headline", "slug", "section", "summary"]
    search_help_text = gettext_lazy("Words of the headline or summary, a section, the address")
    list_display = [
        "headline",
        "desk",
        "state_badge",
        "section",
        "started",
        "ended",
        "published",
        "successor",
        "picture",
    ]
    list_filter = ["state", "section", "language"]
    list_select_related = ["successor"]
    date_hierarchy = "started_at"
    ordering = [F("started_at").desc(nulls_first=True), "-id"]
    readonly_fields = ["state_badge", "started", "ended", "withdrawn_reason", "embed_code"]
    fieldsets = [
        (None, {"fields": ["headline", "summary", "section", "authors"]}),
        (gettext_lazy("Address, language and time"), {"fields": ["slug", ("language", "time_zone")]}),
        (gettext_lazy("Audio"), {"fields": ["audio"], "classes": ["collapse"]}),
    ]

    # ── List ────────────────────────────────────────────────────────────────────────────────────────────

    def get_queryset(self, request: HttpRequest) -> Any:
        published = Count("updates", filter=Q(updates__state=Update.State.PUBLISHED))
        return (
            super().get_queryset(request).prefetch_related("photo_captions__photo").annotate(published_count=published)
        )

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, coverage: Coverage) -> SafeString:
        return badge(coverage)

    @admin.display(description=gettext_lazy("desk"))
    def desk(self, coverage: Coverage) -> SafeString:
        return format_html('<a href="{}">{}</a>', desk_url(coverage), _("Open the desk"))

    @admin.display(description=gettext_lazy("started"), ordering="started_at")
    def started(self, coverage: Coverage) -> str:
        return _in_story_time(coverage, coverage.started_at)

    @admin.display(description=gettext_lazy("ended"), ordering="ended_at")
    def ended(self, coverage: Coverage) -> str:
        return _in_story_time(coverage, coverage.ended_at)

    @admin.display(description=gettext_lazy("updates"), ordering="published_count")
    def published(self, coverage: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', _updates_url(coverage), coverage.published_count)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, coverage: Coverage) -> SafeString | str:
        lead = coverage.lead
        return thumbnail(lead.photo if lead else None, "small")

    @admin.display(description=gettext_lazy("embed code"))
    def embed_code(self, coverage: Coverage) -> SafeString:
        return format_html('<textarea rows="7" cols="80" readonly>{}</textarea>', embed_code(coverage))

    # ── Form ────────────────────────────────────────────────────────────────────────────────────────────

    def zone(self, request: HttpRequest, object_id: str | None) -> tzinfo | None:
        coverage: Coverage | None = self.found(request, object_id)
        return coverage.zone if coverage else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        author = getattr(request.user, "author", None)
        return {"authors": [author] if author else []}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = list(super().get_fieldsets(request, obj))
        if obj is None:
            return own
        why = ["withdrawn_reason"] if obj.state == State.WITHDRAWN else []
        course = {"fields": ["state_badge", ("started", "ended"), *why, "successor"]}
        elsewhere = {
            "fields": ["embed_code"],
            "classes": ["collapse"],
            "description": _("Other sites show the newest updates, live, where they paste this into their page."),
        }
        more = [(_("On other sites"), elsewhere)] if obj.is_public else []
        return [own[0], (_("Course"), course), *own[1:], *more]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            return forms.ChoiceField(
                choices=time_zones,
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                initial=db_field.get_default(),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if obj is None:
            return [SAVE, CONTINUE]
        may_publish = self.has_publish_permission(request)
        if obj.state == State.WITHDRAWN:
            return [RESTORE] if may_publish else []
        if not self.has_change_permission(request, obj):
            return []
        course = {State.DRAFT: [START], State.LIVE: [END], State.ENDED: [REOPEN]}[obj.state] if may_publish else []
        if END in course and not obj.updates.filter(state__in=["published", "withdrawn"]).exists():
            course = [END, UNDO_START]
        return [SAVE, CONTINUE, *course]

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        links = [Link(desk_url(obj), _("Desk")), Link(_updates_url(obj), _("Updates"))]
        if self.has_change_permission(request, obj):
            links.append(Link(reverse("admin:articles_coverage_preview", args=[obj.pk]), _("Preview"), new_tab=True))
        if down := way(request.user, obj):
            links.append(down)
        return links

    def view_on_site(self, obj: Any) -> str | None:
        return obj.get_absolute_url() if obj.is_public else None

    def histories(self, obj: Any) -> list[Any]:
        return [*super().histories(obj), KeyPoint.history.filter(coverage_id=obj.pk)]

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────────────

    def write(self, request: StaffRequest, form: Any, formsets: Sequence[Any], change: bool) -> Coverage:
        button = self.pressed(request, form.instance if change else None)
        by = request.user
        content, points = self._content(request, form, formsets)
        if not change:
            coverage = coverages.create(by=by, **content)
        else:
            coverage = Coverage.objects.get(pk=form.instance.pk)
            coverage = coverages.edit(coverage, by=by, **content) if content else coverage
        if points is not None:
            coverages.set_key_points(coverage, points, by=by)
        begin_anew(request, mark_of(coverage))
        if move := _moves(request, coverage).get(button):
            coverage = move()
            Attempt.of(request).state = str(coverage.get_state_display())
        return coverage

    def _content(self, request: StaffRequest, form: Any, formsets: Sequence[Any]) -> tuple[dict[str, Any], Any]:
        """What differs from what stands; the key points apart, None when they are as they were."""
        content = {name: form.cleaned_data[name] for name in OWN if name in form.changed_data}
        if "audio" in form.changed_data:
            content["audio"] = form.cleaned_data["audio"] or None
        points, lead = formsets
        if lead.has_changed():
            placed = placed_photos(request, lead)
            content["lead"] = placed[0] if placed else None
            if form.instance.pk:
                Attempt.of(request).also.append(photos_change(form.instance, placed))
        if not points.has_changed():
            return content, None
        Attempt.of(request).also.append(_("Key points"))
        return content, key_points(points)

    def changed_labels(self, form: Any) -> list[str]:
        return with_byline(super().changed_labels(form), form)

    def response_add(self, request: HttpRequest, obj: Coverage, post_url_continue: str | None = None) -> Any:
        if self.is_popup(request):
            return super().response_add(request, obj)
        said = _("“%(it)s” is a draft that no reader can see. Start it when it is ready.") % {"it": obj}
        return self.answer(request, obj, said, stay=True)

    def response_change(self, request: HttpRequest, obj: Coverage) -> Any:
        if self.is_popup(request):
            return super().response_change(request, obj)
        said = _("Saved. “%(it)s” is %(state)s.") % {"it": obj, "state": obj.get_state_display()}
        return self.answer(request, obj, said, stay="_save" not in request.POST)

    def outright(self, request: HttpRequest, obj: Any, button: str) -> HttpResponse | None:
        if button != "_restore":
            return None
        restored = coverages.restore(obj, by=request.user)  # type: ignore[arg-type]
        self.log_change(request, restored, _("Restored"))
        self.message_user(request, _("Restored: readers see it again."))
        return HttpResponseRedirect(request.path)

    # ── Withdrawing and discarding ──────────────────────────────────────────────────────────────────────

    def removal(self, request: HttpRequest, obj: Any) -> Removal:
        if obj.state == State.DRAFT:
            says = _("No reader has seen it, so nothing of it remains: it is deleted with the drafts in it.")
            return Removal(_("Discard"), says)
        if obj.state == State.WITHDRAWN:
            refused = _("It is withdrawn already. Its row stays, so that its address says that it is gone.")
            return Removal(_("Withdraw"), "", refused=refused)
        says = _(
            "A coverage that readers have seen is not deleted but withdrawn: it vanishes with all its updates within "
            "seconds, its address says that it is gone, and it can be restored."
        )
        return Removal(_("Withdraw"), says, needs_reason=True)

    def remove(self, request: StaffRequest, obj: Any, reason: str) -> None:
        if obj.state == State.DRAFT:
            coverages.discard(obj)
            self.log_removed(request, obj)
        else:
            withdrawn = coverages.withdraw(obj, reason, by=request.user)
            self.log_change(request, withdrawn, _("Withdrawn"))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> Any:
        if self.is_popup(request):
            return super().response_delete(request, obj_display, obj_id)
        gone = not Coverage.objects.filter(pk=obj_id).exists()
        said = _("Discarded: “%(it)s”.") if gone else _("Withdrawn: “%(it)s”.")
        self.message_user(request, said % {"it": obj_display})
        return self.response_post_save_change(request, None)

    # ── Addresses of its own ────────────────────────────────────────────────────────────────────────────

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        view = self.admin_site.admin_view
        own: list[URLPattern | URLResolver] = [
            path("<int:pk>/desk/", include(desk_urls)),
            path("<int:pk>/preview/", view(self.preview_view), name="articles_coverage_preview"),
            path("<int:pk>/zone/", view(self.zone_view), name="articles_coverage_zone"),
        ]
        return own + super().get_urls()

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        coverage = get_object_or_404(Coverage, pk=pk)
        if not self.has_change_permission(request, coverage):
            raise PermissionDenied
        return preview(request, coverage)

    def zone_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """`{"zone": "Europe/Kyiv"}`: what the form of an update asks when another coverage is chosen in it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse({"zone": get_object_or_404(Coverage, pk=pk).time_zone})


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────


def _in_story_time(coverage: Coverage, when: datetime | None) -> str:
    with timezone.override(coverage.zone):
        return to_the_minute(when) if when else "-"


def desk_url(coverage: Coverage) -> str:
    return reverse("admin:articles_coverage_desk", args=[coverage.pk])


def _updates_url(coverage: Coverage) -> str:
    return f"{reverse('admin:articles_update_changelist')}?coverage={coverage.pk}"


def _moves(request: StaffRequest, coverage: Coverage) -> dict[str, Callable[[], Coverage]]:
    """What each button does to a coverage, after what the form says was saved."""
    by = request.user
    return {
        "_start": lambda: coverages.start(coverage, by=by),
        "_undo_start": lambda: coverages.undo_start(coverage, by=by),
        "_end": lambda: coverages.end(coverage, by=by),
        "_reopen": lambda: coverages.reopen(coverage, by=by),
    }
