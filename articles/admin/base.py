"""What the admin of each model shares: no transaction of its own, and refusals told in the form."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import tzinfo
from functools import partial
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.media.disk import is_full
from articles.publishing import Conflict, Refused, only_while
from articles.publishing.errors import NO_ROOM

from .conflict import differences
from .forms import SHORT_TEXTS, Attempt, PublishingForm, with_select
from .generic import ModelAdmin, StaffRequest
from .history import Entry, timeline
from .sound import SOUND

type Field = str | Sequence[str]


class Button(NamedTuple):
    """One way to send the form; the first that is offered is what the Enter key does."""

    name: str
    label: str | Promise
    kind: str = ""
    later: str | Promise = ""
    """What it says while the publication time is to come."""


class Link(NamedTuple):
    url: str
    label: str
    new_tab: bool = False


class Removal(NamedTuple):
    """What "delete" comes to for one object; `refused`: why it cannot be done at all."""

    verb: str
    says: str
    needs_reason: bool = False
    refused: str = ""


SAVE = Button("_save", gettext_lazy("Save"))
CONTINUE = Button("_continue", gettext_lazy("Save and continue editing"))
LONGEST_SEARCH = 200
"""Letters of a search; the others are left out."""


class PublishingAdmin(ModelAdmin):
    """An admin that writes through `articles.publishing` alone.

    Django wraps its views in a transaction. Publishing's functions must stand outside any, since what they
    acknowledge is committed; so the views here are Django's inner ones. What publishing refuses, after the
    form was found good, sends the same request through the form once more, which then shows why.
    """

    form = PublishingForm
    list_per_page = 50
    formfield_overrides = SHORT_TEXTS | SOUND
    state_buttons: frozenset[str] = frozenset()
    """The names of all buttons that change a state, whoever may use them."""

    # ── Zone and views ──────────────────────────────────────────────────────────────────────────────────

    def zone(self, request: HttpRequest, object_id: str | None) -> tzinfo | None:
        """The time zone that the form speaks; None: the server's."""
        return None

    def _in_zone(self, request: HttpRequest, object_id: str | None) -> AbstractContextManager[None]:
        return timezone.override(self.zone(request, object_id))

    def found(self, request: HttpRequest, object_id: str | None) -> Any:
        """The object, or None; asked for once a request."""
        kept: dict[str, Any] = request.__dict__.setdefault("_found", {})
        if object_id is not None and object_id not in kept:
            kept[object_id] = self.get_object(request, unquote(object_id))
        return kept.get(object_id or "")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        with self._in_zone(request, object_id):
            answer = self._do_outright(request, object_id) or self._attempt(
                lambda: self._changeform_view(request, object_id, form_url, extra_context),  # type: ignore[attr-defined]
                request,
                self.found(request, object_id),
            )
            return answer.render() if isinstance(answer, TemplateResponse) else answer

    def _attempt(self, view: Callable[[], HttpResponse], request: HttpRequest, obj: Any) -> HttpResponse:
        try:
            with only_while(obj, partial(self.has_change_permission, request)):
                return view()
        except Conflict:
            pass  # the form finds it out by itself when it is looked at again
        except ValidationError as error:
            Attempt.of(request).refuse(error)
        return view()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django takes an action that is not offered for none at all, and nobody would hear of it."""
        if set(filter(None, request.POST.getlist("action"))).difference(self.get_actions(request)):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        obj = self.found(request, object_id)
        removal = {"removal": self.removal(request, obj)} if obj else {}
        try:
            with only_while(obj, partial(self.has_delete_permission, request)):
                return self._delete_view(request, object_id, {**removal, **(extra_context or {})})  # type: ignore[attr-defined]
        except ValidationError as error:
            for message in error.messages:
                self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Django looks for each word in each field: for three thousand of them nine seconds long."""
        return super().get_search_results(request, queryset, search_term[:LONGEST_SEARCH])

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Without Django's deletion, which goes past publishing; each model has actions of its own for that."""
        actions: dict[str, Any] = super().get_actions(request, action_location=action_location)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **with_select(self, db_field, kwargs))

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────────────

    def write(self, request: StaffRequest, form: Any, formsets: Sequence[Any], change: bool) -> models.Model:
        """Publish what the form and its inlines say, and give back the object as it stands then."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.attempt = Attempt.of(request)  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: all is written at once, when the inlines are known too."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        try:
            saved = self.write(request, form, formsets, change)
        except IntegrityError as error:
            raise Refused(_("Somebody changed this at the same moment. Save again.")) from error
        except OSError as error:
            if not is_full(error):
                raise
            raise Refused(NO_ROOM) from error
        form.instance.__dict__.update(self.model._base_manager.get(pk=saved.pk).__dict__)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Django's message, or the new state where that is all; empty when nothing was changed."""
        attempt = Attempt.of(request)
        if add:
            return [] if attempt.repeated else [{"added": {}}]
        fields = [*self.changed_labels(form), *attempt.also]
        if not fields:
            return capfirst(attempt.state)
        return [{"changed": {"fields": [*fields, attempt.state] if attempt.state else fields}}]

    def changed_labels(self, form: "ModelForm[Any]") -> list[str]:
        return [str(form.fields[name].label) for name in form.changed_data if not form.fields[name].widget.is_hidden]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, obj, message) if message else None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, obj, message) if message else None

    # ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """The buttons of the form; none: Django's."""
        return []

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        """Places to go to from an object's page."""
        return []

    def outright(self, request: HttpRequest, obj: Any, button: str) -> HttpResponse | None:
        """Do what a button says without looking at the form, where it is one of that kind."""
        return None

    def _do_outright(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        if request.method != "POST" or not (obj := self.found(request, object_id)):
            return None
        button = self.pressed(request, obj)
        try:
            return self.outright(request, obj, button)
        except ValidationError as error:
            for message in error.messages:
                self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def pressed(self, request: HttpRequest, obj: Any) -> str:
        """The button that sent the form, else what the Enter key does; a button that was not offered is refused."""
        offered = [button.name for button in self.buttons(request, obj)]
        if self.state_buttons.intersection(request.POST).difference(offered):
            raise PermissionDenied
        named = [name for name in offered if name in request.POST]
        plain = [name for name in ("_continue", "_addanother", "_save") if name in request.POST]
        return next(iter(named or (offered if obj is None else plain) or plain or offered), "_save")

    def render_change_form(  # noqa: PLR0917 (the signature is Django's)
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        context |= {
            "buttons": self.buttons(request, obj),
            "links": self.links(request, obj) if obj else [],
            "removal": self.removal(request, obj) if obj else None,
        }
        form = context["adminform"].form
        if getattr(form, "conflict", False):
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            context["theirs"] = differences(self.model._base_manager.get(pk=obj.pk), form, formsets)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # ── Deleting ────────────────────────────────────────────────────────────────────────────────────────

    def removal(self, request: HttpRequest, obj: Any) -> Removal:
        raise NotImplementedError

    def remove(self, request: StaffRequest, obj: Any, reason: str) -> None:
        """Do what `removal` says."""
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        refused = [said for obj in objs if (said := self.removal(request, obj).refused)]
        return [], {}, set(), refused

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Not before it is done: see delete_model."""

    def delete_model(self, request: Any, obj: Any) -> None:
        reason = " ".join(request.POST.get("reason", "").split())
        if self.removal(request, obj).needs_reason and not reason:
            raise ValidationError(_("Say why, in a few words; the history keeps it."))
        self.remove(request, obj, reason)

    def log_removed(self, request: HttpRequest, obj: Any) -> None:
        super().log_deletions(request, [obj])  # type: ignore[arg-type]

    # ── History ─────────────────────────────────────────────────────────────────────────────────────────

    def histories(self, obj: Any) -> list[Any]:
        """The records that make up an object's history."""
        return [obj.history.all()]

    def timeline(self, obj: Any) -> list[Entry]:
        return timeline(self.histories(obj), obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.found(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        with self._in_zone(request, object_id):
            page = Paginator(self.timeline(obj), 100).get_page(request.GET.get("p"))
            context = {
                **self.admin_site.each_context(request),
                "title": _("History"),
                "subtitle": str(obj),
                "module_name": capfirst(self.opts.verbose_name_plural),
                "entries": page,
                "page_range": page.paginator.get_elided_page_range(page.number),
                "object": obj,
                "opts": self.opts,
                "preserved_filters": self.get_preserved_filters(request),
                **(extra_context or {}),
            }
            return TemplateResponse(request, "admin/articles/object_history.html", context).render()

    # ── Answering ───────────────────────────────────────────────────────────────────────────────────────

    def answer(self, request: HttpRequest, obj: Any, message: str, *, stay: bool) -> HttpResponseBase:
        """Say what was done, and go on to the object's page or to the list."""
        self.message_user(request, message, messages.SUCCESS)
        if stay:
            return HttpResponseRedirect(self.change_url(obj))
        return self.response_post_save_change(request, obj)

    def change_url(self, obj: Any) -> str:
        from django.urls import reverse

        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    @staticmethod
    def is_popup(request: HttpRequest) -> bool:
        return IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET
