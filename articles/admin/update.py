"""The admin of updates: what editors post with until they have the desk, and where everything can be put right."""

import uuid
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import parse_qs

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.media import markup
from articles.models import Coverage, Update
from articles.publishing import Refused, updates
from articles.publishing.updates import UNPUBLISHED

from .base import CONTINUE, SAVE, Button, Link, Removal
from .forms import Attempt, begin_anew, names, with_byline
from .generic import StaffRequest
from .history import moment, to_the_minute
from .permissions import may_erase_update, may_restore_update
from .placed import photos_change, placed_photos, thumbnail
from .preview import preview
from .state import badge
from .takedown import way
from .update_actions import UpdateActions
from .update_form import UpdateForm, UpdatePhotos

State = Update.State
PUBLISH = Button("_publish", gettext_lazy("Publish"), "publish", later=gettext_lazy("Schedule"))
SCHEDULE = Button("_publish", gettext_lazy("Schedule"), "publish")
PUBLISH_NOW = Button("_publish", gettext_lazy("Publish now"))
SUBMIT = Button("_submit", gettext_lazy("Submit for approval"))
DRAFT = Button("_draft", gettext_lazy("Save draft"))
BACK_TO_DRAFT = Button("_draft", gettext_lazy("Back to draft"))
RESTORE = Button("_restore", gettext_lazy("Restore"), "publish")
STATE_OF = {"_publish": State.PUBLISHED, "_submit": State.SUBMITTED, "_draft": State.DRAFT}
OWN = ("headline", "body", "embed", "pinned", "key_event", "correction", "published_at")
"""The fields that publishing takes as the form gives them."""


class CoverageFilter(admin.SimpleListFilter):
    """The newest coverages; others are found by the search."""

    title = gettext_lazy("coverage")
    parameter_name = "coverage"
    newest = 12

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        found = list(Coverage.objects.order_by("-created_at")[: self.newest])
        chosen = self.value()
        if chosen and chosen.isdecimal() and int(chosen) not in {coverage.pk for coverage in found}:
            found += Coverage.objects.filter(pk=int(chosen))
        return [(coverage.pk, str(coverage)) for coverage in found]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        return queryset.filter(coverage=int(chosen)) if chosen and chosen.isdecimal() else queryset


