"""A page that is kept open for thousands of updates stays as large as it was, wherever its reader is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from articles.models import Update
from articles.publishing import updates

from .conftest import WINDOW, Newsroom
from .reader import article, expect_version, feed
from .test_reading import settled, visible_tops
from .waiting import until

MOST = 200
"""Updates on a page, of which those far from the reader are let go."""
MARGIN = 20
"""What may come on top: what one delta brings."""
SHORT = "<p>What there is to say about it, in a sentence or two, as most updates are.</p>" * 2
BATCH = 20
"""Updates posted at once: fewer than those for which the page would be fetched anew."""


def published(newsroom: Newsroom) -> list[int]:
    """The ids of all updates that the feed would show if nothing were let go, newest first."""
    shown = Update.objects.published().filter(coverage=newsroom.coverage, pinned=False)
    return list(shown.newest_first().values_list("pk", flat=True))


def expect_window(page: Page, newsroom: Newsroom) -> tuple[int, int]:
    """The feed is a part of all that is published, without a gap: from which of them to which."""
    newsroom.coverage.refresh_from_db()
    expect_version(page, newsroom.coverage.version, 10_000)
    everything, shown = published(newsroom), feed(page)
    assert len(shown) <= MOST + MARGIN
    start = everything.index(shown[0])
    assert shown == everything[start : start + len(shown)]
    return start, start + len(shown)


def flood(page: Page, newsroom: Newsroom, number: int) -> list[Update]:
    """Post that many while the page looks on."""
    posted: list[Update] = []
    for first in range(0, number, BATCH):
        posted += [newsroom.post(f"Flood {first + more}", body=SHORT) for more in range(min(BATCH, number - first))]
        newsroom.coverage.refresh_from_db()
        expect_version(page, newsroom.coverage.version, 10_000)
    return posted


def scroll(page: Page, pixels: int, goal: Callable[[], bool]) -> None:
    def is_there() -> bool:
        page.mouse.wheel(0, pixels)
        page.wait_for_timeout(60)
        return goal()

    until(is_there, 60)


def nodes(page: Page) -> int:
    """All that the page holds in memory, in the document or not."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Memory.getDOMCounters")["nodes"])


@pytest.mark.parametrize("number", [230, pytest.param(2000, marks=pytest.mark.soak)])
def test_read_in_the_middle(number: int, newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW + 4)
    page = read(newsroom.path)
    page.evaluate("document.body.style.overflowAnchor = 'none'")
    article(page, posted[3]).evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 120)")
    settled(page)
    before = visible_tops(page)
    new = flood(page, newsroom, number)
    start, end = expect_window(page, newsroom)
    assert start > 0, "nothing was let go above"
    assert end >= number + 4
    assert {key: round(visible_tops(page).get(key, 0) - top) for key, top in before.items()} == dict.fromkeys(before, 0)
    assert page.title().startswith(f"({number}) ")
    assert nodes(page) < MOST * 40

    # What happens to those that were let go is right when they come again; what happens within is right at once.
    updates.withdraw(new[-5], "wrong")
    updates.retime(new[-6], newsroom.at(8.5))
    updates.edit(new[-7], headline="Edited while it was away")
    updates.retime(posted[0], new[-8].published_at)
    expect_window(page, newsroom)
    expect(page.locator("ol.feed")).to_contain_text("Flood " + new[-6].headline.split()[-1])
    page.wait_for_function("number => document.title.startsWith(`(${number}) `)", arg=number - 1)

    def is_loaded_further() -> bool:
        return expect_window(page, newsroom)[0] < start - BATCH

    scroll(page, -1500, is_loaded_further)
    scroll(page, -4000, lambda: feed(page)[0] == new[-1].pk)
    page.evaluate("scrollTo(0, 0)")
    assert expect_window(page, newsroom)[0] == 0
    expect(article(page, new[-7])).to_contain_text("Edited while it was away")
    assert article(page, new[-5]).count() == 0

    # And down again.
    oldest = published(newsroom)[-1]
    scroll(page, 20_000, lambda: feed(page)[-1] == oldest)
    start, end = expect_window(page, newsroom)
    assert end == len(published(newsroom))
    latest = newsroom.post("Latest")
    page.wait_for_function("() => /^\\(\\d+\\) /.test(document.title)")
    page.locator(".pill").click()
    expect(article(page, latest)).to_be_in_viewport()
    assert expect_window(page, newsroom)[0] == 0
    page.wait_for_function("() => document.title.startsWith('The day')")


@pytest.mark.soak
def test_paused(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """What waits is bounded too."""
    posted, number = newsroom.fill(3), 1000
    page = read(newsroom.path)
    page.get_by_role("button", name="Pause updates").click()
    flood(page, newsroom, number)
    assert feed(page) == [update.pk for update in posted]
    assert page.evaluate("document.querySelector('live-coverage').feed.held.size") <= MOST + MARGIN
    page.get_by_role("button", name=f"Resume ({number:,} new updates)").click()
    page.wait_for_function(
        "id => document.querySelector('ol.feed article').dataset.id == id", arg=published(newsroom)[0]
    )
    assert expect_window(page, newsroom)[0] == 0
