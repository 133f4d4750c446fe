"""Whatever the network and the server do, the page catches up by itself."""

import json
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Route, expect

from articles.models import Update
from articles.publishing import KeyPointContent, coverages, updates

from .conftest import WINDOW, Newsroom
from .proxy import Proxy
from .reader import FEED, SOON, article, expect_feed, feed
from .server import Server
from .waiting import until

LATER = 30_000
"""Milliseconds within which a page that was cut off must have caught up: its longest pause between two questions."""


def change_everything(newsroom: Newsroom) -> list[Update]:
    """What a page misses while it is cut off; the feed as it must be then."""
    first, second, third, *rest = newsroom.posted[:WINDOW]
    new = newsroom.post("While you were away")
    updates.withdraw(first, "wrong")
    updates.edit(second, headline="Put right")
    updates.retime(third, newsroom.at(100))
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("What to know.")])
    return [new, third, second, *rest]


def test_cut_for_a_minute_and_healed(
    newsroom: Newsroom, network: Proxy, page: Page, read: Callable[[str], Page]
) -> None:
    newsroom.fill(WINDOW + 2)
    page.clock.install()
    read(newsroom.path)
    network.cut()
    expect(page.locator(".offline")).to_be_visible(timeout=LATER)
    expect(page.get_by_role("link", name="Refresh for new updates")).to_be_visible()
    wanted = change_everything(newsroom)
    for _ in range(12):  # a minute, in steps between which questions can fail
        page.clock.run_for(5_000)
    network.heal()
    until(lambda: page.clock.run_for(1_000) or feed(page) == [update.pk for update in wanted], 30)
    expect(page.locator("[data-slot=key_points] li").first).to_have_text("What to know.")
    expect(page.locator(".offline")).to_be_hidden()
    expect(page.get_by_role("link", name="Refresh for new updates")).to_be_hidden()
    new = newsroom.post("And on it goes")
    expect_feed(page, [new, *wanted], LATER)


def test_the_device_is_offline(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """It is said, and nothing is offered that cannot work."""
    page = read(newsroom.path)
    page.context.set_offline(True)
    expect(page.locator(".offline")).to_contain_text("Connection lost.")
    expect(page.get_by_role("link", name="Refresh for new updates")).to_be_hidden()
    page.context.set_offline(False)
    expect(page.locator(".offline")).to_be_hidden()
    new = newsroom.post("News")
    expect_feed(page, [new], LATER)


def test_stalled(newsroom: Newsroom, network: Proxy, page: Page) -> None:
    """A connection that says nothing and does not break: only the missing heartbeats tell."""
    page.clock.install()
    newsroom.fill(WINDOW + 2)
    page.goto(newsroom.path)
    first = newsroom.post("Before")
    expect_feed(page, [first, *newsroom.posted[:WINDOW]], LATER)
    network.stall()
    second = newsroom.post("Meanwhile")
    page.clock.run_for(39_000)
    assert article(page, second).count() == 0
    page.clock.run_for(5_000)
    expect_feed(page, [second, first, *newsroom.posted[:WINDOW]], LATER)


def test_the_server_is_killed_and_started_again(
    newsroom: Newsroom, server: Server, read: Callable[[str], Page]
) -> None:
    newsroom.fill(WINDOW + 2)
    page = read(newsroom.path)
    article_page = page.context.new_page()
    article_page.goto(newsroom.posted[3].get_absolute_url())
    server.kill()
    wanted = change_everything(newsroom)
    server.start()
    expect_feed(page, wanted, LATER)
    expect_feed(article_page, [update for update in wanted if update != newsroom.posted[3]], LATER)


def test_no_stream_at_all(newsroom: Newsroom, context: BrowserContext, page: Page) -> None:
    """Something on the way lets no stream through: the page asks at the server's pace, and tries again."""
    refused: list[str] = []
    context.route("**/stream?*", lambda route: (refused.append(route.request.url), route.abort()))
    newsroom.fill(WINDOW + 2)
    page.goto(newsroom.path)
    until(lambda: page.wait_for_timeout(50) or len(refused) > 1)
    news = [newsroom.post("News"), *newsroom.posted[:WINDOW]]
    expect_feed(page, news, LATER)
    with page.expect_response("**/stream?*", timeout=LATER) as answer:
        context.unroute("**/stream?*")
    assert answer.value.ok
    expect_feed(page, [newsroom.post("More"), *news])


def test_settings_are_obeyed(newsroom: Newsroom, context: BrowserContext, page: Page) -> None:
    """`poll` and `frozen` come with any answer, even one that brings nothing new."""
    mode = {"mode": "poll", "poll": 1}
    asked: list[str] = []

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=json.dumps(response.json() | mode))

    context.route("**/changes?*", answer)
    context.route("**/stream?*", lambda route: route.abort())
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    newsroom.fill(2)
    page.goto(newsroom.path)
    until(lambda: page.wait_for_timeout(50) or sum("/changes?" in url for url in asked) > 2)
    asked.clear()
    until(lambda: page.wait_for_timeout(50) or sum("/changes?" in url for url in asked) > 1)
    assert not any("/stream?" in url for url in asked)
    mode["mode"] = "frozen"
    new = newsroom.post("News")
    expect(article(page, new)).to_be_visible()
    mode["mode"] = "stream"
    context.unroute("**/stream?*")
    with page.expect_request("**/stream?*", timeout=LATER):
        pass


