"""Static files as the production storage makes them."""

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django_prose_editor.widgets import AdminProseEditorWidget

from articles.management import static_files
from liveblog.storage import StaticStorage


@pytest.fixture
def sources(settings: Any, tmp_path: Path) -> Path:
    """A folder of sources, and the storage that is used in production on a folder of its own."""
    folder = tmp_path / "sources"
    folder.joinpath("js").mkdir(parents=True)
    settings.STATICFILES_DIRS = [folder]
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liveblog.storage.StaticStorage"}}
    return folder


def collected(name: str) -> Path:
    """The file that a page's link to `name` leads to."""
    return Path(staticfiles_storage.path(static(name).removeprefix("/static/")))


def test_what_is_linked_is_compressed_both_ways(sources: Path) -> None:
    small, large = "a { color: red }\n" * 40, "b { color: blue }\n" * 20_000
    (sources / "small.css").write_text(small)
    (sources / "large.css").write_text(large)
    static_files.collect()
    for name, text in (("small.css", small), ("large.css", large)):
        path = collected(name)
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()).decode() == text
        assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()).decode() == text


def test_collecting_again_is_done_after_a_change_only(sources: Path) -> None:
    page = sources / "page.css"
    page.write_text("a { color: red }\n" * 40)
    assert static_files.is_stale()
    static_files.collect()
    assert not static_files.is_stale()
    first = collected("page.css")
    page.write_text("b { color: red }\n" * 40)
    assert static_files.is_stale()
    static_files.collect()
    assert collected("page.css") != first
    assert first.exists(), "pages that were loaded before still link to it"
    (sources / "new.css").write_text("c {}")
    assert static_files.is_stale()


def test_what_was_compressed_is_not_compressed_again(sources: Path) -> None:
    (sources / "page.css").write_text("a { color: red }\n" * 40)
    static_files.collect()
    packed = collected("page.css").with_name(f"{collected('page.css').name}.br")
    before = packed.stat()
    (sources / "new.css").write_text("b {}")
    static_files.collect()
    assert (packed.stat().st_ino, packed.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_collection_that_was_cut_short_is_made_again(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    (sources / "page.css").write_text("a {}")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(StaticStorage, "save_manifest", breaks)
        static_files.collect()
    assert static_files.is_stale()
    static_files.collect()
    assert collected("page.css").exists()


def test_nothing_is_collected_where_files_are_served_from_their_sources(sources: Path, settings: Any) -> None:
    settings.DEBUG = True
    assert not static_files.is_stale()


def test_the_editors_import_map_leads_to_the_modules_that_are_loaded(sources: Path, settings: Any) -> None:
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
    static_files.collect()
    media = str(AdminProseEditorWidget().media)
    found = re.search(r'<script type="importmap">(.*?)</script>', media)
    assert found, media
    editor = json.loads(found[1])["imports"]["django-prose-editor/editor"]
    assert re.fullmatch(r"/static/django_prose_editor/editor\.[0-9a-f]{12}\.js", editor)
    assert f'src="{editor}"' in media, "the same address, or the editor would be loaded twice"
    assert collected("django_prose_editor/editor.js").stat().st_size > 100_000


# ── What the last build left ────────────────────────────────────────────────────────────────────────────


def build(sources: Path, colour: str) -> Path:
    """Collect a build whose sheet has this colour; that sheet."""
    (sources / "page.css").write_text(f"a {{ color: {colour} }}\n" * 40)
    static_files.collect()
    return collected("page.css")


def let_a_day_pass(settings: Any) -> None:
    for manifest in Path(settings.STATIC_ROOT, ".replaced").iterdir():
        then = manifest.stat().st_mtime - static_files.KEPT
        os.utime(manifest, (then, then))


def test_files_of_the_last_build_stay_for_a_day(sources: Path, settings: Any) -> None:
    (sources / "looks.0123456789ab.css").write_text("i { color: red }")  # named so in the sources
    first, second = build(sources, "red"), build(sources, "green")
    packed = first.with_name(f"{first.name}.br")
    assert first.exists() and packed.exists()
    let_a_day_pass(settings)
    third = build(sources, "blue")
    assert not first.exists() and not packed.exists()
    assert second.exists() and third.exists()
    assert collected("looks.0123456789ab.css").exists() and (third.parent / "looks.0123456789ab.css").exists()


def test_a_day_later_a_start_is_enough(sources: Path, settings: Any) -> None:
    first, second = build(sources, "red"), build(sources, "green")
    let_a_day_pass(settings)
    static_files.collect()
    assert (first.exists(), second.exists()) == (False, True)


def test_a_build_that_came_back_is_not_pruned(sources: Path, settings: Any) -> None:
    first = build(sources, "red")
    build(sources, "green")
    let_a_day_pass(settings)
    assert build(sources, "red") == first
    assert first.exists()
