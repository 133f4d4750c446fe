"""The form of a coverage: its head, its key points and its course."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.models import Author, Coverage, Update
from articles.publishing import KeyPointContent, coverages, updates

from .browser import form_of, send, text_of

ADD = "/admin/articles/coverage/add/"
NEW = {"headline": "A new day", "slug": "new-day", "time_zone": "Europe/Kyiv"}
POINTS = {
    "key_points-TOTAL_FORMS": "2",
    "key_points-0-text": " One  thing ",
    "key_points-0-position": "2",
    "key_points-1-text": "Another",
    "key_points-1-position": "1",
}


def change(coverage: Coverage) -> str:
    return f"/admin/articles/coverage/{coverage.pk}/change/"


def test_add(chief: Client, author: Author, picture: Callable[..., SimpleUploadedFile]) -> None:
    lead = {"photo_captions-TOTAL_FORMS": "1", "photo_captions-0-picture": picture()}
    answer = send(chief, ADD, "_save", {**NEW, **POINTS, **lead, "section": "World"})
    coverage = Coverage.objects.get()
    assert answer["Location"] == change(coverage)
    assert (coverage.state, coverage.section, coverage.time_zone) == ("draft", "World", "Europe/Kyiv")
    assert coverage.authors == [author]
    assert [point.text for point in coverage.key_points.all()] == ["Another", "One thing"]
    assert coverage.lead
    assert LogEntry.objects.get().get_change_message() == "Added."


def test_add_twice_is_refused_at_the_slug(chief: Client) -> None:
    page = chief.get(ADD)
    send(chief, ADD, "_save", NEW, page=page)
    answer = send(chief, ADD, "_save", NEW, page=page)
    assert "already exists" in answer.context["adminform"].form.errors["slug"][0]
    assert Coverage.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headline", ""),
        ("slug", "with spaces"),
        ("time_zone", "Mars/Olympus"),
        ("language", "xx"),
        ("headline", "x" * 251),
    ],
)
def test_bad_input(chief: Client, field: str, value: str) -> None:
    answer = send(chief, ADD, "_save", {**NEW, "summary": "Kept text", field: value})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors[field]
    assert form_of(answer, "coverage_form").fields["summary"] == ["Kept text"]


def test_the_whole_course(chief: Client, draft_coverage: Coverage) -> None:
    def state(button: str) -> str:
        assert send(chief, change(draft_coverage), button).status_code == 302
        return str(Coverage.objects.get().state)

    assert state("_start") == "live"
    assert state("_undo_start") == "draft"
    assert state("_start") == "live"
    updates.post(draft_coverage, headline="News")
    assert "_undo_start" not in form_of(chief.get(change(draft_coverage)), "coverage_form").buttons
    assert state("_end") == "ended"
    assert state("_reopen") == "live"
    coverages.withdraw(draft_coverage, "All wrong")
    page = chief.get(change(draft_coverage))
    assert list(form_of(page, "coverage_form").buttons) == ["_restore"]
    assert "All wrong" in text_of(page)
    assert state("_restore") == "live"


def test_a_button_saves_what_was_typed_first(chief: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    send(chief, change(coverage), "_end", {"summary": "It is over.", "successor": str(draft_coverage.pk)})
    coverage.refresh_from_db()
    assert (coverage.state, coverage.summary, coverage.successor) == ("ended", "It is over.", draft_coverage)
    assert "ended" in LogEntry.objects.get().get_change_message()


def test_successor_that_makes_a_circle(chief: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    coverages.edit(draft_coverage, successor=coverage)
    answer = send(chief, change(coverage), "_save", {"successor": str(draft_coverage.pk), "summary": "Kept text"})
    assert "a circle" in answer.context["adminform"].form.errors["successor"][0]
    assert form_of(answer, "coverage_form").fields["summary"] == ["Kept text"]
    assert Coverage.objects.get(pk=coverage.pk).successor is None
    answer = send(chief, change(coverage), "_save", {"successor": str(coverage.pk)})
    assert answer.context["adminform"].form.errors["successor"]


def test_key_points(chief: Client, coverage: Coverage, update: Update) -> None:
    coverages.set_key_points(coverage, [KeyPointContent("One"), KeyPointContent("Two")])
    first, second = coverage.key_points.all()
    version = Coverage.objects.get().version
    send(chief, change(coverage), "_save", {"key_points-0-update": str(update.pk), "key_points-0-position": "9"})
    assert list(coverage.key_points.values_list("pk", "update")) == [(second.pk, None), (first.pk, update.pk)]
    assert Coverage.objects.get().version > version
    send(chief, change(coverage), "_save", {"key_points-0-DELETE": "on"})
    assert list(coverage.key_points.all()) == [first]


def test_key_points_bad(chief: Client, coverage: Coverage, draft_coverage: Coverage) -> None:
    other = updates.post(draft_coverage, state="draft", headline="Elsewhere").update
    answer = send(chief, change(coverage), "_save", {**POINTS, "key_points-0-update": str(other.pk)})
    assert "update of its own coverage" in text_of(answer)
    assert form_of(answer, "coverage_form").fields["key_points-1-text"] == ["Another"]
    many: dict[str, Any] = {"key_points-TOTAL_FORMS": "8", **{f"key_points-{n}-text": "x" for n in range(8)}}
    assert "at most 7" in text_of(send(chief, change(coverage), "_save", many))
    assert not coverage.key_points.exists()


def test_key_point_finds_updates_of_its_coverage_only(chief: Client, update: Update, draft_coverage: Coverage) -> None:
    updates.post(draft_coverage, state="draft", headline="Talks elsewhere")
    url = "/admin/autocomplete/?app_label=articles&model_name=keypoint&field_name=update&term=talks"
    assert len(chief.get(url).json()["results"]) == 2
    assert len(chief.get(f"{url}&of_coverage={update.coverage_id}").json()["results"]) == 1
    assert f"of_coverage={update.coverage_id}" in chief.get(change(update.coverage)).content.decode()


def test_saving_without_a_change_does_nothing(chief: Client, coverage: Coverage) -> None:
    coverages.set_key_points(coverage, [KeyPointContent("One")])
    version, records = Coverage.objects.get().version, coverage.history.count()
    send(chief, change(coverage), "_save")
    assert (Coverage.objects.get().version, coverage.history.count()) == (version, records)
    assert not LogEntry.objects.exists()


def test_lead_photo_is_taken_out(chief: Client, coverage: Coverage, picture: Callable[..., SimpleUploadedFile]) -> None:
    send(chief, change(coverage), "_save", {"photo_captions-TOTAL_FORMS": "1", "photo_captions-0-picture": picture()})
    assert coverage.photo_captions.count() == 1
    send(chief, change(coverage), "_save", {"photo_captions-0-DELETE": "on"})
    assert not coverage.photo_captions.exists()
    assert "Photos: " in " ".join(LogEntry.objects.values_list("change_message", flat=True))
