"""The form of an update, as an editor uses it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import PlacedPhoto, sources, updates
from tests.articles.media.test_audio import sound

from .browser import form_of, send, text_of

ADD = "/admin/articles/update/add/"
Picture = Callable[..., SimpleUploadedFile]
NEW_PHOTO = {"photo_captions-TOTAL_FORMS": "1", "photo_captions-0-id": "", "photo_captions-0-position": ""}


def change(update: Update) -> str:
    return f"/admin/articles/update/{update.pk}/change/"


# ── A new one ───────────────────────────────────────────────────────────────────────────────────────────


def test_begins_with_the_live_coverage_and_the_own_name(chief: Client, coverage: Coverage, author: Author) -> None:
    page = chief.get(ADD)
    form = form_of(page, "update_form")
    assert form.fields["coverage"] == [str(coverage.pk)]
    assert form.fields["authors"] == [str(author.pk)]
    assert list(form.buttons) == ["_publish", "_submit", "_draft"]
    assert "Europe/Kyiv" in text_of(page)


def test_begins_with_the_coverage_asked_for(chief: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    page = chief.get(f"{ADD}?coverage={draft_coverage.pk}")
    form = form_of(page, "update_form")
    assert form.fields["coverage"] == [str(draft_coverage.pk)]
    assert list(form.buttons) == ["_draft", "_submit", "_publish"], "nothing can be published in a draft"
    assert form.buttons["_publish"] == "Schedule"
    assert "America/New_York" in text_of(page)


def test_from_a_filtered_list_begins_with_its_coverage(chief: Client, draft_coverage: Coverage, live: Coverage) -> None:
    page = chief.get(f"{ADD}?_changelist_filters=coverage%3D{draft_coverage.pk}")
    assert form_of(page, "update_form").fields["coverage"] == [str(draft_coverage.pk)]


def test_publish(chief: Client, coverage: Coverage, author: Author, chief_user: Any) -> None:
    answer = send(chief, ADD, "_publish", {"headline": " It  is done ", "body": "<p>Yes.</p>", "key_event": "on"})
    assert answer.status_code == 302
    update = Update.objects.get()
    assert (update.headline, update.body, update.state) == ("It is done", "<p>Yes.</p>", "published")
    assert update.key_event
    assert update.authors == [author]
    assert update.history.get().history_user == chief_user
    assert LogEntry.objects.get().get_change_message() == "Added."
    assert "View on site" in text_of(chief.get(answer["Location"]))


def test_a_photo_without_alt_text_warns_and_can_be_refused(
    chief: Client, coverage: Coverage, picture: Picture, settings: Any
) -> None:
    given = {**NEW_PHOTO, "headline": "Seen", "photo_captions-0-picture": picture()}
    answer = send(chief, ADD, "_publish", given)
    assert "A photo has no alt text" in text_of(chief.get(answer["Location"]))
    settings.REQUIRE_ALT_TEXT = True
    refused = send(chief, ADD, "_publish", {**given, "photo_captions-0-picture": picture()})
    assert refused.status_code == 200
    assert "A photo has no alt text" in text_of(refused)
    assert Update.objects.count() == 1
    described = {**given, "photo_captions-0-picture": picture(), "photo_captions-0-alt": "A bridge"}
    answer = send(chief, ADD, "_publish", described)
    assert "no alt text" not in text_of(chief.get(answer["Location"]))


def test_enter_publishes(chief: Client, coverage: Coverage) -> None:
    fields = form_of(chief.get(ADD), "update_form").fields
    chief.post(ADD, {**fields, "headline": "Quick"})
    assert Update.objects.get().state == "published"


def test_draft_stays_on_the_page(chief: Client, coverage: Coverage) -> None:
    answer = send(chief, ADD, "_draft", {"headline": "Later"})
    update = Update.objects.get()
    assert update.state == "draft"
    assert answer["Location"] == change(update)


def test_time_to_come_schedules_in_the_story_zone(chief: Client, coverage: Coverage) -> None:
    send(chief, ADD, "_publish", {"headline": "Later", "published_at": "2035-07-01T09:30:00"})
    update = Update.objects.get()
    assert update.state == "scheduled"
    assert update.published_at == datetime(2035, 7, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("2034-10-29T03:30:00", "this time comes twice"),
        ("2034-03-26T03:30:00", "this time is left out"),
        ("yesterday", "Enter a valid date/time"),
    ],
)
def test_time_that_is_none(chief: Client, coverage: Coverage, time: str, says: str) -> None:
    answer = send(chief, ADD, "_publish", {"headline": "Kept text", "published_at": time})
    assert answer.status_code == 200
    assert says in text_of(answer)
    assert form_of(answer, "update_form").fields["headline"] == ["Kept text"]
    assert not Update.objects.exists()


def test_empty_is_refused_in_the_form(chief: Client, coverage: Coverage) -> None:
    answer = send(chief, ADD, "_publish", {"key_event": "on"})
    assert answer.status_code == 200
    assert "The update is empty" in text_of(answer)
    assert form_of(answer, "update_form").fields["key_event"] == ["on"]


def test_in_a_draft_coverage_is_refused_in_the_form(chief: Client, draft_coverage: Coverage) -> None:
    answer = send(chief, f"{ADD}?coverage={draft_coverage.pk}", "_publish", {"headline": "Kept text"})
    assert "start it before you publish in it" in text_of(answer)
    assert form_of(answer, "update_form").fields["headline"] == ["Kept text"]
    assert not Update.objects.exists()


# ── Sent twice ──────────────────────────────────────────────────────────────────────────────────────────


def test_double_submit_posts_once(chief: Client, coverage: Coverage) -> None:
    page = chief.get(ADD)
    for _ in range(2):
        answer = send(chief, ADD, "_publish", {"headline": "Once", "body": "<p>a</p>"}, page=page)
        assert answer.status_code == 302
    assert Update.objects.count() == LogEntry.objects.count() == 1
    assert "It was already posted" in text_of(chief.get(answer["Location"]))


def test_another_text_in_a_form_that_was_sent_is_not_lost(chief: Client, coverage: Coverage) -> None:
    page = chief.get(ADD)
    send(chief, ADD, "_publish", {"headline": "First"}, page=page)
    answer = send(chief, ADD, "_publish", {"headline": "First, corrected"}, page=page)
    assert "already sent and became “First”" in text_of(answer)
    assert form_of(answer, "update_form").fields["headline"] == ["First, corrected"]


# ── Changing ────────────────────────────────────────────────────────────────────────────────────────────


def test_change_of_a_published_update(chief: Client, update: Update) -> None:
    answer = send(chief, change(update), "_save", {"headline": "Talks end", "correction": "They ended."})
    assert answer.status_code == 302
    now = Update.objects.get()
    assert (now.headline, now.correction, now.state) == ("Talks end", "They ended.", "published")
    assert now.version > update.version
    assert now.edited_at
    assert now.published_at == update.published_at, "to the millisecond"
    assert LogEntry.objects.get().get_change_message() == "Changed Headline and Correction."


def test_saving_without_a_change_does_nothing(chief: Client, update: Update) -> None:
    for button in ("_save", "_continue"):
        assert send(chief, change(update), button).status_code == 302
    assert Update.objects.get().version == update.version
    assert update.history.count() == 1
    assert not LogEntry.objects.exists()


def test_the_editors_own_html_is_no_change(chief: Client, coverage: Coverage) -> None:
    update = updates.post(coverage, body='<p>A <a href="https://a.example/">link</a></p>').update
    body = '<p>A <a href="https://a.example/" target="_blank" rel="noreferrer">link</a></p><p></p>'
    send(chief, change(update), "_save", {"body": body})
    assert Update.objects.get().version == update.version


def test_the_coverage_cannot_be_changed(chief: Client, update: Update, draft_coverage: Coverage) -> None:
    assert "coverage" not in form_of(chief.get(change(update)), "update_form").fields
    send(chief, change(update), "_save", {"coverage": str(draft_coverage.pk), "headline": "Moved?"})
    assert Update.objects.get().coverage_id == update.coverage_id


def test_a_published_time_is_moved_but_not_to_come(chief: Client, update: Update) -> None:
    send(chief, change(update), "_save", {"published_at": "2024-01-02T03:04:05"})
    assert Update.objects.get().published_at == datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)
    answer = send(chief, change(update), "_save", {"published_at": "2035-01-02T03:04:05"})
    assert "cannot be moved into the future" in text_of(answer)
    answer = send(chief, change(update), "_save", {"published_at": ""})
    assert "This field is required" in text_of(answer)


def test_an_hour_that_comes_twice_stays_itself(chief: Client, coverage: Coverage) -> None:
    """The second half past three of that night, which a form can't tell from the first."""
    twice = datetime(2024, 10, 27, 1, 30, 0, 123000, tzinfo=UTC)
    update = updates.post(coverage, headline="By night", published_at=twice).update
    send(chief, change(update), "_save", {"headline": "By deep night"})
    assert Update.objects.get().published_at == twice


