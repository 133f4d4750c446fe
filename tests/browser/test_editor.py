"""The form of an update in a real browser: the rich text editor, the keyboard, and the policy of the page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState, expect

from articles.models import Author, Coverage, Update
from articles.publishing import coverages, sources
from tests import database

from .server import Server

EDITOR = ".ProseMirror[contenteditable=true]"
PASSWORD = "correct horse battery"
PASTED = """<html><head><style>p { color: red }</style></head><body><b style="font-weight:normal">
<p class=MsoListParagraph style='mso-list:l0'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>First</p>
<p class=MsoListParagraph style='mso-list:l0'>·  Second</p>
<p style="margin:0" onclick="x()">Plain, <span style="font-weight:700">strong</span>, <i>slanted</i>, style= as text</p>
</b></body></html>"""


@pytest.fixture(scope="module")
def newsroom(django_db_setup: None, django_db_blocker: Any) -> Iterator[Coverage]:
    """Committed once for all."""
    with django_db_blocker.unblock():
        user = User.objects.create_superuser("chief", password=PASSWORD)
        sources.save_author(Author(name="Anna Reporter", slug="anna", user=user))
        sources.author_named("Kyiv desk")
        coverages.create(headline="Elsewhere", slug="elsewhere", time_zone="America/New_York")
        coverage = coverages.create(headline="The day", slug="the-day", time_zone="Europe/Kyiv")
        yield coverages.start(coverage)
        database.empty()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, server: Server, newsroom: Coverage) -> StorageState:
    """What a browser keeps that was signed in at the form."""
    with chromium.new_context(base_url=f"http://localhost:{server.port}") as context:
        page = context.new_page()
        page.goto("/admin/login/?next=/admin/articles/update/add/")
        page.fill("#id_login", "chief")
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_selector(EDITOR)
        return context.storage_state()


@pytest.fixture(scope="module", params=[1280, 390])
def window(
    request: pytest.FixtureRequest, chromium: Browser, server: Server, signed_in: StorageState
) -> Iterator[Page]:
    """A desk's and a phone's."""
    size = {"width": request.param, "height": 900}
    base = f"http://localhost:{server.port}"
    with chromium.new_context(base_url=base, viewport=size, storage_state=signed_in) as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    """At the form of a new update. No script may fail, and the policy may not be violated."""
    errors: list[str] = []

    def failed(error: object) -> None:
        errors.append(str(error))

    def told(message: ConsoleMessage) -> None:
        errors.extend([message.text] if "Content Security" in message.text else [])

    window.on("pageerror", failed)
    window.on("console", told)
    window.goto("/admin/articles/update/add/")
    window.wait_for_selector(EDITOR)
    yield window
    window.remove_listener("pageerror", failed)
    window.remove_listener("console", told)
    assert not errors


def paste(page: Page, html: str) -> None:
    page.eval_on_selector(
        EDITOR,
        """(editor, html) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData("text/html", html)
            editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
        }""",
        html,
    )


def newest() -> Update:
    update: Update = Update.objects.latest("id")
    return update


def tab_to(page: Page, what: str) -> None:
    """Press Tab until what has the focus matches this selector."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    pytest.fail(f"the keyboard does not reach {what}")


def test_written_and_published_with_the_keyboard_alone(page: Page, newsroom: Coverage) -> None:
    page.focus("#id_headline")
    page.keyboard.type("By keyboard")
    tab_to(page, EDITOR)
    page.keyboard.type("Two  spaces, ")
    page.keyboard.press("Control+b")
    page.keyboard.type("bold")
    tab_to(page, "[name=_publish]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/articles/update/**")
    expect(page.locator(".messagelist .success")).to_contain_text("By keyboard")
    update = newest()
    assert (update.state, update.body) == ("published", "<p>Two  spaces, <strong>bold</strong></p>")
    assert [author.name for author in update.authors] == ["Anna Reporter"]


def test_pasted_from_elsewhere(page: Page, newsroom: Coverage) -> None:
    page.focus(EDITOR)
    paste(page, PASTED)
    expect(page.locator(f"{EDITOR} li")).to_have_count(2)
    page.click("[name=_publish]")
    page.wait_for_selector(".messagelist")
    assert newest().body == (
        "<ul><li><p>First</p></li><li><p>Second</p></li></ul>"
        "<p>Plain, <strong>strong</strong>, <em>slanted</em>, style= as text</p>"
    )


def test_the_button_says_schedule_for_a_time_to_come(page: Page) -> None:
    button = page.locator("[name=_publish]")
    expect(button).to_have_value("Publish")
    page.fill("#id_published_at", "2035-01-01T10:00:00")
    expect(button).to_have_value("Schedule")
    page.fill("#id_published_at", "2020-01-01T10:00:00")
    expect(button).to_have_value("Publish")


def test_the_zone_follows_the_coverage(page: Page) -> None:
    expect(page.locator("[data-zone]")).to_contain_text("Europe/Kyiv")
    page.click(".field-coverage .select2-selection")
    page.keyboard.type("elsewh")
    page.click(".select2-results__option:has-text('Elsewhere')")
    expect(page.locator("[data-zone]")).to_have_text("America/New_York")


def test_a_name_chosen_again_goes_to_the_end_of_the_byline(page: Page, newsroom: Coverage) -> None:
    def choose(name: str) -> None:
        page.click(".field-authors .select2-search__field")
        page.keyboard.type(name[:4])
        page.click(f".select2-results__option:has-text('{name}')")

    choose("Kyiv desk")
    page.click(".field-authors .select2-selection__choice__remove >> nth=0")
    page.keyboard.press("Escape")
    choose("Anna Reporter")
    page.fill("#id_headline", "By two")
    page.click("[name=_publish]")
    page.wait_for_selector(".messagelist")
    assert [author.name for author in newest().authors] == ["Kyiv desk", "Anna Reporter"]


def test_nothing_is_wider_than_the_page(page: Page) -> None:
    for url in ("", "articles/update/", "articles/update/add/", "articles/coverage/", "articles/coverage/add/"):
        page.goto(f"/admin/{url}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
