"""What can happen to a coverage, and to several at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from articles.delivery import pieces
from articles.models import Coverage, FormerSlug, Update
from articles.models.coverage import SLOTS
from articles.publishing import KeyPointContent, PlacedPhoto, Refused, coverages, sources, updates
from tests.database import violates

type Post = Callable[..., Update]


def fresh(coverage: Coverage) -> Coverage:
    return Coverage.objects.get(pk=coverage.pk)


@pytest.mark.django_db
def test_a_day() -> None:
    day = coverages.create(headline="Sunday", slug="sunday", time_zone="Europe/Kyiv")
    assert (day.state, day.version) == ("draft", 0)
    day = coverages.start(day)
    assert (day.state, day.ended_at) == ("live", None)
    assert coverages.undo_start(day).started_at is None
    day = coverages.start(day)
    day = coverages.end(day)
    assert day.ended_at >= day.started_at
    assert coverages.reopen(day).ended_at is None
    coverages.end(day)
    with pytest.raises(Refused, match="Say why"):
        coverages.withdraw(day, " ")
    assert coverages.withdraw(day, "no").state == "withdrawn"
    assert coverages.restore(day).state == "ended"


@pytest.mark.django_db
def test_states_allow_only_what_makes_sense(live: Coverage, post: Post) -> None:
    post()
    draft = coverages.create(headline="Draft", slug="draft")
    for refused in (
        lambda: coverages.start(live),
        lambda: coverages.undo_start(live),
        lambda: coverages.reopen(live),
        lambda: coverages.restore(live),
        lambda: coverages.discard(live),
        lambda: coverages.end(draft),
        lambda: coverages.withdraw(draft, "no"),
        lambda: coverages.start(draft, at=timezone.now() + timedelta(hours=1)),
    ):
        with pytest.raises(Refused):
            refused()
    coverages.end(live)
    with pytest.raises(Refused, match="ended"):
        coverages.end(live)
    coverages.discard(draft)


@pytest.mark.django_db
def test_successors_make_a_chain_and_no_circle(live: Coverage) -> None:
    two = coverages.create(headline="Two", slug="two")
    three = coverages.create(headline="Three", slug="three")
    coverages.edit(live, successor=two)
    coverages.edit(two, successor=three)
    for wrong in (live, two, three):
        with pytest.raises(ValidationError, match="circle|already follows"):
            coverages.edit(three, successor=wrong)
    with pytest.raises(ValidationError, match="already follows"):
        coverages.edit(live, successor=three)
    with violates("coverage_successors_make_no_circle"):
        Coverage.objects.filter(pk=three.pk).update(successor=live)
    with violates("coverage_state_fits_times"):
        Coverage.objects.filter(pk=live.pk).update(state="ended")


@pytest.mark.django_db
def test_neighbours_learn_what_their_links_show(live: Coverage) -> None:
    monday = coverages.create(headline="Monday", slug="monday")
    coverages.end(live, successor=monday)
    for change in (
        lambda: coverages.start(monday),
        lambda: coverages.edit(monday, headline="Monday’s live updates"),
        lambda: coverages.edit(monday, slug="monday-28"),
        lambda: coverages.withdraw(monday, "no"),
        lambda: coverages.restore(monday),
    ):
        before = fresh(live)
        change()
        assert fresh(live).notice_version > before.version
    before = fresh(monday)
    coverages.edit(live, headline="Sunday’s live updates")
    assert fresh(monday).version > before.version


@pytest.mark.django_db
def test_former_slugs_stay_taken(live: Coverage) -> None:
    coverages.edit(live, slug="new-name")
    with pytest.raises(ValidationError, match="address of another"):
        coverages.create(headline="Thief", slug="the-day")
    coverages.edit(live, slug="the-day")
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["new-name"]


@pytest.mark.django_db
def test_key_points(live: Coverage, post: Post) -> None:
    update = post()
    coverages.set_key_points(live, [KeyPointContent("One", update), KeyPointContent(" Two "), KeyPointContent("")])
    first, second = live.key_points.all()
    assert (first.text, first.update, second.text) == ("One", update, "Two")
    before = fresh(live).version
    same = [KeyPointContent("One", update, first.pk), KeyPointContent("Two", None, second.pk)]
    coverages.set_key_points(live, same)
    assert fresh(live).version == before, "nothing changed"
    coverages.set_key_points(live, same[::-1])
    assert [point.pk for point in live.key_points.all()] == [second.pk, first.pk]
    with pytest.raises(Refused, match="At most 7"):
        coverages.set_key_points(live, [KeyPointContent(str(n)) for n in range(8)])
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    with pytest.raises(Refused, match="its own coverage"):
        coverages.set_key_points(other, [KeyPointContent("Theirs", update)])


# ── Stamps ──────────────────────────────────────────────────────────────────────────────────────────────


def shown(coverage: Coverage) -> dict[str, str]:
    """What readers see, by slot and update, rendered anew."""
    pieces.memory.clear()
    with pieces.voice(coverage):
        slots = {slot: pieces.slot(Coverage.objects.with_content().get(pk=coverage.pk), slot) for slot in SLOTS}
    feed = {
        f"update {one.pk}": pieces.article(one).replace(f'data-version="{one.version}"', "")
        for one in Update.objects.feed().filter(coverage=coverage).with_content()
    }
    return slots | feed


def stamps(coverage: Coverage) -> dict[str, int]:
    row = fresh(coverage)
    feed = {f"update {pk}": v for pk, v in row.updates.filter(state="published").values_list("pk", "version")}
    return {slot: getattr(row, f"{slot}_version") for slot in SLOTS} | feed


@pytest.mark.django_db
def test_whatever_looks_different_is_stamped(live: Coverage, post: Post, picture: Callable[..., Any]) -> None:
    """What a change lets readers see without a stamp would never reach an open page."""
    desk = sources.author_named("Kyiv desk")
    photo = sources.add_photo(image=picture(), caption="Caption")
    first = post(headline="First", key_event=True, authors=[desk], photos=[PlacedPhoto(photo)])
    second = post(headline="Second", body="<p>x</p>")
    coverages.set_key_points(live, [KeyPointContent("One", first), KeyPointContent("Two", second)])
    coverages.edit(live, lead=PlacedPhoto(photo), authors=[desk])
    past = live.started_at
    changes: list[Callable[[], object]] = [
        lambda: updates.edit(first, headline="First again"),
        lambda: updates.pin(first),
        lambda: updates.edit(first, body="<p>text</p>"),
        lambda: sources.edit_photo(photo, caption="Another", alt="Alt"),
        lambda: updates.pin(second),
        lambda: updates.withdraw(first, "wrong"),
        lambda: updates.restore(first),
        lambda: updates.retime(first, past),
        lambda: updates.edit(second, correction="It was two."),
        lambda: updates.set_key_event(second),
        lambda: updates.set_key_event(first, key_event=False),
        lambda: updates.erase(second),
        lambda: coverages.edit(live, headline="The whole day", summary="s", section="x"),
        lambda: coverages.edit(live, time_zone="America/New_York"),
        lambda: coverages.edit(live, language="uk"),
        lambda: coverages.edit(live, lead=None, authors=[]),
        lambda: coverages.set_key_points(live, []),
        lambda: coverages.end(live),
        lambda: coverages.reopen(live),
    ]
    for number, change in enumerate(changes):
        before, began, stood = shown(fresh(live)), fresh(live).version, stamps(live)
        change()
        after, stamped = shown(fresh(live)), stamps(live)
        differ = {part for part in before.keys() & after.keys() if before[part] != after[part]}
        late = {part for part in differ if not (stamped[part] > began and stamped[part] > stood[part])}
        assert not late, f"change {number}: {late} changed without a stamp"


# ── Many at once ────────────────────────────────────────────────────────────────────────────────────────


def at_once(*tasks: Callable[[], object], times: int = 8) -> None:
    """Run the tasks in threads, each `times` times; fail when one raises or waits for ever."""
    failed: list[BaseException] = []

    def work(task: Callable[[], object]) -> None:
        try:
            for _ in range(times):
                task()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(task,), daemon=True) for task in tasks]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    assert not failed, failed


@pytest.mark.django_db(transaction=True)
def test_two_that_touch_the_same_coverages_never_wait_for_each_other(picture: Callable[..., Any]) -> None:
    photo = sources.add_photo(image=picture(), caption="Caption")
    desk = sources.author_named("Desk")
    one = coverages.start(coverages.create(headline="One", slug="one", authors=[desk], lead=PlacedPhoto(photo)))
    two = coverages.start(coverages.create(headline="Two", slug="two", authors=[desk], lead=PlacedPhoto(photo)))
    coverages.edit(one, successor=two)
    placed = {"photos": [PlacedPhoto(photo)], "authors": [desk]}
    first = updates.post(one, headline="First", **placed).update
    second = updates.post(two, headline="Second", **placed).update
    before = fresh(one).version, fresh(two).version
    at_once(
        lambda: coverages.edit(one, headline="One, again"),
        lambda: coverages.edit(two, headline="Two, again"),
        lambda: (coverages.edit(one, successor=None), coverages.edit(one, successor=two)),
        lambda: sources.edit_photo(photo, caption="Corrected"),
        lambda: sources.save_author(desk),
        lambda: updates.edit(first, **placed),
        lambda: updates.edit(second, **placed),
        lambda: updates.post(one, headline="More", **placed),
    )
    assert fresh(one).version > before[0]
    assert fresh(two).version > before[1]


@pytest.mark.django_db(transaction=True)
def test_two_halves_of_a_circle_do_not_both_succeed() -> None:
    one, two = (coverages.create(headline=slug, slug=slug) for slug in ("one", "two"))
    done: list[str] = []

    def join(a: Coverage, b: Coverage) -> None:
        try:
            coverages.edit(a, successor=b)
            done.append(a.slug)
        except ValidationError:
            pass

    at_once(lambda: join(one, two), lambda: join(two, one), times=1)
    assert len(done) == 1
