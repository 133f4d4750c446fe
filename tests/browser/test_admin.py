"""What editors do in the admin, in a browser of their own, is on every open page within a second.

With two workers, so that editor and readers are mostly answered by different processes.
"""

import base64
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from articles.models import Photo, Update

from .conftest import Newsroom
from .reader import SOON, article
from .server import Server

PASSWORD = "correct horse battery"


class Admin:
    """An editor at the admin's forms."""

    def __init__(self, page: Page, newsroom: Newsroom) -> None:
        self.page = page
        self.coverage = f"/admin/articles/coverage/{newsroom.coverage.pk}/change/"
        self.add = f"/admin/articles/update/add/?coverage={newsroom.coverage.pk}"
        User.objects.create_superuser("chief", password=PASSWORD)
        page.goto("/admin/")
        page.fill("#id_login", "chief")
        page.fill("#id_password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#user-tools")).to_be_visible()

    def press(self, name: str) -> None:
        self.page.click(f"[name={name}]")
        expect(self.page.locator(".messagelist li:not(.error)").first).to_be_visible()

    def write(self, headline: str, text: str) -> None:
        self.page.goto(self.add)
        self.page.fill("#id_headline", headline)
        self.page.click(".ProseMirror[contenteditable=true]")
        self.page.keyboard.type(text)
        self.press("_publish")

    def open(self, update: Update) -> Page:
        self.page.goto(f"/admin/articles/update/{update.pk}/change/")
        return self.page

    def change(self, update: Update, act: Callable[[Page], object]) -> None:
        act(self.open(update))
        self.press("_save")

    def retime(self, update: Update, at: datetime) -> None:
        local = at.astimezone(update.coverage.zone)
        self.change(update, lambda page: page.fill("#id_published_at", f"{local:%Y-%m-%dT%H:%M:%S}"))