def test_the_switchboard_reaches_an_open_page(newsroom: Newsroom, page: Page, read: Callable[[str], Page]) -> None:
    """Frozen at once: no stream, and no question but one a minute; and back again with the next answer."""
    newsroom.fill(2)
    page.clock.install()
    asked: list[str] = []
    ended: list[str] = []
    read(newsroom.path)
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    for end in ("requestfinished", "requestfailed"):  # by the server, or by the page, whoever is first
        page.on(end, lambda request: ended.append(request.url))
    coverages.switch(newsroom.coverage, "frozen", 60)
    until(lambda: page.wait_for_timeout(20) or any("/stream?" in url for url in ended))
    new = newsroom.post("While all is frozen")
    page.clock.run_for(40_000)
    assert (asked, article(page, new).count()) == ([], 0)
    until(lambda: page.clock.run_for(2000) or asked)
    expect(article(page, new)).to_be_visible()
    assert len(asked) == 1
    coverages.switch(newsroom.coverage, "stream")
    until(lambda: page.clock.run_for(2000) or any("/stream?" in url for url in asked), 20)


def test_a_hidden_tab_leaves_the_stream(newsroom: Newsroom, page: Page) -> None:
    page.clock.install()
    newsroom.fill(2)
    page.goto(newsroom.path)
    hide(page, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    newsroom.post("Unseen")
    page.clock.run_for(40_000)
    assert asked == []
    page.clock.fast_forward(40_000)
    page.wait_for_function("() => document.title.startsWith('(1) The day in Kyiv')")
    assert len(asked) == 1
    newsroom.post("Unseen too")
    hide(page, False)
    page.wait_for_function("() => document.querySelectorAll('ol.feed > li').length === 4")


def hide(page: Page, hidden: bool) -> None:
    """Tell the page that its tab was left or come back to."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


def test_a_tab_that_slept_for_an_hour_catches_up_in_one_request(newsroom: Newsroom, page: Page) -> None:
    newsroom.fill(WINDOW + 2)
    page.clock.install()
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    hide(page, True)
    wanted = change_everything(newsroom)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/changes?" in request.url else None)
    page.clock.fast_forward("01:00:00")
    hide(page, False)
    expect_feed(page, wanted, LATER)
    assert len(asked) <= 1, "one question, or one stream"


def test_an_ended_coverage_is_asked_about_every_five_minutes(newsroom: Newsroom, page: Page) -> None:
    page.clock.install()
    posted = newsroom.fill(2)
    coverages.end(newsroom.coverage)
    page.goto(newsroom.path)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    updates.withdraw(posted[1], "wrong")
    page.clock.run_for(200_000)
    assert asked == []
    page.clock.fast_forward(200_000)
    expect(article(page, posted[1])).to_have_count(0)
    coverages.reopen(newsroom.coverage)
    with page.expect_request("**/stream?*"):
        page.clock.fast_forward(400_000)
    expect(page.locator(".badge")).to_have_text("Live")


def test_too_much_at_once(newsroom: Newsroom, network: Proxy, page: Page) -> None:
    """More than a delta holds: the page takes its parts from the page, and keeps the reader's place."""
    page.add_init_script("Math.random = () => 0.01")  # of the twenty seconds over which readers spread
    newsroom.fill(WINDOW * 3)
    page.goto(newsroom.path)
    page.evaluate("window.notReloaded = true")
    page.locator("a.older").evaluate("link => link.click()")
    last = newsroom.posted[WINDOW + 4]
    article(page, last).scroll_into_view_if_needed()
    top = article(page, last).evaluate("element => element.getBoundingClientRect().top")
    network.cut()
    new = [newsroom.post(f"Flood {number}", published_at=newsroom.at(100 + number / 10)) for number in range(55)][::-1]
    updates.withdraw(newsroom.posted[0], "wrong")
    coverages.edit(newsroom.coverage, headline="After the flood")
    network.heal()
    expect(page.locator("h1")).to_have_text("After the flood", timeout=LATER)
    page.wait_for_function("() => !document.querySelector('live-coverage').resetting")
    expect(article(page, newsroom.posted[0])).to_have_count(0)
    assert abs(article(page, last).evaluate("element => element.getBoundingClientRect().top") - top) < 1
    assert page.evaluate("window.notReloaded")
    everything = [*new, *newsroom.posted[1:]]
    here = everything.index(last) + 1  # what is far below the reader may still be let go
    whole = f"""([ids, here]) => {{
      const shown = {FEED};
      return shown.length >= here && JSON.stringify(shown) === JSON.stringify(ids.slice(0, shown.length));
    }}"""
    page.wait_for_function(whole, arg=[[update.pk for update in everything], here], timeout=SOON)


def test_two_workers(newsroom: Newsroom, two_workers: Server, context: BrowserContext) -> None:
    """Whichever process answers: all pages hear of what any of them, or another program, has written."""
    posted = newsroom.fill(3)
    pages = [context.new_page() for _ in range(4)]
    for page in pages:
        page.goto(f"http://localhost:{two_workers.port}{newsroom.path}")
    for number in range(3):
        posted.insert(0, newsroom.post(f"News {number}"))
        for page in pages:
            expect_feed(page, posted, 2 * SOON)


STREAMS_THAT_BREAK = """
    window.streams = [];
    window.asked = [];
    window.lost = 0;
    window.EventSource = class {
        constructor() { streams.push(this); }
        addEventListener(name, hear) { this[name] = hear; }
        close() { clearInterval(this.beating); }
        open(facts) {
            this.onopen();
            this.beating = setInterval(() => this.heartbeat({ data: JSON.stringify(facts()) }), 10000);
        }
    };
    const { fetch } = window;
    window.fetch = (...what) => (asked.push(Date.now()), fetch(...what));
"""


def test_readers_whom_a_server_loses_all_at_once_come_back_one_by_one(newsroom: Newsroom, page: Page) -> None:
    """Chance is dealt out evenly here: each page is one of twenty, and no second may have more than 30 % of them."""
    page.add_init_script(STREAMS_THAT_BREAK)
    page.clock.install()
    page.goto(newsroom.path)
    facts = """() => { const { version, build } = document.querySelector('live-coverage').dataset;
        return { version: Number(version), build, mode: 'stream', poll: 10 }; }"""
    waited = []
    for number in range(20):
        until(lambda number=number: page.evaluate("streams.length") > number)  # type: ignore[misc]
        page.evaluate(f"streams.at(-1).open({facts})")
        page.clock.run_for(70_000)  # a stream that lasted
        page.evaluate("chance => { Math.random = () => chance; asked.length = 0; lost = Date.now(); }", number / 20)
        page.evaluate("streams.at(-1).onerror()")
        page.clock.run_for(6_000)
        waited.append(page.evaluate("asked[0] - lost"))
    assert max(waited) < 5_000
    peak = max(sum(start <= one < start + 1000 for one in waited) for start in waited)
    assert peak <= 0.3 * len(waited), sorted(waited)


def test_a_cache_still_has_the_page_of_what_was_withdrawn(newsroom: Newsroom, page: Page) -> None:
    """`changes` says that it is gone, and the page is answered once more as it was: it was read for seconds more."""
    newsroom.fill(2)
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    kept = page.request.get(newsroom.path).body()
    page.route(f"**{newsroom.path}", lambda route: route.fulfill(body=kept, content_type="text/html"), times=1)
    coverages.withdraw(newsroom.coverage, "a legal duty")
    expect(page.locator("body")).not_to_contain_text("Paragraph 2", timeout=2.5 * SOON)
    expect(page.get_by_role("heading", name="This live coverage was withdrawn")).to_be_focused()
