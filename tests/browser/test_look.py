"""Fonts come late and move nothing; the page stays light; the fonts of a page fit their weight."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.scenes import ENGLISH, UKRAINIAN, photo, scene

SHIFTS = """() => new Promise((done) => {
    const name = ({ node }) => node?.className || node?.parentElement?.className || node?.nodeName;
    const told = ({ value, startTime, sources }) => ({ value, at: startTime, of: sources.map(name) });
    const watch = new PerformanceObserver((list) => done(list.getEntries().map(told)));
    watch.observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done([])));
})"""
"""All layout shifts so far (web.dev/articles/cls); a sum of 0.1 is called good."""
STEADY = 0.01
FEED = "document.querySelector('#feed').getBoundingClientRect().top"
FONTS = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.woff2')).map(e => e.name)"
KILOBYTE = 1000


@pytest.fixture
def path(transactional_db: None, settings: Any, data: Path) -> str:
    settings.MEDIA_ROOT = data / "media"
    return scene("live", picture=photo()).path


@pytest.mark.parametrize("width", [390, 1280])
def test_fonts_that_come_late_move_nothing(path: str, context: BrowserContext, page: Page, width: int) -> None:
    held: list[Route] = []  # its own append is no function that Playwright could call
    context.route("**/*.woff2", lambda route: held.append(route))  # noqa: PLW0108
    page.set_viewport_size({"width": width, "height": 900})
    with page.expect_response("**/stream?*"):
        page.goto(path, wait_until="commit")
    page.wait_for_function("() => document.querySelector('.relative')")
    assert page.evaluate("document.fonts.status") == "loading"
    before = page.evaluate(FEED)
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.fonts.status === 'loaded' && document.fonts.check('1em Newsreader')")
    shifts = page.evaluate(SHIFTS)
    assert sum(shift["value"] for shift in shifts) < STEADY, shifts
    assert abs(page.evaluate(FEED) - before) < 1


def test_the_page_and_its_fonts_are_light(path: str, page: Page, context: BrowserContext) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(_as_sent(answer))}))
    page.goto(path)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    fonts = sum(size for url, size in sizes.items() if ".woff2" in url)
    page_itself = sum(size for url, size in sizes.items() if url.endswith((".css", ".js", path)))
    assert 0 < fonts <= 80 * KILOBYTE
    assert 0 < page_itself <= 60 * KILOBYTE


def _as_sent(answer: Any) -> bytes:
    body: bytes = answer.body()
    return body if ".woff2" in answer.url else brotli.compress(body)


def test_a_script_that_our_fonts_lack_loads_none_for_its_text(
    path: str, page: Page, data: Path, read: Callable[[str], Page]
) -> None:
    page = read(scene("kyiv", UKRAINIAN, language="uk").path)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert page.locator("h1").evaluate("e => getComputedStyle(e).fontFamily").startswith("Georgia")
    assert page.locator(".name").evaluate("e => getComputedStyle(e).fontFamily").startswith("Newsreader")
    assert len(page.evaluate(FONTS)) <= 2


VOICE = """
    const voices = [];
    const speech = Object.assign(new EventTarget(), { getVoices: () => voices, cancel() {} });
    Object.defineProperty(window, 'speechSynthesis', { value: speech });
    window.comesAVoice = () => {
        voices.push({ lang: 'uk-UA' }, { lang: 'en-US' });
        speech.dispatchEvent(new Event('voiceschanged'));
    };
"""
"""A system whose voices come late."""
TOOLBAR = """() => {
    const bottom = (element) => Math.round(element.getBoundingClientRect().bottom);
    const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
    const seen = [...document.querySelectorAll('.toolbar :is(a, button)')].filter(isSeen);
    return [bottom(document.querySelector('.toolbar')), Math.max(...seen.map(bottom)), seen.length];
}"""


@pytest.mark.parametrize("width", [320, 390])
def test_listening_leaves_no_empty_line_and_moves_nothing(
    width: int, transactional_db: None, settings: Any, data: Path, page: Page
) -> None:
    settings.MEDIA_ROOT = data / "media"
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(VOICE)
    for words in (ENGLISH, UKRAINIAN):
        with page.expect_response("**/stream?*"):
            page.goto(scene("live", words, language="uk" if words is UKRAINIAN else "en").path)
        bottom, seen, buttons = page.evaluate(TOOLBAR)
        assert (bottom, buttons) == (seen, 2)
        page.evaluate("comesAVoice()")
        assert page.evaluate(TOOLBAR) == [bottom, bottom, 3]
