"""Nothing moves under the reader, nothing that the reader holds is lost, and what is new is told quietly."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from articles.models import Update
from articles.publishing import KeyPointContent, coverages, updates

from .conftest import LONG, WINDOW, Newsroom
from .reader import SOON, article, expect_feed, expect_version
from .test_network import hide
from .waiting import until

ID = "item => item.firstElementChild.dataset.id"
TOP = "element => element.getBoundingClientRect().top"


def applied(page: Page, newsroom: Newsroom) -> None:
    """The page has everything that was published until now, and has drawn it."""
    newsroom.coverage.refresh_from_db()
    expect_version(page, newsroom.coverage.version)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def visible_tops(page: Page) -> dict[str, float]:
    """Where every text that can be seen stands, but for the list of key updates, which follows what is new."""
    tops: dict[str, float] = page.evaluate(
        """() => Object.fromEntries(
            [...document.querySelectorAll('h1, .summary, figcaption, #know li, ol.feed article :is(p, h2)')]
            .map(element => [element, element.getBoundingClientRect()])
            .filter(([, { top, bottom }]) => bottom > 0 && top < innerHeight)
            .map(([element, { top }]) => [`${element.closest('[id]').id} ${element.textContent}`, top]))"""
    )
    return tops


def settled(page: Page) -> None:
    """The reader's scrolling is over, also for the page."""
    page.evaluate("() => new Promise(done => setTimeout(done, 250))")


# ── Nothing moves ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("anchoring", ["none", "auto"])
@pytest.mark.parametrize("where", [30, "feed", 900, 1777, "middle", "end"])
def test_no_change_above_moves_what_is_read(
    anchoring: str, where: int | str, newsroom: Newsroom, read: Callable[[str], Page]
) -> None:
    """`auto` would be corrected twice if the browser's own anchoring were not held still."""
    posted = newsroom.fill(WINDOW)
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("What there is to know.")] * 5)
    page = read(newsroom.path)
    page.evaluate("mode => { document.body.style.overflowAnchor = mode }", anchoring)
    to = {
        "feed": "document.querySelector('ol.feed').getBoundingClientRect().top - 300",
        "middle": "document.body.scrollHeight / 2",
    }
    page.evaluate(f"scrollTo(0, {to.get(str(where), 'document.body.scrollHeight' if where == 'end' else where)})")
    settled(page)
    before = visible_tops(page)
    seen = {key.partition(" ")[0] for key in before}
    newsroom.post("Above", key_event=True)
    applied(page, newsroom)
    newsroom.post("Further above")
    applied(page, newsroom)
    for update in posted:
        if f"update-{update.pk}" not in seen:
            updates.edit(update, body=LONG + LONG)
            applied(page, newsroom)
    unseen = [update for update in posted if f"update-{update.pk}" not in seen]
    for update in unseen[:2]:
        updates.withdraw(update, "wrong")
        applied(page, newsroom)
    for update in unseen[2:4]:
        updates.pin(update)
        applied(page, newsroom)
    after = visible_tops(page)
    # Browsers scroll by whole pixels, and texts are not whole pixels high.
    assert {key: round(after.get(key, 0) - top) for key, top in before.items()} == dict.fromkeys(before, 0)


def test_an_edit_of_what_is_read_moves_nothing_above_it(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW)
    page = read(newsroom.path)
    third = posted[2]
    paragraph = article(page, third).get_by_text("Paragraph 6 ")
    paragraph.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 20)")
    settled(page)
    top = paragraph.evaluate(TOP)
    longer = LONG.replace("Paragraph 3", "A longer paragraph 3 " * 20)
    updates.edit(third, body=f"<p>Before all.</p>{longer}<p>After.</p>")
    applied(page, newsroom)
    expect(article(page, third)).to_contain_text("After.")
    assert paragraph.evaluate(TOP) == pytest.approx(top, abs=0.5)


# ── What is new ─────────────────────────────────────────────────────────────────────────────────────────────


