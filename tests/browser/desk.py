"""An editor at the desk, in a browser."""

import io
import json
from typing import Any, Protocol

from django.contrib.auth.models import Group, User
from django.test import Client, override_settings
from django.utils.text import slugify
from PIL import ExifTags, Image
from playwright.sync_api import BrowserContext, ConsoleMessage, FilePayload, Locator, Page, expect

from articles.models import Author, Coverage, Update
from articles.publishing import sources

PASSWORD = "correct horse battery"
TEXT = ".ProseMirror[contenteditable=true]"


def member(name: str, role: str, author: str) -> User:
    """Somebody of the newsroom: Reporter, Editor or Administrator, who writes under the name `author`."""
    user: User = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    sources.save_author(Author(name=author, slug=slugify(author), user=user))
    return user


def picture(name: str) -> FilePayload:
    """A small photo to be uploaded."""
    taken, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Artist] = "Ann Lee"
    Image.new("RGB", (90, 60), "#48709a").save(taken, "JPEG", exif=exif)
    return {"name": name, "mimeType": "image/jpeg", "buffer": taken.getvalue()}


def session(user: User, key: str) -> str:
    """The cookie of a new session of the user's, signed with the server's secret `key`.

    Signing in at the form takes a server a second: it makes the password's quick hash a slow one.
    """
    client = Client()
    with override_settings(SECRET_KEY=key):
        client.force_login(user)
    return str(client.cookies["sessionid"].value)


def sign_in(context: BrowserContext, user: User, port: int, key: str) -> None:
    """Give the browser a session of the user's."""
    url = f"http://localhost:{port}"
    context.add_cookies([{"name": "sessionid", "value": session(user, key), "url": url}])


class Desk:
    """One open desk."""

    def __init__(self, page: Page, coverage: Coverage) -> None:
        self.page = page
        self.address = f"/admin/articles/coverage/{coverage.pk}/desk/"
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._told)
        page.on("request", lambda request: self._left(request.url))

    def _told(self, message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            self.errors.append(message.text)

    def _left(self, url: str) -> None:
        if not url.startswith(("http://localhost:", "data:", "blob:")):
            self.errors.append(f"a request left the site: {url}")

    def open(self) -> "Desk":
        self.page.goto(self.address)
        return self.ready()

    def ready(self) -> "Desk":
        self.page.wait_for_selector("html[data-ready]")
        return self

    # ── The composer ────────────────────────────────────────────────────────────────────────────────────

    @property
    def composer(self) -> Locator:
        return self.page.locator("[data-composer] .composer")

    @property
    def text(self) -> Locator:
        return self.composer.locator(TEXT)

    @property
    def said(self) -> Locator:
        """The state, in words."""
        return self.composer.locator("[data-said]")

    def type(self, words: str) -> None:
        self.text.focus()
        self.page.keyboard.type(words)

    def publish(self, words: str) -> None:
        self.type(words)
        self.page.keyboard.press("Control+Enter")

    def kept(self) -> list[dict[str, Any]]:
        """What this browser keeps."""
        found: list[str] = self.page.evaluate(
            "Object.entries(localStorage).filter(([name]) => name.startsWith('desk:')).map(([, value]) => value)"
        )
        return [record for record in map(json.loads, found) if isinstance(record, dict)]

    # ── The feed ────────────────────────────────────────────────────────────────────────────────────────

    @property
    def entries(self) -> Locator:
        return self.page.locator("[data-feed] > li")

    @property
    def outbox(self) -> Locator:
        return self.page.locator("[data-outbox] > li")

    def entry(self, update: Update) -> Locator:
        return self.page.locator(f"#entry-{update.pk}")

    def titles(self) -> list[str]:
        return [title.strip() for title in self.entries.locator("h3").all_inner_texts()]

    def act(self, update: Update, name: str) -> None:
        """Press one of an update's buttons, by the action's name."""
        button = self.entry(update).locator(f"[data-action={name}]")
        if not button.is_visible():
            self.entry(update).locator("details.more > summary").click()
        button.click()

    def edit(self, update: Update) -> Locator:
        """Open an update where it stands."""
        self.act(update, "edit")
        composer = self.entry(update).locator(".composer")
        expect(composer.locator(TEXT)).to_be_focused()
        return composer

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")


class OpenDesk(Protocol):
    """Opens the desk in a new page."""

    def __call__(self, user: User = ..., width: int = ..., context: BrowserContext | None = ...) -> Desk: ...