@admin.register(Update)
class UpdateAdmin(UpdateActions):
    form = UpdateForm
    inlines = [UpdatePhotos]
    state_buttons = frozenset({"_publish", "_submit", "_draft", "_restore"})
    autocomplete_fields = ["coverage"]
    search_fields = ["headline", "body", "coverage__headline", "bylines__author__name"]
    search_help_text = gettext_lazy("Words of the headline or text, a coverage, an author")
    list_display = ["headline_or_text", "state_badge", "time", "byline", "picture", "coverage"]
    list_filter = [
        "state",
        CoverageFilter,
        "key_event",
        "pinned",
        ("bylines__author", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["coverage"]
    date_hierarchy = "published_at"
    ordering = ["-published_at", "-id"]
    fieldsets = [
        (None, {"fields": ["coverage", "headline", "body", "authors"]}),
        (gettext_lazy("Place and time"), {"fields": ["published_at", ("key_event", "pinned")]}),
        (gettext_lazy("Embed and audio"), {"fields": ["embed", "audio"], "classes": ["collapse"]}),
    ]

    # ── List ────────────────────────────────────────────────────────────────────────────────────────────

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("bylines__author", "photo_captions__photo")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """For a key point, only updates of its own coverage."""
        coverage = request.GET.get("of_coverage", "")
        if coverage.isdecimal():
            queryset = queryset.filter(coverage=int(coverage))
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("headline or first words"), ordering="headline")
    def headline_or_text(self, update: Update) -> str:
        return str(update)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, update: Update) -> SafeString:
        marks = [(update.pinned, _("pinned")), (update.key_event, _("key event"))]
        words = format_html_join("", '<br><span class="mark">{}</span>', [(word,) for holds, word in marks if holds])
        return format_html("{}{}", badge(update), words)

    @admin.display(description=gettext_lazy("time"), ordering="published_at", empty_value="-")
    def time(self, update: Update) -> str | None:
        with timezone.override(update.coverage.zone):
            return to_the_minute(update.published_at) if update.published_at else None

    @admin.display(description=gettext_lazy("byline"))
    def byline(self, update: Update) -> str:
        return names(update.authors)

    @admin.display(description=gettext_lazy("photo"))
    def picture(self, update: Update) -> SafeString | str:
        first = next(iter(update.photo_captions.all()), None)
        return thumbnail(first.photo if first else None, "small")

    # ── Form ────────────────────────────────────────────────────────────────────────────────────────────

    def zone(self, request: HttpRequest, object_id: str | None) -> tzinfo | None:
        update = self.found(request, object_id)
        coverage = update.coverage if update else _chosen(request)
        return coverage.zone if coverage else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        author = getattr(request.user, "author", None)
        return {"coverage": _chosen(request), "authors": [author] if author else [], "token": uuid.uuid4()}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [] if obj is None else ["coverage"]
        return fields if self.has_publish_permission(request) else [*fields, "pinned"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A correction for what is out; where nothing can be changed, the text as read instead of its HTML."""
        first, *rest = super().get_fieldsets(request, obj)
        if obj is None:
            return [first, *rest]
        rest = [(_("Correction"), {"fields": ["correction"]}), *rest]
        if self.has_change_permission(request, obj):
            return [first, *rest]
        fields = ["coverage", "headline", "body_as_read", "byline", "state_badge"]
        why = ["withdrawn_at", "withdrawn_reason"] if obj.state == State.WITHDRAWN else []
        return [(None, {"fields": [*fields, *why]}), *rest]

    @admin.display(description=gettext_lazy("text"))
    def body_as_read(self, update: Update) -> SafeString:
        return format_html('<div class="prose">{}</div>', mark_safe(markup.clean(update.body)))  # noqa: S308

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "coverage" and field:
            field.widget.can_add_related = field.widget.can_delete_related = False
            field.widget.attrs["data-zone-url"] = reverse("admin:articles_coverage_zone", args=[0])
        return field

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if obj is not None and not self.has_change_permission(request, obj):
            return [RESTORE] if may_restore_update(request.user, obj) else []
        may_publish = self.has_publish_permission(request)
        if obj is not None and obj.state == State.PUBLISHED:
            return [SAVE, CONTINUE]
        if obj is not None and obj.state == State.SCHEDULED:
            return [SAVE, PUBLISH_NOW, BACK_TO_DRAFT]
        if obj is not None and obj.state == State.SUBMITTED:
            return [PUBLISH, SAVE, BACK_TO_DRAFT] if may_publish else [SAVE, BACK_TO_DRAFT]
        if not may_publish:
            return [SUBMIT, DRAFT]
        coverage = obj.coverage if obj else _chosen(request)
        return [PUBLISH, SUBMIT, DRAFT] if coverage is None or coverage.is_public else [DRAFT, SUBMIT, SCHEDULE]

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        links = []
        if self.has_change_permission(request, obj) and not obj.erased_at:
            links.append(Link(reverse("admin:articles_update_preview", args=[obj.pk]), _("Preview"), new_tab=True))
        if down := way(request.user, obj):
            links.append(down)
        if may_erase_update(request.user, obj):
            links.append(Link(reverse("admin:articles_update_erase", args=[obj.pk]), _("Erase…")))
        if self.has_add_permission(request):
            links.append(Link(_add_url(obj), _("Write another")))
        return links

    def view_on_site(self, obj: Any) -> str | None:
        return obj.get_absolute_url() if obj.is_published and obj.coverage.is_public else None

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────────────

    def write(self, request: StaffRequest, form: Any, formsets: Sequence[Any], change: bool) -> Update:
        button = self.pressed(request, form.instance if change else None)
        content = self._content(request, form, formsets)
        if not change:
            return _post(request, form, button, content)
        before = form.instance.state
        if button == "_publish" and before == State.SCHEDULED:
            content["published_at"] = None
        update = updates.edit(
            form.instance, by=request.user, expected=form.expected, state=STATE_OF.get(button), **content
        )
        begin_anew(request, str(update.revision))
        if update.state != before:
            Attempt.of(request).state = str(update.get_state_display())
        return update

    def _content(self, request: StaffRequest, form: Any, formsets: Sequence[Any]) -> dict[str, Any]:
        """What the form and the photos' inline say that differs from what stands."""
        content = {name: form.cleaned_data[name] for name in OWN if name in form.changed_data}
        if "audio" in form.changed_data:
            content["audio"] = form.cleaned_data["audio"] or None
        if "authors" in form.changed_data:
            content["authors"] = form.cleaned_data["authors"]
        for formset in formsets:
            if formset.has_changed():
                content["photos"] = placed_photos(request, formset)
                if form.instance.pk:
                    Attempt.of(request).also.append(photos_change(form.instance, content["photos"]))
        return content

    def changed_labels(self, form: Any) -> list[str]:
        return with_byline(super().changed_labels(form), form)

    def response_add(self, request: HttpRequest, obj: Update, post_url_continue: str | None = None) -> Any:
        return self._respond(request, obj, self.pressed(request, None)) or super().response_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Update) -> Any:
        return self._respond(request, obj, "") or super().response_change(request, obj)

    def _respond(self, request: HttpRequest, obj: Update, button: str) -> Any:
        if obj.state in {State.PUBLISHED, State.SCHEDULED} and obj.lacks_alt:
            says = _("A photo has no alt text: say what it shows, for those who can't see it.")
            self.message_user(request, says, messages.WARNING)
        if self.is_popup(request):
            return None
        stay = any(name in request.POST for name in ("_draft", "_continue")) or button == "_draft"
        return self.answer(request, obj, _said(request, obj), stay=stay)

    def outright(self, request: HttpRequest, obj: Any, button: str) -> HttpResponse | None:
        if button != "_restore":
            return None
        restored = updates.restore(obj, by=request.user)  # type: ignore[arg-type]
        self.log_change(request, restored, _("Restored"))
        self.message_user(request, _("Restored: readers see it again."))
        return HttpResponseRedirect(request.path)

    # ── Withdrawing, discarding, erasing ────────────────────────────────────────────────────────────────

    def removal(self, request: HttpRequest, obj: Any) -> Removal:
        if obj.state in UNPUBLISHED:
            says = _("It was never published, so nothing of it remains: its text and its history are deleted.")
            return Removal(_("Discard"), says)
        if obj.state == State.WITHDRAWN:
            refused = _("It is withdrawn already. Its row stays, to tell open pages that it is gone.")
            return Removal(_("Withdraw"), "", refused=refused)
        says = _(
            "A published update is not deleted but withdrawn: it vanishes from every page within seconds, its own "
            "address says that it was withdrawn, and it can be restored."
        )
        return Removal(_("Withdraw"), says, needs_reason=True)

    def remove(self, request: StaffRequest, obj: Any, reason: str) -> None:
        if obj.state in UNPUBLISHED:
            updates.discard(obj)
            self.log_removed(request, obj)
        else:
            withdrawn = updates.withdraw(obj, reason, by=request.user)
            self.log_change(request, withdrawn, _("Withdrawn"))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> Any:
        if self.is_popup(request):
            return super().response_delete(request, obj_display, obj_id)
        gone = not Update.objects.filter(pk=obj_id).exists()
        said = _("Discarded: “%(it)s”.") if gone else _("Withdrawn: “%(it)s”.")
        self.message_user(request, said % {"it": obj_display})
        return self.response_post_save_change(request, None)

    # ── Addresses of its own ────────────────────────────────────────────────────────────────────────────

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/preview/", view(self.preview_view), name="articles_update_preview"),
            path("<int:pk>/erase/", view(self.erase_view), name="articles_update_erase"),
        ]
        return own + super().get_urls()

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        update = get_object_or_404(Update.objects.with_content(), pk=pk)
        if not self.has_change_permission(request, update):
            raise PermissionDenied
        return preview(request, update.coverage, update)

    def erase_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        if not self.has_erase_permission(request):
            raise PermissionDenied
        update = get_object_or_404(Update, pk=pk)
        page = self.erase(request, Update.objects.filter(pk=pk).select_related("coverage"))
        return page or HttpResponseRedirect(self.change_url(update))


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────