@pytest.fixture
def editor(chromium: Browser, two_workers: Server, newsroom: Newsroom) -> Iterator[Admin]:
    context = chromium.new_context(
        base_url=f"http://localhost:{two_workers.port}", viewport={"width": 1200, "height": 900}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield Admin(page, newsroom)
    context.close()
    assert not errors


@pytest.fixture
def readers(chromium: Browser, two_workers: Server, newsroom: Newsroom) -> Iterator[list[Page]]:
    """Pages that are open all the time and must never be loaded again: the coverage, and one update as an article."""
    posted = newsroom.fill(10)
    context = chromium.new_context(
        base_url=f"http://localhost:{two_workers.port}", viewport={"width": 1000, "height": 700}
    )
    pages = []
    for path in (newsroom.path, posted[-1].get_absolute_url()):
        pages.append(context.new_page())
        pages[-1].goto(path)
        pages[-1].evaluate("window.notReloaded = true")
    yield pages
    assert all(page.evaluate("window.notReloaded") for page in pages)
    context.close()


def headlines(page: Page) -> Locator:
    return page.locator("ol.feed > li > article h2")


def expect_headlines(pages: list[Page], *expected: str) -> None:
    """The first headlines of each feed, each once."""
    for page in pages:
        page.bring_to_front()
        for number, headline in enumerate(expected):
            expect(headlines(page).nth(number)).to_have_text(headline, timeout=SOON)
        for headline in expected:
            expect(headlines(page).filter(has_text=re.compile(f"^{re.escape(headline)}$"))).to_have_count(1)


def notice(page: Page) -> Locator:
    return page.locator('[data-slot="notice"]').first


def test_all_that_is_done_in_the_admin_arrives(readers: list[Page], editor: Admin, newsroom: Newsroom) -> None:
    first, second, third, *_ = newsroom.posted

    editor.write("Something happened", "Words typed into the editor.")
    expect_headlines(readers, "Something happened", first.headline)
    new = Update.objects.get(headline="Something happened")
    for page in readers:
        expect(article(page, new)).to_contain_text("Words typed into the editor.")

    editor.change(new, lambda page: page.fill("#id_headline", "Something else happened"))
    expect_headlines(readers, "Something else happened", first.headline)
    for page in readers:
        expect(article(page, new)).to_contain_text("Edited")

    editor.retime(new, newsroom.at(9.5))
    expect_headlines(readers, first.headline, "Something else happened", second.headline)
    editor.retime(new, newsroom.at(0.5))
    expect_headlines(readers, first.headline, second.headline)
    for page in readers:
        expect(article(page, new)).to_have_count(0)
    editor.retime(new, newsroom.at(99))
    expect_headlines(readers, "Something else happened", first.headline)

    editor.change(second, lambda page: page.check("#id_pinned"))
    expect_headlines(readers, "Something else happened", first.headline, third.headline)
    editor.change(second, lambda page: page.uncheck("#id_pinned"))
    expect_headlines(readers, "Something else happened", first.headline, second.headline, third.headline)

    editor.page.goto(f"/admin/articles/update/{new.pk}/delete/")
    editor.page.fill("#id_reason", "It did not happen")
    editor.page.click("input[type=submit][value=Withdraw]")
    expect(editor.page.locator(".messagelist li")).to_be_visible()
    for page in readers:
        expect(article(page, new).locator("h2")).to_have_count(0, timeout=SOON)
    editor.open(new)
    editor.press("_restore")
    expect_headlines(readers, "Something else happened", first.headline)

    editor.page.goto(editor.coverage)
    editor.page.locator("#key_points-group .add-row").locator("a, button").first.click()
    editor.page.fill("#id_key_points-0-text", "The first thing to know")
    editor.press("_save")
    for page in readers:
        for slot in page.locator('[data-slot="key_points"]').all():
            expect(slot).to_contain_text("The first thing to know", timeout=SOON)

    editor.page.goto(editor.coverage)
    editor.press("_end")
    for page in readers:
        expect(notice(page)).to_contain_text("This live coverage has ended.", timeout=SOON)
    editor.page.goto(editor.coverage)
    editor.press("_reopen")
    for page in readers:
        page.evaluate(
            "document.dispatchEvent(new Event('visibilitychange'))"
        )  # an ended page asks when it is looked at
        expect(notice(page)).to_have_text("", timeout=SOON)


def test_an_articles_own_text(chromium: Browser, two_workers: Server, editor: Admin, newsroom: Newsroom) -> None:
    update = newsroom.post("As it was", body="<p>First words.</p>")
    context = chromium.new_context(base_url=f"http://localhost:{two_workers.port}")
    page = context.new_page()
    page.goto(update.get_absolute_url())
    editor.change(update, lambda form: form.fill("#id_headline", "As it is"))
    expect(page.locator("#story h1")).to_have_text("As it is", timeout=SOON)
    editor.page.goto(f"/admin/articles/update/{update.pk}/delete/")
    editor.page.fill("#id_reason", "It was not so")
    editor.page.click("input[type=submit][value=Withdraw]")
    expect(page.locator("#story h1")).not_to_have_text("As it is", timeout=SOON)
    expect(page.locator("body")).not_to_contain_text("First words.")
    context.close()


def test_what_the_editor_types_survives_a_refusal(editor: Admin, newsroom: Newsroom, tmp_path: Path) -> None:
    """A successor that makes a circle, a truncated picture, and an empty post: each is told in the form."""
    page = editor.page
    page.goto(editor.add)
    page.click(".ProseMirror[contenteditable=true]")
    page.click("[name=_publish]")
    expect(page.locator(".errornote, .errorlist").first).to_be_visible()
    (tmp_path / "half.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 500)
    page.goto("/admin/articles/photo/add/")
    page.fill("#id_caption", "A caption that took a while")
    page.set_input_files("#id_picture", tmp_path / "half.jpg")
    page.click("[name=_save]")
    expect(page.locator(".errorlist").first).to_contain_text("not a whole picture")
    expect(page.locator("#id_caption")).to_have_value("A caption that took a while")


GIVEN = """([how, text]) => {
  const given = new DataTransfer();
  given.items.add(new File([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))], 'x.png', { type: 'image/png' }));
  const [type, name] = how === 'drop' ? [DragEvent, 'dataTransfer'] : [ClipboardEvent, 'clipboardData'];
  const event = new type(how, { bubbles: true, cancelable: true, [name]: given });
  document.querySelector('#photo_form').dispatchEvent(event);
}"""


def test_a_photo_dropped_or_pasted_and_its_focus(editor: Admin) -> None:
    page, data = editor.page, io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(data, "PNG")
    for how in ("drop", "paste"):
        page.goto("/admin/articles/photo/add/")
        page.evaluate(GIVEN, [how, base64.b64encode(data.getvalue()).decode()])
        editor.press("_save")
    shown = page.locator("img.thumbnail.large")
    shown.click(position={"x": 100, "y": 225})
    across = page.locator("[data-focus=x]")
    expect(across).to_have_value("25")
    across.press("ArrowUp")
    expect(page.locator(".focus-mark")).to_have_attribute("style", re.compile(r"inset-inline-start: 26%"))
    editor.press("_save")
    assert [photo.focus for photo in Photo.objects.order_by("pk")] == [(50, 40), (26, 75)]
