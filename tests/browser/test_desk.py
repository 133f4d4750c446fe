"""The desk in a real browser: what is written arrives once or is still there, whatever happens on the way."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from articles.models import Author, Coverage, KeyPoint, Update
from articles.publishing import KeyPointContent, coverages, updates

from .conftest import Newsroom
from .desk import PASSWORD, TEXT, Desk, OpenDesk, member, picture
from .proxy import Proxy
from .reader import SOON
from .server import Server
from .test_editor import PASTED
from .waiting import until


@pytest.fixture
def reader(chromium: Browser, server: Server, newsroom: Newsroom) -> Iterator[Page]:
    context = chromium.new_context(base_url=f"http://localhost:{server.port}")
    page = context.new_page()
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    yield page
    context.close()


def texts() -> list[str]:
    return [update.text for update in Update.objects.order_by("id")]


# ── Posting ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_and_a_key_are_a_post(open_desk: OpenDesk, reader: Page) -> None:
    desk = open_desk()
    expect(desk.text).to_be_focused()
    desk.page.keyboard.type("Oil rises **above** $100 again")
    desk.page.keyboard.press("Control+Enter")
    expect(reader.locator("ol.feed > li").first).to_contain_text("Oil rises above $100 again", timeout=SOON)
    expect(desk.entries.first).to_contain_text("Oil rises above $100 again")
    expect(desk.said).to_have_text(re.compile(r"Published, handed to 1 reader in \d\.\d s\."))
    expect(desk.text).to_be_focused()
    expect(desk.text).to_have_text("")
    update = Update.objects.get()
    assert update.body == "<p>Oil rises <strong>above</strong> $100 again</p>"
    assert [author.name for author in update.authors] == ["Markets desk"]
    assert desk.kept() == []


def test_a_draft_stays_in_the_composer_and_becomes_the_post(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.type("First words")
    expect(desk.said).to_have_text("Kept in this browser.")
    desk.page.keyboard.press("Control+s")
    expect(desk.said).to_contain_text("Draft kept at")
    expect(desk.entries.first).to_have_attribute("data-state", "draft")
    desk.page.keyboard.type(", more words")
    desk.page.keyboard.press("Control+s")
    expect(desk.entries.first).to_contain_text("First words, more words")
    desk.composer.locator(".headline").fill("A headline")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.entries.first).to_have_attribute("data-state", "published")
    expect(desk.said).to_contain_text("Published")
    update = Update.objects.get()
    assert (update.headline, update.text, update.state) == ("A headline", "First words, more words", "published")
    desk.page.keyboard.press("Escape")
    assert not desk.page.evaluate("document.activeElement.matches('input, textarea, [contenteditable]')")


def test_markdown_addresses_and_what_cannot_be_sent(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.said).to_contain_text("There is nothing to send yet")
    paste(desk, PASTED, "text/html")
    expect(desk.text.locator("li")).to_have_count(2)
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.press("Delete")
    for line in ("## What we know", "A [link](https://example.org/) and *more*", "- one"):
        desk.page.keyboard.type(line)
        desk.page.keyboard.press("Enter")
    desk.page.keyboard.type("two")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Enter")
    paste(desk, "https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    expect(desk.composer.locator("[data-embed]")).to_contain_text("youtube.com")
    paste(desk, "https://example.org/somewhere")
    expect(desk.text.locator("a")).to_have_count(2)
    desk.page.keyboard.press("Control+Enter")
    until(Update.objects.exists)
    update = Update.objects.get()
    assert update.embed == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert update.body.startswith(
        '<h3>What we know</h3><p>A <a href="https://example.org/" rel="noopener">link</a> and <em>more</em></p>'
        "<ul><li><p>one</p></li><li><p>two</p></li></ul>"
    )
    assert "https://example.org/somewhere" in update.body
    desk.composer.locator("[data-do=schedule]").click()
    desk.dialog.locator("[name=published_at]").fill("2020-01-01T10:00")
    desk.page.keyboard.press("Enter")
    desk.publish("Too late")
    expect(desk.said).to_contain_text("This time has passed")
    expect(desk.text).to_have_text("Too late")
    desk.text.focus()
    desk.page.keyboard.press("Control+a")
    paste(desk, "x" * 1_000_000)
    desk.composer.locator("[data-do=schedule]").click()
    desk.dialog.locator("[value=now]").click()
    desk.text.focus()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.said).to_contain_text("longer than 200 KB")


def paste(desk: Desk, text: str, kind: str = "text/plain") -> None:
    desk.text.evaluate(
        """(editor, [kind, text]) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData(kind, text)
            editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
        }""",
        [kind, text],
    )


def test_photos(open_desk: OpenDesk) -> None:
    desk = open_desk()
    half, svg = picture("half.jpg"), picture("logo.svg")
    half["buffer"] = half["buffer"][:200]
    svg |= {"mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    desk.composer.locator("[data-file]").set_input_files([picture("desk.jpg"), half, svg])
    row = desk.composer.locator(".photo-row[data-id]")
    expect(row).to_have_class(re.compile("lacks-alt"))
    expect(desk.composer.locator(".is-coming .is-bad")).to_have_count(2)
    row.locator("[data-field=caption]").fill("Tankers wait off Rotterdam.")
    row.locator("[data-field=credit]").fill("Agency")
    row.locator("[data-field=alt]").fill("Two ships in fog")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.entries).to_have_count(1)
    [place] = Update.objects.get().photo_captions.all()
    assert (place.text, place.photo.credit, place.photo.alt) == (
        "Tankers wait off Rotterdam.",
        "Agency",
        "Two ships in fog",
    )


# ── Nothing is lost ─────────────────────────────────────────────────────────────────────────────────────


def test_the_network_goes_before_the_post_and_comes_back(open_desk: OpenDesk, network: Proxy) -> None:
    desk = open_desk()
    network.cut()
    desk.publish("Written without a network")
    expect(desk.outbox).to_contain_text("Waiting for the network")
    desk.type("And the next one")
    assert len(desk.kept()) == 2
    network.heal()
    expect(desk.entries.first).to_contain_text("Written without a network")
    expect(desk.outbox).to_have_count(0)
    expect(desk.text).to_have_text("And the next one")
    assert texts() == ["Written without a network"]


def test_the_answer_is_lost_and_the_post_is_one(open_desk: OpenDesk, network: Proxy) -> None:
    """Done by the server, not heard by the desk: sent again, it is the same."""
    desk = open_desk()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    desk.page.route("**/desk/updates/", lose, times=1)
    desk.publish("Sent twice")
    expect(desk.entries.first).to_contain_text("Sent twice")
    expect(desk.outbox).to_have_count(0)
    desk.type("Draft whose answer is lost")
    desk.page.route("**/desk/updates/", lose, times=1)
    desk.page.keyboard.press("Control+s")
    expect(desk.said).to_contain_text("Draft kept at")
    desk.page.keyboard.type(" and goes on")
    desk.page.route(re.compile(r"/desk/updates/\d+/$"), lose, times=1)
    desk.page.keyboard.press("Control+s")
    expect(desk.entries.first).to_contain_text("Draft whose answer is lost and goes on")
    expect(desk.said).to_contain_text("Draft kept at")
    assert texts() == ["Sent twice", "Draft whose answer is lost and goes on"]


def test_an_error_of_the_server_passes(open_desk: OpenDesk) -> None:
    desk = open_desk()
    statuses = [503, 502, 500]
    desk.page.route("**/desk/updates/", lambda route: route.fulfill(status=statuses.pop(), body="<h1>Oh</h1>"), times=3)
    desk.publish("In spite of all")
    expect(desk.outbox).to_contain_text("error 500")
    expect(desk.entries.first).to_contain_text("In spite of all")
    assert texts() == ["In spite of all"]


def test_signed_out_amid_a_sentence(open_desk: OpenDesk, network: Proxy, chief: User) -> None:
    desk = open_desk()
    desk.type("Half a sentence")
    Session.objects.all().delete()
    desk.page.keyboard.type(", the other half")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.outbox).to_contain_text("Waiting for you to sign in again")
    expect(desk.outbox.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")
    assert not Update.objects.exists()
    login = desk.page.context.new_page()
    login.goto("/admin/login/?next=/admin/")
    login.fill("#id_username", "chief")
    login.fill("#id_password", PASSWORD)
    login.keyboard.press("Enter")
    login.wait_for_url("**/admin/")
    expect(desk.entries.first).to_contain_text("Half a sentence, the other half")
    expect(desk.page.locator("[data-trouble]")).to_be_hidden()
    assert texts() == ["Half a sentence, the other half"]


def test_the_server_dies_while_it_is_sent(open_desk: OpenDesk, server: Server) -> None:
    desk = open_desk()
    desk.type("Survives the server")
    server.kill()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.outbox).to_contain_text("Waiting for the network")
    server.start()
    expect(desk.entries.first).to_contain_text("Survives the server", timeout=20_000)
    assert texts() == ["Survives the server"]


def test_the_tab_is_closed_at_every_step(open_desk: OpenDesk, network: Proxy, reader: Page) -> None:
    """While writing: the text is there again. While sending: it is sent, once."""
    desk = open_desk()
    context = desk.page.context
    desk.composer.locator(".headline").fill("A headline")
    desk.type("Amid a wor")
    desk.page.close()

    desk = open_desk(context=context)
    expect(desk.text).to_have_text("Amid a wor")
    expect(desk.said).to_have_text("Here is what you had written.")
    assert desk.composer.locator(".headline").input_value() == "A headline"
    network.cut()
    desk.page.keyboard.type("d, closed while sending")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.outbox).to_contain_text("Waiting for the network")
    desk.page.close()
    network.heal()

    desk = open_desk(context=context)
    expect(desk.entries.first).to_contain_text("A headline")
    assert texts() == ["Amid a word, closed while sending"]

    desk.page.route("**/desk/updates/", lambda route: route.fetch() and None)
    desk.publish("Closed before the answer")
    expect(reader.locator("ol.feed > li").first).to_contain_text("Closed before the answer")
    desk.page.close()

    desk = open_desk(context=context)
    expect(desk.outbox).to_have_count(0)
    expect(desk.entries.first).to_contain_text("Closed before the answer")
    assert texts() == ["Amid a word, closed while sending", "Closed before the answer"]
    assert desk.kept() == []


def test_two_tabs_do_not_fight(open_desk: OpenDesk) -> None:
    first = open_desk()
    first.type("In the first")
    first.page.reload()
    first.ready()
    first.page.keyboard.type(" tab")
    second = open_desk(context=first.page.context)
    expect(second.text).to_have_text("")
    second.publish("From the second tab")
    expect(first.entries.first).to_contain_text("From the second tab")
    expect(first.text).to_have_text("In the first tab")


def test_an_edit_is_kept_too(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    update = newsroom.post("News", body="<ul><li>One</li></ul><p>Words.</p>")
    desk = open_desk()
    desk.edit(update)
    desk.page.keyboard.type(" More")
    desk.entry(update).locator("[data-do=close]").click()
    expect(desk.outbox).to_contain_text("Kept in this browser, not saved.")
    context = desk.page.context
    desk.page.close()
    desk = open_desk(context=context)
    desk.outbox.get_by_role("button", name="Open in the composer").click()
    expect(desk.entry(update).locator(TEXT)).to_contain_text("Words. More")
    desk.page.keyboard.press("Control+Enter")
    desk.dialog.get_by_role("button", name="Minor change, no note").click()
    expect(desk.entry(update).locator(".composer")).to_have_count(0)
    update.refresh_from_db()
    assert (update.text, update.correction) == ("One Words. More", "")
    assert desk.kept() == []


# ── Together ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_somebody_else_discards_is_not_lost(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    draft = updates.post(newsroom.coverage, headline="A draft", state="draft").update
    desk = open_desk()
    desk.edit(draft)
    desk.page.keyboard.type("Much work")
    updates.discard(draft)
    desk.page.keyboard.press("Control+s")
    expect(desk.entries.first.locator("[data-said]")).to_contain_text("Somebody discarded it")
    desk.page.keyboard.press("Control+s")
    expect(desk.entries.first).to_contain_text("A draft")
    until(lambda: [(one.headline, one.text) for one in Update.objects.all()] == [("A draft", "Much work")])


def test_two_who_save_the_same(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    update = newsroom.post("News", body="<p>As it was.</p>")
    brussels = member("brussels", "Editor", "Brussels desk")
    mine, theirs = open_desk(), open_desk(user=brussels)
    mine.edit(update)
    expect(theirs.entry(update)).to_contain_text("Markets desk is editing now")
    expect(theirs.page.locator("[data-people]")).to_have_text("Markets desk on the desk")
    theirs.edit(update)
    save(mine, update, " Mine.")
    expect(mine.entry(update).locator(".composer")).to_have_count(0)

    save(theirs, update, " Theirs.")
    expect(theirs.dialog).to_contain_text("As it was. Mine.")
    expect(theirs.dialog).to_contain_text("As it was. Theirs.")
    theirs.dialog.get_by_role("button", name="Merge by hand").click()
    expect(theirs.entry(update).locator("[data-theirs]")).to_contain_text("As it was. Mine.")
    theirs.page.keyboard.type(" Mine.")
    theirs.page.keyboard.press("Control+Enter")
    expect(theirs.entry(update).locator(".composer")).to_have_count(0)
    expect(mine.entry(update)).to_contain_text("corrected")
    update.refresh_from_db()
    assert update.text == "As it was. Theirs. Mine."


def save(desk: Desk, update: Update, words: str) -> None:
    desk.entry(update).locator(TEXT).focus()
    desk.page.keyboard.press("Control+End")
    desk.page.keyboard.type(words)
    desk.page.keyboard.press("Control+Enter")
    desk.dialog.locator("[name=correction], [data-their-text]").first.wait_for()
    if desk.dialog.locator("[name=correction]").count():
        desk.page.keyboard.type(f"Changed:{words}")
        desk.page.keyboard.press("Control+Enter")


def test_what_does_not_clash_goes_together(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    update = newsroom.post("News", body="<p>Words.</p>")
    desk = open_desk()
    desk.edit(update)
    updates.edit(update, headline="Their headline")
    expect(desk.entry(update).locator("h3").first).to_have_text("Their headline")
    save(desk, update, " Mine.")
    expect(desk.entry(update).locator(".composer")).to_have_count(0)
    update.refresh_from_db()
    assert (update.headline, update.text) == ("Their headline", "Words. Mine.")


def test_key_points_by_keyboard_and_side_by_side(open_desk: OpenDesk, newsroom: Newsroom, reader: Page) -> None:
    update = newsroom.post("The talks begin")
    coverages.set_key_points(newsroom.coverage, [KeyPointContent(text) for text in ("One", "Two", "Three")])
    desk = open_desk()
    handle = desk.page.locator("[data-points] li").first.locator("[data-point=move]")
    handle.focus()
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("ArrowDown")
    expect(desk.page.locator("[data-announcer]")).to_have_text("One: 3 of 3")
    until(lambda: points() == ["Two", "Three", "One"])
    expect(reader.locator('[data-slot="key_points"] li').first).to_contain_text("Two", timeout=SOON)
    desk.act(update, "point")
    desk.page.keyboard.press("Enter")
    until(lambda: points() == ["Two", "Three", "One", "The talks begin"])
    assert KeyPoint.objects.get(text="The talks begin").update == update

    desk.page.locator("[data-point=edit]").first.click()
    coverages.set_key_points(newsroom.coverage, [KeyPointContent("Theirs")])
    desk.page.keyboard.type(" changed")
    desk.page.keyboard.press("Enter")
    expect(desk.dialog).to_contain_text("Theirs")
    desk.dialog.get_by_role("button", name="Keep mine").click()
    until(lambda: points() == ["Two changed", "Three", "One", "The talks begin"])
    expect(desk.page.locator("[data-points] li")).to_have_count(4)


def points() -> list[str]:
    return list(KeyPoint.objects.order_by("position").values_list("text", flat=True))


# ── What can be done ────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_happens_to_an_update(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    desk = open_desk()
    update = newsroom.post("News", body="<p>Words.</p>")
    entry = desk.entry(update)
    for action, attribute in (("pin", "data-pinned"), ("key", "data-key-event")):
        desk.act(update, action)
        expect(entry).to_have_attribute(attribute, "")
        desk.act(update, f"un{action}")
        expect(entry).not_to_have_attribute(attribute, "")
    desk.act(update, "retime")
    desk.dialog.locator("[name=published_at]").fill(
        f"{timezone.localtime(newsroom.started, newsroom.coverage.zone):%Y-%m-%dT%H:%M:%S}"
    )
    desk.page.keyboard.press("Enter")
    until(lambda: Update.objects.get().published_at == newsroom.started.replace(microsecond=0))
    desk.act(update, "withdraw")
    desk.page.keyboard.type("It did not happen")
    desk.page.keyboard.press("Enter")
    expect(entry).to_contain_text("withdrawn: It did not happen")
    desk.act(update, "restore")
    expect(entry).to_have_attribute("data-state", "published")
    updates.edit(update, body="<p>Other words.</p>")
    desk.act(update, "history")
    expect(desk.dialog.locator("[data-past] ins").first).to_contain_text("Other")
    desk.dialog.locator("[data-record]").first.click()
    until(lambda: Update.objects.get().text == "Words.")
    desk.act(update, "erase")
    desk.dialog.get_by_role("button", name="Erase…").click()
    desk.dialog.locator("[name=confirm]").fill("erase")
    desk.page.keyboard.press("Enter")
    expect(entry).to_contain_text("erased")
    assert Update.objects.get().erased_at


def test_found_by_state_and_words(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    newsroom.fill(2)
    newsroom.post("News that is rare")
    draft = updates.post(newsroom.coverage, headline="A draft", state="draft").update
    desk = open_desk()
    desk.page.locator("[data-filter=draft]").click()
    expect(desk.entries).to_have_count(1)
    updates.post(newsroom.coverage, headline="Not a draft")
    updates.post(newsroom.coverage, headline="Another draft", state="draft")
    expect(desk.entries).to_have_count(2)
    desk.page.locator("[data-filter='']").click()
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("rare news")
    expect(desk.entries).to_have_count(1)
    desk.page.locator("[data-find]").fill("")
    expect(desk.entries).to_have_count(6)
    mine = updates.post(newsroom.coverage, headline="By me", authors=[Author.objects.get()]).update
    expect(desk.entries).to_have_count(7)
    desk.page.locator("[data-by]").select_option(label="Markets desk")
    expect(desk.entries).to_have_count(1)
    expect(desk.entry(mine)).to_be_visible()
    desk.page.locator("[data-by]").select_option(label="All authors")
    desk.act(draft, "discard")
    desk.dialog.get_by_role("button", name="Discard").click()
    expect(desk.entry(draft)).to_have_count(0)


def test_the_course_of_a_coverage(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    desk = open_desk()
    desk.page.locator("[data-course=header]").click()
    desk.dialog.locator("[name=headline]").fill("Another day in Kyiv")
    desk.dialog.locator("[name=summary]").fill("In short.")
    desk.dialog.locator("[data-lead-file]").set_input_files(picture("desk.jpg"))
    desk.dialog.locator("[data-field=caption]").fill("The square in the morning.")
    desk.dialog.get_by_role("button", name="Save").click()
    expect(desk.page.locator("h1")).to_have_text("Another day in Kyiv")
    until(lambda: Coverage.objects.get().lead)
    lead = Coverage.objects.get().lead
    assert lead
    assert lead.text == "The square in the morning."
    desk.page.locator("[data-course=undo-start]").click()
    expect(desk.page.locator("[data-coverage-state]")).to_have_text("Draft")
    desk.page.locator("[data-course=start]").click()
    expect(desk.page.locator("[data-coverage-state]")).to_have_text("Live")
    desk.page.locator("[data-course=end]").click()
    desk.dialog.get_by_role("button", name="End").click()
    expect(desk.page.locator("[data-coverage-state]")).to_have_text("Ended")
    after = Coverage.objects.get(previous=newsroom.coverage)
    assert "live updates" in after.headline
    expect(desk.page.locator(f"[data-coverage] a[href$='/{after.pk}/desk/']").first).to_be_visible()
    desk.page.locator("[data-course=reopen]").click()
    expect(desk.page.locator("[data-coverage-state]")).to_have_text("Live")


def test_a_reporter_submits_and_an_editor_approves(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    published = newsroom.post("News")
    reporter = open_desk(user=member("anna", "Reporter", "Anna Reporter"))
    editor = open_desk()
    expect(reporter.composer.locator(".publish")).to_contain_text("Submit")
    for hidden in ("[data-toggle=pinned]", "[data-do=schedule]"):
        expect(reporter.composer.locator(hidden)).to_be_hidden()
    expect(reporter.entry(published).locator("[data-action]:not([data-action=history])")).to_have_count(0)
    expect(reporter.page.locator("[data-course], [data-point]")).to_have_count(0)
    reporter.publish("From the street")
    expect(reporter.said).to_have_text("Submitted for approval.")
    waiting = editor.page.locator("[data-feed] > li[data-state=submitted]")
    expect(waiting).to_contain_text("From the street")
    expect(editor.page.locator("[data-filter=submitted]")).to_contain_text("1")
    waiting.locator("[data-action=publish]").click()
    expect(reporter.entries.first).to_have_attribute("data-state", "published")
