"""WCAG 2.2 AA, as far as a machine can tell: axe-core in every state of every page, reflow, keyboard, motion."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from articles.publishing import coverages, updates
from tests.scenes import LONG, SHORT, Scene, photo, pseudo_scene, scene

from .server import Server

RULES = {"target-size": {"enabled": True}}
"""Rules of WCAG 2.2 that axe-core leaves out unless asked."""
SCROLLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

LEVELS = "[...document.querySelectorAll('h1, h2, h3, h4')].filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
STOP = """() => {
    const at = document.activeElement, { top, bottom } = at.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const again = at.visited ?? false;
    at.visited = true;
    return { again, top, bottom, outline: `${outlineStyle} ${outlineWidth}`, html: at.outerHTML.slice(0, 200) };
}"""
"""What has the focus, where it is on the screen, and how that is shown."""


class Newsstand(NamedTuple):
    live: Scene
    ended: Scene
    arabic: Scene
    bare: Scene

    def pages(self) -> Iterator[str]:
        """The address of every page that there is, and of every shape of it."""
        for one in (self.live, self.ended, self.arabic, self.bare):
            yield one.path
        yield from (self.live.article, self.arabic.article)
        cursor = f"{self.live.posted[3].published_at:%Y-%m-%dT%H:%M:%S.000Z}_{self.live.posted[3].pk}"
        yield f"{self.live.path}?before={cursor}"
        yield f"{self.live.path}key-updates/"
        yield f"{self.ended.path}in-order/"
        yield f"/embed/{self.live.coverage.slug}/"
        yield from ("/", "/nowhere", f"{self.live.path}?before=x", self.bare.posted[0].get_absolute_url())


@pytest.fixture
def live(transactional_db: None, settings: Any, data: Path) -> Scene:
    settings.MEDIA_ROOT = data / "media"
    return scene("live", picture=photo(), headline=LONG)


@pytest.fixture
def newsstand(live: Scene) -> Newsstand:
    picture = photo()
    arabic, bare = pseudo_scene("arabic", picture), scene("bare", headline=SHORT, summary="", section="")
    ended = scene("ended", picture=picture)
    coverages.end(ended.coverage, successor=live.coverage)
    updates.withdraw(bare.posted[0], "wrong")
    return Newsstand(live, ended, arabic, bare)


@pytest.fixture
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    opened = chromium.new_context(
        base_url=f"http://localhost:{server.port}", viewport={"width": 390, "height": 800}, timezone_id="Asia/Tokyo"
    )
    yield opened
    opened.close()


def faults(page: Page, *rules: str) -> list[str]:
    """What axe-core finds on the page as it is, all its rules or some: each fault, and where."""
    options: dict[str, Any] = {"rules": RULES, "resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    return [f"{page.url} {one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def test_every_page_light_and_dark_narrow_and_wide(newsstand: Newsstand, page: Page) -> None:
    found = []
    for path in newsstand.pages():
        page.goto(path)
        for width in (320, 640, 1280):  # 1280 at 400 %, at 200 %, at 100 %
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{page.url} scrolls sideways at {width}"] if page.evaluate(SCROLLS) else []
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += faults(page)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += faults(page, "color-contrast")
    assert not found


def test_every_state_of_an_open_page(live: Scene, page: Page) -> None:
    found: list[str] = []
    page.emulate_media(reduced_motion="reduce")
    with page.expect_response("**/stream?*"):
        page.goto(live.path)
    page.locator(".folded summary").click()
    found += faults(page)

    page.get_by_role("button", name="Pause updates").click()
    updates.post(live.coverage, headline="While paused", body="<p>Text.</p>")
    expect(page.get_by_role("button", name="Resume (1 new update)")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Resume").click()

    reading = page.locator(f"#update-{live.posted[1].pk}")
    reading.scroll_into_view_if_needed()
    page.mouse.wheel(0, 100)
    updates.post(live.coverage, headline="Above", body="<p>Text.</p>")
    expect(page.locator("button.pill")).to_be_visible()
    found += faults(page)
    updates.withdraw(live.posted[1], "wrong")
    expect(page.get_by_text("This update was withdrawn.")).to_be_visible()
    found += faults(page)

    page.locator("a[data-enlarge]").first.click()
    expect(page.locator("dialog")).to_be_visible()
    found += faults(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('a[data-enlarge]')")

    page.evaluate("document.querySelector('.offline').hidden = false")
    found += faults(page)
    assert not found


def test_the_keyboard_reaches_everything_and_shows_where_it_is(live: Scene, page: Page) -> None:
    page.goto(live.path)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('#feed'))")
    page.goto(live.path)
    stops = [page.keyboard.press("Tab") or page.evaluate(STOP) for _step in range(24)]
    assert not [stop["html"] for stop in stops if stop["again"]]
    assert not [stop for stop in stops if stop["outline"] != "solid 2px" or stop["bottom"] <= 0 or stop["top"] >= 800]


def test_structure_motion_colours_and_paper(live: Scene, page: Page) -> None:
    for path in (live.path, live.article, "/"):
        page.goto(path)
        levels = page.evaluate(LEVELS)
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    page.goto(live.path)
    articles = page.locator("ol.feed > li").get_by_role("article")
    assert articles.count() > 3
    for article in articles.all():
        expect(article).to_have_accessible_name(re.compile(r"\w"))

    assert page.evaluate("document.getAnimations().length")
    page.emulate_media(reduced_motion="reduce")
    assert not page.evaluate("document.getAnimations().length")

    page.emulate_media(forced_colors="active")
    assert page.evaluate("getComputedStyle(document.querySelector('.pinned')).borderLeftStyle") == "solid"

    page.emulate_media(forced_colors="none", media="print", color_scheme="dark")
    for left_out in (".toolbar", ".foot", ".rail", ".folded", ".colophon"):
        expect(page.locator(left_out).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
