"""What one may not do is not offered, and is refused when it is sent by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from articles.models import Coverage, Photo, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates

from .browser import form_of, send

LIST = "/admin/articles/update/"
ADD = f"{LIST}add/"


def change(update: Update) -> str:
    return f"{LIST}{update.pk}/change/"


def test_a_writer_writes_and_submits(writer: Client, coverage: Coverage) -> None:
    form = form_of(writer.get(ADD), "update_form")
    assert list(form.buttons) == ["_submit", "_draft"]
    assert "pinned" not in form.fields
    send(writer, ADD, "_draft", {"headline": "By me", "pinned": "on"})
    update = Update.objects.get()
    assert (update.state, update.pinned) == ("draft", False)
    send(writer, change(update), "_submit", {"headline": "By me, finished"})
    update.refresh_from_db()
    assert (update.state, update.headline) == ("submitted", "By me, finished")
    assert list(form_of(writer.get(change(update)), "update_form").buttons) == ["_save", "_draft"]
    send(writer, change(update), "_draft")
    assert Update.objects.get().state == "draft"


def test_a_writer_does_not_publish_by_hand(writer: Client, coverage: Coverage, draft: Update) -> None:
    fields = form_of(writer.get(ADD), "update_form").fields
    assert writer.post(ADD, {**fields, "headline": "x", "_publish": "1"}).status_code == 403
    fields = form_of(writer.get(change(draft)), "update_form").fields
    assert writer.post(change(draft), {**fields, "_publish": "1"}).status_code == 403
    assert writer.post(change(draft), {**fields, "_restore": "1"}).status_code == 403
    assert Update.objects.get().state == "draft"


@pytest.mark.parametrize(
    "action", ["publish", "withdraw", "restore", "pin", "unpin", "erase", "discard", "delete_selected"]
)
def test_a_writer_has_no_such_actions(writer: Client, update: Update, action: str) -> None:
    data = {"action": action, "_selected_action": [update.pk], "confirmed": "yes", "reason": "x", "post": "yes"}
    writer.post(LIST, data)
    writer.post(LIST, {**data, "index": "0"})
    now = Update.objects.get()
    assert (now.state, now.version) == ("published", update.version)


def test_what_readers_see_is_not_a_writers(writer: Client, update: Update) -> None:
    page = writer.get(change(update))
    assert not form_of(page, "update_form").buttons
    assert "headline" not in form_of(page, "update_form").fields
    assert writer.post(change(update), {"headline": "Mine", "_save": "1"}).status_code == 403
    writer.post(LIST, {"action": "mark_key_event", "_selected_action": [update.pk], "index": "0"})
    now = Update.objects.get()
    assert (now.headline, now.key_event) == (update.headline, False)
    assert writer.get(f"{LIST}{update.pk}/delete/").status_code == 403
    assert writer.post(f"{LIST}{update.pk}/delete/", {"post": "yes", "reason": "x"}).status_code == 403


def test_a_live_coverage_is_not_a_writers(writer: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    page = f"/admin/articles/coverage/{coverage.pk}/change/"
    assert not form_of(writer.get(page), "coverage_form").buttons
    assert writer.post(page, {"headline": "x", "_end": "1"}).status_code == 403
    own = f"/admin/articles/coverage/{draft_coverage.pk}/change/"
    assert list(form_of(writer.get(own), "coverage_form").buttons) == ["_save", "_continue"]
    fields = form_of(writer.get(own), "coverage_form").fields
    assert writer.post(own, {**fields, "_start": "1"}).status_code == 403
    send(writer, own, "_save", {"summary": "Mine"})
    draft_coverage.refresh_from_db()
    assert (draft_coverage.state, draft_coverage.summary) == ("draft", "Mine")


def test_a_photo_is_a_writers_where_all_that_it_stands_in_is(
    writer: Client,
    writer_user: User,
    draft_coverage: Coverage,
    coverage: Coverage,
    picture: Callable[..., SimpleUploadedFile],
) -> None:
    photo, lead = (sources.add_photo(image=picture()) for _ in range(2))

    def may_change(photo: Photo) -> set[bool]:
        """Whether the writer may, in the admin's form and at the desk."""
        form = f"/admin/articles/photo/{photo.pk}/change/"
        desk = f"/admin/articles/coverage/{coverage.pk}/desk/photos/{photo.pk}/"
        return {writer.post(address, {"alt": "Mine"}).status_code != 403 for address in (form, desk)}

    assert send(writer, f"/admin/articles/photo/{photo.pk}/change/", "_save", {"alt": "Mine"}).status_code == 302
    own = updates.post(coverage, state="draft", headline="x", photos=[PlacedPhoto(photo)], by=writer_user).update
    updates.submit(own)
    coverages.edit(draft_coverage, lead=PlacedPhoto(lead))
    assert may_change(photo) == may_change(lead) == {True}
    hers = updates.post(coverage, state="draft", headline="Hers", photos=[PlacedPhoto(photo)]).update
    assert may_change(photo) == {False}
    updates.discard(hers)
    assert may_change(photo) == {True}
    updates.publish(own, at=timezone.now() + timedelta(hours=1))
    assert may_change(photo) == {False}, "it comes out by itself"
    updates.publish(own)
    assert may_change(photo) == {False}
    updates.withdraw(own, "Wrong")
    assert may_change(photo) == {False}, "it can be restored"
    coverages.start(draft_coverage)
    assert may_change(lead) == {False}
    coverages.withdraw(draft_coverage, "Wrong")
    assert may_change(lead) == {False}, "it can be restored"


def test_a_viewer_only_looks(viewer: Client, update: Update, draft: Update) -> None:
    for url in (change(update), change(draft), f"/admin/articles/coverage/{update.coverage_id}/change/"):
        page = viewer.get(url)
        assert page.status_code == 200
        assert not form_of(page, f"{url.split('/')[3]}_form").buttons
        assert viewer.post(url, {"headline": "x", "_save": "1"}).status_code == 403
    assert viewer.get(ADD).status_code == 403
    assert viewer.post(ADD, {"headline": "x"}).status_code == 403
    assert viewer.get(f"{LIST}{draft.pk}/history/").status_code == 200


def test_erasing_takes_its_own_permission(editor: Client, update: Update) -> None:
    assert editor.get(f"{LIST}{update.pk}/erase/").status_code == 403
    user = User.objects.get(username="editor")
    user.user_permissions.add(Permission.objects.get(codename="erase_update"))
    assert editor.get(f"{LIST}{update.pk}/erase/").status_code == 200
    assert Update.objects.get().headline == update.headline
    assert editor.post(f"{LIST}{update.pk}/erase/", {"confirmed": "yes"}).status_code == 302
    now = Update.objects.get()
    assert (now.state, now.headline, now.erased_at is not None) == ("withdrawn", "", True)
    assert not form_of(editor.get(change(update)), "update_form").buttons, "what was erased is not restored"


@pytest.mark.parametrize("kind", ["update", "coverage"])
def test_preview(chief: Client, viewer: Client, writer: Client, draft: Update, kind: str) -> None:
    coverages.edit(draft.coverage, summary="In short.")
    url = f"/admin/articles/{kind}/{draft.pk if kind == 'update' else draft.coverage_id}/preview/"
    answer = chief.get(url)
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "nonce" not in answer["Content-Security-Policy"]
    assert ("Not yet" if kind == "update" else "In short.") in answer.content.decode()
    assert viewer.get(url).status_code == 403
    assert writer.get(url).status_code == (200 if kind == "update" else 403)
    assert Client().get(url).status_code == 302
    assert chief.get(f"/admin/articles/{kind}/999999/preview/").status_code == 404
