"""What can happen to an update, and what must not."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.utils import timezone

from articles.models import Coverage, Update
from articles.publishing import Conflict, Refused, coverages, schedule, sources, updates
from tests.articles.media.test_audio import sound
from tests.database import violates

type Post = Callable[..., Update]


def fresh[M: (Coverage, Update)](thing: M) -> M:
    return type(thing)._default_manager.get(pk=thing.pk)


@pytest.mark.django_db
def test_each_public_change_takes_the_next_version(live: Coverage, post: Post) -> None:
    versions = [fresh(live).version]

    def took() -> None:
        versions.append(fresh(live).version)

    update = post()
    took()
    for change in (
        lambda: updates.edit(update, headline="Other"),
        lambda: updates.retime(update, live.started_at),
        lambda: updates.pin(update),
        lambda: updates.pin(update, pinned=False),
        lambda: updates.withdraw(update, "wrong"),
        lambda: updates.restore(update),
        lambda: updates.erase(update),
    ):
        change()
        took()
        assert fresh(update).version == versions[-1]
    assert versions == sorted(set(versions))
    assert versions[-1] < 2**53


@pytest.mark.django_db
def test_what_no_reader_sees_takes_no_version(live: Coverage) -> None:
    before = fresh(live).version
    draft = updates.post(live, state="draft", headline="Draft").update
    updates.edit(draft, headline="Still a draft")
    updates.submit(draft)
    updates.return_to_draft(draft)
    updates.publish(draft, at=timezone.now() + timedelta(hours=1))
    updates.discard(draft)
    assert fresh(live).version == before


@pytest.mark.django_db
def test_a_version_outruns_the_clock(live: Coverage, post: Post) -> None:
    ahead = fresh(live).version + 10**9
    Coverage.objects.filter(pk=live.pk).update(version=ahead)
    assert post().version == ahead + 1


@pytest.mark.django_db
def test_one_token_posts_once(live: Coverage) -> None:
    token = uuid.uuid4()
    first = updates.post(live, token=token, headline="Once")
    again = updates.post(live, token=token, headline="Once")
    assert (first.created, again.created, again.update.pk) == (True, False, first.update.pk)
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    with pytest.raises(Refused, match="another coverage"):
        updates.post(other, token=token, headline="Once")


@pytest.mark.django_db(transaction=True)
def test_one_token_posts_once_though_sent_at_the_same_time(live: Coverage) -> None:
    token, made = uuid.uuid4(), []

    def send() -> None:
        made.append(updates.post(live, token=token, headline="Once").created)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    assert sorted(made) == [False, False, False, True]
    assert Update.objects.filter(coverage=live).count() == 1


@pytest.mark.django_db
def test_one_pin_a_coverage(live: Coverage, post: Post) -> None:
    first, second = post(pinned=True), post()
    updates.pin(second)
    assert (fresh(first).pinned, fresh(second).pinned) == (False, True)
    assert fresh(first).version == fresh(second).version, "it returns to the feed in the same step"


@pytest.mark.django_db
def test_an_editor_cannot_overwrite_what_they_have_not_seen(live: Coverage, post: Post) -> None:
    update = post(headline="One")
    began = update.revision
    updates.edit(update, headline="Hers", expected=began)
    with pytest.raises(Conflict) as conflict:
        updates.edit(update, headline="His", expected=began)
    assert conflict.value.current.headline == "Hers"
    assert fresh(update).headline == "Hers"


@pytest.mark.django_db
def test_drafts_are_not_overwritten_either(live: Coverage) -> None:
    draft = updates.post(live, state="draft", headline="One").update
    updates.edit(draft, headline="Hers", expected=draft.revision)
    with pytest.raises(Conflict):
        updates.edit(draft, headline="His", expected=draft.revision, state="published")
    assert (fresh(draft).headline, fresh(draft).state) == ("Hers", "draft"), "nothing is done by halves"


@pytest.mark.django_db
def test_a_save_that_is_sent_again_never_conflicts_with_itself(live: Coverage, post: Post) -> None:
    update, token = post(headline="One"), uuid.uuid4()
    once = updates.edit(update, headline="Mine", expected=update.revision, token=token)
    assert updates.edit(update, headline="Mine", expected=update.revision, token=token).revision == once.revision
    updates.edit(update, headline="Hers", expected=once.revision, token=uuid.uuid4())
    again = updates.edit(update, headline="Mine", expected=update.revision, token=token)
    assert again.headline == "Hers", "it was done before, and another has built on it"


@pytest.mark.django_db
def test_what_readers_do_not_see_takes_a_revision_and_no_version(live: Coverage) -> None:
    before = Coverage.objects.get(pk=live.pk)
    draft = updates.post(live, state="draft", headline="One").update
    updates.discard(draft)
    now = Coverage.objects.get(pk=live.pk)
    assert now.version == before.version
    assert now.revision > draft.revision > before.revision


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"headline": "", "body": ""}, "empty"),
        ({"headline": "", "body": "<script>alert(1)</script>"}, "empty"),
        ({"body": "x" * 2_000_000}, "longer than 200 KB"),
        ({"headline": "x" * 251}, "at most 250"),
        ({"embed": "javascript:alert(1)"}, "valid URL"),
    ],
)
def test_what_makes_no_update_is_refused_whole(live: Coverage, content: dict[str, Any], words: str) -> None:
    before = fresh(live).version
    with pytest.raises(ValidationError, match=words):
        updates.post(live, **({"headline": "Good"} | content))
    assert not Update.objects.exists()
    assert fresh(live).version == before


@pytest.mark.django_db
def test_text_is_sanitised_on_the_way_in(live: Coverage, post: Post) -> None:
    body = (
        '<p onclick="x()" style="color:red" class="a">Good <b>bold</b> <a href="javascript:x()">bad</a> '
        '<a href="https://example.org/" target="_blank">link</a></p><script>alert(1)</script>'
        "<iframe src=//evil></iframe><img src=x onerror=x()><p></p>"
    )
    assert post(body=body).body == (
        '<p>Good <strong>bold</strong> <a rel="noopener">bad</a> '
        '<a href="https://example.org/" rel="noopener">link</a></p>'
    )
    assert post(body="Plain & simple").body == "<p>Plain &amp; simple</p>"
    assert post(headline="", body="🎉").text == "🎉"


@pytest.mark.django_db
def test_publishing_needs_a_started_coverage() -> None:
    draft = coverages.create(headline="Draft", slug="draft")
    with pytest.raises(Refused, match="start it"):
        updates.post(draft, headline="Too early")
    assert updates.post(draft, state="draft", headline="Prepared").update.state == "draft"


@pytest.mark.django_db
def test_states_allow_only_what_makes_sense(live: Coverage, post: Post) -> None:
    update = post()
    for refused in (
        lambda: updates.publish(update),
        lambda: updates.submit(update),
        lambda: updates.discard(update),
        lambda: updates.restore(update),
        lambda: updates.retime(update, timezone.now() + timedelta(hours=1)),
    ):
        with pytest.raises(Refused):
            refused()
    updates.withdraw(update, "wrong")
    with pytest.raises(Refused, match="Restore it"):
        updates.edit(update, headline="Changed")
    updates.erase(update)
    with pytest.raises(Refused, match="erased"):
        updates.restore(update)


@pytest.mark.django_db
def test_editing_marks_published_text_only(live: Coverage, post: Post) -> None:
    update = post(body="<p>One</p>")
    assert updates.edit(update, key_event=True).edited_at is None
    assert updates.edit(update, body="<p>One</p>").edited_at is None
    assert updates.edit(update, body="<p>Two</p>").edited_at is not None
    draft = updates.post(live, state="draft", headline="x").update
    assert updates.edit(draft, headline="y").edited_at is None


@pytest.mark.django_db
def test_scheduled_comes_out_when_due(live: Coverage) -> None:
    soon = timezone.now() + timedelta(milliseconds=300)
    update = updates.post(live, headline="Soon", published_at=soon).update
    assert update.state == "scheduled"
    assert schedule.publish_all_due() == []
    while timezone.now() < soon:
        pass
    (out,) = schedule.publish_all_due()
    assert (out.pk, out.state) == (update.pk, "published")
    assert abs(out.published_at - soon) < timedelta(milliseconds=1), "on time: it bears the time it was planned for"


@pytest.mark.django_db
def test_a_late_scheduled_update_takes_the_actual_time(live: Coverage) -> None:
    update = updates.post(live, headline="x", published_at=timezone.now() + timedelta(hours=1)).update
    planned = timezone.now() - timedelta(seconds=5)
    Update.objects.filter(pk=update.pk).update(published_at=planned)
    (out,) = schedule.publish_all_due()
    assert out.published_at > planned + timedelta(seconds=4)


@pytest.mark.django_db
def test_photos_stand_where_they_are_put(
    live: Coverage, post: Post, picture: Callable[..., Any], django_capture_on_commit_callbacks: Any
) -> None:
    photo = sources.add_photo(image=picture(), caption="Own caption", credit="Agency", alt="A square")
    update = post(photos=[updates.PlacedPhoto(photo, "Caption here"), updates.PlacedPhoto(photo)])
    assert [placed.text for placed in update.photo_captions.all()] == ["Caption here", "Own caption"]
    assert updates.edit(update, photos=[updates.PlacedPhoto(photo)]).edited_at is not None
    before = fresh(update).version
    sources.edit_photo(photo, caption="Corrected")
    assert fresh(update).version > before
    with pytest.raises(Refused, match="take it out"):
        sources.discard_photo(photo)
    assert photo.image.storage.exists(photo.image.name)
    with django_capture_on_commit_callbacks(execute=True):
        updates.erase(update)
    assert not photo.image.storage.exists(photo.image.name)


@pytest.mark.django_db
def test_ten_photos_at_most(post: Post, picture: Callable[..., Any]) -> None:
    photo = updates.PlacedPhoto(sources.add_photo(image=picture()))
    assert post(photos=[photo] * 10).photo_captions.count() == 10
    with pytest.raises(Refused, match="At most 10"):
        post(photos=[photo] * 11)


@pytest.mark.django_db
def test_alt_text_can_be_required(live: Coverage, post: Post, picture: Callable[..., Any], settings: Any) -> None:
    """Of what readers see or will see; what stands already may be edited, and drafts may wait."""
    photo = sources.add_photo(image=picture(), caption="A square")
    placed = [updates.PlacedPhoto(photo)]
    standing = post(photos=placed)
    settings.REQUIRE_ALT_TEXT = True
    draft = updates.post(live, state=Update.State.DRAFT, photos=placed).update
    soon = timezone.now() + timedelta(hours=1)
    refused: list[Callable[[], object]] = [
        lambda: post(photos=placed),
        lambda: post(photos=placed, published_at=soon),
        lambda: updates.publish(draft),
        lambda: updates.edit(draft, state=Update.State.PUBLISHED),
        lambda: updates.edit(post(headline="x"), photos=placed),
        lambda: coverages.edit(live, lead=placed[0]),
    ]
    for attempt in refused:
        with pytest.raises(Refused, match="no alt text: A square"):
            attempt()
    assert fresh(draft).state == Update.State.DRAFT
    assert updates.edit(standing, headline="Mended").headline == "Mended"
    sources.edit_photo(photo, alt="A blue square")
    assert updates.publish(draft).is_published
    with pytest.raises(Refused, match="cannot be taken away"):
        sources.edit_photo(photo, alt="")


# ── The same in the database, whoever writes ────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"state": "draft"}, "update_published_is_not_undone"),
        ({"published_at": None}, "update_state_fits_times"),
        ({"state": "withdrawn"}, "update_withdrawn_has_time"),
        ({"version": 1}, "update_version_grows"),
    ],
)
def test_the_database_keeps_the_rules(live: Coverage, post: Post, change: dict[str, Any], name: str) -> None:
    update = post()
    with violates(name):
        Update.objects.filter(pk=update.pk).update(**change)


@pytest.mark.django_db
def test_the_database_keeps_updates_in_place(live: Coverage, post: Post) -> None:
    update, pinned = post(), post(pinned=True)
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    with violates("update_coverage_is_fixed"):
        Update.objects.filter(pk=update.pk).update(coverage=other)
    with violates("one_pin_a_coverage"):
        Update.objects.filter(pk=update.pk).update(pinned=True)
    with violates("update_published_is_not_deleted"):
        Update.objects.filter(pk=pinned.pk).delete()


def heard(seconds: float = 1) -> ContentFile:  # type: ignore[type-arg]
    return ContentFile(sound(seconds), "secret-interview.wav")


def kept() -> set[str]:
    """The files of sound that there are."""
    folder = Path(storages["originals"].path("audio"))
    return {f"audio/{path.name}" for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.django_db(transaction=True)
def test_sound_is_heard_only_while_it_is_published(live: Coverage, client: Client) -> None:
    def status(of: Coverage | Update) -> int:
        return client.get(f"/media/{of.audio.name}").status_code

    update = updates.post(live, state="draft", headline="The talks", audio=heard()).update
    assert "secret" not in update.audio.name
    assert (status(update), Path(settings.MEDIA_ROOT, update.audio.name).exists()) == (404, False)
    updates.publish(update, at=timezone.now() + timedelta(hours=1))
    assert status(update) == 404
    update = updates.publish(updates.return_to_draft(update))
    answer = client.get(update.audio.url)
    assert (answer.status_code, answer["X-Accel-Redirect"]) == (200, f"/originals/{update.audio.name}")
    coverages.edit(live, audio=heard())
    of_all = fresh(live)
    for gone, back in (
        (lambda: updates.withdraw(update, "wrong"), lambda: updates.restore(update)),
        (lambda: coverages.withdraw(live, "wrong"), lambda: coverages.restore(live)),
    ):
        gone()
        assert status(update) == 410
        back()
        assert status(update) == 200
    coverages.withdraw(live, "wrong")
    assert status(of_all) == 410
    coverages.restore(live)
    assert status(of_all) == 200
    updates.erase(update)
    assert (status(update), kept()) == (404, {of_all.audio.name})


@pytest.mark.django_db(transaction=True)
def test_no_file_of_sound_stays_that_nothing_has(live: Coverage, post: Post) -> None:
    update = post(audio=heard())
    first = update.audio.name
    update = updates.edit(update, audio=heard(2))
    coverages.edit(live, audio=heard())
    assert (update.audio_seconds, len(kept())) == (2, 2)
    assert first not in kept()
    for refused in (
        lambda: updates.edit(update, expected=1, audio=heard()),
        lambda: updates.post(live, published_at=timezone.now().replace(year=1800), audio=heard()),
        lambda: coverages.edit(live, expected=1, audio=heard()),
        lambda: coverages.edit(live, slug="no slug!", audio=heard()),
    ):
        with pytest.raises(ValidationError):
            refused()
    updates.post(live, token=update.token, audio=heard())  # sent again
    assert kept() == {update.audio.name, fresh(live).audio.name}
    coverages.edit(live, audio=heard())
    coverages.edit(live, audio=None)
    assert kept() == {update.audio.name}
    draft = coverages.create(headline="Tomorrow", slug="tomorrow", audio=heard())
    updates.post(draft, state="draft", audio=heard())
    updates.discard(updates.post(draft, state="draft", audio=heard()).update)
    assert len(kept()) == 3
    coverages.discard(draft)
    updates.edit(update, headline="The talks", audio=None)
    assert kept() == set()
