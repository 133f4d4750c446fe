"""What others saved: read without a network, posted once, and what could not be taken is said."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from articles.archive import arriving, live_blog
from articles.models import Coverage, Photo, Update
from articles.publishing import PlacedPhoto, Refused, coverages, sources, updates
from tests import database

pytestmark = pytest.mark.django_db

SAVED: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": ["LiveBlogPosting"],
    "headline": "Storm Ylva reaches the coast",
    "description": "Ferries stop.",
    "inLanguage": "uk-UA",
    "url": "https://news.example/2022/storm-ylva.html",
    "author": [{"@type": "Person", "name": "Ada Berg"}, {"@type": "Organization", "name": "News"}],
    "coverageStartTime": "2022-02-27T06:00:00+02:00",
    "coverageEndTime": "2022-02-27T22:00:00+02:00",
    "liveBlogUpdate": [
        {
            "@type": "BlogPosting",
            "headline": "Ferries stop",
            "articleBody": "No ferry leaves.\n\nNot <even> one & none.",
            "datePublished": "2022-02-27T07:00:00Z",
            "dateModified": "2022-02-27T08:00:00Z",
            "author": {"@type": "Person", "name": "Bo Dahl"},
            "image": {"@type": "ImageObject", "url": "https://cdn.example/a/pier.jpg?w=9", "caption": "The pier."},
        },
        {
            "@type": "BlogPosting",
            "articleBody": "<p>Marked <b>up</b>.</p><script>x</script>",
            "datePublished": "2022-02-27T09:00",
        },
        {"@type": "BlogPosting", "headline": "When?"},
    ],
}


def arrive(text: str, saved: Path | None = None, slug: str = "") -> arriving.Arrived:
    return arriving.arrive(live_blog.read(text), saved, slug, lambda _count: None)


@pytest.fixture
def page(tmp_path: Path, picture: Callable[..., SimpleUploadedFile]) -> Path:
    """A page as a browser saves it, with its folder of files."""
    folder = tmp_path / "storm_files"
    folder.mkdir()
    (folder / "pier.jpg").write_bytes(picture().read())
    other = json.dumps({"@type": "BreadcrumbList"})
    graph = json.dumps({"@graph": [{"@type": "WebPage"}, SAVED]}).replace("<", "\\u003c")
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in (other, "{broken", graph))
    path = tmp_path / "storm.html"
    path.write_text(f"<html><head>{scripts}</head><body><p>Ferries</p></body></html>")
    return path


def test_a_saved_page_is_taken_in(page: Path) -> None:
    done = arrive(page.read_text(), page)
    coverage = done.coverage
    assert (coverage.slug, coverage.language, coverage.state, coverage.summary) == (
        "storm-ylva",
        "uk",
        "ended",
        "Ferries stop.",
    )
    assert coverage.started_at == datetime(2022, 2, 27, 4, tzinfo=UTC)
    assert coverage.ended_at == datetime(2022, 2, 27, 20, tzinfo=UTC)
    assert [author.name for author in coverage.authors] == ["Ada Berg"]
    second, first = Update.objects.order_by("-published_at")
    assert first.body == "<p>No ferry leaves.</p><p>Not &lt;even&gt; one &amp; none.</p>"
    assert first.edited_at == datetime(2022, 2, 27, 8, tzinfo=UTC)
    assert [author.name for author in first.authors] == ["Bo Dahl"]
    assert first.photo_captions.get().text == "The pier."
    assert second.body == "<p>Marked <strong>up</strong>.</p>"
    lacking = "A picture of “Ferries stop” has no alt text: pier.jpg"
    assert sorted(done.notes) == [lacking, "“When?” says no time and was left out."]


def test_alt_text_that_is_required_is_not_required_of_what_was_published_elsewhere(
    page: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REQUIRE_ALT_TEXT = True
    page.write_text(page.read_text().replace('"inLanguage"', '"image": "pier.jpg", "inLanguage"'))
    call_command("import_coverage", str(page), json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["posted"], said["without_alt_text"]) == (2, 2)  # one leads, one stands in an update
    call_command("import_coverage", str(page))
    assert "Without alt text: 2 photos" in capsys.readouterr().out


def test_twice_changes_nothing(page: Path) -> None:
    first = arrive(page.read_text(), page)
    again = arrive(page.read_text(), page)
    assert (first.posted, first.known, again.posted, again.known) == (2, 0, 0, 2)
    assert again.coverage.version == first.coverage.version
    assert (Photo.objects.count(), Coverage.objects.count()) == (1, 1)


def test_a_later_copy_brings_what_is_new() -> None:
    arrive(json.dumps(SAVED))
    later = SAVED["liveBlogUpdate"] + [
        {"@type": "BlogPosting", "headline": "Late", "datePublished": "2022-02-27T19:00Z"}
    ]
    assert arrive(json.dumps(SAVED | {"liveBlogUpdate": later})).posted == 1


def test_pictures_that_are_no_files_are_named_and_none_is_fetched(tmp_path: Path) -> None:
    (tmp_path.parent / "pier.jpg").write_bytes(b"not theirs")
    climbing = json.dumps(SAVED).replace("https://cdn.example/a/pier.jpg?w=9", "../pier.jpg")
    done = arrive(climbing, tmp_path / "storm.json")
    assert "A picture of “Ferries stop” is not here as a file: ../pier.jpg" in done.notes
    assert Photo.objects.count() == 0


def test_another_coverage_is_not_written_into(live: Coverage) -> None:
    with pytest.raises(Refused, match="belongs to “The day”"):
        arrive(json.dumps(SAVED), slug="the-day")
    assert arrive(json.dumps(SAVED), slug="storm").coverage.slug == "storm"


@pytest.mark.parametrize("text", ["", "<p>Nothing</p>", "{}", '{"@type": "NewsArticle"}', "[1, null]", "{"])
def test_what_holds_no_live_blog_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="no schema.org LiveBlogPosting"):
        live_blog.read(text)


@pytest.mark.django_db(transaction=True)
def test_our_own_page_can_be_taken_in(live: Coverage, post: Any, client: Client, tmp_path: Path, picture: Any) -> None:
    photo = sources.add_photo(image=picture(), alt="A pier", credit="Ada Berg", caption="Noon")
    post(headline="One", body="<p>First.</p>", authors=[sources.author_named("Ada")], photos=[PlacedPhoto(photo)])
    updates.edit(post(headline="Two", body="<p>Second.</p>"), correction="It was wrong.")
    coverages.end(live)
    page = client.get("/live/the-day/").content.decode()
    path = tmp_path / "day.html"
    path.write_text(page)
    with photo.image.open() as file:
        (tmp_path / Path(photo.image.name).name).write_bytes(file.read())
    kept = Update.objects.order_by("published_at").values_list("headline", "body", "published_at", "correction")
    facts = list(kept)
    database.empty()
    done = arrive(page, path)
    assert done.notes == []
    assert (
        list(Update.objects.order_by("published_at").values_list("headline", "body", "published_at", "correction"))
        == facts
    )
    assert Photo.objects.get().credit == "Ada Berg"