def test_pin_moves(chief: Client, coverage: Coverage, update: Update) -> None:
    other = updates.post(coverage, headline="Pinned so far", pinned=True).update
    send(chief, change(update), "_save", {"pinned": "on"})
    assert list(Update.objects.filter(pinned=True)) == [update]
    other.refresh_from_db()
    assert not other.pinned


# ── States ──────────────────────────────────────────────────────────────────────────────────────────────


def test_draft_is_published_with_its_last_text(chief: Client, draft: Update) -> None:
    send(chief, change(draft), "_publish", {"headline": "Checked"})
    now = Update.objects.get()
    assert (now.state, now.headline) == ("published", "Checked")
    assert LogEntry.objects.get().get_change_message() == "Changed Headline and published."


def test_draft_with_its_time(chief: Client, draft: Update) -> None:
    send(chief, change(draft), "_publish", {"published_at": "2035-07-01T09:30:00"})
    assert Update.objects.get().state == "scheduled"
    form = form_of(chief.get(change(draft)), "update_form")
    assert form.buttons == {"_save": "Save", "_publish": "Publish now", "_draft": "Back to draft"}
    send(chief, change(draft), "_draft")
    assert Update.objects.get().state == "draft"


def test_scheduled_is_published_now(chief: Client, coverage: Coverage) -> None:
    later = timezone.now() + timedelta(days=2)
    update = updates.post(coverage, headline="Soon", published_at=later).update
    send(chief, change(update), "_publish", {"headline": "Now"})
    now = Update.objects.get()
    assert (now.state, now.headline) == ("published", "Now")
    assert now.published_at < timezone.now()


