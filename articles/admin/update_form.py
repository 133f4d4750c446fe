"""The form of an update."""

import uuid
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Update

from .forms import AuthorsField, PublishingForm, StoryTimeField, zone_note
from .placed import PlacedInline
from .text import BodyField

State = Update.State


class UpdateForm(PublishingForm):
    body = BodyField()
    authors = AuthorsField()
    published_at = StoryTimeField(required=False, label=gettext_lazy("Publication time"))
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    class Media:
        js = [forms.widgets.Script("js/admin/update.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance and instance.pk:
            kwargs["initial"] = {"authors": instance.authors, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self._speak_of_time()

    def _speak_of_time(self) -> None:
        field = self.fields["published_at"]
        field.standing = self.instance.published_at  # type: ignore[attr-defined]
        field.required = self.instance.state in {State.PUBLISHED, State.SCHEDULED}
        says = _("Time in {zone}.") if field.required else _("Time in {zone}. Empty: now. To come: scheduled.")
        field.help_text = format_html(says, zone=zone_note(self.instance.published_at))

    def state_mark(self) -> str:
        return str(self.instance.revision)

    @property
    def expected(self) -> int | None:
        seen: str = self.cleaned_data.get("seen") or ""
        return int(seen) if seen.isdecimal() else None


class UpdatePhotos(PlacedInline):
    fk_name = "update"
