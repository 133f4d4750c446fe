"""The page that other sites put in a frame, in a page of another site."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from articles.publishing import coverages, updates

from .conftest import WINDOW, Newsroom
from .reader import SOON
from .server import Server

SHORT = "<p>A few words.</p>"


@pytest.fixture
def host(page: Page, server: Server) -> Iterator[Callable[[str], FrameLocator]]:
    """Open a page of another site into which the code that oEmbed gives for this path was pasted."""

    class Theirs(BaseHTTPRequestHandler):
        html = ""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(self.html.encode())

    def opened(path: str) -> FrameLocator:
        ours = f"http://localhost:{server.port}"
        with urllib.request.urlopen(f"{ours}/oembed?url={quote(ours + path)}") as answer:  # noqa: S310
            code = json.load(answer)["html"]
        Theirs.html = f"<!doctype html><p style='height: 300px'>Their</p>{code}<p style='height: 3000px'>page</p>"
        with page.expect_response("**/stream?*"):
            page.goto(f"http://127.0.0.1:{site.server_port}/their-page")
        return page.frame_locator("iframe")

    # A real server: Chromium lets no page that seems to come from the Internet frame one of this machine.
    with ThreadingHTTPServer(("127.0.0.1", 0), Theirs) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield opened
        site.shutdown()


def expect_whole(page: Page, frame: FrameLocator) -> int:
    """The frame becomes as high as what it shows; its height."""
    heights: list[int] = []

    def same() -> bool:
        inside = frame.locator("body").evaluate("body => Math.ceil(body.getBoundingClientRect().height)")
        heights[:] = [inside, page.locator("iframe").evaluate("frame => frame.clientHeight")]
        return heights[0] == heights[1]

    for _ in range(50):
        if same():
            return heights[0]
        page.wait_for_timeout(50)
    raise AssertionError(heights)


def test_a_frame_on_another_site(host: Callable[[str], FrameLocator], page: Page, newsroom: Newsroom) -> None:
    first = newsroom.post('"First" & <others>', body=SHORT)
    frame = host(newsroom.path)
    headlines = frame.locator("ol.feed h2")
    expect(headlines).to_have_text(['"First" & <others>'])
    before = expect_whole(page, frame)

    second = newsroom.post("Second", body=SHORT)
    expect(headlines).to_have_text(["Second", '"First" & <others>'], timeout=SOON)
    assert expect_whole(page, frame) > before
    updates.edit(first, headline="First, mended")
    expect(headlines).to_have_text(["Second", "First, mended"], timeout=SOON)
    updates.pin(first)
    expect(headlines).to_have_text(["Second"], timeout=SOON)
    expect(frame.locator("[data-slot=pinned] h2")).to_have_text("First, mended")
    updates.withdraw(second, "Wrong")
    expect(headlines).to_have_count(0, timeout=SOON)
    updates.pin(first, pinned=False)
    expect(headlines).to_have_text(["First, mended"], timeout=SOON)

    with page.context.expect_page() as opened:
        headlines.first.locator("a").click()
    expect(opened.value.locator("h1")).to_have_text("First, mended")
    assert "their-page" in page.url

    coverages.withdraw(newsroom.coverage, "Wrong")
    expect(frame.locator("h1")).to_have_text("This live coverage was withdrawn")


def test_what_is_new_waits_while_a_frame_is_read(
    host: Callable[[str], FrameLocator], page: Page, newsroom: Newsroom
) -> None:
    """And the frame keeps its length."""
    newsroom.fill(WINDOW + 3)
    frame = host(newsroom.path)
    articles = frame.locator("ol.feed > li")
    expect(articles).to_have_count(WINDOW)
    whole = expect_whole(page, frame)
    page.mouse.move(300, 300)
    page.evaluate("scrollTo(0, 2000)")
    reading = articles.nth(2)
    expect(reading).to_be_in_viewport()
    top = reading.evaluate("item => item.getBoundingClientRect().top")
    newsroom.post("New", body=SHORT)
    updates.edit(newsroom.posted[WINDOW - 1], headline="Edited meanwhile")
    expect(frame.locator("h2", has_text="Edited meanwhile")).to_have_count(1, timeout=SOON)
    expect(frame.locator("h2", has_text="New")).to_have_count(0)
    assert reading.evaluate("item => item.getBoundingClientRect().top") == top
    page.evaluate("scrollTo(0, 0)")
    expect(frame.locator("h2").first).to_have_text("New", timeout=SOON)
    expect(articles).to_have_count(WINDOW)
    assert expect_whole(page, frame) < whole


def test_a_frame_has_its_sites_colours_and_its_coverages_end(
    host: Callable[[str], FrameLocator], page: Page, server: Server, newsroom: Newsroom
) -> None:
    """And the coverage's own page then offers to read it in order."""
    page.emulate_media(color_scheme="null")  # what Playwright emulates would count for the frame too
    frame = host(newsroom.path)
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 19, 17)"}
    for scheme, colour in paper.items():
        page.locator("iframe").evaluate("(frame, scheme) => (frame.style.colorScheme = scheme)", scheme)
        expect(frame.locator("html")).to_have_css("background-color", colour)

    whole = page.context.new_page()
    with whole.expect_response("**/stream?*"):
        whole.goto(f"http://localhost:{server.port}{newsroom.path}")
    in_order = whole.get_by_role("link", name="In order, as it happened")
    expect(in_order).to_have_count(0)
    coverages.end(newsroom.coverage)
    expect(in_order).to_be_visible(timeout=SOON)
    page.bring_to_front()
    expect(frame.locator(".badge")).to_have_text("Live coverage ended")