def test_publishing_refused_does_nothing_by_halves_and_keeps_the_text(chief: Client, draft_coverage: Coverage) -> None:
    draft = updates.post(draft_coverage, state="draft", headline="Early").update
    answer = send(chief, change(draft), "_publish", {"headline": "Still early"})
    assert "start it before you publish" in text_of(answer)
    assert form_of(answer, "update_form").fields["headline"] == ["Still early"]
    assert Update.objects.get().headline == "Early"
    assert send(chief, change(draft), "_draft", {"headline": "Kept"}, page=answer).status_code == 302
    assert Update.objects.get().headline == "Kept"


def test_withdrawn_is_read_only_and_restored_by_a_button(chief: Client, update: Update) -> None:
    updates.withdraw(update, "Wrong")
    page = chief.get(change(update))
    form = form_of(page, "update_form")
    assert list(form.buttons) == ["_restore"]
    assert "headline" not in form.fields
    assert "Wrong" in text_of(page)
    send(chief, change(update), "_restore")
    assert Update.objects.get().state == "published"
    assert Update.objects.get().headline == update.headline


# ── Byline and photos ───────────────────────────────────────────────────────────────────────────────────


def test_byline_keeps_its_order(chief: Client, coverage: Coverage, author: Author, desk: Author) -> None:
    update = updates.post(coverage, headline="By two", authors=[desk, author]).update
    assert form_of(chief.get(change(update)), "update_form").fields["authors"] == [str(desk.pk), str(author.pk)]
    send(chief, change(update), "_save", {"headline": "By two still"})
    assert Update.objects.get().authors == [desk, author]
    send(chief, change(update), "_save", {"authors": [str(author.pk), str(desk.pk)]})
    assert Update.objects.get().authors == [author, desk]


def test_unknown_author(chief: Client, update: Update) -> None:
    for junk in ("99999", "x"):
        answer = send(chief, change(update), "_save", {"authors": [junk]})
        assert answer.status_code == 200


def test_photo_is_uploaded_with_the_update(chief: Client, coverage: Coverage, picture: Picture) -> None:
    row = {"photo_captions-0-picture": picture(), "photo_captions-0-caption": "A day", "photo_captions-0-alt": "Blue"}
    answer = send(chief, ADD, "_publish", {"headline": "Seen", **NEW_PHOTO, **row})
    assert answer.status_code == 302
    placed = Update.objects.get().photo_captions.get()
    assert (placed.text, placed.photo.alt) == ("A day", "Blue")


