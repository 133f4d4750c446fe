"""Photos with captions, inline: of an update, or the one that leads a coverage."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Coverage, Photo, PhotoCaption, Update
from articles.publishing import PlacedPhoto, sources

from .forms import Attempt, names
from .generic import StackedInline, StaffRequest
from .history import relation_change
from .rows import OrderedForm, RowsInline

PICTURES = "image/*,.heic,.heif"
"""What a file chooser offers; a phone's offers its camera too."""


def thumbnail(photo: Photo | None, size: str = "") -> SafeString | str:
    if photo is None:
        return "-"
    return format_html(
        '<img class="thumbnail {}" src="{}" width="{}" height="{}" alt="{}" loading="lazy" decoding="async">',
        size,
        photo.url if size == "large" else photo.small,
        photo.width,
        photo.height,
        photo.alt,
    )


class PlacedForm(OrderedForm):
    """A photo that is there, or a new picture with what is to be said of it."""

    picture = forms.FileField(
        label=gettext_lazy("Or a new picture"), required=False, widget=forms.FileInput(attrs={"accept": PICTURES})
    )
    alt = forms.CharField(
        label=gettext_lazy("Alt text"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Of the new picture: what it shows, for those who can't see it."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    credit = forms.CharField(
        label=gettext_lazy("Credit"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Of the new picture. Empty: as its file says."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photo"].required = False
        if self.instance.pk:
            self.fields["caption"].widget.attrs["placeholder"] = self.instance.photo.caption

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        if not data.get("photo") and not data.get("picture") and not self.errors:
            self.add_error("photo", _("Choose a photo, or a new picture."))
        return data


class PlacedInline(RowsInline, StackedInline):
    model = PhotoCaption
    form = PlacedForm
    autocomplete_fields = ["photo"]
    readonly_fields = ["shown"]
    fieldsets = [(None, {"fields": ["shown", ("photo", "picture"), "caption", ("alt", "credit"), "position"]})]
    verbose_name = gettext_lazy("photo")
    verbose_name_plural = gettext_lazy("photos")

    class Media:
        js = [forms.widgets.Script("js/admin/pictures.js", type="module")]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("photo")

    @admin.display(description=gettext_lazy("picture"))
    def shown(self, placed: PhotoCaption) -> SafeString | str:
        return thumbnail(placed.photo if placed.photo_id else None)


def placed_photos(request: StaffRequest, formset: Any) -> list[PlacedPhoto]:
    """The photos that the inline names, in order; new pictures are taken in.

    A picture that was taken in stays chosen in the form should something else be refused, so that it is neither
    lost nor taken in twice. Raises ValidationError when one is no picture, which is told in its own row.
    """
    placed = [_placed(request, form) for form in formset.rows()]
    whole = [one for one in placed if one]
    if len(whole) < len(placed):
        raise ValidationError(_("A picture could not be taken in; see below."))
    return whole


def _placed(request: StaffRequest, form: Any) -> PlacedPhoto | None:
    data = form.cleaned_data
    if not data.get("picture"):
        return PlacedPhoto(data["photo"], data["caption"])
    try:
        photo = sources.add_photo(
            by=request.user, image=data["picture"], alt=data["alt"], credit=data["credit"], caption=data["caption"]
        )
    except ValidationError as error:
        Attempt.of(request).refuse(error, form.prefix)
        return None
    _keep_chosen(request, form, photo)
    _tell(request, photo)
    return PlacedPhoto(photo)


def _tell(request: HttpRequest, photo: Photo) -> None:
    """What stands with it now, be it the editor's words or its file's, and where to put it right."""
    said = format_html_join(" · ", "{}: {}", ((name, text or _("none")) for name, text in _words(photo)))
    page = reverse("admin:articles_photo_change", args=[photo.pk])
    messages.info(request, format_html('{} <a href="{}">{}</a>', said, page, _("Correct the photo")))


def _words(photo: Photo) -> list[tuple[str, str]]:
    return [(_("Caption"), photo.caption), (_("Credit"), photo.credit), (_("Alt text"), photo.alt)]


def _keep_chosen(request: HttpRequest, form: Any, photo: Photo) -> None:
    data = request.POST.copy()
    data[form.add_prefix("photo")] = str(photo.pk)
    request.POST = data  # type: ignore[assignment]
    request.FILES.pop(form.add_prefix("picture"), None)


def photos_change(owner: Coverage | Update, placed: list[PlacedPhoto]) -> str:
    """For the admin's log: which photos stood there, and which do now."""
    old = names(one.text or one.photo for one in owner.photo_captions.select_related("photo"))
    return relation_change(_("Photos"), old, names(one.caption or one.photo for one in placed))
