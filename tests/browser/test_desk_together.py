"""The desk in real browsers: several at one coverage, and all that can be done from the list and beside it."""

from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import Author, Coverage, KeyPoint, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

from .conftest import Newsroom
from .desk import TEXT, Desk, OpenDesk, member, picture
from .reader import SOON
from .waiting import until

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
    save(theirs, update, " Mine.")
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
    expect(desk.page.locator("[data-course=end]")).to_be_visible()  # the panel is that of live coverage by now
    desk.page.locator("[data-course=withdraw]").click()
    desk.dialog.locator("[name=reason]").fill("Wrong")
    desk.dialog.get_by_role("button", name="Withdraw all").click()
    expect(desk.page.locator("[data-coverage-state]")).to_have_text("Withdrawn")
    desk.page.locator("[data-course=restore]").click()
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


def test_a_photo_that_stands_elsewhere_is_not_a_reporters(open_desk: OpenDesk, newsroom: Newsroom) -> None:
    """What could not be saved was offered, and refused only once it had been typed."""
    anna = member("anna", "Reporter", "Anna Reporter")
    photo = sources.add_photo(image=ContentFile(picture("x.jpg")["buffer"], "x.jpg"), alt="A street")
    newsroom.post("News", photos=[PlacedPhoto(photo)])
    own = {"headline": "Own", "state": Update.State.DRAFT, "by": anna, "photos": [PlacedPhoto(photo)]}
    draft = updates.post(newsroom.coverage, **own).update  # type: ignore[arg-type]
    reporter, editor = open_desk(user=anna), open_desk()
    reporter.edit(draft)
    row = reporter.entry(draft).locator(".photo-row")
    for name in ("alt", "credit"):
        expect(row.locator(f"[data-field={name}]")).not_to_be_editable()
    expect(row.locator("[data-field=caption]")).to_be_editable()
    expect(row.locator("[data-photo=focus]")).to_be_disabled()
    expect(row.locator("[data-photo-said]")).to_contain_text("It stands elsewhere too")
    editor.edit(draft)
    expect(editor.entry(draft).locator(".photo-row [data-field=alt]")).to_be_editable()
