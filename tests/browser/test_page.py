"""Everything that editors do is on every open page within a second, once, in the right place, without a reload."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from articles.models import Update
from articles.publishing import KeyPointContent, coverages, updates

from .conftest import WINDOW, Newsroom
from .reader import SOON, article, expect_feed, expect_version, feed


class Open(NamedTuple):
    """A page that is open, and the updates in its feed, newest first."""

    page: Page
    shown: list[Update]


@pytest.fixture(params=["coverage", "article"])
def opened(request: pytest.FixtureRequest, newsroom: Newsroom, read: Callable[[str], Page]) -> Iterator[Open]:
    """More updates than a page shows; the article is one of the older ones. The page must never be loaded again."""
    posted = newsroom.fill(WINDOW + 4)
    page = read(newsroom.path if request.param == "coverage" else posted[-2].get_absolute_url())
    page.evaluate("window.notReloaded = true")
    yield Open(page, posted[:WINDOW])
    assert page.evaluate("window.notReloaded")


def test_a_post(opened: Open, newsroom: Newsroom) -> None:
    new = newsroom.post("Something happened")
    expect_feed(opened.page, [new, *opened.shown])
    expect(article(opened.page, new)).to_contain_text("Paragraph 2")


def test_an_edit(opened: Open) -> None:
    third = opened.shown[2]
    updates.edit(third, headline="Put right", body="<p>Other words.</p>", correction="We had it wrong.")
    expect(article(opened.page, third)).to_contain_text("Other words.", timeout=SOON)
    expect(article(opened.page, third)).to_contain_text("We had it wrong.")
    expect(article(opened.page, third)).to_contain_text("Edited")
    expect_feed(opened.page, opened.shown)


def test_moved_in_time_within_the_window(opened: Open, newsroom: Newsroom) -> None:
    first, second, third, *rest = opened.shown
    updates.retime(third, first.published_at)  # ids are the second key: an older id stands below at the same time
    expect_feed(opened.page, [first, third, second, *rest])
    updates.retime(third, newsroom.at(100))
    expect_feed(opened.page, [third, first, second, *rest])


def test_moved_in_time_into_the_window(opened: Open, newsroom: Newsroom) -> None:
    old = newsroom.posted[WINDOW]
    updates.retime(old, newsroom.at(100))
    expect_feed(opened.page, [old, *opened.shown])


def test_moved_in_time_out_of_the_window_and_back(opened: Open, newsroom: Newsroom) -> None:
    first, *rest = opened.shown
    at = first.published_at
    updates.retime(first, newsroom.at(0.5))
    expect_feed(opened.page, rest)
    updates.retime(first, at)
    expect_feed(opened.page, opened.shown)


def test_the_last_one_in_the_window_moves_away_and_the_window_stays(opened: Open, newsroom: Newsroom) -> None:
    *rest, last = opened.shown
    updates.retime(last, newsroom.at(0.5))
    expect_feed(opened.page, rest)
    between = newsroom.post("Late", published_at=last.published_at)
    expect_feed(opened.page, [*rest, between])


def test_pin_and_unpin(opened: Open) -> None:
    page, (first, second, *rest) = opened
    pinned = page.locator("[data-slot=pinned] article")
    has_slot = page.locator("[data-slot=pinned]").count()
    updates.pin(second)
    expect_feed(page, [first, *rest])
    expect(pinned).to_have_count(has_slot)
    updates.pin(first)
    expect_feed(page, [second, *rest])
    expect(page.locator(f"#update-{first.pk}")).to_have_count(has_slot)
    updates.pin(first, pinned=False)
    expect_feed(page, opened.shown)
    expect(pinned).to_have_count(0)


def test_withdraw_and_restore(opened: Open) -> None:
    page, (first, second, *rest) = opened
    updates.withdraw(second, "wrong")
    expect_feed(page, [first, *rest])
    expect(page.locator("body")).not_to_contain_text(second.headline)
    updates.restore(second)
    expect_feed(page, opened.shown)


def test_key_points(opened: Open, newsroom: Newsroom) -> None:
    slots = opened.page.locator("[data-slot=key_points]")
    number = slots.count()
    assert number
    for points in (["One.", "Two & <three>."], ["Two & <three>."], []):
        coverages.set_key_points(newsroom.coverage, [KeyPointContent(point) for point in points])
        for slot in slots.all():
            expect(slot.locator("li")).to_have_text(points, timeout=SOON)
            expect(slot).to_be_empty() if not points else None


def test_key_events(opened: Open) -> None:
    page, (first, *_rest) = opened
    events = page.locator("[data-slot=key_events]").first.locator("li a")
    before = events.count()
    updates.set_key_event(first)
    expect(events).to_have_count(before + 1 if page.locator("[data-slot=key_events]").count() else 0, timeout=SOON)


def test_end_and_reopen(opened: Open, newsroom: Newsroom) -> None:
    page = opened.page
    successor = coverages.start(
        coverages.create(headline="The next day", slug=f"{newsroom.coverage.slug}-next", time_zone="Europe/Kyiv")
    )
    coverages.end(newsroom.coverage, successor=successor)
    notice = page.locator("[data-slot=notice]")
    expect(notice).to_contain_text("This live coverage has ended.", timeout=SOON)
    expect(notice.get_by_role("link")).to_have_attribute("href", successor.get_absolute_url())
    expect(page.locator(".badge")).to_have_text("Live coverage ended")
    expect(page.get_by_role("button", name="Pause updates")).to_be_hidden()
    coverages.reopen(newsroom.coverage)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # what an ended page wakes up for
    expect(notice).to_be_empty(timeout=SOON)
    expect(page.locator(".badge")).to_have_text("Live")
    new = newsroom.post("It goes on")
    expect_feed(page, [new, *opened.shown])


def test_headline(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    newsroom.fill(2)
    page = read(newsroom.path)
    coverages.edit(newsroom.coverage, headline="Another $& headline")
    expect(page.locator("h1")).to_have_text("Another $& headline", timeout=SOON)
    assert page.title().startswith("Another $& headline")


def test_the_articles_own_text(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    _first, second, *_rest = newsroom.fill(4)
    page = read(second.get_absolute_url())
    story = page.locator("#story")
    edited = updates.edit(second, headline="Put right", body="<p>Other words.</p>")
    expect(story.locator("h1")).to_have_text("Put right", timeout=SOON)
    expect(story).to_contain_text("Other words.")
    page.wait_for_url(f"**{edited.get_absolute_url()}")
    assert page.title().startswith("Put right")

    updates.withdraw(second, "wrong")
    expect(page.locator("main")).not_to_contain_text("Other words.", timeout=SOON)
    expect(page.locator("h1")).to_have_text("This update was withdrawn")
    updates.restore(second)
    expect(page.locator("#story")).to_contain_text("Other words.", timeout=SOON)
    assert second.pk not in feed(page)


def test_the_coverage_is_withdrawn(opened: Open, newsroom: Newsroom) -> None:
    coverages.withdraw(newsroom.coverage, "a legal duty")
    expect(opened.page.locator("body")).not_to_contain_text("Paragraph 2", timeout=3 * SOON)
    expect(opened.page.get_by_role("heading", level=1)).to_have_text("This live coverage was withdrawn")


def test_many_changes_at_once(opened: Open, newsroom: Newsroom) -> None:
    new = [newsroom.post(f"Quick {number}") for number in range(5)]
    updates.withdraw(new[1], "wrong")
    updates.pin(new[2])
    updates.pin(new[2], pinned=False)
    updates.edit(new[3], headline="Edited at once")
    expect_feed(opened.page, [*(update for update in new[::-1] if update != new[1]), *opened.shown])
    newsroom.coverage.refresh_from_db()
    expect_version(opened.page, newsroom.coverage.version)
