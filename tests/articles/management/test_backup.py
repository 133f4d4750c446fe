"""A backup restored elsewhere renders the same pages, and open pages that know more come right by themselves."""

import json
import re
import signal
import tarfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from articles.models import Coverage, Update
from articles.publishing import exact
from tests.articles.delivery.streams import EventStream

from .conftest import Place


@pytest.fixture(scope="module")
def backup(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "site.tar"
    said = place.manage("backup", str(path), "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["missing"] == []
    return path


def test_it_is_private_and_whole(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name], "nothing is left beside it"
    with tarfile.open(backup) as tar:
        names = tar.getnames()
    assert {"manifest.json", "database.dump"} < set(names)
    assert any(name.startswith("files/articles.photo/image/photos/") for name in names)


def test_it_comes_back_into_an_empty_database(place: Place, backup: Path, tmp_path: Path) -> None:
    """With the same pages; and readers who have seen what is not in it come right by themselves."""
    other = Place(tmp_path / "data")
    lost = int(time.time() * 1000)  # the version of a post made now, which no backup has
    assert "would" not in other.manage("restore", str(backup), "--dry-run").err
    said = other.manage("restore", str(backup), "--json")
    assert said.code == 0, said.err
    verified = other.manage("verify_coverage", "--json")
    assert verified.code == 0
    ended, live = json.loads(verified.out)["checked"]
    assert pages(other, ended, tmp_path / "restored") == pages(place, ended, tmp_path / "original")
    again = other.manage("restore", str(backup))
    assert (again.code, "so nothing was done" in again.err) == (1, True)
    with other.served("--port", "0") as server:
        comes_right(urlsplit(server.url).port or 0, f"/live/{live}/", lost, other)
        server.stop(signal.SIGTERM)


def comes_right(port: int, path: str, version: int, place: Place) -> None:
    """A page of that version is told to fetch itself, and goes on from what it then is."""
    with EventStream(port, f"{path}stream?after={version}") as stream:
        assert stream.changes()["reset"]
    with urllib.request.urlopen(f"http://localhost:{port}{path}") as answer:
        page = answer.read().decode()
    found = re.search(r'data-version="(\d+)"', page)
    assert found and int(found[1]) > version
    with EventStream(port, f"{path}stream?after={found[1]}") as stream:
        posted = json.loads(place.manage("post_update", path.split("/")[2], "--headline", "Afterwards", "--json").out)
        delta = stream.until(posted["version"])[-1]
    assert (delta["reset"], [one["id"] for one in delta["updates"]]) == (False, [posted["id"]])


def pages(place: Place, slug: str, folder: Path) -> dict[str, str]:
    """The text of each exported page, without the versions, which are new after a restoring."""
    exported = place.manage("export_coverage", slug, str(folder))
    assert exported.code == 0, exported.err
    numbers = re.compile(r'data-(?:now|version)="[^"]*"|"version": \d+')
    found = (folder / "public").rglob("*.html")
    return {str(path.relative_to(folder)): numbers.sub("", path.read_text()) for path in found}


@pytest.mark.parametrize(("damage", "why"), [(b"database.dump", "checksum"), (b"ustar", "can be read|damaged")])
def test_damage_is_found_before_anything_is_done(
    backup: Path, tmp_path: Path, place: Place, damage: bytes, why: str
) -> None:
    content = bytearray(backup.read_bytes())
    at = content.index(b"PGDMP") + 40 if damage == b"database.dump" else content.index(damage)
    content[at] ^= 0xFF
    path = tmp_path / "damaged.tar"
    path.write_bytes(content)
    said = place.manage("restore", str(path), "--dry-run")
    assert said.code == 1
    assert re.search(why, said.err), said.err


@pytest.mark.django_db
def test_open_pages_that_know_more_fetch_themselves(
    live: Coverage, post: Callable[..., Update], client: Client
) -> None:
    newer = post(headline="Not in the backup").version
    exact.everything_anew()
    assert client.get(f"/live/the-day/changes?after={newer}").json()["reset"]
    later = post(headline="After it was restored")
    assert client.get(f"/live/the-day/changes?after={newer}").json()["reset"], "else it would keep what is lost"
    fresh = Coverage.objects.get(pk=live.pk)
    assert client.get(f"/live/the-day/changes?after={fresh.version - 1}").json()["updates"][0]["id"] == later.pk
