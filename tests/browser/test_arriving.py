"""Who follows a link finds what it promised, and a way to everything else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from articles.publishing import updates

from .conftest import WINDOW, Newsroom
from .reader import article, expect_feed

KEY_EVENTS = 12
"""In the list beside the feed."""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_shared_link(width: int, newsroom: Newsroom, read: Callable[[str], Page], page: Page) -> None:
    posted = newsroom.fill(WINDOW + 2)
    page.set_viewport_size({"width": width, "height": 700})
    shared = posted[-1]
    read(shared.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text(shared.headline)
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    expect(page.locator("#story").get_by_text("Paragraph 0 ")).to_be_in_viewport(ratio=1)
    expect_feed(page, posted[:WINDOW])
    page.locator("#story").get_by_role("link", name="The day in Kyiv").click()
    page.wait_for_url(f"**{newsroom.path}")
    expect(page.get_by_role("heading", level=1)).to_have_text("The day in Kyiv")


def test_key_updates_are_a_list_of_twelve_and_a_page_of_all(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(KEY_EVENTS + 1)
    for update in posted:
        updates.set_key_event(update)
    page = read(newsroom.path)
    page.set_viewport_size({"width": 390, "height": 700})
    page.locator("details.folded summary").press("Enter")
    events = page.locator("details.folded li a")
    expect(events).to_have_text([update.headline for update in posted[:KEY_EVENTS]])
    events.last.press("Enter")
    far = article(page, posted[KEY_EVENTS - 1])
    expect(far).to_be_focused()
    expect(far).to_be_in_viewport()
    expect(page.locator(".is-target")).to_have_count(1)
    page.locator("details.folded").get_by_role("link", name="All key updates").press("Enter")
    page.wait_for_url("**/key-updates/")
    expect(page.locator(".timeline h2")).to_have_text([update.headline for update in posted])


def test_the_pinned_update_opens_and_closes_from_the_keyboard(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    pinned = newsroom.fill(3)[2]
    updates.pin(pinned)
    page = read(newsroom.path)
    text = page.locator("[data-slot=pinned] .text")
    summary = page.locator("[data-slot=pinned] summary")
    expect(text).to_be_visible()
    summary.press("Enter")
    expect(text).to_be_hidden()
    updates.edit(pinned, headline="Pinned, and put right")
    expect(summary).to_contain_text("Pinned, and put right")
    expect(text).to_be_hidden()
    summary.press("Space")
    expect(text).to_be_visible()
