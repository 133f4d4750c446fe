"""What a reader sees of a page."""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page

from articles.models import Update

SOON = 1_000
"""Milliseconds within which a change must be on every open page."""

SHIFTED = """
  window.shifted = 0;
  const moved = ({ previousRect, currentRect }) => Math.abs(previousRect.y - currentRect.y) >= 1;
  const counts = (entry) => !entry.hadRecentInput && entry.sources.some(moved);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter(counts)) window.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
"""
"""Sums up in `shifted` what moves up or down: "Today" in place of "Feb. 27" moves the time beside it by some pixels."""

FEED = "[...document.querySelectorAll('ol.feed > li > article')].map(article => Number(article.dataset.id))"


def feed(page: Page) -> list[int]:
    """The ids of the updates in the feed, as they stand there."""
    ids: list[int] = page.evaluate(FEED)
    return ids


def expect_feed(page: Page, wanted: Sequence[Update], timeout: float = SOON) -> None:
    """The feed becomes exactly these."""
    ids = [update.pk for update in wanted]
    try:
        page.wait_for_function(f"ids => JSON.stringify({FEED}) === JSON.stringify(ids)", arg=ids, timeout=timeout)
    except Exception:
        assert feed(page) == ids
        raise


def expect_version(page: Page, version: int, timeout: float = SOON) -> None:
    """The page has applied everything up to this version."""
    page.wait_for_function(
        "version => document.querySelector('live-coverage').version === version", arg=version, timeout=timeout
    )


def article(page: Page, update: Update) -> Locator:
    return page.locator(f"ol.feed #update-{update.pk}")
