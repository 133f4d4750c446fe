"""Each invariant holds for what publishing made, and its breach is found."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError

from articles.archive import invariants
from articles.models import Coverage, FormerSlug, KeyPoint, Photo, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

pytestmark = pytest.mark.django_db


@pytest.fixture
def coverage(
    live: Coverage, post: Callable[..., Update], picture: Callable[..., SimpleUploadedFile], settings: Any
) -> Coverage:
    settings.PAGE_UPDATES = 5
    photo = sources.add_photo(image=picture())
    posted = [post(headline=f"Update {number}", body="<p>Words.</p>") for number in range(13)]
    updates.pin(posted[4])
    updates.set_key_event(posted[5])
    updates.withdraw(posted[6], "Not so")
    updates.edit(posted[2], photos=[PlacedPhoto(photo)])
    updates.erase(posted[7])
    updates.post(live, state="draft", headline="Draft")
    coverages.set_key_points(live, [KeyPointContent("A point", posted[1])])
    return Coverage.objects.get(pk=live.pk)


def rules(coverage: Coverage) -> set[str]:
    from articles.delivery import pieces

    pieces.memory.clear()
    return {found.rule for found in invariants.check(coverage)}


def test_what_publishing_made_is_right(coverage: Coverage) -> None:
    assert invariants.check(coverage) == []


def _update(**fields: Any) -> Callable[[Coverage], Any]:
    return lambda coverage: coverage.updates.filter(headline="Update 3").update(**fields)


def _remember(update: Update) -> None:
    then = "2022-01-01T00:00Z"
    Update.history.create(id=update.pk, headline="Secret", coverage=update.coverage, history_date=then)


BREACHES: dict[str, tuple[str, Callable[[Coverage], Any]]] = {
    "a version beyond": ("versions", _update(version=2**52)),
    "a revision beyond": ("versions", _update(revision=2**52)),
    "a stamp beyond": ("versions", lambda c: Coverage.objects.filter(pk=c.pk).update(header_version=2**52)),
    "a time to come": ("times", _update(published_at="2190-01-01T00:00Z")),
    "script in a text": ("texts", _update(body="<script>x</script>")),
    "history of what was erased": ("states", lambda c: _remember(c.updates.exclude(erased_at=None).get())),
    "another's key point": (
        "links",
        lambda c: KeyPoint.objects.create(
            coverage=c,
            text="Theirs",
            update=updates.post(coverages.start(coverages.create(slug="o", headline="O")), headline="O").update,
        ),
    ),
    "its slug leads away": ("links", lambda c: FormerSlug.objects.create(slug=c.slug, coverage=c)),
    "a missing file": ("files", lambda _c: (photo := Photo.objects.get()).image.storage.delete(photo.image.name)),
    "a wrong size": ("files", lambda _c: Photo.objects.update(width=7)),
}


@pytest.mark.parametrize(("rule", "breach"), BREACHES.values(), ids=BREACHES)
def test_each_breach_is_found(coverage: Coverage, rule: str, breach: Callable[[Coverage], Any]) -> None:
    breach(coverage)
    assert rule in rules(coverage)


def test_what_is_rendered_is_compared(coverage: Coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates that lose an update, or show it where it should not be."""
    from articles.delivery import pages, pieces

    def losing(*args: Any) -> Any:
        page = true(*args)
        return page._replace(body=page.body.replace(b'<article id="update-', b'<article id="no-', 1))

    true = pages.older_fragment
    monkeypatch.setattr(pages, "older_fragment", losing)
    pieces.memory.clear()
    assert [found.rule for found in invariants.check(coverage)] == ["pages"]


def test_deltas_are_compared(coverage: Coverage) -> None:
    Coverage.objects.filter(pk=coverage.pk).update(reset_version=coverage.version - 5)
    assert "deltas" not in rules(coverage), "a reset that is wanted is none too many"


def test_the_command_lists_and_fails(coverage: Coverage, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_coverage", "the-day")
    assert "All is as it must be" in capsys.readouterr().out
    Photo.objects.update(width=7)
    with pytest.raises(CommandError, match="Things that are wrong: 1") as wrong:
        call_command("verify_coverage")
    assert wrong.value.returncode == 1
    assert "[files]" in capsys.readouterr().out
