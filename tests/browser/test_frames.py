"""Films and posts of other sites, and photos: nothing before the reader asks, and no shift when they come."""

import threading
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from playwright.sync_api import Page, Route, expect

from articles.media.embeds import FRAME_HOSTS
from articles.models import Photo
from articles.publishing import PlacedPhoto, sources, updates

from .conftest import WINDOW, Newsroom
from .reader import article
from .test_reading import applied, settled, visible_tops
from .waiting import until

ADDRESSES = (
    "https://youtu.be/dQw4w9WgXcQ?t=43",
    "https://vimeo.com/76979871",
    "https://x.com/jack/status/20",
    "https://bsky.app/profile/danabra.mov/post/3la62zxt4rs2j",
    "https://mastodon.social/@Gargron/100254678717223630",
    "https://www.instagram.com/p/CxYz_-12/",
)
FRAME = "<!doctype html><title>Elsewhere</title><p>From elsewhere."


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The hosts of other sites that were asked for something; all of them answer with a page."""
    hosts: list[str] = []

    def answer(route: Route) -> None:
        hosts.append(route.request.url.split("/")[2])
        route.fulfill(body=FRAME, content_type="text/html")

    page.context.route("https://**/*", answer)
    return hosts


def test_all_frames_come_when_asked_for(newsroom: Newsroom, asked: list[str], read: Callable[[str], Page]) -> None:
    posted = [newsroom.post(f"From {address}", body="<p>See.</p>", embed=address) for address in ADDRESSES]
    page = read(newsroom.path)
    page.mouse.wheel(0, 20_000)
    for update, address in zip(posted, ADDRESSES, strict=True):
        box = article(page, update).locator(".embed")
        link = box.get_by_role("link")
        expect(link).to_have_attribute("href", address)
        height = box.evaluate("element => element.getBoundingClientRect().height")
        link.press("Enter")  # a click may still be led to where the last frame stood
        expect(box.frame_locator("iframe").get_by_text("From elsewhere.")).to_be_visible()
        assert box.evaluate("element => element.getBoundingClientRect().height") == height
        frame = box.locator("iframe")
        expect(frame).to_be_focused()
        assert update.headline in (frame.get_attribute("title") or "")
        assert "allow-top-navigation" not in (frame.get_attribute("sandbox") or "")
        expect(link).to_be_hidden()
    assert asked == list(FRAME_HOSTS), "nothing was asked for before, and nothing but the frames"


def test_a_frame_lives_on(newsroom: Newsroom, asked: list[str], read: Callable[[str], Page]) -> None:
    """While other things change, and while its own update does, but not once another address is embedded."""
    first = newsroom.post("With a film", body="<p>See.</p>", embed=ADDRESSES[0])
    second = newsroom.post("With a link", body="<p>See.</p>", embed="https://example.org/report")
    page = read(newsroom.path)
    link = article(page, second).get_by_role("link", name="Open the page at example.org")
    assert link.evaluate("link => link.closest('.embed').dataset.frame") is None
    box = article(page, first).locator(".embed")
    box.get_by_role("link").click()
    expect(box.frame_locator("iframe").get_by_text("From elsewhere.")).to_be_visible()
    updates.edit(first, body="<p>See this.</p>", headline="With a good film")
    updates.edit(second, body="<p>And that.</p>")
    newsroom.post("News")
    applied(page, newsroom)
    expect(article(page, first)).to_contain_text("See this.")
    expect(box.locator("iframe")).to_have_count(1)
    assert len(asked) == 1, "it was not loaded again"
    updates.edit(first, embed=ADDRESSES[1])
    expect(box.get_by_role("link", name="Watch on Vimeo")).to_be_visible()
    expect(box.locator("iframe")).to_have_count(0)


def a_photo(colour: str) -> Photo:
    picture = BytesIO()
    Image.new("RGB", (1200, 800), colour).save(picture, "JPEG")
    file = SimpleUploadedFile(f"{colour}.jpg", picture.getvalue(), "image/jpeg")
    return sources.add_photo(image=file, alt=colour, caption=f"All {colour}.")


def test_what_loads_late_moves_nothing(newsroom: Newsroom, asked: list[str], page: Page) -> None:
    """Photos above, in and below what is read, and a frame, as in browsers that do not anchor."""
    colours = ("navy", "teal", "maroon", "olive", "gray", "purple")[:WINDOW]
    posted = [
        newsroom.post(f"In {colour}", photos=[PlacedPhoto(a_photo(colour))], embed=ADDRESSES[0]) for colour in colours
    ][::-1]
    late = threading.Event()
    held: list[Route] = []
    page.route("**/media/**", lambda route: route.continue_() if late.is_set() else held.append(route))
    page.goto(newsroom.path, wait_until="domcontentloaded")
    page.evaluate("document.body.style.overflowAnchor = 'none'")
    middle = article(page, posted[2])
    middle.locator(".embed a").evaluate("link => link.click()")  # a frame that comes above
    middle.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 350)")
    settled(page)
    until(lambda: page.wait_for_timeout(50) or len(held) > 1)
    before = visible_tops(page)
    assert before
    late.set()
    for route in held:
        route.continue_()
    loaded = "() => [...document.querySelectorAll('ol.feed img')].filter(image => image.naturalWidth).length > 1"
    page.wait_for_function(loaded)
    newsroom.post("And news")
    applied(page, newsroom)
    after = visible_tops(page)
    assert {key: round(after.get(key, 0) - top) for key, top in before.items()} == dict.fromkeys(before, 0)
