"""The desk for everybody: axe-core in its states, the keyboard alone, a thumb at 390 pixels."""

import pytest
from playwright.sync_api import Page, expect

from articles.publishing import KeyPointContent, coverages, updates

from .conftest import Newsroom
from .desk import Desk, OpenDesk, member, picture
from .proxy import Proxy
from .test_accessibility import SCROLLS, STOP, faults

SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea, .choice, .ProseMirror')]
    .filter(one => one.checkVisibility() && !one.matches('.visually-hidden, .skip-to-content-link, .choice > input'))
    .filter(one => !one.closest('p:not(.bar-name, .point-buttons, .embedded), h1'))
    .map(one => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
    .filter(([box]) => box.width && (box.height < 43.5 || box.width < 43.5))
    .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""
"""What a thumb may miss; links within text are let be."""


CONTROLS = [
    "headline",
    "data-tool",
    "ProseMirror",
    "data-author",
    "data-toggle",
    "publish",
    "data-filter",
    "data-action",
]


@pytest.fixture
def desk(open_desk: OpenDesk, newsroom: Newsroom) -> Desk:
    """With an update of each state, and key points."""
    newsroom.fill(2)
    updates.pin(newsroom.posted[0])
    updates.set_key_event(newsroom.posted[1])
    updates.withdraw(newsroom.post("Wrong"), "It was not so")
    updates.post(newsroom.coverage, headline="Waits", state="submitted")
    updates.post(newsroom.coverage, headline="Unfinished", state="draft")
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("One", newsroom.posted[0]), KeyPointContent("Two")])
    opened = open_desk()
    opened.page.emulate_media(reduced_motion="reduce")
    return opened


def add_photo(desk: Desk) -> None:
    desk.composer.locator("[data-file]").set_input_files(picture("desk.jpg"))
    expect(desk.composer.locator(".photo-row[data-id]")).to_be_visible()


def in_both_themes(page: Page) -> list[str]:
    page.evaluate("scrollTo(0, 0)")  # elsewhere the bar may cover half of a button
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    found += faults(page, "color-contrast")
    page.emulate_media(color_scheme="light")
    return found


def test_every_state_of_the_desk(desk: Desk, newsroom: Newsroom, open_desk: OpenDesk, network: Proxy) -> None:
    page = desk.page
    update = newsroom.posted[0]
    desk.composer.locator(".headline").fill("A headline")
    desk.type("Words")
    add_photo(desk)
    found = in_both_themes(page)
    desk.edit(update)
    desk.entry(newsroom.posted[1]).locator("details.more > summary").click()
    open_desk(user=member("brussels", "Editor", "Brussels desk")).edit(newsroom.posted[1])
    expect(desk.entry(newsroom.posted[1])).to_contain_text("is editing now")
    found += in_both_themes(page)
    page.locator("[data-point=edit]").first.click()
    found += in_both_themes(page)
    for button in ("[data-course=header]", "[data-course=end]", "[data-course=withdraw]", "[data-do=schedule]"):
        page.locator(button).first.click()
        expect(desk.dialog).to_be_visible()
        found += in_both_themes(page)
        page.keyboard.press("Escape")
    for action in ("history", "withdraw", "erase"):
        desk.act(newsroom.posted[1], action)
        expect(desk.dialog).to_be_visible()
        found += faults(page)
        page.keyboard.press("Escape")
    network.cut()
    desk.text.focus()
    page.keyboard.press("Control+Enter")
    expect(desk.outbox).to_contain_text("Waiting for the network")
    expect(page.locator("[data-trouble]")).to_be_visible()
    found += in_both_themes(page)
    assert not found, "\n".join(found)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("Escape")
    stops = [page.keyboard.press("Tab") or page.evaluate(STOP) for _step in range(40)]
    assert not [
        stop for stop in stops if stop["outline"].startswith(("none", "0px")) and "ProseMirror" not in stop["html"]
    ]
    assert not [stop for stop in stops if stop["bottom"] <= 0 or stop["top"] >= 900]
    reached = " ".join(stop["html"] for stop in stops)
    for control in CONTROLS:
        assert control in reached, control
    page.keyboard.press("Escape")
    page.locator("[data-feed] > li").first.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("[data-feed] > li .composer .ProseMirror")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(desk.text).to_be_focused()


def test_everything_with_a_thumb(desk: Desk, newsroom: Newsroom) -> None:
    page = desk.page
    add_photo(desk)
    desk.edit(newsroom.posted[0])
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert not page.evaluate(SCROLLS), width
    assert not page.evaluate(SMALL)
    desk.entry(newsroom.posted[1]).locator("details.more > summary").click()
    assert not page.evaluate(SMALL)
    assert not page.evaluate(SCROLLS)
    page.get_by_role("link", name="Key points").click()
    expect(page.locator("#points")).to_be_in_viewport()
    found = faults(page)
    page.locator("[data-course=end]").click()
    assert not page.evaluate(SMALL)
    assert not found + faults(page)
