"""Commands that take coverage out and in again, and those that look after it."""

import io
import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from articles.models import Coverage, Update
from articles.publishing import coverages, updates
from tests import database

from .conftest import Said

type Command = Callable[..., Said]
type Post = Callable[..., Update]


def facts(said: Said) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said.out)
    return found


@pytest.mark.django_db(transaction=True)
def test_export_and_import(command: Command, live: Coverage, post: Post, tmp_path: Path) -> None:
    post(headline="One")
    said = facts(command("export_coverage", "the-day", str(tmp_path / "out"), "--json"))
    assert (said["id"], said["public"]["pages"]) == ("the-day", 7)
    archive = tmp_path / "out/archive.tar"
    assert archive.stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "out/public").rglob("*.tar"))
    content = archive.read_bytes()
    with pytest.raises(CommandError, match="In its place stands something else"):
        command("import_coverage", str(archive))
    database.empty()
    assert facts(command("import_coverage", str(archive), "--dry-run", "--json"))["occupied"] == []
    assert not Coverage.objects.exists()
    assert facts(command("import_coverage", str(archive), "--json"))["created"]
    command("export_coverage", "the-day", str(tmp_path / "out"))
    assert archive.read_bytes() == content
    assert facts(command("import_coverage", str(archive), "--renumber", "--json"))["renumbered"] == 1


@pytest.mark.django_db
def test_a_draft_has_no_public_folder(command: Command, tmp_path: Path) -> None:
    coverages.create(slug="soon", headline="Soon")
    command("export_coverage", "soon", str(tmp_path / "out"))
    (tmp_path / "out/public").mkdir()  # as when it was withdrawn after an earlier export
    assert facts(command("export_coverage", "soon", str(tmp_path / "out"), "--json"))["public"] is None
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["archive.tar"]


@pytest.mark.django_db
def test_an_export_takes_the_place_of_nothing_else(command: Command, tmp_path: Path) -> None:
    _soon, other = (coverages.create(slug=slug, headline=slug) for slug in ("soon", "other"))
    theirs, site, file, pipe = (tmp_path / name for name in ("theirs", "site", "file", "pipe"))
    command("export_coverage", "other", str(theirs))
    (site / "public").mkdir(parents=True)
    file.touch()
    pipe.mkdir()
    os.mkfifo(pipe / "archive.tar")
    for target, why in ((theirs, "is of “other”"), (site, "not there"), (file, "File exists"), (pipe, "no regular")):
        with pytest.raises(CommandError, match=rf"{target}.*{why}"):
            command("export_coverage", "soon", str(target))
    assert ((site / "public").is_dir(), (pipe / "archive.tar").is_fifo()) == (True, True)
    coverages.edit(other, slug="renamed")
    command("export_coverage", "renamed", str(theirs))
    with pytest.raises(CommandError, match="regular file"):
        command("backup", str(pipe / "archive.tar"))
    assert [(each.name, each.is_fifo()) for each in pipe.iterdir()] == [("archive.tar", True)]
    for wrong, hint in (("son", "Did you mean “soon”"), ("nowhere-near", "There are “renamed”, “soon”.")):
        with pytest.raises(CommandError, match=hint):
            command("verify_coverage", wrong)


@pytest.mark.django_db
def test_import_from_stdin(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    posting = {"@type": "BlogPosting", "headline": "One", "datePublished": "2022-02-27T07:00:00Z"}
    saved = {"@type": "LiveBlogPosting", "headline": "Storm", "liveBlogUpdate": [posting, {"headline": "When?"}]}
    for expected in ((1, 0), (0, 1)):
        stdin = io.TextIOWrapper(io.BytesIO(json.dumps(saved).encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        said = command("import_coverage", "-", "--json")
        assert (facts(said)["posted"], facts(said)["known"]) == expected
        assert "“When?” says no time" in said.err


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"not one"])
def test_import_refuses_what_it_cannot_read(command: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "it"
    path.write_bytes(content)
    with pytest.raises(CommandError, match="LiveBlogPosting|not UTF-8"):
        command("import_coverage", str(path))
    with pytest.raises(CommandError, match="cannot be read"):
        command("import_coverage", str(tmp_path / "nowhere"))


def age(coverage: Coverage, hours: float) -> None:
    """As if nothing had happened in it for so long."""
    then = timezone.now() - timedelta(hours=hours)
    Coverage.objects.filter(pk=coverage.pk).update(started_at=then)
    Update.objects.filter(coverage=coverage).update(published_at=then, edited_at=None)


@pytest.mark.django_db
def test_end_idle_ends_what_was_silent(command: Command, live: Coverage, post: Post) -> None:
    post()
    never, waiting = (coverages.start(coverages.create(slug=slug, headline=slug)) for slug in ("never", "waiting"))
    for coverage in (live, never, waiting):
        age(coverage, 5)
    updates.post(waiting, headline="To come", published_at=timezone.now() + timedelta(hours=1))
    assert facts(command("end_idle", "--hours", "6", "--json"))["ended"] == []
    assert sorted(facts(command("end_idle", "--hours", "4", "--dry-run", "--json"))["ended"]) == ["never", "the-day"]
    assert Coverage.objects.live().count() == 3
    assert sorted(facts(command("end_idle", "--hours", "4", "--json"))["ended"]) == ["never", "the-day"]
    assert [one.slug for one in Coverage.objects.live()] == ["waiting"]


@pytest.mark.django_db
def test_end_idle_leaves_what_was_edited(command: Command, live: Coverage, post: Post) -> None:
    update = post()
    age(live, 5)
    updates.edit(update, headline="Edited just now")
    assert facts(command("end_idle", "--hours", "4", "--json"))["ended"] == []