def test_photos_in_order(chief: Client, coverage: Coverage, picture: Picture) -> None:
    one, two = (sources.add_photo(image=picture(), caption=caption) for caption in ("one", "two"))
    update = updates.post(coverage, headline="Two", photos=[PlacedPhoto(one, "here"), PlacedPhoto(two)]).update
    form = form_of(chief.get(change(update)), "update_form")
    assert form.fields["photo_captions-0-caption"] == ["here"]
    send(chief, change(update), "_save", {"photo_captions-0-position": "5"})
    assert [placed.photo for placed in update.photo_captions.order_by("position")] == [two, one]
    send(chief, change(update), "_save", {"photo_captions-0-DELETE": "on"})
    assert [placed.photo for placed in update.photo_captions.all()] == [one]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cut.jpg", None),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("text.jpg", b"not a picture at all"),
    ],
)
def test_no_picture_is_told_at_its_field(
    chief: Client, coverage: Coverage, picture: Picture, name: str, data: bytes | None
) -> None:
    cut = picture(size=(400, 300), quality=95).read()
    bad = SimpleUploadedFile(name, data or cut[: len(cut) // 2])
    answer = send(chief, ADD, "_publish", {"headline": "Kept text", **NEW_PHOTO, "photo_captions-0-picture": bad})
    assert answer.status_code == 200
    errors = answer.context["inline_admin_formsets"][0].formset.errors
    assert re.search("not a|An SVG", errors[0]["picture"][0])
    assert errors[0]["picture"][0] in text_of(answer)
    assert form_of(answer, "update_form").fields["headline"] == ["Kept text"]
    assert not Update.objects.exists()
    assert not Photo.objects.exists()


def test_row_without_a_photo(chief: Client, coverage: Coverage) -> None:
    answer = send(chief, ADD, "_publish", {"headline": "x", **NEW_PHOTO, "photo_captions-0-caption": "of what?"})
    assert "Choose a photo" in text_of(answer)


def test_a_picture_taken_in_is_kept_when_the_rest_is_refused(
    chief: Client, draft_coverage: Coverage, picture: Picture
) -> None:
    url = f"{ADD}?coverage={draft_coverage.pk}"
    answer = send(chief, url, "_publish", {"headline": "x", **NEW_PHOTO, "photo_captions-0-picture": picture()})
    assert answer.status_code == 200
    photo = Photo.objects.get()
    assert form_of(answer, "update_form").fields["photo_captions-0-photo"] == [str(photo.pk)]
    assert send(chief, url, "_draft", {}, page=answer).status_code == 302
    assert Update.objects.get().photo_captions.get().photo == photo
    assert Photo.objects.count() == 1


# ── Bad input ───────────────────────────────────────────────────────────────────────────────────────────


def test_scripts_are_taken_out(chief: Client, coverage: Coverage) -> None:
    body = '<p onclick="x()">Hi<script>alert(1)</script> <a href="javascript:x()">there</a></p>'
    send(chief, ADD, "_publish", {"body": body})
    assert Update.objects.get().body == '<p>Hi <a rel="noopener">there</a></p>'


def test_two_megabytes_of_text(chief: Client, coverage: Coverage) -> None:
    answer = send(chief, ADD, "_publish", {"headline": "Long", "body": "<p>" + "word " * 400_000 + "</p>"})
    assert answer.status_code == 200
    assert "The text is longer than 200 KB" in answer.context["adminform"].form.errors["body"][0]
    assert len(form_of(answer, "update_form").fields["body"][0]) > 2_000_000


def test_bad_audio_and_embed(chief: Client, coverage: Coverage) -> None:
    files = {"audio": SimpleUploadedFile("a.mp3", b"no sound"), "embed": "javascript:alert(1)", "headline": "x"}
    answer = send(chief, ADD, "_publish", files)
    assert answer.context["adminform"].form.errors["embed"]
    answer = send(chief, ADD, "_publish", {**files, "embed": "", "audio": SimpleUploadedFile("a.mp3", b"no sound")})
    assert answer.context["adminform"].form.errors["audio"]


def test_editors_hear_a_draft(chief: Client, coverage: Coverage) -> None:
    send(chief, ADD, "_draft", {"headline": "Talks", "audio": SimpleUploadedFile("secret.wav", sound(1))})
    update = Update.objects.get()
    preview = f"/admin/articles/update/{update.pk}/preview/"
    assert "0:01 (WAV)" in text_of(chief.get(change(update)))
    for page in (change(update), preview):
        (found,) = set(re.findall(rf'(?:href|src)="({update.audio.url}[^"]*)"', chief.get(page).content.decode()))
        assert Client().get(unescape(found)).headers["X-Accel-Redirect"] == f"/originals/{update.audio.name}"
        assert Client().get(f"{unescape(found)}x").status_code == 404
    assert Client().get(update.audio.url).status_code == 404
    assert send(chief, change(update), "_draft", {"headline": "Talks on"}).status_code == 302
    assert send(chief, change(update), "_draft", {"audio-clear": "on"}).status_code == 302
    assert Update.objects.get().audio.name == ""


@pytest.mark.parametrize("field", ["coverage", "token", "seen", "published_at", "photo_captions-TOTAL_FORMS"])
@pytest.mark.parametrize("junk", ["", "x", "9" * 400, "\x00", "-1", "²"])
def test_junk_is_never_a_server_error(chief: Client, coverage: Coverage, field: str, junk: str) -> None:
    assert send(chief, ADD, "_draft", {"headline": "x", field: junk}).status_code in {200, 302, 400}
