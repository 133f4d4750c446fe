"""Each command as Python calls it: what it does, what it says, and what it refuses."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.utils import timezone
from PIL import ExifTags, Image

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import coverages, updates

from .conftest import Said

pytestmark = pytest.mark.django_db
type Command = Callable[..., Said]


def facts(said: Said) -> dict[str, Any]:
    """The one object on stdout."""
    found: dict[str, Any] = json.loads(said.out)
    return found


# ── Coverage ────────────────────────────────────────────────────────────────────────────────────────────


def test_start_coverage_makes_a_live_one(command: Command) -> None:
    words = ("--headline", "Storm Ylva", "--section", "World", "--summary", "It reaches the coast.")
    said = facts(command("start_coverage", "storm", *words, "--timezone", "Europe/Oslo", "--language", "uk", "--json"))
    storm = Coverage.objects.get(slug="storm")
    assert (storm.state, storm.headline, storm.section) == ("live", "Storm Ylva", "World")
    assert (storm.time_zone, storm.language) == ("Europe/Oslo", "uk")
    assert said == {
        "id": "storm",
        "version": storm.version,
        "url": "http://localhost:8000/live/storm/",
        "created": True,
        "state": "live",
    }


def test_start_coverage_twice_does_no_harm(command: Command) -> None:
    command("start_coverage", "storm", "--headline", "Storm Ylva")
    version = Coverage.objects.get().version
    said = facts(command("start_coverage", "storm", "--headline", " Storm  Ylva ", "--json"))
    assert (said["created"], said["version"]) == (False, version)
    assert Coverage.objects.get().version == version


def test_start_coverage_starts_a_draft(command: Command) -> None:
    coverages.create(slug="storm", headline="Storm", section="World")
    said = facts(command("start_coverage", "storm", "--section", "Weather", "--json"))
    storm = Coverage.objects.get()
    assert (storm.state, storm.headline, storm.section, said["created"]) == ("live", "Storm", "Weather", False)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["the-day", "--headline", "Another story"], "Take another slug"),
        (["new"], "give it a --headline"),
        (["no slug", "--headline", "H"], "Slug: "),
        (["new", "--headline", "H", "--timezone", "Mars/Base"], "“Mars/Base” is no time zone"),
        (["new", "--headline", "H" * 251], "Headline: "),
    ],
)
def test_start_coverage_refuses(command: Command, live: Coverage, words: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        command("start_coverage", *words)
    assert list(Coverage.objects.all()) == [live]


def test_a_former_slug_is_taken(command: Command, live: Coverage) -> None:
    coverages.edit(live, slug="the-new-day")
    with pytest.raises(CommandError, match="belongs to “The day”"):
        command("start_coverage", "the-day", "--headline", "Another story")
    assert facts(command("end_coverage", "the-day", "--json"))["id"] == "the-new-day"


def test_end_and_reopen(command: Command, live: Coverage) -> None:
    coverages.create(slug="tomorrow", headline="Tomorrow")
    said = facts(command("end_coverage", "the-day", "--successor", "tomorrow", "--json"))
    ended = Coverage.objects.get(slug="the-day")
    assert (said["state"], said["version"], said["successor"]) == ("ended", ended.version, "tomorrow")
    assert ended.successor == Coverage.objects.get(slug="tomorrow")
    with pytest.raises(CommandError, match="is ended"):
        command("end_coverage", "the-day")
    assert facts(command("reopen_coverage", "the-day", "--json"))["state"] == "live"
    with pytest.raises(CommandError, match="is live"):
        command("reopen_coverage", "the-day")


def test_a_successor_makes_no_circle(command: Command, live: Coverage) -> None:
    other = coverages.start(coverages.create(slug="other", headline="Other", successor=live))
    with pytest.raises(CommandError, match="circle"):
        command("end_coverage", "the-day", "--successor", "other")
    assert Coverage.objects.get(slug="the-day").state == "live"
    assert other.successor == live


@pytest.mark.parametrize("name", ["end_coverage", "reopen_coverage", "post_update", "set_key_points"])
def test_an_unknown_slug_gets_a_hint(command: Command, live: Coverage, name: str) -> None:
    with pytest.raises(CommandError, match="no coverage “the-dya”. Did you mean “the-day”?"):
        command(name, "the-dya")


# ── Updates ─────────────────────────────────────────────────────────────────────────────────────────────


def test_post_update(command: Command, live: Coverage, type_in: Callable[[str], None], picture: Path) -> None:
    type_in("<p>No ferry <b>leaves</b>.</p><script>alert(1)</script>")
    photo = ("--photo", str(picture), "--caption", "Noon.", "--credit", "Ada Berg", "--alt", "A pier.")
    words = ("--headline", "Ferries stop", "--body", "-", "--author", "Ada Berg", "--author", "Coast desk")
    said = facts(command("post_update", "the-day", *words, *photo, "--key-event", "--pin", "--json"))
    update = Update.objects.get()
    assert (update.state, update.headline, update.pinned, update.key_event) == ("published", "Ferries stop", True, True)
    assert update.body == "<p>No ferry <strong>leaves</strong>.</p>"
    assert [author.name for author in update.authors] == ["Ada Berg", "Coast desk"]
    placed = update.photo_captions.get()
    assert (placed.text, placed.photo.credit, placed.photo.alt) == ("Noon.", "Ada Berg", "A pier.")
    assert said["photos"] == [said["photos"][0] | {"caption": "Noon.", "credit": "Ada Berg", "alt": "A pier."}]
    assert said["id"] == update.pk
    assert said["version"] == update.version == Coverage.objects.get().version
    assert said["url"] == f"http://localhost:8000/live/the-day/{update.pk}-ferries-stop/"
    assert (said["created"], said["state"]) == (True, "published")


@pytest.mark.parametrize("token", ["wire-4711", "0190163d-8694-739b-aea5-966c26f8ad90"])
def test_a_token_never_posts_twice(command: Command, live: Coverage, picture: Path, token: str) -> None:
    words = ("the-day", "--headline", "Once", "--photo", str(picture), "--token", token, "--json")
    first, second = facts(command("post_update", *words)), facts(command("post_update", *words))
    assert (first["created"], second["created"]) == (True, False)
    assert first["id"] == second["id"]
    assert Update.objects.count() == Photo.objects.count() == 1
    assert (str(Update.objects.get().token) == token) == (len(token) == 36)


def test_the_same_words_are_another_token_in_another_coverage(command: Command, live: Coverage) -> None:
    command("start_coverage", "other", "--headline", "Other")
    for slug in ("the-day", "other"):
        assert facts(command("post_update", slug, "--headline", "H", "--token", "1", "--json"))["created"]


def test_a_uuid_that_was_used_elsewhere_is_refused(command: Command, live: Coverage) -> None:
    command("start_coverage", "other", "--headline", "Other")
    token = str(uuid.uuid4())
    command("post_update", "other", "--headline", "H", "--token", token)
    with pytest.raises(CommandError, match="already used in another coverage"):
        command("post_update", "the-day", "--headline", "H", "--token", token)


def test_a_naive_time_is_meant_in_the_storys_zone(command: Command, live: Coverage) -> None:
    said = facts(command("post_update", "the-day", "--headline", "H", "--at", "2022-02-27T21:13", "--json"))
    assert said["published_at"] == "2022-02-27T19:13:00.000+00:00"
    said = facts(command("post_update", "the-day", "--headline", "H", "--at", "2022-02-27T21:13-05:00", "--json"))
    assert said["published_at"] == "2022-02-28T02:13:00.000+00:00"


def test_a_time_to_come_is_scheduled(command: Command, live: Coverage) -> None:
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    assert facts(command("post_update", "the-day", "--headline", "H", "--at", at, "--json"))["state"] == "scheduled"
    assert "is scheduled for" in command("post_update", "the-day", "--headline", "H", "--at", at).out


def test_a_draft_is_published_later(command: Command, live: Coverage) -> None:
    said = facts(command("post_update", "the-day", "--headline", "H", "--draft", "--json"))
    assert (said["state"], said["version"], said["published_at"]) == ("draft", 0, None)
    said = facts(command("edit_update", str(said["id"]), "--no-draft", "--headline", "Out", "--json"))
    update = Update.objects.get()
    assert (said["state"], update.headline, said["created"]) == ("published", "Out", False)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "empty"),
        (["--body", "<script>x</script>"], "empty"),
        (["--headline", "H", "--at", "tomorrow"], "“tomorrow” is no time"),
        (["--headline", "H", "--at", "2022-02-27"], "a day without an hour"),
        (["--headline", "H", "--at", "2022-02-30T10:00"], "is no time"),
        (["--headline", "H", "--at", "0001-01-01T00:00+14:00"], "out of range"),
        (["--headline", "H", "--at", "2022-03-27T03:30"], "may not exist"),
        (["--headline", "H", "--at", "2022-10-30T03:30"], "ambiguous"),
        (["--headline", "H", "--photo", "/nonexistent/a.jpg"], "/nonexistent/a.jpg cannot be read: No such file"),
        (["--headline", "H", "--photo", "/"], "cannot be read: Is a directory"),
        (["--headline", "H", "--photo", __file__], "not a picture that can be read"),
        (["--headline", "H", "--caption", "C"], "--caption tell"),
        (["--headline", "H" * 251], "Headline: "),
        (["--body", "x" * 200_001], "longer than 200 KB"),
    ],
)
def test_post_update_refuses(command: Command, live: Coverage, words: list[str], why: str) -> None:
    version = live.version
    with pytest.raises(CommandError, match=why):
        command("post_update", "the-day", *words)
    assert not Update.objects.exists()
    assert not Photo.objects.exists()
    assert Coverage.objects.get().version == version


def test_what_is_refused_leaves_no_photo(command: Command, live: Coverage, picture: Path) -> None:
    with pytest.raises(CommandError):
        command("post_update", "the-day", "--headline", "H" * 251, "--photo", str(picture))
    assert not Photo.objects.exists()


def test_edit_update(command: Command, post: Callable[..., Update], type_in: Callable[[str], None]) -> None:
    update = post(headline="Before", body="<p>Before</p>", key_event=True)
    type_in("After")
    words = ("--body", "-", "--author", "Ada Berg", "--correction", "It was wrong.", "--no-key-event", "--pin")
    said = facts(command("edit_update", str(update.pk), *words, "--at", "2022-02-27T10:00", "--json"))
    now = Update.objects.get()
    assert (now.headline, now.body, now.correction) == ("Before", "<p>After</p>", "It was wrong.")
    assert (now.key_event, now.pinned) == (False, True)
    assert now.published_at == datetime(2022, 2, 27, 8, tzinfo=UTC)
    assert [author.name for author in now.authors] == ["Ada Berg"]
    assert (said["version"], said["created"]) == (now.version, False)
    command("edit_update", str(update.pk), "--author", "", "--headline", "")
    assert (Update.objects.get().authors, Update.objects.get().headline) == ([], "")
    assert Author.objects.count() == 1


def test_what_a_file_says_is_printed_to_be_confirmed(command: Command, live: Coverage, tmp_path: Path) -> None:
    path, exif = tmp_path / "harbor.jpg", Image.Exif()
    exif[ExifTags.Base.ImageDescription], exif[ExifTags.Base.Artist] = "The harbor", "Ada Berg"
    Image.new("RGB", (64, 48), "teal").save(path, exif=exif)
    read = "caption “The harbor”, credit “Ada Berg”, creator “Ada Berg”; it has no alt text"
    assert read in command("post_update", "the-day", "--photo", str(path)).out
    update = Update.objects.get()
    said = facts(command("edit_update", str(update.pk), "--photo", str(path), "--alt", "Boats", "--json"))
    (photo,) = said["photos"]
    assert (photo["caption"], photo["credit"], photo["alt"]) == ("The harbor", "Ada Berg", "Boats")


def test_a_captions_mistake_is_corrected_in_place(command: Command, live: Coverage, picture: Path) -> None:
    command("post_update", "the-day", "--photo", str(picture), "--caption", "Nono.")
    update = Update.objects.get()
    command("edit_update", str(update.pk), "--caption", "Noon.", "--credit", "Ada Berg")
    placed = update.photo_captions.get()
    assert (placed.text, placed.photo.credit) == ("Noon.", "Ada Berg")
    with pytest.raises(CommandError, match="Credit: "):
        command("edit_update", str(update.pk), "--credit", "x" * 201, "--caption", "Wrong.")
    assert update.photo_captions.get().text == "Noon."
    command("edit_update", str(update.pk), "--photo", str(picture))
    assert update.photo_captions.get().photo != placed.photo


def test_a_scheduled_update_goes_back_to_draft(command: Command, post: Callable[..., Update]) -> None:
    update = post(published_at=timezone.now() + timedelta(hours=1))
    assert facts(command("edit_update", str(update.pk), "--draft", "--json"))["state"] == "draft"
    assert facts(command("edit_update", str(update.pk), "--draft", "--json"))["state"] == "draft"


def test_edit_update_refuses(command: Command, post: Callable[..., Update]) -> None:
    update = post()
    number = str(update.pk)
    for words, why in [
        ([number], "Say what to change"),
        ([number, "--headline", ""], "empty"),
        ([number, "--at", "2150-01-01T00:00"], "into the future"),
        ([number, "--caption", "C"], "has no photos"),
        ([number, "--draft", "--headline", "H"], "withdraw it instead"),
        ([number, "--no-draft", "--headline", "H"], "is no draft"),
        (["999999999999999999999", "--headline", "H"], "no update 999999999999999999999"),
    ]:
        with pytest.raises(CommandError, match=why):
            command("edit_update", *words)
    assert Update.objects.get().version == update.version


def test_withdraw_and_restore(command: Command, post: Callable[..., Update]) -> None:
    update = post()
    number = str(update.pk)
    with pytest.raises(CommandError, match="Reason: Say why, in a few words"):
        command("withdraw_update", number, "--reason", " ")
    said = facts(command("withdraw_update", number, "--reason", "Not confirmed", "--json"))
    now = Update.objects.get()
    assert (now.state, now.withdrawn_reason, said["version"]) == ("withdrawn", "Not confirmed", now.version)
    with pytest.raises(CommandError, match="that is withdrawn"):
        command("withdraw_update", number, "--reason", "Again")
    with pytest.raises(CommandError, match="Restore it before you edit it"):
        command("edit_update", number, "--headline", "H")
    assert facts(command("restore_update", number, "--json"))["state"] == "published"
    with pytest.raises(CommandError, match="that is published"):
        command("restore_update", number)


# ── Key points ──────────────────────────────────────────────────────────────────────────────────────────


def test_set_key_points(command: Command, post: Callable[..., Update], type_in: Callable[[str], None]) -> None:
    update = post()
    lines = f"- Ferries stay in port. | {update.pk}\n\n  * Schools | and shops are closed.\nNo one was hurt.\n"
    type_in(lines)
    said = facts(command("set_key_points", "the-day", "-", "--json"))
    points = list(Coverage.objects.get().key_points.all())
    texts = ["Ferries stay in port.", "Schools | and shops are closed.", "No one was hurt."]
    assert [point.text for point in points] == said["key_points"] == texts
    assert [point.update for point in points] == [update, None, None]
    type_in(lines)
    assert facts(command("set_key_points", "the-day", "-", "--json"))["version"] == said["version"]
    type_in("No one was hurt.")
    command("set_key_points", "the-day", "-")
    assert Coverage.objects.get().key_points.get() == points[2]
    command("set_key_points", "the-day", "--clear")
    assert not Coverage.objects.get().key_points.exists()


def test_set_key_points_refuses(
    command: Command, post: Callable[..., Update], type_in: Callable[[str], None], tmp_path: Path
) -> None:
    draft = updates.post(post().coverage, state="draft", headline="Secret").update
    latin = tmp_path / "latin.txt"
    latin.write_bytes("Straße".encode("latin-1"))
    type_in("Stands.")
    command("set_key_points", "the-day", "-")
    for lines, source, why in [
        ("\n \n", "-", "no key point in it"),
        (f"Point | {draft.pk}", "-", f"Update {draft.pk} is no published update"),
        ("\n".join("abcdefgh"), "-", "At most 7"),
        ("x" * 301, "-", "Text: "),
        ("", "/nonexistent", "cannot be read"),
        ("", str(latin), "not UTF-8"),
    ]:
        type_in(lines)
        with pytest.raises(CommandError, match=why):
            command("set_key_points", "the-day", source)
    assert Coverage.objects.get().key_points.get().text == "Stands."


# ── What is scheduled ───────────────────────────────────────────────────────────────────────────────────


def make_due(update: Update) -> None:
    """Let the time come: nothing but the clock does that to a scheduled update."""
    Update.objects.filter(pk=update.pk).update(published_at=timezone.now() - timedelta(minutes=5))


def test_publish_scheduled(command: Command, post: Callable[..., Update]) -> None:
    later = timezone.now() + timedelta(hours=1)
    due, _waiting = post(published_at=later), post(published_at=later)
    make_due(due)
    assert facts(command("publish_scheduled", "--dry-run", "--json")) == {"due": [due.pk], "dry_run": True}
    said = facts(command("publish_scheduled", "--json"))
    assert [fact["id"] for fact in said["published"]] == [due.pk]
    now = Update.objects.get(pk=due.pk)
    assert now.state == "published"
    assert now.published_at > timezone.now() - timedelta(minutes=1)  # late: the time at which it really came out
    assert facts(command("publish_scheduled", "--json")) == {"published": []}
    assert command("publish_scheduled").out == "Nothing is due.\n"


def test_publish_scheduled_says_what_it_could_not(command: Command, post: Callable[..., Update]) -> None:
    due = post(published_at=timezone.now() + timedelta(hours=1))
    make_due(due)
    Update.objects.filter(pk=due.pk).update(headline="")
    with pytest.raises(CommandError, match="0 published; 1 could not be"):
        command("publish_scheduled")


def test_watching_has_no_result(command: Command) -> None:
    with pytest.raises(CommandError, match="leave out --json"):
        command("publish_scheduled", "--watch", "--json")
    with pytest.raises(CommandError, match="leave out --json"):
        command("run_tasks", "--json")


@pytest.mark.django_db(transaction=True)
def test_renditions_are_counted_before_they_are_made(command: Command, live: Coverage, picture: Path) -> None:
    command("post_update", "the-day", "--photo", str(picture), "--alt", "A harbor")
    for which in ("--missing", "--all"):
        assert facts(command("make_renditions", which, "--dry-run", "--json")) == {"photos": 1, "dry_run": True}
    assert facts(command("run_tasks", "--batch", "--json")) == {"done": 1, "failed": 0}
    assert facts(command("make_renditions", "--missing", "--dry-run", "--json"))["photos"] == 0
    assert facts(command("make_renditions", "--all", "--json")) == {"made": 1}
    photo = Photo.objects.get()
    photo.image.storage.delete(str(photo.image.name))
    with pytest.raises(CommandError, match="0 photos done; 1 failed"):
        command("make_renditions", "--all")
    photo.refresh_from_db()
    assert "FileNotFoundError" in photo.render_error, "the admin shows it"
