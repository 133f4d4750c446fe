"""Two editors at once: nobody's text is lost, nobody overwrites without being told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.models import Coverage, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

from .browser import form_of, send, text_of


def change(thing: Any) -> str:
    return f"/admin/articles/{thing._meta.model_name}/{thing.pk}/change/"


@pytest.fixture(params=["published", "draft"])
def standing(request: pytest.FixtureRequest, coverage: Coverage) -> Update:
    return updates.post(coverage, state=request.param, headline="Began", body="<p>At first.</p>").update


def test_the_second_sees_the_firsts_text_and_keeps_their_own(chief: Client, standing: Update) -> None:
    page = chief.get(change(standing))
    updates.edit(standing, headline="Theirs", body="<p>As they say.</p>")
    answer = send(chief, change(standing), "_continue" if standing.is_published else "_draft", MINE, page=page)
    assert answer.status_code == 200
    said = text_of(answer)
    assert "Somebody else saved this in the meantime" in said
    assert "As they say." in said
    assert "Theirs" in said
    form = form_of(answer, "update_form")
    assert (form.fields["headline"], form.fields["body"]) == (["Mine"], ["<p>As I say.</p>"])
    assert Update.objects.get().headline == "Theirs"


MINE = {"headline": "Mine", "body": "<p>As I say.</p>"}


def test_saving_again_is_knowingly(chief: Client, standing: Update) -> None:
    page = chief.get(change(standing))
    updates.edit(standing, headline="Theirs")
    button = "_save" if standing.is_published else "_draft"
    answer = send(chief, change(standing), button, MINE, page=page)
    updates.edit(standing, headline="Theirs again")
    answer = send(chief, change(standing), button, page=answer)
    assert "Theirs again" in text_of(answer), "a third save in between is a conflict of its own"
    assert send(chief, change(standing), button, page=answer).status_code == 302
    assert Update.objects.get().headline == "Mine"


def test_publishing_a_draft_that_was_changed_meanwhile_is_no_approval_of_it(chief: Client, draft: Update) -> None:
    page = chief.get(change(draft))
    updates.edit(draft, body="<p>Slipped in.</p>")
    answer = send(chief, change(draft), "_publish", page=page)
    assert "Slipped in." in text_of(answer)
    assert Update.objects.get().state == "draft"


def test_found_out_under_the_lock(chief: Client, update: Update, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves after the form was found good, before it is written."""
    from articles.admin.update import UpdateAdmin

    page = chief.get(change(update))
    content = UpdateAdmin._content

    def overtaken(*args: Any) -> Any:
        if Update.objects.get().headline != "Theirs":
            updates.edit(update, headline="Theirs")
        return content(*args)

    monkeypatch.setattr(UpdateAdmin, "_content", overtaken)
    answer = send(chief, change(update), "_save", MINE, page=page)
    assert answer.status_code == 200
    assert "Somebody else saved this" in text_of(answer)
    assert Update.objects.get().headline == "Theirs"
    assert form_of(answer, "update_form").fields["headline"] == ["Mine"]


def test_photos_that_were_replaced_meanwhile_do_not_block_the_form(
    chief: Client, coverage: Coverage, picture: Callable[..., SimpleUploadedFile]
) -> None:
    one, two = (sources.add_photo(image=picture(), caption=caption) for caption in ("one", "two"))
    update = updates.post(coverage, headline="Photos", photos=[PlacedPhoto(one)]).update
    page = chief.get(change(update))
    updates.edit(update, photos=[PlacedPhoto(two), PlacedPhoto(one)])
    answer = send(chief, change(update), "_save", {"photo_captions-0-caption": "my words"}, page=page)
    assert "Somebody else saved this" in text_of(answer)
    assert form_of(answer, "update_form").fields["photo_captions-0-caption"] == ["my words"]
    assert send(chief, change(update), "_save", page=answer).status_code == 302
    placed = Update.objects.get().photo_captions.get()
    assert (placed.photo, placed.caption) == (one, "my words")


def test_coverage(chief: Client, coverage: Coverage) -> None:
    page = chief.get(change(coverage))
    coverages.edit(coverage, summary="Theirs, in short")
    answer = send(chief, change(coverage), "_save", {"summary": "Mine, in short"}, page=page)
    assert "Theirs, in short" in text_of(answer)
    assert form_of(answer, "coverage_form").fields["summary"] == ["Mine, in short"]
    assert Coverage.objects.get().summary == "Theirs, in short"
    assert send(chief, change(coverage), "_save", page=answer).status_code == 302
    assert Coverage.objects.get().summary == "Mine, in short"


def test_key_points(chief: Client, coverage: Coverage) -> None:
    coverages.set_key_points(coverage, [KeyPointContent("One")])
    page = chief.get(change(coverage))
    coverages.set_key_points(coverage, [KeyPointContent("Theirs")])
    answer = send(chief, change(coverage), "_save", {"key_points-0-text": "Mine"}, page=page)
    assert "Theirs" in text_of(answer)
    assert send(chief, change(coverage), "_save", page=answer).status_code == 302
    assert [point.text for point in coverage.key_points.all()] == ["Mine"]


def test_an_update_posted_meanwhile_is_no_conflict_for_its_coverage(chief: Client, coverage: Coverage) -> None:
    page = chief.get(change(coverage))
    updates.post(coverage, headline="News", pinned=True, key_event=True)
    assert send(chief, change(coverage), "_save", {"summary": "Mine"}, page=page).status_code == 302


def test_photo_and_author(chief: Client, picture: Callable[..., SimpleUploadedFile]) -> None:
    photo = sources.add_photo(image=picture(), caption="Before")
    page = chief.get(change(photo))
    sources.edit_photo(photo, caption="Theirs")
    answer = send(chief, change(photo), "_save", {"caption": "Mine"}, page=page)
    assert "Theirs" in text_of(answer)
    author = sources.author_named("Before")
    page = chief.get(change(author))
    author.name = "Theirs"
    sources.save_author(author)
    answer = send(chief, change(author), "_save", {"name": "Mine"}, page=page)
    assert "Theirs" in text_of(answer)