def _post(request: StaffRequest, form: Any, button: str, content: dict[str, Any]) -> Update:
    state = STATE_OF.get(button, State.DRAFT)
    token = form.cleaned_data.get("token")
    posted = updates.post(form.cleaned_data["coverage"], state=state, token=token, by=request.user, **content)
    if not posted.created:
        _refuse_another_text(posted.update, content)
        Attempt.of(request).repeated = True
    return posted.update


def _refuse_another_text(standing: Update, content: dict[str, Any]) -> None:
    """The same form sent again is fine; sent with another text, that must not be lost."""
    headline = " ".join(content.get("headline", "").split())
    if (standing.headline, standing.body) != (headline, markup.clean(content.get("body", ""))):
        raise Refused(
            _("This form was already sent and became “%(it)s” (%(url)s). Change it there; your text is below.")
            % {"it": standing, "url": reverse("admin:articles_update_change", args=[standing.pk])}
        )


def _said(request: HttpRequest, update: Update) -> str:
    attempt = Attempt.of(request)
    if attempt.repeated:
        return _("It was already posted; nothing was posted twice.")
    words = {
        State.DRAFT: _("Saved as a draft."),
        State.SUBMITTED: _("Submitted for approval."),
        State.SCHEDULED: _("Scheduled for %(time)s."),
        State.PUBLISHED: _("Published: “%(it)s”."),
    }
    with timezone.override(update.coverage.zone):
        at = moment(update.published_at) if update.published_at else ""
    said = words[State(update.state)] % {"time": at, "it": update}
    links = [(_add_url(update), _("Write another"))]
    if update.is_published and update.coverage.is_public:
        links.insert(0, (update.get_absolute_url(), _("View on site")))
    return format_html("{} {}", said, format_html_join(" · ", '<a href="{}">{}</a>', links))


def _add_url(update: Update) -> str:
    return f"{reverse('admin:articles_update_add')}?coverage={update.coverage_id}"


def _chosen(request: HttpRequest) -> Coverage | None:
    """The coverage that a new update is for, as far as is known: sent, asked for, filtered by, or the only live one."""
    kept: dict[str, Coverage | None] = request.__dict__.setdefault("_chosen", {})
    sent = request.POST.get("coverage") or request.GET.get("coverage") or _filtered(request)
    if sent not in kept:
        known = Coverage.objects.filter(pk=int(sent)).first() if sent.isdecimal() else None
        kept[sent] = known if sent else _only_live()
    return kept[sent]


def _filtered(request: HttpRequest) -> str:
    """The coverage that the list was filtered by from which the form was opened."""
    return parse_qs(request.GET.get("_changelist_filters", "")).get("coverage", [""])[0]


def _only_live() -> Coverage | None:
    live = list(Coverage.objects.live()[:2])
    return live[0] if len(live) == 1 else None
