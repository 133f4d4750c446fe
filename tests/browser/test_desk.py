"""The desk in a real browser: what is written arrives once or is still there, whatever happens on the way."""

import re

from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, Route, expect

from articles.access.models import Session
from articles.models import Photo, Update

from .conftest import Newsroom
from .desk import PASSWORD, TEXT, Desk, OpenDesk, picture
from .proxy import Proxy
from .reader import SOON
from .server import Server
from .test_editor import PASTED
from .waiting import until


def texts() -> list[str]:
    return [update.text for update in Update.objects.order_by("id")]


# ── Posting ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_and_a_key_are_a_post(open_desk: OpenDesk, reader: Page) -> None:
    desk = open_desk()
    expect(desk.text).to_be_focused()
    expect(desk.page.locator("[data-readers]")).to_have_text("1")
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
    row.locator("[data-photo=focus]").click(position={"x": 30, "y": 20})
    across, down = map(int, re.findall(r"\d+", row.locator("[data-photo=focus]").get_attribute("aria-label") or ""))
    assert abs(across - 33) + abs(down - 33) <= 2, "where it was clicked, in percent"
    desk.page.keyboard.press("ArrowUp")
    desk.page.keyboard.press("ArrowRight")
    until(lambda: Photo.objects.get().focus == (across + 5, down - 5))
    row.get_by_text("More about it").click()
    expect(row.locator("dl")).to_have_text("CreatorAnn Lee")
    expect(row.get_by_role("link")).to_have_attribute("href", f"/admin/articles/photo/{Photo.objects.get().pk}/change/")
    row.locator("[data-field=caption]").fill("Tankers wait off Rotterdam.")
    row.locator("[data-field=credit]").fill("Agency")
    row.locator("[data-field=alt]").fill("Two ships in fog")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.entries).to_have_count(1)
    expect(desk.said).not_to_contain_text("alt text")
    [place] = Update.objects.get().photo_captions.all()
    assert (place.text, place.photo.credit, place.photo.alt) == (
        "Tankers wait off Rotterdam.",
        "Agency",
        "Two ships in fog",
    )


def test_photos_stand_as_chosen_are_moved_and_none_is_left_out_in_silence(open_desk: OpenDesk) -> None:
    desk, held = open_desk(), list[Route]()
    desk.page.route("**/photos/", lambda route: route.continue_() if held else held.append(route))
    desk.composer.locator("[data-file]").set_input_files([picture("first.jpg"), picture("second.jpg")])
    rows = desk.composer.locator(".photo-row[data-id]")
    expect(rows).to_have_count(1)  # the second
    held[0].continue_()
    expect(rows).to_have_count(2)
    second, first = Photo.objects.order_by("pk").values_list("pk", flat=True)
    expect(rows.first).to_have_attribute("data-id", str(first))
    [kept] = desk.kept()
    assert [photo["id"] for photo in kept["fields"]["photos"]] == [first, second]
    handle = rows.first.locator("[data-photo=move]")
    handle.focus()
    desk.page.keyboard.press("ArrowDown")
    expect(rows.first).to_have_attribute("data-id", str(second))
    drag(handle, rows.last)
    expect(rows.first).to_have_attribute("data-id", str(first))

    held.clear()
    svg = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    desk.composer.locator("[data-file]").set_input_files([svg])
    desk.publish("Two ships wait.")
    expect(desk.said).to_have_text("Waiting for the photo…")
    held[0].continue_()
    expect(desk.said).to_contain_text("a photo was not taken")
    expect(desk.composer.locator(".is-coming .is-bad")).to_contain_text("An SVG can hold programs")
    expect(desk.text).to_have_text("Two ships wait.")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.said).to_contain_text("A photo has no alt text")
    expect(desk.entries).to_have_count(1)
    assert list(Update.objects.get().photo_captions.values_list("photo", flat=True)) == [first, second]


def drag(handle: Locator, over: Locator) -> None:
    """With the mouse, to the lower end of something else."""
    mouse, box = handle.page.mouse, over.bounding_box()
    assert box
    handle.hover()
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4, steps=4)
    mouse.up()


def test_photos_pasted_and_dropped(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for kind, holder in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        desk.text.evaluate(
            """(editor, [kind, holder, bytes]) => {
                const held = new DataTransfer()
                held.items.add(new File([new Uint8Array(bytes)], `${kind}.jpg`, { type: "image/jpeg" }))
                const Kind = kind === "paste" ? ClipboardEvent : DragEvent
                editor.dispatchEvent(new Kind(kind, { [holder]: held, bubbles: true, cancelable: true }))
            }""",
            [kind, holder, list(picture("x.jpg")["buffer"])],
        )
    expect(desk.composer.locator(".photo-row[data-id]")).to_have_count(2)


def test_a_preview_is_what_readers_would_see(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.composer.locator(".headline").fill("Not out yet")
    desk.type("Words that nobody has seen.")
    with desk.page.context.expect_page() as opened:
        desk.composer.locator("[data-do=preview]").click()
    expect(opened.value.locator("h1")).to_have_text("Not out yet")
    expect(opened.value.locator("main")).to_contain_text("Words that nobody has seen.")
    assert not Update.objects.exists()


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


def test_an_hour_without_a_network(open_desk: OpenDesk, network: Proxy) -> None:
    desk = open_desk()
    desk.page.clock.install()
    network.cut()
    desk.publish("Written before the hour")
    expect(desk.outbox).to_contain_text("Waiting for the network")
    for _ in range(6):
        desk.page.clock.fast_forward("10:00")
        expect(desk.outbox).to_contain_text("Waiting for the network")
    network.heal()
    desk.page.clock.fast_forward("01:00")
    expect(desk.entries.first).to_contain_text("Written before the hour")
    expect(desk.outbox).to_have_count(0)
    assert texts() == ["Written before the hour"]


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
    login.fill("#id_login", "chief")
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
