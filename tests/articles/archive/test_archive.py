"""An archive comes back exactly; what is taken makes it be refused, or come in beside that with redirects."""

import io
import json
import re
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from PIL import Image

from articles.archive import parcel, restoring, taking
from articles.models import Author, Coverage, KeyPoint, Photo, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates
from tests import database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def coverage(live: Coverage, picture: Callable[..., SimpleUploadedFile]) -> Coverage:
    """Everything that an archive must hold, in every state."""
    user = get_user_model().objects.create_user("ada", None, "a secret of hers")
    author = sources.author_named("Ada Berg", by=user)
    author.user = user
    author.save()
    photo = sources.add_photo(image=picture(), alt="A pier", credit="Ada Berg", by=user)
    sources.edit_photo(photo, caption="Noon", by=user)
    coverages.edit(live, authors=[author], lead=PlacedPhoto(photo, "The pier"), summary="What happens.", by=user)
    coverages.edit(live, slug="the-new-day")
    placed = {"photos": [PlacedPhoto(photo, "Here")], "authors": [author], "by": user}
    first = updates.post(live, headline="First", body="<p>One.</p>", **placed).update
    updates.edit(first, headline="First, corrected", correction="It was wrong.", by=user)
    updates.post(live, state="draft", headline="Draft", by=user)
    updates.withdraw(updates.post(live, headline="Withdrawn").update, "Not so")
    updates.erase(updates.post(live, headline="Erased").update)
    updates.pin(updates.post(live, body="<p>Pinned.</p>", key_event=True).update)
    points = [KeyPointContent("A point", first), KeyPointContent("Another")]
    coverages.set_key_points(live, points)
    coverages.set_key_points(live, points[:1])
    return Coverage.objects.get(pk=live.pk)


def taken(coverage: Coverage, folder: Path, name: str = "archive.tar") -> Path:
    taking.write(coverage, folder / name)
    return folder / name


def restore(path: Path, **options: Any) -> restoring.Restored:
    with path.open("rb") as file, parcel.opened(file) as archive:
        return restoring.restore(archive, **options)


@pytest.fixture
def emptied(settings: Any, tmp_path: Path) -> Callable[[], None]:
    """Another place: no rows, no files."""

    def empty() -> None:
        database.empty()
        settings.MEDIA_ROOT = tmp_path / "elsewhere"

    return empty


def test_what_comes_later_gets_no_number_of_a_history(
    live: Coverage, emptied: Callable[[], None], tmp_path: Path
) -> None:
    """Neither of a draft that was deleted nor of a point that was taken away: their histories are others'."""
    updates.discard(updates.post(live, state="draft", headline="Never mind").update)
    coverages.set_key_points(live, [KeyPointContent("A point")])
    coverages.set_key_points(live, [])
    archive = taken(live, tmp_path)
    emptied()
    database.count_from_one(Update)
    database.count_from_one(KeyPoint)
    coverage = restore(archive).coverage
    update = updates.post(coverage, headline="New").update
    coverages.set_key_points(coverage, [KeyPointContent("Another")])
    assert [one.history.count() for one in (update, KeyPoint.objects.get())] == [1, 1]


def test_it_comes_back_exactly(coverage: Coverage, emptied: Callable[[], None], tmp_path: Path, client: Client) -> None:
    first = taken(coverage, tmp_path)
    page = client.get(coverage.get_absolute_url()).content
    emptied()
    done = restore(first)
    assert (done.notes, done.renumbered) == ([], 0)
    assert taken(done.coverage, tmp_path, "again.tar").read_bytes() == first.read_bytes()
    assert without_time(client.get(coverage.get_absolute_url()).content) == without_time(page)
    with Photo.objects.get().image.open() as file:
        assert Image.open(file).size == (60, 40)


def without_time(page: bytes) -> bytes:
    return re.sub(rb'data-now="[^"]*"', b"", page)


def test_new_rows_have_numbers_of_their_own(coverage: Coverage, emptied: Callable[[], None], tmp_path: Path) -> None:
    first = taken(coverage, tmp_path)
    emptied()
    done = restore(first)
    newest = Update.objects.order_by("pk").last()
    assert newest and updates.post(done.coverage, headline="Later").update.pk > newest.pk


