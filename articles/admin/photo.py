"""The admin of photos: corrected wherever they stand, deleted only where they stand nowhere."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import Photo
from articles.publishing import renditions, sources

from .base import CONTINUE, SAVE, Button, Link, PublishingAdmin, Removal
from .bulk import ReasonForm, asked, each
from .forms import Attempt, PublishingForm
from .generic import StaffRequest
from .history import to_the_minute
from .permissions import may_change_photo
from .placed import PICTURES, thumbnail

WORDS = sources.FACTS
FOCUS = ("focus_x", "focus_y")
WITHDRAWN = ("withdrawn_at", "withdrawn_reason")

WITHDRAW = Button("_withdraw", gettext_lazy("Withdraw…"), "withdraw")
RENDER = Button("_render", gettext_lazy("Make the renditions anew"))


class PhotoForm(PublishingForm):
    # Not the model's field: Django would measure an unchecked picture when it is set.
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": PICTURES}),
    )

    class Meta:
        model = Photo
        fields = (*WORDS, *FOCUS)
        widgets = {name: forms.NumberInput(attrs={"data-focus": name[-1]}) for name in FOCUS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        picture = self.fields["picture"]
        picture.required = self.instance.pk is None
        reads = _("Fields left empty say what the file says; you see it next.")
        if self.instance.pk:
            picture.label = _("Another picture in its place")
            reads = _(
                "Fields left as they are say what the new file says; you see it next. Where it says nothing, caption "
                "and place stay; credit, rights, date and alt text of the picture before go."
            )
        takes = _("JPEG, PNG, WebP, AVIF, HEIC or GIF, up to 40 MB; chosen, dropped here or pasted.")
        picture.help_text = " ".join((takes, _("Private metadata is taken out."), reads))

    def state_mark(self) -> str:
        newest = self.instance.history.order_by("-history_id").values_list("history_id", flat=True).first()
        return str(newest or 0)


class AltTextFilter(admin.SimpleListFilter):
    title = gettext_lazy("alt text")
    parameter_name = "alt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("missing", _("missing")), ("given", _("given"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "missing":
            return queryset.filter(alt="")
        return queryset.exclude(alt="") if self.value() == "given" else queryset


class RenditionsFilter(admin.SimpleListFilter):
    title = gettext_lazy("renditions")
    parameter_name = "renditions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("missing", _("being made")), ("failed", _("failed")), ("withdrawn", _("withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = {
            "missing": Q(rendered_at=None, render_error="", withdrawn_at=None),
            "failed": Q(rendered_at=None, withdrawn_at=None) & ~Q(render_error=""),
            "withdrawn": Q(withdrawn_at__isnull=False),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("used", _("stands somewhere")), ("unused", _("stands nowhere"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in {"used", "unused"}:
            return queryset
        return queryset.filter(places__isnull=self.value() == "unused").distinct()


@admin.register(Photo)
class PhotoAdmin(PublishingAdmin):
    form = PhotoForm
    state_buttons = frozenset({WITHDRAW.name, RENDER.name})

    class Media:
        js = [forms.widgets.Script(f"js/admin/{name}.js", type="module") for name in ("focus", "pictures")]

    search_fields = ["caption", "alt", "credit", "places__caption"]
    search_help_text = gettext_lazy("Words of a caption, the alt text or the credit")
    list_display = ["picture", "words", "credit", "uses", "noted", "uploaded"]
    list_display_links = ["picture", "words"]
    list_filter = [AltTextFilter, UseFilter, RenditionsFilter]
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    actions = ["withdraw", "render_anew", "discard"]
    readonly_fields = ["shown", "size", "rendered", "created_at", "where", *WITHDRAWN]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["picture", *WORDS]})]
        own: list[Any]
        if obj.withdrawn_at:
            own = [*WITHDRAWN, *WORDS]
        elif self.has_change_permission(request, obj):
            own = ["shown", FOCUS, "picture", *WORDS]
        else:
            own = ["shown", FOCUS, *WORDS]
        return [(None, {"fields": own}), (None, {"fields": ["where", "size", "rendered", "created_at"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request) if obj is None else may_change_photo(request.user, obj)

    # ── List ────────────────────────────────────────────────────────────────────────────────────────────

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(use_count=Count("places", distinct=True))

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, photo: Photo) -> SafeString | str:
        return thumbnail(photo)

    @admin.display(description=gettext_lazy("picture"))
    def shown(self, photo: Photo) -> SafeString | str:
        return thumbnail(photo, "large")

    @admin.display(description=gettext_lazy("caption"), ordering="caption")
    def words(self, photo: Photo) -> str:
        return str(photo)

    @admin.display(description=gettext_lazy("size"))
    def size(self, photo: Photo) -> str:
        return f"{photo.width} x {photo.height}"

    @admin.display(description=gettext_lazy("renditions"))
    def rendered(self, photo: Photo) -> str:
        if photo.withdrawn_at:
            return _("withdrawn")
        if photo.rendered_at:
            return _("made")
        return _("failed: %(why)s") % {"why": photo.render_error} if photo.render_error else _("being made")

    @admin.display(description=gettext_lazy("use"), ordering="use_count")
    def uses(self, photo: Any) -> str:
        count: int = photo.use_count
        if not count:
            return _("stands nowhere")
        return ngettext("in %(count)d place", "in %(count)d places", count) % {"count": count}

    @admin.display(description=gettext_lazy("to note"), empty_value="")
    def noted(self, photo: Photo) -> str:
        """Only what is not as it should be: narrow screens show no heads of columns, and wide ones have little room."""
        is_made = photo.rendered_at and not photo.withdrawn_at
        return ", ".join(([] if photo.alt else [_("no alt text")]) + ([] if is_made else [self.rendered(photo)]))

    @admin.display(description=gettext_lazy("uploaded"), ordering="created_at")
    def uploaded(self, photo: Photo) -> str:
        return to_the_minute(photo.created_at)

    @admin.display(description=gettext_lazy("stands in"))
    def where(self, photo: Photo) -> SafeString | str:
        places = photo.places.select_related("update__coverage", "coverage")
        rows = [(_change_url(place.update or place.coverage), place.update or place.coverage) for place in places]
        return format_html_join(", ", '<a href="{}">{}</a>', rows) or _("nothing yet")

    # ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if obj is None:
            return [SAVE, CONTINUE]
        may_change = self.has_change_permission(request, obj)
        buttons = [SAVE, CONTINUE] if may_change else []
        if may_change and obj.rendered_at is None:
            buttons.append(RENDER)
        if obj.withdrawn_at is None and self.has_withdraw_permission(request):
            buttons.append(WITHDRAW)
        return buttons

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        gone = reverse("admin:photo_gone", args=[obj.pk])
        return [Link(gone, _("See that it is gone"))] if obj.withdrawn_at else []

    def outright(self, request: HttpRequest, obj: Any, button: str) -> HttpResponse | None:
        if button == RENDER.name:
            self.render_anew(request, [obj])  # type: ignore[arg-type]
            return HttpResponseRedirect(request.path)
        if button != WITHDRAW.name and request.POST.get("action") != "withdraw":
            return None
        if not self.has_withdraw_permission(request):
            raise PermissionDenied
        page = self.withdraw(request, Photo.objects.usable().filter(pk=obj.pk))  # type: ignore[arg-type]
        return page or HttpResponseRedirect(reverse("admin:photo_gone", args=[obj.pk]))

    def response_add(self, request: HttpRequest, obj: Photo, post_url_continue: Any = None) -> HttpResponse:
        """Show what the file says, to be confirmed, unless the editor is on the way to the next one."""
        if self.is_popup(request) or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self.answer(request, obj, _known(obj), stay=True)  # type: ignore[return-value]

    def response_change(self, request: HttpRequest, obj: Photo) -> HttpResponse:
        if self.is_popup(request) or "picture" not in request.FILES:
            return super().response_change(request, obj)
        return self.answer(request, obj, _known(obj), stay=True)  # type: ignore[return-value]

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────────────

    def write(self, request: StaffRequest, form: Any, formsets: Sequence[Any], change: bool) -> Photo:
        data = form.cleaned_data
        content = {name: data[name] for name in WORDS if name in form.changed_data}
        if change and set(FOCUS) & set(form.changed_data):
            content["focus"] = tuple(data[name] for name in FOCUS)
        if data.get("picture"):
            content["image"] = data["picture"]
        if not change:
            return sources.add_photo(by=request.user, **content)
        photo = Photo.objects.get(pk=form.instance.pk)
        if not content:
            return photo
        after = sources.edit_photo(photo, by=request.user, **content)
        by_file = [name for name in WORDS if name not in content and getattr(after, name) != getattr(photo, name)]
        Attempt.of(request).also.extend(map(capfirst, _labels(by_file)))
        return after

    def removal(self, request: HttpRequest, obj: Any) -> Removal:
        count = obj.places.count()
        refused = ngettext(
            "This photo stands in %(count)d place: take it out there first.",
            "This photo stands in %(count)d places: take it out there first.",
            count,
        ) % {"count": count}
        says = _("It stands nowhere. Its file and its history go with it, for good.")
        return Removal(_("Delete"), says, refused=refused if count else "")

    def remove(self, request: StaffRequest, obj: Any, reason: str) -> None:
        sources.discard_photo(obj)
        self.log_removed(request, obj)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.withdraw_photo") or request.user.has_perm("articles.publish_update")

    @admin.action(permissions=["withdraw"], description=gettext_lazy("Withdraw…"))
    def withdraw(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        says = _(
            "These photos vanish from every page, feed and card within seconds, with all their files, for good. "
            "Updates that are nothing but such a photo are withdrawn too."
        )
        answer, page = asked(
            self, request, queryset, action="withdraw", title=_("Withdraw"), says=says, form_class=ReasonForm
        )
        if answer:
            reason = answer["reason"]
            each(self, request, queryset, lambda p: sources.withdraw_photo(p, reason, by=request.user), _("Withdrawn"))
        return page

    @admin.action(permissions=["change"], description=gettext_lazy("Make the renditions anew"))
    def render_anew(self, request: StaffRequest, queryset: Any) -> None:
        may = partial(self.has_change_permission, request)
        each(self, request, queryset, renditions.queue_anew, _("Queued"), may=may)

    @admin.action(permissions=["delete"], description=gettext_lazy("Delete those that stand nowhere…"))
    def discard(self, request: StaffRequest, queryset: Any) -> HttpResponse | None:
        says = _("Photos that stand nowhere are deleted for good, with their files. The others are left alone.")
        answer, page = asked(self, request, queryset, action="discard", title=_("Delete"), says=says)
        if answer is not None:
            each(self, request, queryset, sources.discard_photo, _("Deleted"))
        return page


def _labels(names: Iterable[str]) -> list[str]:
    return [str(label_for_field(name, Photo)) for name in names]


def _known(photo: Photo) -> str:
    """What to look at after a picture was taken in, and what was said before of another that stood here."""
    before = photo.history.latest().prev_record
    stays = [name for name in sources.STAYING if before and getattr(photo, name) == getattr(before, name) != ""]
    known = ", ".join(_labels(name for name in WORDS if getattr(photo, name) and name not in stays)) or _("nothing")
    said = [_("Taken in. Look at what is known of it: %(fields)s.") % {"fields": known}]
    if stays:
        said.append(_("As it was for the picture before: %(fields)s.") % {"fields": ", ".join(_labels(stays))})
    return " ".join([*said, *([] if photo.alt else [_("It has no alt text yet.")])])


def _change_url(thing: Any) -> str:
    return reverse(f"admin:articles_{thing._meta.model_name}_change", args=[thing.pk])
