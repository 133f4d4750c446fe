"""Times as readers in several places, on several days and with a wrong clock read them."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from .conftest import Newsroom
from .proxy import Proxy
from .reader import article

NOW = datetime(2025, 10, 26, 1, 40, tzinfo=UTC)
"""Forty minutes after Kyiv's clocks went back from four to three; New York's do so a week later."""


@pytest.fixture
def readers(chromium: Browser, network: Proxy) -> list[BrowserContext]:
    """A computer in New York, a phone in Kyiv."""
    base = f"http://localhost:{network.port}"
    return [
        chromium.new_context(base_url=base, timezone_id="America/New_York", viewport={"width": 1000, "height": 700}),
        chromium.new_context(base_url=base, timezone_id="Europe/Kyiv", viewport={"width": 390, "height": 700}),
    ]


def open_at(context: BrowserContext, path: str, now: datetime, wrong: timedelta = timedelta(0)) -> Page:
    """The page as it is at `now` by the server's clock, in a browser whose clock is wrong; nothing else answers."""
    page = context.new_page()

    def answer(route: Route) -> None:
        response = route.fetch()
        head, _, rest = response.text().partition('data-now="')
        body = f'{head}data-now="{now.isoformat().replace("+00:00", "Z")}"{rest.partition(chr(34))[2]}'
        route.fulfill(response=response, body=body)

    page.route(f"**{path}", answer)
    page.route("**/stream?*", lambda route: route.abort())
    page.route("**/changes?*", lambda route: route.abort())
    page.clock.set_fixed_time(now + wrong)
    page.goto(path)
    return page


def test_around_the_end_of_summer_time(newsroom: Newsroom, readers: list[BrowserContext]) -> None:
    yesterday, before, after = (
        newsroom.post(f"{minutes} minutes ago", published_at=NOW - timedelta(minutes=minutes))
        for minutes in (290, 70, 10)
    )
    wanted = [
        [
            (yesterday, "Oct. 25, 11:50 p.m. EEST", "4:50 p.m. your time"),
            (before, "Today, 3:30 a.m. EEST", "Sat 8:30 p.m. your time"),
            (after, "Today, 3:30 a.m. EET", "10 minutes ago · Sat 9:30 p.m. your time"),
        ],
        [
            (yesterday, "Oct. 25, 11:50 p.m. EEST", None),
            (before, "Today, 3:30 a.m. EEST", None),
            (after, "Today, 3:30 a.m. EET", "10 min. ago"),
        ],
    ]
    for context, texts in zip(readers, wanted, strict=True):
        page = open_at(context, newsroom.path, NOW)
        for update, time, beside in texts:
            when = article(page, update).locator(".when").first
            expect(when.locator("time")).to_have_text(time)
            if beside:
                expect(when.locator(".relative")).to_have_text(beside)
            else:
                expect(when.locator(".relative")).to_have_count(0)
        expect(page.locator(".updated time")).to_have_text("today, 3:30 a.m. EET")  # within a line
        # The page stays open until the next day.
        page.clock.set_fixed_time(NOW + timedelta(days=1))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(article(page, after).locator("time").first).to_have_text("Oct. 26, 3:30 a.m. EET")
        expect(page.locator(".updated time")).to_have_text("Oct. 26, 3:30 a.m. EET")
        expect(article(page, after).locator(".relative")).to_have_count(0 if texts[0][2] is None else 1)
        context.close()


def test_around_the_beginning_of_summer_time(newsroom: Newsroom, readers: list[BrowserContext]) -> None:
    now = datetime(2025, 3, 30, 1, 40, tzinfo=UTC)  # forty minutes after Kyiv's clocks went from three to four
    before = newsroom.post("Before", published_at=now - timedelta(minutes=50))
    after = newsroom.post("After", published_at=now - timedelta(minutes=10))
    page = open_at(readers[0], newsroom.path, now)
    for update, time, beside in [
        (before, "Today, 2:50 a.m. EET", "50 minutes ago · Sat 8:50 p.m. your time"),
        (after, "Today, 4:30 a.m. EEST", "10 minutes ago · Sat 9:30 p.m. your time"),
    ]:
        when = article(page, update).locator(".when").first
        expect(when.locator("time")).to_have_text(time)
        expect(when.locator(".relative")).to_have_text(beside)
    for context in readers:
        context.close()


def test_a_clock_that_is_slow(newsroom: Newsroom, readers: list[BrowserContext]) -> None:
    """The page itself says that it is later; a clock that is fast is put right by the first heartbeat."""
    update = newsroom.post("News", published_at=NOW - timedelta(minutes=10))
    page = open_at(readers[0], newsroom.path, NOW, wrong=timedelta(minutes=-25))
    expect(article(page, update).locator(".relative").first).to_contain_text("10 minutes ago")
    for context in readers:
        context.close()