def test_nothing_of_accounts_and_tokens_is_in_it(coverage: Coverage, tmp_path: Path) -> None:
    path = taken(coverage, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    said = path.read_bytes()
    tokens = [str(token).encode() for token in Update.objects.values_list("token", flat=True)]
    user = get_user_model().objects.get()
    secrets = [*tokens, b"user", user.password.encode(), b"created_by"]
    assert [secret for secret in secrets if secret in said] == []


def test_what_is_taken_is_refused(coverage: Coverage, tmp_path: Path) -> None:
    path = taken(coverage, tmp_path)
    before = Update.objects.count()
    with pytest.raises(restoring.Occupied, match="the slug “the-new-day”"):
        restore(path)
    assert (Coverage.objects.count(), Update.objects.count()) == (1, before)


def test_renumbered_beside_what_is_there(coverage: Coverage, tmp_path: Path, client: Client) -> None:
    done = restore(taken(coverage, tmp_path), renumber=True)
    assert done.coverage.slug == "the-new-day-2"
    assert done.renumbered == 5
    theirs = Update.objects.get(coverage=coverage, headline="First, corrected")
    ours = Update.objects.get(coverage=done.coverage, headline="First, corrected")
    assert (ours.version, ours.published_at) == (theirs.version, theirs.published_at)
    assert client.get(theirs.get_absolute_url()).status_code == 200, "it keeps its own address"
    assert client.get(f"/live/the-new-day-2/{theirs.pk}/").url == ours.get_absolute_url()  # type: ignore[attr-defined]
    (point,) = done.coverage.key_points.all()
    assert point.update == ours
    assert Author.objects.count() == 1
    again = updates.edit(ours, headline="Edited here")
    assert again.history.filter(headline="First").exists()


def test_old_addresses_lead_to_new_numbers(
    coverage: Coverage, emptied: Callable[[], None], tmp_path: Path, client: Client
) -> None:
    path = taken(coverage, tmp_path)
    first = Update.objects.get(headline="First, corrected")
    old = first.get_absolute_url()
    emptied()
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    Update.objects.create(pk=first.pk, coverage=other, headline="In its place")
    done = restore(path, renumber=True)
    assert (done.coverage.slug, done.renumbered) == ("the-new-day", 1)
    answer = client.get(old, follow=True)
    assert (answer.status_code, [status for _, status in answer.redirect_chain]) == (200, [301])
    assert "First, corrected" in answer.content.decode()
    coverages.edit(done.coverage, slug="the-newest-day")
    assert client.get(old, follow=True).status_code == 200, "also under a slug that it gets later"
    again = taken(Coverage.objects.get(pk=done.coverage.pk), tmp_path, "again.tar")
    emptied()
    assert taken(restore(again).coverage, tmp_path, "third.tar").read_bytes() == again.read_bytes()


def test_two_that_share_a_photo_come_into_an_empty_place(
    coverage: Coverage, emptied: Callable[[], None], tmp_path: Path, picture: Callable[..., SimpleUploadedFile]
) -> None:
    """The shared one finds another number, but none of those that the second brings along."""
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    shared = Photo.objects.get()
    own = [sources.add_photo(image=picture(size=(50, 40 + each)), alt=f"Own {each}") for each in range(3)]
    updates.post(other, headline="Both", photos=[PlacedPhoto(photo) for photo in (shared, *own)])
    first, second = taken(coverage, tmp_path), taken(other, tmp_path, "other.tar")
    emptied()
    database.count_from_one(Photo)
    restore(first)
    placed = restore(second).coverage.updates.get().photo_captions.order_by("position")
    assert [(one.photo.alt, one.photo.pk in {photo.pk for photo in own}) for one in placed] == [
        ("A pier", False),
        *((photo.alt, True) for photo in own),
    ]


def test_the_successor_may_come_in_later(
    coverage: Coverage, emptied: Callable[[], None], tmp_path: Path, client: Client
) -> None:
    later = coverages.start(coverages.create(headline="The next day", slug="the-next-day"))
    day = coverages.end(coverage, successor=later)
    later.refresh_from_db()
    first, second = taken(Coverage.objects.get(pk=day.pk), tmp_path), taken(later, tmp_path, "later.tar")
    emptied()
    done = restore(first)
    assert "the-next-day" in done.notes[0]
    assert taken(done.coverage, tmp_path, "again.tar").read_bytes() == first.read_bytes()
    page = client.get(day.get_absolute_url()).content.decode()
    assert "/live/the-next-day/" not in page
    after = restore(second)
    assert taken(after.coverage, tmp_path, "again.tar").read_bytes() == second.read_bytes()
    told = client.get(f"{day.get_absolute_url()}changes?after={done.coverage.version}").json()
    assert "/live/the-next-day/" in told["notice"], "open pages hear of it"
    assert day.get_absolute_url() in client.get("/live/the-next-day/").content.decode()
    assert Coverage.objects.get(pk=day.pk).awaited_successor == ""


@pytest.fixture
def damaged(coverage: Coverage, tmp_path: Path) -> Callable[..., Path]:
    """The archive with something changed: `damaged("records/update.jsonl", lambda content: …)`."""

    def made(name: str, change: Callable[[bytes], bytes], *, honest: bool = False) -> Path:
        source, target = taken(coverage, tmp_path), tmp_path / "damaged.tar"
        with tarfile.open(source) as old:
            content = {member.name: old.extractfile(member).read() for member in old.getmembers()}  # type: ignore[union-attr]
        content[name] = change(content.get(name, b""))
        if not content[name]:
            del content[name]
        about = json.loads(content.pop("manifest.json"))
        files = about.pop("files")
        parcel.write(target, about, [parcel.Item(key, partial(io.BytesIO, value)) for key, value in content.items()])
        return target if honest else with_manifest(target, files)

    return made


def with_manifest(path: Path, files: dict[str, Any]) -> Path:
    with tarfile.open(path) as old:
        members = [(member, old.extractfile(member).read()) for member in old.getmembers()]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as new:
        for member, content in members:
            said = (
                json.dumps(json.loads(content) | {"files": files}).encode()
                if member.name == "manifest.json"
                else content
            )
            member.size = len(said)
            new.addfile(member, io.BytesIO(said))
    return path


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("records/update.jsonl", lambda said: said.replace(b"One.", b"Two."), "another checksum"),
        ("records/update.jsonl", lambda _said: b"", "missing"),
        ("files/extra", lambda _said: b"extra", "does not name"),
    ],
)
def test_damage_is_found(damaged: Callable[..., Path], name: str, change: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        restore(damaged(name, change), renumber=True)
    assert Coverage.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "coverage.jsonl"),
        (tarfile.LNKTYPE, "records/coverage.jsonl"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_what_only_seems_to_be_a_file_is_refused(coverage: Coverage, tmp_path: Path, kind: bytes, to: str) -> None:
    """Also one with holes, which a few bytes make as long as anybody likes."""
    source, target = taken(coverage, tmp_path), tmp_path / "forged.tar"
    with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            if member.name == "records/update.jsonl":
                member.type, member.linkname, content = kind, to, None
                member.size = 0
            new.addfile(member, content)
    with pytest.raises(ValidationError, match=r"records/update.jsonl is no file|no archive that can be read"):
        restore(target, renumber=True)
    assert Coverage.objects.count() == 1


def test_a_million_members_and_json_without_end_are_not_read_to_their_end(coverage: Coverage, tmp_path: Path) -> None:
    forged = tmp_path / "forged.tar"
    forged.write_bytes(taken(coverage, tmp_path).read_bytes().rstrip(b"\0").ljust(1 << 20, b"\0"))
    with tarfile.open(forged, "a") as more:
        member = tarfile.TarInfo("records/update.jsonl")
        for _ in range(2):
            more.addfile(member)
        more.fileobj.write(b"no header")  # type: ignore[union-attr]
    with pytest.raises(ValidationError, match="does not name, or twice"):
        restore(forged, renumber=True)
    with tarfile.open(forged, "w") as deep:
        member = tarfile.TarInfo("manifest.json")
        member.size = 1 << 20
        deep.addfile(member, io.BytesIO(b"[" * member.size))
    with pytest.raises(ValidationError, match="cannot be read"):
        restore(forged)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "files/../../x", "a\\b"])
