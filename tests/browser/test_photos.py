"""Photos as a reader gets them: nothing moves, the right file is fetched, and what is withdrawn goes."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.models import Photo
from articles.publishing import PlacedPhoto, renditions, sources

from .conftest import Newsroom
from .proxy import Proxy

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifted += entry.value)))
  .observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture
def photos(newsroom: Newsroom) -> list[Photo]:
    """Three, one of them upright, with their renditions."""
    made = []
    for number, size in enumerate([(1700, 1100), (1100, 1700), (1700, 1100)], 1):
        data = io.BytesIO()
        Image.effect_noise(size, 30).save(data, "JPEG")
        photo = sources.add_photo(image=ContentFile(data.getvalue(), "x.jpg"), alt=f"Picture {number}", caption="Here")
        renditions.render(photo)
        made.append(photo)
    return made


@pytest.fixture
def phone(chromium: Browser, network: Proxy) -> Iterator[Callable[[float], Page]]:
    opened: list[Any] = []

    def at(density: float) -> Page:
        context = chromium.new_context(
            base_url=f"http://localhost:{network.port}",
            viewport={"width": 390, "height": 800},
            device_scale_factor=density,
        )
        opened.append(context)
        return context.new_page()

    yield at
    for context in opened:
        context.close()


def test_the_right_rendition_and_nothing_moves(
    newsroom: Newsroom, photos: list[Photo], phone: Callable[[float], Page]
) -> None:
    newsroom.post("Seen", photos=[PlacedPhoto(photos[0])])
    for density, wanted in ((1, "400.avif"), (2, "720.avif"), (3, "720.avif")):
        page = phone(density)
        page.add_init_script(SHIFTS)
        page.goto(newsroom.path)
        image = page.get_by_role("img", name="Picture 1")
        image.scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('.photo img').naturalWidth > 0")
        assert str(image.evaluate("image => image.currentSrc")).endswith(wanted)
        assert image.evaluate("image => getComputedStyle(image).backgroundColor") != "rgba(0, 0, 0, 0)"
        assert page.evaluate("shifted") < 0.001  # a photo that takes its room late moves hundreds of times as much


def test_a_withdrawn_photo_leaves_open_pages(
    newsroom: Newsroom, photos: list[Photo], read: Callable[[str], Page]
) -> None:
    newsroom.post("Seen", photos=[PlacedPhoto(photos[0])])
    page = read(newsroom.path)
    expect(page.get_by_role("img", name="Picture 1")).to_have_count(1)
    sources.edit_photo(photos[0], caption="Put right")
    expect(page.locator("figcaption")).to_have_text("Put right")
    sources.withdraw_photo(photos[0], "No rights")
    expect(page.get_by_role("img", name="Picture 1")).to_have_count(0)
    expect(page.get_by_role("heading", name="Seen")).to_have_count(1)
