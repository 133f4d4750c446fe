"""The rich text of an update: django-prose-editor with exactly what `articles.media.markup` lets through."""

from typing import Any

from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from articles.media import markup

# An extension pulls in nothing by itself: without ListItem there would be no editor at all.
EXTENSIONS: dict[str, Any] = {
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "Subscript": True,
    "Superscript": True,
    "Heading": {"levels": [3, 4]},
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "History": True,
    "NoSpellCheck": False,
    "Pasting": True,
    "Menu": {
        "groups": [
            {"group": "marks"},
            {"group": "link"},
            {"group": "lists"},
            {"group": "blockType -lists", "type": "dropdown", "minItems": 2},
            {"group": "nodes -blockType -lists"},
            {"group": "history"},
        ]
    },
}


class BodyWidget(AdminProseEditorWidget):  # type: ignore[misc]
    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"js_modules": [static("js/admin/pasting.js")]}


class BodyField(ProseEditorFormField):  # type: ignore[misc]
    """Publishing sanitises; here the text only counts as changed when that would leave another one."""

    def __init__(self) -> None:
        super().__init__(config={"extensions": EXTENSIONS}, widget=BodyWidget, required=False, label=_("Text"))

    def has_changed(self, initial: str | None, data: str | None) -> bool:
        try:
            return markup.clean(initial or "") != markup.clean(data or "")
        except ValidationError:
            return True
