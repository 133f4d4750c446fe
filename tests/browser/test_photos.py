"""Photos as a reader gets them: nothing moves, the right file is fetched, and what is withdrawn goes."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.models import Photo
from articles.publishing import PlacedPhoto, coverages, renditions, sources

from .conftest import Newsroom
from .proxy import Proxy
from .reader import SHIFTED


@pytest.fixture
def photos(newsroom: Newsroom) -> list[Photo]:
    """One wide, with its renditions; one upright, of which the whole picture answers for them."""
    made = []
    for number, size in enumerate([(1700, 1100), (1650, 1800)], 1):
        data = io.BytesIO()
        Image.effect_noise((170, 110), 60).resize(size).save(data, "JPEG")
        photo = sources.add_photo(image=ContentFile(data.getvalue(), "x.jpg"), alt=f"Picture {number}", caption="Here")
        made.append(photo)
    renditions.render(made[0])
    return made


@pytest.fixture
def screen(chromium: Browser, network: Proxy) -> Iterator[Callable[[int, float], Page]]:
    opened: list[Any] = []

    def at(width: int, density: float) -> Page:
        context = chromium.new_context(
            base_url=f"http://localhost:{network.port}",
            viewport={"width": width, "height": 800},
            device_scale_factor=density,
        )
        opened.append(context)
        return context.new_page()

    yield at
    for context in opened:
        context.close()


FILES = {
    390: {1: ("400.avif", "400.avif"), 2: ("720.avif", "720.avif"), 3: ("720.avif", "720.avif")},
    1280: {1: ("720.avif", "1280.avif"), 2: ("1280.avif", "1600.avif")},
}
"""At a screen's width and density: of a photo in the column, and of the first one on the front page."""


def test_the_right_rendition_and_nothing_moves(
    newsroom: Newsroom, photos: list[Photo], screen: Callable[[int, float], Page]
) -> None:
    wide, upright = photos
    coverages.edit(newsroom.coverage, lead=PlacedPhoto(wide))
    newsroom.post("Seen", photos=[PlacedPhoto(wide)])
    newsroom.post("Seen after", photos=[PlacedPhoto(upright)])
    for width, densities in FILES.items():
        for density, files in densities.items():
            page = screen(width, density)
            page.add_init_script(SHIFTED)
            for path, file in zip((newsroom.path, "/"), files, strict=True):
                page.goto(path)
                for image in page.locator(".photo img").all():
                    image.scroll_into_view_if_needed()
                    page.wait_for_function("image => image.naturalWidth > 0", arg=image.element_handle())
                chosen = page.locator(".photo img").last
                assert str(chosen.evaluate("image => image.currentSrc")).endswith(file), (width, density, path)
                assert chosen.evaluate("image => getComputedStyle(image).backgroundColor") != "rgba(0, 0, 0, 0)"
                assert page.evaluate("shifted") == 0


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
