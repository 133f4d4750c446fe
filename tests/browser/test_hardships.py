"""Odd content, odd browsers, odd clocks: what the page must bear. Each test says which fault it found, if one."""

import json
import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates
from tests.scenes import photo

from .conftest import FLAGS, Newsroom
from .proxy import Proxy
from .reader import SOON, article, expect_feed
from .test_accessibility import SCROLLS
from .test_network import LATER

WORD = "w" * 2000
AWKWARD = (
    """He said "stop" & it's <over>""",
    "</script><img src=x onerror='window.ran = 1'><!--",
    "Fire 🔥👩‍🚒 " * 12,
    "שלום: \u202eעולם\u202c <b>&amp; 45%",  # noqa: RUF001
    "N" * 200,
)
ENDS = """paragraph => {
    const text = paragraph.firstChild, range = document.createRange();
    const at = (start) => {
        range.setStart(text, start);
        range.setEnd(text, start + 1);
        return range.getBoundingClientRect().left;
    };
    return at(0) - at(text.length - 1);
}"""
"""How far the first letter of a paragraph of one line stands to the right of its last."""


# ── Content ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_odd_words_arrive_as_text_and_never_scroll_sideways(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """Found: a word of an author's or a section's name that is longer than the line widened the page."""
    page = read(newsroom.path)
    names = [sources.author_named("Wolfeschlegelsteinhausenbergerdorff" * 2), sources.author_named("B" * 60)]
    coverages.edit(newsroom.coverage, section="S" * 60, summary=WORD[:200], authors=names)
    coverages.set_key_points(newsroom.coverage, [KeyPointContent(WORD[:250])])
    posted = [newsroom.post(headline, body=f"<p>{WORD}</p>", authors=names, key_event=True) for headline in AWKWARD]
    body = f"<ul><li>{WORD}</li></ul><blockquote><p>{WORD}</p></blockquote><h3>{WORD}</h3>"
    posted.append(newsroom.post("", body=body, correction=WORD[:500]))
    updates.pin(newsroom.post("P" * 200, body="<p>Pinned.</p>", embed=f"https://example.org/{WORD[:400]}"))
    for headline, update in zip(AWKWARD, posted, strict=False):
        expect(article(page, update).locator("h2")).to_have_text(headline.strip())
    expect(page.locator("[data-slot=pinned] article")).to_be_attached()
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert not page.evaluate(SCROLLS), width
    page.goto(f"/embed/{newsroom.coverage.slug}/")
    page.set_viewport_size({"width": 320, "height": 800})
    assert not page.evaluate(SCROLLS)
    assert page.evaluate("window.ran") is None


