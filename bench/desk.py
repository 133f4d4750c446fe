"""From an editor's key press to the reader's eye: the desk beside the admin's add form, in real Chromium."""

import os
import statistics
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from .newsroom import free_port, running, serve
from .page import FLAGS
from .table import Row

ROUNDS = 15
PASSWORD = "bench-bench-bench"  # noqa: S105
SEEN = """() => {
    window.seen = {};
    new MutationObserver(() => {
        for (const heading of document.querySelectorAll('ol.feed article h2')) {
            seen[heading.textContent.trim()] ??= Date.now();
        }
    }).observe(document.body, { childList: true, subtree: true });
}"""
PRESSED = """() => {
    for (const kind of ['keydown', 'click']) addEventListener(kind, () => { window.pressed = Date.now() }, true);
}"""


def measure(slug: str) -> Iterator[Row]:
    """Rows of how long after the key was pressed a post stands in an open reader's page."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop makes Django think of a coroutine
    from django.contrib.auth import get_user_model

    from articles.models import Coverage

    coverage = Coverage.objects.get(slug=slug)
    get_user_model().objects.create_superuser("bench", password=PASSWORD)
    port = free_port()
    with running(*serve(port, 1), port=port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        desk, form = _both(browser, f"http://localhost:{port}", coverage)
        browser.close()
    beside = f"{desk / form:.2f} × the admin's add form ({form:.0f} ms)"
    yield Row("desk: Ctrl+Enter to the reader's page", f"{desk:.0f} ms", f"{beside}; medians of {ROUNDS}")


def _both(browser: Browser, origin: str, coverage: Any) -> tuple[float, float]:
    reader = browser.new_context(base_url=origin).new_page()
    reader.goto(coverage.get_absolute_url())
    reader.evaluate(SEEN)
    editors = browser.new_context(base_url=origin)
    desk, form = editors.new_page(), editors.new_page()
    _sign_in(desk)
    desk.goto(f"/admin/articles/coverage/{coverage.pk}/desk/")
    desk.evaluate(PRESSED)
    times: dict[str, list[float]] = {"desk": [], "form": []}
    for number in range(ROUNDS):
        times["desk"].append(_by_desk(desk, reader, f"By the desk {number}"))
        times["form"].append(_by_form(form, reader, f"By the form {number}", coverage.pk))
    return statistics.median(times["desk"]), statistics.median(times["form"])


def _sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.fill("#id_login", "bench")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#user-tools")


def _by_desk(desk: Page, reader: Page, headline: str) -> float:
    desk.bring_to_front()
    composer = desk.locator("form.composer").first
    composer.locator("[name=headline]").fill(headline)
    composer.locator(".ProseMirror[contenteditable=true]").click()
    desk.keyboard.type("A sentence that says what has happened.")
    desk.keyboard.press("Control+Enter")
    return _until_seen(desk.evaluate("window.pressed"), reader, headline)


def _by_form(form: Page, reader: Page, headline: str, pk: int) -> float:
    form.bring_to_front()
    form.goto(f"/admin/articles/update/add/?coverage={pk}")
    form.fill("#id_headline", headline)
    form.click(".ProseMirror[contenteditable=true]")
    form.keyboard.type("A sentence that says what has happened.")
    pressed = form.evaluate("Date.now()")
    form.click("[name=_publish]")
    return _until_seen(pressed, reader, headline)


def _until_seen(pressed: float, reader: Page, headline: str) -> float:
    reader.bring_to_front()
    reader.wait_for_function("headline => headline in window.seen", arg=headline)
    seen: float = reader.evaluate("headline => window.seen[headline]", headline)
    return seen - pressed