def test_at_the_top_it_comes_in(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    newsroom.fill(WINDOW)
    page = read(newsroom.path)
    new = newsroom.post("News")
    expect(article(page, new)).to_be_attached()
    expect(page.get_by_role("status")).to_have_text("1 new update")
    article(page, new).scroll_into_view_if_needed()
    page.wait_for_function("() => document.title.startsWith('The day')")
    expect(page.locator(".pill")).to_be_hidden()


def test_scrolled_down_a_pill_tells_and_leads_there(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW)
    page = read(newsroom.path)
    article(page, posted[3]).evaluate("element => element.scrollIntoView()")
    settled(page)
    pill = page.locator(".pill")
    for number in (1, 2, 3):
        new = newsroom.post(f"News {number}")
        expect(pill).to_have_text(f"{number} new update{'s' if number > 1 else ''} ↑")
        page.wait_for_function("number => document.title.startsWith(`(${number}) The day`)", arg=number)
    pill.click()
    expect(article(page, new)).to_be_in_viewport()
    expect(article(page, new)).to_be_focused()
    expect(pill).to_be_hidden()
    page.wait_for_function("() => document.title.startsWith('The day')")


def test_announcements_are_batched(newsroom: Newsroom, page: Page) -> None:
    newsroom.fill(2)
    page.goto(newsroom.path)
    page.evaluate(
        """() => {
            window.said = [];
            const status = document.querySelector('[role=status]');
            new MutationObserver(() => said.push(status.textContent))
                .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for number in range(6):
        newsroom.post(f"News {number}")
    page.wait_for_function("() => said.reduce((all, text) => all + Number.parseInt(text), 0) === 6")
    assert page.evaluate("said.length") <= 2


def test_pause(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW)
    page = read(newsroom.path)
    page.get_by_role("button", name="Pause updates").click()
    new = newsroom.post("News")
    updates.edit(posted[1], body="<p>Put right.</p>")
    updates.withdraw(posted[2], "wrong")
    expect(article(page, posted[1])).to_contain_text("Put right.")  # corrections do not wait
    expect(article(page, posted[2])).to_have_count(0)
    expect(article(page, new)).to_have_count(0)
    expect(page.locator(".pill")).to_be_hidden()
    page.get_by_role("button", name="Resume (1 new update)").click()
    expect(article(page, new)).to_be_attached()
    expect(page.get_by_role("button", name="Pause updates")).to_be_visible()


def test_new_since_you_left(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(3)
    page = read(newsroom.path)
    expect(page.locator(".divider")).to_have_count(0)
    article(page, posted[0]).scroll_into_view_if_needed()
    page.wait_for_function("() => localStorage.length === 1")
    page.goto("/")
    new = [newsroom.post("News 1"), newsroom.post("News 2")]
    read(newsroom.path)
    divider = page.locator("ol.feed > .divider")
    expect(divider).to_have_text("New since you left")
    order = page.locator("ol.feed > li").evaluate_all("all => all.map(li => li.className || li.firstChild.dataset.id)")
    assert order == [str(update.pk) for update in new[::-1]] + ["divider"] + [str(update.pk) for update in posted]
    page.get_by_role("button", name="New since you left").click()
    expect(article(page, new[0])).to_be_focused()  # the oldest unread
    third = newsroom.post("News 3")
    page.get_by_role("button", name="1 new update").click()
    expect_feed(page, [third, *new[::-1], *posted])


def test_new_since_you_left_in_a_page_that_the_browser_kept(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """The page is opened as it was, and the news come with the first answer: the line was missing then."""
    posted = newsroom.fill(3)
    page = read(newsroom.path)
    page.wait_for_function("() => localStorage.length === 1")
    kept = page.request.get(newsroom.path).body()
    page.route(f"**{newsroom.path}", lambda route: route.fulfill(body=kept, content_type="text/html"))
    page.goto("/")
    new = [newsroom.post("News 1"), newsroom.post("News 2")]
    until(lambda: "News 2" in page.request.get(newsroom.path).text())
    read(newsroom.path)
    expect(page.locator("ol.feed > .divider")).to_have_text("New since you left")
    expect_feed(page, [*new[::-1], *posted])
    page.get_by_role("button", name="New since you left").click()
    expect(article(page, new[0])).to_be_focused()
    live = newsroom.post("News 3")
    expect(article(page, live)).to_be_attached()
    assert page.locator("ol.feed > .divider + li").evaluate(ID) == str(posted[0].pk)


def test_new_since_you_left_the_tab(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """What comes while the page is looked at gets no line; what came while another tab was does."""
    posted = newsroom.fill(3)
    page = read(newsroom.path)
    divider = page.locator("ol.feed > .divider")
    seen = newsroom.post("Seen as it came", body="<p>News.</p>")
    expect(article(page, seen)).to_be_in_viewport()
    page.wait_for_function("id => localStorage.getItem(localStorage.key(0)).endsWith(`_${id}`)", arg=seen.pk)
    expect(divider).to_have_count(0)
    hide(page, True)
    new = newsroom.post("While another tab was open")
    hide(page, False)
    expect_feed(page, [new, seen, *posted])
    assert page.locator("ol.feed > .divider + li").evaluate(ID) == str(seen.pk)
    hide(page, True)
    hide(page, False)
    expect(divider).to_have_count(1)  # not reached: what was new still is


def test_a_hidden_tab_counts(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    newsroom.fill(2)
    page = read(newsroom.path)
    new = newsroom.post("News")
    expect(article(page, new)).to_be_attached()
    hide(page, True)
    hide(page, False)
    article(page, new).scroll_into_view_if_needed()
    page.wait_for_function("() => document.title.startsWith('The day')")


# ── What the reader holds ───────────────────────────────────────────────────────────────────────────────────


def test_withdrawn_while_it_is_read(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW)
    page = read(newsroom.path)
    second = article(page, posted[1])
    second.evaluate("element => element.scrollIntoView()")
    settled(page)
    below = article(page, posted[2])
    top = below.evaluate(TOP)
    updates.withdraw(posted[1], "wrong")
    note = page.locator("ol.feed > .is-gone")
    expect(note).to_have_text("This update was withdrawn.")
    assert "Paragraph" not in note.inner_text()
    assert below.evaluate(TOP) == pytest.approx(top, abs=1)
    article(page, posted[4]).evaluate("element => element.scrollIntoView()")
    expect(note).to_have_count(0)
    assert article(page, posted[4]).evaluate(TOP) == pytest.approx(0, abs=80)


def test_its_own_page_is_withdrawn_while_it_is_read(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """At once, whatever a cache says; the focus goes to what stands there now, and screen readers are told."""
    posted = newsroom.fill(3)
    page = read(posted[1].get_absolute_url())
    page.locator("#story").get_by_role("link", name="Share").focus()
    updates.withdraw(posted[1], "wrong")
    head = page.locator("#story h1")
    expect(head).to_have_text(re.compile("This update was withdrawn"), timeout=SOON)
    expect(page.locator("main")).not_to_contain_text(posted[1].headline)
    expect(page.locator("live-coverage > [role=status]")).to_have_text("This update was withdrawn.")
    expect(page.locator("#story").get_by_role("link", name="The day in Kyiv")).to_be_visible()
    expect(head).to_be_focused()
    expect(page).to_have_title(re.compile("^Withdrawn"))


def test_lists_that_do_not_grow_lose_what_is_withdrawn(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(4)
    for update in posted:
        updates.set_key_event(update)
    for name in ("in-order", "key-updates"):
        page = read(f"{newsroom.path}{name}/")
        listed = page.locator("ol:is(.feed, .timeline) > li")
        listed.get_by_role("link", name=posted[1].headline, exact=True).focus()
        new = newsroom.post("News")
        updates.edit(posted[2], headline="Put right")
        updates.pin(posted[0])
        updates.withdraw(posted[1], "wrong")
        expect(listed.locator(":focus")).to_have_text("This update was withdrawn.", timeout=SOON)
        expect(listed).to_have_count(4)
        expect(listed.get_by_role("link", name=posted[0].headline, exact=True)).to_have_count(1)
        if name == "in-order":
            expect(listed.get_by_role("link", name="Put right", exact=True)).to_have_count(1)
        updates.withdraw(new, "wrong")
        updates.restore(posted[1])


def select(text: Locator) -> None:
    text.evaluate("element => getSelection().selectAllChildren(element)")


def test_selection_focus_and_folding_survive(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(4)
    updates.pin(posted[3])
    page = read(newsroom.path)
    details = page.locator("[data-slot=pinned] details")
    details.locator("summary").press("Enter")
    share = article(page, posted[1]).get_by_role("link", name="Share")
    share.focus()
    select(article(page, posted[1]).get_by_text("Paragraph 5 "))
    updates.edit(posted[1], body=f"<p>New at the top.</p>{LONG}", headline="Put right")
    updates.edit(posted[3], body="<p>Changed too.</p>")
    updates.withdraw(posted[0], "wrong")
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("To know.")])
    applied(page, newsroom)
    expect(article(page, posted[1])).to_contain_text("New at the top.")
    assert page.evaluate("getSelection().toString()").startswith("Paragraph 5 ")
    expect(share).to_be_focused()
    assert not details.evaluate("element => element.open")
    expect(details).to_contain_text("Changed too.")


def test_media_play_on(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    """The element stays the same one, in the page without a break."""
    posted = newsroom.fill(4)
    page = read(newsroom.path)
    page.evaluate(
        """id => {
            const audio = document.createElement('audio');
            Object.assign(audio, { src: '/x.mp3', className: 'mine' }).dataset.made = '';
            document.querySelector(`#update-${id} .text`).append(audio);
            window.left = 0;
            new MutationObserver(all => {
                const removed = all.flatMap(({ removedNodes }) => [...removedNodes]);
                window.left += removed.filter(node => node.contains?.(audio)).length;
            }).observe(document, { childList: true, subtree: true });
        }""",
        posted[1].pk,
    )
    updates.edit(posted[1], body=f"{LONG}<p>More.</p>")
    newsroom.post("News")
    updates.retime(posted[0], newsroom.at(0.5))
    updates.retime(posted[0], newsroom.at(120))
    applied(page, newsroom)
    assert page.evaluate("window.left") == 0
    assert page.locator(".mine").count() == 1


# ── Older updates ───────────────────────────────────────────────────────────────────────────────────────────


def test_older_updates_come_in_as_the_end_nears(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW * 2 + 3)
    page = read(newsroom.path)
    expect_feed(page, posted[:WINDOW])

    def all_loaded() -> bool:
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)
        return page.locator("ol.feed > li").count() == len(posted)

    until(all_loaded, 20)
    expect_feed(page, posted)
    expect(page.locator("a.older")).to_be_hidden()
    # Nothing older exists: the window has no lower end now.
    oldest = newsroom.post("Oldest", published_at=newsroom.at(0.1))
    expect_feed(page, [*posted, oldest])


def test_an_older_fragment_from_the_past_is_put_right(newsroom: Newsroom, page: Page) -> None:
    """A cache answers with a fragment that holds what has been withdrawn since: the page asks again."""
    posted = newsroom.fill(WINDOW * 2)
    page.goto(newsroom.path)
    with page.expect_response("**/older?*") as kept:
        page.locator("a.older").evaluate("link => link.click()")
    body = kept.value.text()
    page.context.route("**/older?*", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(newsroom.path)
    updates.withdraw(posted[WINDOW + 1], "wrong")
    updates.edit(posted[WINDOW + 2], headline="Put right")
    applied(page, newsroom)
    page.locator("a.older").evaluate("link => link.click()")
    expect_feed(page, [update for update in posted if update != posted[WINDOW + 1]])
    expect(article(page, posted[WINDOW + 2])).to_contain_text("Put right")


def test_a_jump_to_what_is_not_loaded(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted = newsroom.fill(WINDOW * 2 + 2)
    far = posted[-2]
    updates.set_key_event(far)
    page = read(newsroom.path)
    link = page.locator(f"[data-jump='{far.pk}']:visible")
    if not link.count():
        page.locator("details.folded summary").click()
    link.first.click()
    expect(article(page, far)).to_be_in_viewport()
    expect(page.locator(".is-target")).to_contain_text(far.headline)


def test_a_jump_to_what_is_shown(newsroom: Newsroom, read: Callable[[str], Page]) -> None:
    posted: list[Update] = newsroom.fill(3)
    updates.set_key_event(posted[2])
    page = read(newsroom.path)
    if not page.locator("[data-jump]:visible").count():
        page.locator("details.folded summary").click()
    page.locator("[data-jump]:visible").first.click()
    expect(article(page, posted[2])).to_be_focused()
    assert page.url.endswith(newsroom.path)