def test_a_quotation_runs_its_own_way(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """Found: Hebrew in an English coverage had its full stop at the wrong end."""
    hebrew = newsroom.post("Quoted", body="<p>שלום עולם.</p>")
    english = newsroom.post("Not quoted", body="<p>Hello world.</p>")
    page = read(newsroom.path)
    assert article(page, hebrew).locator(".text p").evaluate(ENDS) > 0
    assert article(page, english).locator(".text p").evaluate(ENDS) < 0


def test_nothing_but_a_photo_or_a_frame(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """Found: its own page had an empty headline and title, the list of key updates an empty link."""
    page = read(newsroom.path)
    picture = newsroom.post("", body="", photos=[PlacedPhoto(photo())])
    film = newsroom.post("", body="", embed="https://youtu.be/dQw4w9WgXcQ")
    expect_feed(page, [film, picture])
    expect(article(page, picture).get_by_role("img", name="A map of the region")).to_be_visible()
    expect(article(page, film).get_by_role("link", name="Watch on YouTube")).to_be_visible()
    updates.set_key_event(film)
    expect(page.locator("[data-slot=key_events] a").first).to_have_text("The day in Kyiv")
    for update, headline in ((picture, "A map of the region"), (film, "The day in Kyiv")):
        page.goto(update.get_absolute_url())
        expect(page.locator("h1")).to_have_text(headline)
        assert page.title().startswith(headline)


def test_a_hundred_updates_in_a_second(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    page = read(newsroom.path)
    at = newsroom.at(60)
    posted = [
        newsroom.post(f"News {number}", body="<p>Text.</p>", published_at=at + timedelta(milliseconds=10 * number))
        for number in range(100)
    ]
    expect_feed(page, posted[::-1], LATER)


def test_edited_stands_apart_from_its_time(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """Found: "Edited2:02 p.m." at the head of an article, in bold."""
    update = newsroom.post("News")
    updates.edit(update, headline="Put right")
    update.refresh_from_db()
    edited = read(update.get_absolute_url()).locator("#story .edited")
    gap = """line => {
        const range = document.createRange();
        range.selectNodeContents(line.firstChild);
        return line.querySelector('time').getBoundingClientRect().left - range.getBoundingClientRect().right;
    }"""
    assert 2 < edited.evaluate(gap) < 10


# ── Browsers ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_browser_that_stores_nothing(newsroom: Newsroom, page: Page) -> None:
    for storage in ("localStorage", "sessionStorage"):
        refused = "get() { throw new DOMException('No.', 'SecurityError') }"
        page.add_init_script(f"Object.defineProperty(window, '{storage}', {{ {refused} }})")
    posted = newsroom.fill(2)
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    new = newsroom.post("News")
    expect_feed(page, [new, *posted])
    expect(page.locator(".divider")).to_have_count(0)


def test_back_to_a_page_that_slept_in_the_browser(newsroom: Newsroom, chromium: Browser, network: Proxy) -> None:
    """The back/forward cache, which Playwright's Chromium has only when it is asked for."""
    browser = chromium.browser_type.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = browser.new_page(base_url=f"http://localhost:{network.port}")
    posted = newsroom.fill(3)
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    page.evaluate("window.slept = true")
    page.goto("/")
    missed = newsroom.post("While it slept")
    page.go_back(wait_until="commit")
    expect_feed(page, [missed, *posted])
    assert page.evaluate("window.slept"), "it was loaded again"
    new = newsroom.post("News")
    expect_feed(page, [new, missed, *posted])
    browser.close()


def test_a_device_that_is_offline_now_and_then(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(2)
    page = read(newsroom.path)
    for _flap in range(6):
        page.context.set_offline(True)
        page.context.set_offline(False)
    new = newsroom.post("News")
    expect_feed(page, [new, *posted], LATER)
    expect(page.locator(".offline")).to_be_hidden()


def test_more_contrast_and_forced_colours(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    updates.pin(newsroom.post("Pinned", embed="https://youtu.be/dQw4w9WgXcQ"))
    page = read(newsroom.path)
    page.emulate_media(contrast="more")
    muted, ink = (page.locator(name).first.evaluate("e => getComputedStyle(e).color") for name in (".updated", "h1"))
    assert muted == ink
    page.emulate_media(contrast="no-preference", forced_colors="active")
    assert page.locator(".embed").first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_paper_says_the_date(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """Found: "Today" was printed."""
    update = newsroom.post("News")
    page = read(newsroom.path)
    day = article(page, update).locator("[data-day]").first
    expect(day).to_have_text("Today")
    expect(page.locator(".updated [data-day]")).to_have_text("today")
    page.emulate_media(media="print")
    assert day.evaluate("day => getComputedStyle(day).fontSize") == "0px"
    said = day.evaluate("day => JSON.parse(getComputedStyle(day, '::before').content)")
    local = timezone.localtime(update.published_at, newsroom.coverage.zone)
    assert said.endswith(str(local.day))
    assert day.evaluate("day => parseFloat(getComputedStyle(day, '::before').fontSize)") > 8


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_wrong_clock_is_corrected_without_a_stream(minutes: int, newsroom: Newsroom, page: Page) -> None:
    """Found: only heartbeats did so. A page that polls believed a clock that was fast: "20 minutes ago"."""

    def answer(route: Route) -> None:
        response = route.fetch()
        body = json.dumps(response.json() | {"mode": "poll", "poll": 1})
        route.fulfill(response=response, body=body)

    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {minutes * 60_000}")
    page.route("**/changes?*", answer)
    page.route("**/stream?*", lambda route: route.abort())
    update = newsroom.post("News")
    page.goto(newsroom.path)
    expect(article(page, update).locator(".relative").first).to_contain_text("this minute", timeout=LATER)


# ── What machines find ──────────────────────────────────────────────────────────────────────────────────────

FOUND = """async () => {
    const parsed = async (address) => {
        const page = new DOMParser().parseFromString(await (await fetch(address)).text(), 'application/xml');
        return page.querySelector('parsererror') ? null : page.documentElement.localName;
    };
    const here = (address) => new URL(address).pathname + new URL(address).search;
    const link = (type) => here(document.querySelector(`link[type="${type}"]`).href);
    const blog = JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent);
    return {
        canonical: here(document.querySelector('link[rel=canonical]').href),
        feeds: await Promise.all([link('application/atom+xml'), '/feed.atom'].map(parsed)),
        maps: await Promise.all(['/sitemap.xml', '/news-sitemap.xml'].map(parsed)),
        oembed: (await (await fetch(link('application/json+oembed'))).json()).title,
        blog: blog['@type'],
        headlines: blog.liveBlogUpdate.map(({ headline }) => headline),
        shown: [...document.querySelectorAll('ol.feed h2')].map(({ textContent }) => textContent),
        card: document.querySelector('meta[property="og:title"]').content,
    };
}"""


def test_what_a_page_links_to_and_says_to_machines(newsroom: Newsroom, page: Page) -> None:
    for headline in AWKWARD[:4]:
        newsroom.post(headline)
    page.goto(newsroom.path)
    found = page.evaluate(FOUND)
    assert found["canonical"] == newsroom.path
    assert found["feeds"] == ["feed", "feed"]
    assert found["maps"] == ["urlset", "urlset"]
    assert found["oembed"] == found["card"] == newsroom.coverage.headline
    assert found["blog"] == "LiveBlogPosting"
    assert found["headlines"] == found["shown"] == [headline.strip() for headline in AWKWARD[3::-1]]


def test_an_ended_coverage_in_order(newsroom: Newsroom, page: Page) -> None:
    posted = newsroom.fill(3)
    coverages.end(newsroom.coverage)
    page.goto(newsroom.path)
    page.get_by_role("link", name="In order, as it happened").click()
    page.wait_for_url("**/in-order/")
    expect_feed(page, posted[::-1])
    expect(article(page, posted[0]).locator(".relative").first).to_contain_text("your time", timeout=SOON)
    assert page.title().startswith("In order")