def test_names_that_lead_elsewhere_are_refused(damaged: Callable[..., Path], name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be right"):
        restore(damaged(name, lambda _said: b"x", honest=True), renumber=True)
    assert Coverage.objects.count() == 1


def test_markup_from_elsewhere_is_sanitised(damaged: Callable[..., Path]) -> None:
    evil = damaged(
        "records/update.jsonl", lambda said: said.replace(b"<p>One.</p>", b"<script>x</script><p>One.</p>"), honest=True
    )
    done = restore(evil, renumber=True)
    assert "was taken out" in done.notes[0]
    assert Update.objects.filter(coverage=done.coverage, body="<p>One.</p>").exists()


def test_a_field_of_a_newer_version_is_refused(damaged: Callable[..., Path]) -> None:
    newer = damaged("records/coverage.jsonl", lambda said: said.replace(b'"slug"', b'"mood":1,"slug"', 1), honest=True)
    with pytest.raises(ValidationError, match="newer version"):
        restore(newer, renumber=True)


def test_files_go_when_rows_are_refused(
    coverage: Coverage, emptied: Callable[[], None], tmp_path: Path, settings: Any
) -> None:
    path = taken(coverage, tmp_path)
    emptied()
    with path.open("rb") as file, parcel.opened(file) as archive:
        records = restoring.read(archive)
        records["coverage"][0]["started_at"] = None
        with pytest.raises(IntegrityError, match="coverage_state_fits_times"):
            restoring._Restoring(archive, records).run()
    assert [one for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file()] == []
