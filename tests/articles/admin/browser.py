"""What a browser without JavaScript makes of a page: its forms' fields, and its texts."""

from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags


class Form(HTMLParser):
    """The fields and the buttons of the form with this id, or of the last on the page."""

    def __init__(self, html: str, form_id: str | None) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.buttons: dict[str, str] = {}
        self.form_id = form_id
        self.inside = False
        self.select: str | None = None
        self.textarea: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("name") or ""
        if tag == "form":
            self.inside = self.form_id is None or given.get("id") == self.form_id
            if self.inside:
                self.fields, self.buttons = {}, {}
        if not self.inside or "disabled" in given:
            return
        if tag == "input":
            self._input(given, name)
        elif tag == "select":
            self.select = name
        elif tag == "textarea":
            self.textarea = name
            self.fields[name] = [""]
        elif tag == "option" and self.select and "selected" in given:
            self.fields.setdefault(self.select, []).append(given.get("value") or "")

    def _input(self, given: dict[str, str | None], name: str) -> None:
        kind = given.get("type")
        if kind == "submit":
            self.buttons[name] = given.get("value") or ""
        elif kind == "file" or (kind in {"checkbox", "radio"} and "checked" not in given) or not name:
            return
        else:
            self.fields.setdefault(name, []).append(given.get("value") or ("on" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form_id is not None:
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            # As HTML has it, the first line break of a textarea is not part of its text.
            if self.textarea:
                self.fields[self.textarea] = [self.fields[self.textarea][0].removeprefix("\n")]
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.fields[self.textarea][0] += data


def form_of(response: HttpResponse, form_id: str | None = None) -> Form:
    return Form(response.content.decode(), form_id)


def send(client: Client, url: str, button: str, changes: dict[str, Any] | None = None, *, page: Any = None) -> Any:
    """Open a change form, fill fields in, press a button; give back the answer, redirects not followed."""
    page = page or client.get(url)
    assert page.status_code == 200, page
    form = form_of(page, f"{url.split('/')[3]}_form")
    assert button in form.buttons, f"{button} is not offered, but {form.buttons}"
    return post(client, url, {**form.fields, **(changes or {}), button: form.buttons[button]})


def post(client: Client, url: str, data: dict[str, Any]) -> Any:
    return client.post(url, {name: value for name, value in data.items() if value is not None})


def text_of(response: HttpResponse) -> str:
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def file(name: str, data: bytes, kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)
