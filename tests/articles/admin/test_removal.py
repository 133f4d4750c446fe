"""Deleting withdraws, discards or is refused; and actions on many objects, each by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates

from .browser import form_of, text_of


def delete(client: Client, thing: Any, **data: str) -> Any:
    return client.post(f"/admin/articles/{thing._meta.model_name}/{thing.pk}/delete/", {"post": "yes", **data})


def act(client: Client, kind: str, action: str, *things: Any, **data: Any) -> str:
    """Run an action as the list does, say yes where it asks, and give back the messages."""
    url = f"/admin/articles/{kind}/"
    chosen = {"action": action, "_selected_action": [thing.pk for thing in things]}
    answer = client.post(url, {**chosen, "index": "0"})
    if answer.status_code == 200:
        fields = form_of(answer).fields
        assert set(fields["_selected_action"]) == {str(thing.pk) for thing in things}
        answer = client.post(url, {**fields, **data})
    assert answer.status_code == 302, text_of(answer)
    return text_of(client.get(url))


# ── Deleting ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_published_update_is_withdrawn(editor: Client, update: Update) -> None:
    page = editor.get(f"/admin/articles/update/{update.pk}/delete/")
    assert "not deleted but withdrawn" in text_of(page)
    assert delete(editor, update).status_code == 302
    assert Update.objects.get().state == "published", "without a reason it is not done"
    assert delete(editor, update, reason="Wrong").status_code == 302
    now = Update.objects.get()
    assert (now.state, now.withdrawn_reason) == ("withdrawn", "Wrong")
    assert LogEntry.objects.get().get_change_message() == "Withdrawn"
    assert "Withdrawn: “Talks begin”." in text_of(editor.get("/admin/articles/update/"))


def test_a_draft_is_discarded(editor: Client, draft: Update) -> None:
    assert "deleted" in text_of(editor.get(f"/admin/articles/update/{draft.pk}/delete/"))
    delete(editor, draft)
    assert not Update.objects.exists()
    assert LogEntry.objects.get().is_deletion()


def test_a_withdrawn_update_is_not_deleted(chief: Client, update: Update) -> None:
    updates.withdraw(update, "x")
    assert delete(chief, update, reason="y").status_code == 403
    assert Update.objects.count() == 1


def test_coverages(editor: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    updates.post(draft_coverage, state="draft", headline="Goes too")
    delete(editor, draft_coverage)
    assert list(Coverage.objects.all()) == [coverage]
    delete(editor, coverage, reason="All wrong")
    now = Coverage.objects.get()
    assert (now.state, now.withdrawn_reason) == ("withdrawn", "All wrong")


@pytest.mark.parametrize("kind", ["photo", "author"])
def test_in_use_is_refused_with_a_sentence(
    chief: Client, coverage: Coverage, desk: Author, picture: Callable[..., SimpleUploadedFile], kind: str
) -> None:
    photo = sources.add_photo(image=picture())
    update = updates.post(coverage, headline="x", photos=[PlacedPhoto(photo)], authors=[desk]).update
    thing = photo if kind == "photo" else desk
    answer = delete(chief, thing)
    assert answer.status_code == 200
    assert "take" in text_of(answer)
    assert "out there first" in text_of(answer)
    assert type(thing).objects.filter(pk=thing.pk).exists()
    assert "out there first" in act(chief, kind, "discard", thing)
    updates.edit(update, photos=[], authors=[])
    delete(chief, thing)
    assert not type(thing).objects.filter(pk=thing.pk).exists()


def test_unknown(chief: Client) -> None:
    for kind in ("update", "coverage", "photo", "author"):
        for end in ("delete", "change", "history"):
            assert chief.get(f"/admin/articles/{kind}/999999/{end}/").status_code in {302, 404}
            assert chief.get(f"/admin/articles/{kind}/junk/{end}/").status_code in {302, 404}


# ── Many at once ────────────────────────────────────────────────────────────────────────────────────────


def test_each_update_by_itself(chief: Client, coverage: Coverage, draft: Update, update: Update) -> None:
    said = act(chief, "update", "publish", draft, update)
    assert "Published: 1." in said
    assert "“Talks begin”: This cannot be done to an update that is published." in said
    draft.refresh_from_db()
    assert draft.state == "published"


def test_update_actions(chief: Client, coverage: Coverage, draft: Update, update: Update) -> None:
    def now(thing: Update) -> Update:
        return Update.objects.get(pk=thing.pk)

    act(chief, "update", "submit", draft)
    assert now(draft).state == "submitted"
    act(chief, "update", "pin", update)
    assert now(update).pinned
    act(chief, "update", "unpin", update)
    assert not now(update).pinned
    act(chief, "update", "mark_key_event", update, draft)
    assert now(update).key_event
    act(chief, "update", "unmark_key_event", update)
    assert not now(update).key_event
    act(chief, "update", "withdraw", update, reason="Wrong")
    assert (now(update).state, now(update).withdrawn_reason) == ("withdrawn", "Wrong")
    act(chief, "update", "restore", update)
    assert now(update).state == "published"
    said = act(chief, "update", "discard", draft, update)
    assert "Discarded: 1." in said
    assert "cannot be done to an update that is published" in said
    assert list(Update.objects.all()) == [update]
    act(chief, "update", "erase", update)
    assert now(update).erased_at
    assert not update.history.exists()
    assert "Talks" not in " ".join(LogEntry.objects.filter(object_id=update.pk).values_list("object_repr", flat=True))


def test_withdrawing_asks_for_a_reason(chief: Client, update: Update) -> None:
    data = {"action": "withdraw", "_selected_action": [update.pk], "confirmed": "yes", "reason": " "}
    answer = chief.post("/admin/articles/update/", data)
    assert "This field is required" in text_of(answer)
    assert Update.objects.get().state == "published"


def test_coverage_actions(chief: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    def state(thing: Coverage) -> str:
        return str(Coverage.objects.get(pk=thing.pk).state)

    act(chief, "coverage", "start", draft_coverage)
    assert state(draft_coverage) == "live"
    act(chief, "coverage", "undo_start", draft_coverage)
    assert state(draft_coverage) == "draft"
    act(chief, "coverage", "end_coverage", coverage, successor=str(draft_coverage.pk))
    assert state(coverage) == "ended"
    assert Coverage.objects.get(pk=coverage.pk).successor == draft_coverage
    act(chief, "coverage", "reopen", coverage)
    act(chief, "coverage", "end_coverage", coverage)
    assert Coverage.objects.get(pk=coverage.pk).successor == draft_coverage, "kept"
    assert "this cannot be done to it now" in act(chief, "coverage", "end_coverage", coverage)
    act(chief, "coverage", "withdraw", coverage, reason="Wrong")
    assert state(coverage) == "withdrawn"
    act(chief, "coverage", "restore", coverage)
    assert state(coverage) == "ended"
    said = act(chief, "coverage", "discard", coverage, draft_coverage)
    assert "Discarded: 1." in said
    assert list(Coverage.objects.all()) == [coverage]


def test_stock_deletion_of_many_is_gone(chief: Client, update: Update) -> None:
    chief.post("/admin/articles/update/", {"action": "delete_selected", "_selected_action": [update.pk], "post": "yes"})
    assert Update.objects.get().state == "published"


def test_discarding_photos(chief: Client, picture: Callable[..., SimpleUploadedFile]) -> None:
    photo = sources.add_photo(image=picture())
    assert "Deleted: 1." in act(chief, "photo", "discard", photo)
    assert not Photo.objects.exists()


def test_too_many_to_ask_about(chief: Client, coverage: Coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    from articles.admin import bulk

    monkeypatch.setattr(bulk, "MOST", 1)
    things = [updates.post(coverage, headline="x").update for _ in range(2)]
    assert "At most 1 at once" in act(chief, "update", "withdraw", *things)
    coverages.end(coverage)
