"""What to show an editor whose form was overtaken by another's: their text, and how one's own differs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.forms import FileField
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.media import markup

from .forms import names
from .history import diff, moment, plain


class Difference(NamedTuple):
    label: str
    theirs: str
    marked: SafeString
    """From theirs to one's own."""


def differences(current: Any, form: Any, formsets: list[Any]) -> list[Difference]:
    """The fields, and the inlines as a whole, in which `current` is not what the form says."""
    return [
        Difference(capfirst(label), theirs or "-", diff(theirs, mine))
        for label, theirs, mine in [*_fields(current, form), *_inlines(current, formsets)]
        if theirs != mine
    ]


def _fields(current: Any, form: Any) -> Iterator[tuple[str, str, str]]:
    for name, field in form.fields.items():
        if not field.widget.is_hidden and not isinstance(field, FileField) and hasattr(current, name):
            mine = form.cleaned_data.get(name, form.data.get(form.add_prefix(name), ""))
            yield str(field.label), _text(name, getattr(current, name)), _text(name, mine)


def _inlines(current: Any, formsets: list[Any]) -> Iterator[tuple[str, str, str]]:
    for formset in formsets:
        label = str(formset.model._meta.verbose_name_plural)
        accessor = formset.fk.remote_field.get_accessor_name()
        yield label, names(getattr(current, accessor).all()), names(_rows(formset))


def _rows(formset: Any) -> Iterator[object]:
    for form in formset.forms:
        data = getattr(form, "cleaned_data", {})
        if data and not data.get("DELETE"):
            photo = data.get("photo")
            yield data.get("text") or data.get("caption") or (photo.caption if photo else "")


def _text(name: str, value: Any) -> str:
    if name == "body":
        return _body(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list):
        return names(value)
    return "" if value is None else " ".join(str(value).split())


def _body(html: str) -> str:
    try:
        return plain(markup.clean(html))
    except ValidationError:
        return html[:1000]
