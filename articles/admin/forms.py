"""Forms that take back what publishing refused, and the fields that several of them share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from articles.models import Author, Byline

from .generic import ModelForm, ModelMultipleChoiceField
from .history import relation_change

FIELD_OF = {"too_long": "body", "photo": "picture", "required": "picture", "audio": "audio", "future": "published_at"}
"""Where an error of publishing that names no field belongs, by its code."""

SHORT_TEXTS: dict[Any, dict[str, Any]] = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}
CONFLICT = _(
    "Somebody else saved this in the meantime. Your own text is kept below: take over what you want of theirs, "
    "then save again."
)


@dataclass
class Attempt:
    """One request's attempt to write: what publishing refused, by the prefix of the form that it is told in."""

    refused: dict[str, list[ValidationError]] = field(default_factory=dict)
    repeated: bool = False
    """Whether a form that was sent twice had already been posted."""
    also: list[str] = field(default_factory=list)
    """What was changed apart from the form's own fields, for Django's log."""
    state: str = ""
    """The state that a button brought about."""

    @classmethod
    def of(cls, request: HttpRequest) -> "Attempt":
        found: Attempt = request.__dict__.setdefault("_attempt", cls())
        return found

    def refuse(self, error: ValidationError, prefix: str = "") -> None:
        self.refused.setdefault(prefix, []).append(error)


class RefusableForm(ModelForm):
    """A form whose object publishing saves, and which shows what publishing says against it."""

    attempt: ClassVar[Attempt] = Attempt()

    def validate_unique(self) -> None:
        """Publishing does, under the lock."""

    def validate_constraints(self) -> None:
        """Publishing does, under the lock; a pin, for example, moves there."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for error in self.attempt.refused.get(self.prefix or "", []):
            for name, said in _by_field(error):
                self.add_error(name if name in self.fields else None, said)


class PublishingForm(RefusableForm):
    """One that notices that somebody else has saved the object since.

    `seen` is the state that the editor began from; when the object has moved on, the form has an error, keeps
    what was typed, and begins anew from the present state.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    conflict = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mark = self.state_mark() if self.instance.pk else ""
        self.fields["seen"].initial = self.mark

    def state_mark(self) -> str:
        """What differs as soon as somebody has changed the object; "" where that need not be noticed."""
        return ""

    def clean(self) -> dict[str, Any] | None:
        seen = self.cleaned_data.get("seen")
        if seen and self.mark and seen != self.mark:
            self.conflict = True
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("seen")] = self.mark
            self.data = data
            self.add_error(None, ValidationError(CONFLICT, code="conflict"))
        return super().clean()


def _by_field(error: ValidationError) -> Iterator[tuple[str | None, list[ValidationError]]]:
    if hasattr(error, "error_dict"):
        yield from error.error_dict.items()
    else:
        for one in error.error_list:
            yield FIELD_OF.get(one.code or ""), [one]


class ChosenSelect(AutocompleteSelect):
    """Django's autocomplete, which breaks when a form is shown again that was sent with junk for a number."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [one for one in value if str(one).isdecimal()], attrs)


def with_select(options: Any, db_field: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments for the form field of a foreign key that is chosen by searching."""
    if db_field.name not in options.autocomplete_fields or "widget" in kwargs:
        return kwargs
    return {**kwargs, "widget": ChosenSelect(db_field, options.admin_site)}


class OrderedSelect(AutocompleteSelectMultiple):
    """Django's autocomplete, showing what is chosen in the order in which it was chosen."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        groups = super().optgroups(name, [one for one in value if str(one).isdecimal()], attrs)
        _name, options, _index = groups[0]
        place = {str(one): index for index, one in enumerate(value)}
        options.sort(key=lambda option: place.get(str(option["value"]), -1))
        return groups


class AuthorsField(ModelMultipleChoiceField):
    """A byline: authors in order."""

    def __init__(self) -> None:
        widget = OrderedSelect(Byline._meta.get_field("author"), admin.site)
        super().__init__(
            Author.objects.all(),
            required=False,
            label=_("Authors"),
            widget=widget,
            help_text=_("In the order of the byline. To move a name to the end, take it out and choose it again."),
        )

    def prepare_value(self, value: Any) -> Any:
        return [one.pk if isinstance(one, Author) else one for one in value or []]

    def clean(self, value: Any) -> Any:
        found = {str(author.pk): author for author in super().clean(value)}
        return [found[str(pk)] for pk in dict.fromkeys(map(str, value or []))]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [str(pk) for pk in self.prepare_value(initial)] != [str(pk) for pk in data or []]


class StoryTimeField(forms.DateTimeField):
    """A moment, typed and shown in the current time zone, which the admin makes the story's.

    A text that was left as it stood means the same moment still: to the millisecond, and in the hour that a
    change of clocks brings twice.
    """

    standing: datetime | None = None

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": "1"})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        if self.standing and value == self._shown(self.standing):
            return self.standing
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code == "ambiguous_timezone":
                raise ValidationError(self._off_the_clock(value), code="time") from error
            raise

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != self.standing
        except ValidationError:
            return True

    def _shown(self, moment: datetime) -> str:
        return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")

    def _off_the_clock(self, value: str) -> str:
        naive = datetime.fromisoformat(value)
        zone = timezone.get_current_timezone()
        offsets = [naive.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
        twice = offsets[0] > offsets[1]  # type: ignore[operator]
        says = (
            _("At %(zone)s, the clocks are put back then and this time comes twice. Choose one outside that hour.")
            if twice
            else _("At %(zone)s, the clocks are put forward then and this time is left out. Choose another.")
        )
        return says % {"zone": timezone.get_current_timezone_name()}


def zone_note(moment: datetime | None = None) -> str:
    """The name of the current time zone with its abbreviation, for beside a field; script can replace it."""
    local = timezone.localtime(moment)
    return format_html('<span data-zone="{0}">{0} ({1})</span>', timezone.get_current_timezone_name(), local.tzname())


def names(things: Iterable[object]) -> str:
    return ", ".join(map(str, things)) or "-"


def with_byline(labels: list[str], form: Any) -> list[str]:
    """Labels of changed fields, the byline's with who stood there and who does."""
    if "authors" not in form.changed_data:
        return labels
    field = str(form.fields["authors"].label)
    line = relation_change(field, names(form.initial.get("authors", ())), names(form.cleaned_data["authors"]))
    return [line if label == field else label for label in labels]


def begin_anew(request: HttpRequest, mark: str) -> None:
    """Should the form be shown again, it goes on from this state: the editor's own first step is no conflict."""
    data = request.POST.copy()
    data["seen"] = mark
    request.POST = data  # type: ignore[assignment]
