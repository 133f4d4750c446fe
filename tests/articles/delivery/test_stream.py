"""The stream through a real server: nothing is missed between catching up and being sent to, whatever fails."""

import http.client
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from articles.models import Coverage, Update
from articles.publishing import CHANNEL, coverages, updates
from liveblog.postgres import conninfo
from tests.browser.waiting import until

from .streams import EventStream

type Post = Callable[..., Update]
pytestmark = pytest.mark.django_db(transaction=True)


def version(coverage: Coverage) -> int:
    return Coverage.objects.values_list("version", flat=True).get(pk=coverage.pk)


@pytest.fixture
def stream(port: int, live: Coverage) -> Callable[..., EventStream]:
    def opened(after: object | None = None, slug: str = "", **headers: str) -> EventStream:
        after = version(live) if after is None else after
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return EventStream(port, f"/live/{slug or live.slug}/stream?after={after}", sent)

    return opened


def test_a_post_is_sent_at_once(stream: Callable[..., EventStream], live: Coverage, post: Post) -> None:
    began = version(live)
    with stream() as reader:
        assert reader.headers["content-type"].startswith("text/event-stream")
        assert reader.headers["cache-control"] == "no-store"
        assert reader.next()[0] == "heartbeat", "who has missed nothing hears that the stream is open"
        update = post(headline="Hello")
        delta = reader.changes()
    assert (delta["after"], delta["version"]) == (began, version(live))
    assert [one["id"] for one in delta["updates"]] == [update.pk]


def test_a_reader_is_caught_up_from_what_it_has(stream: Callable[..., EventStream], live: Coverage, post: Post) -> None:
    began = version(live)
    first, second = post(), post()
    with stream(began) as reader:
        assert {one["id"] for one in reader.changes()["updates"]} == {first.pk, second.pk}
    with stream(began, Last_Event_ID=str(first.version)) as reader:
        assert [one["id"] for one in reader.changes()["updates"]] == [second.pk], "Last-Event-ID wins"
    with stream(began, Last_Event_ID="1645999441:0") as reader:
        assert len(reader.changes()["updates"]) == 2, "an id that is not ours is ignored"


def test_what_cannot_be_streamed_is_said(port: int, live: Coverage) -> None:
    coverages.create(headline="Draft", slug="draft")
    gone = coverages.start(coverages.create(headline="Gone", slug="gone"))
    coverages.withdraw(gone, "wrong")
    old, new = live.slug, f"new-{live.slug}"
    coverages.edit(live, slug=new)
    expected = {
        f"/live/{new}/stream": 400,
        f"/live/{new}/stream?after=x": 400,
        "/live/nowhere/stream?after=1": 404,
        "/live/draft/stream?after=1": 404,
        "/live/gone/stream?after=1": 410,
        f"/live/{old}/stream?after=1": 301,
    }
    for path, status in expected.items():
        with EventStream(port, path) as answer:
            assert answer.status == status, path
    with EventStream(port, f"/live/{new}/stream?after=1", {"Host": "evil.example"}) as answer:
        assert answer.status == 400


def test_an_ended_coverage_delivers_what_is_missing_and_then_nothing(
    stream: Callable[..., EventStream], live: Coverage, post: Post
) -> None:
    with stream() as reader:
        coverages.end(live)
        delta = reader.changes()
        assert (delta["state"], delta["notice"] is not None) == ("ended", True)
        assert reader.next() is None, "the stream ends"
    with stream(delta["version"]) as late:
        assert late.status == 204
    update = post(headline="A late correction")
    # The process is told of it a moment after the commit; until then there is nothing new for it.
    with until(lambda: _open(stream(delta["version"]))) as late:
        assert [one["id"] for one in late.changes()["updates"]] == [update.pk]
        assert late.next() is None


def _open(answer: EventStream) -> EventStream | None:
    return answer if answer.status == 200 else None


def test_a_withdrawn_coverage_ends_its_streams(stream: Callable[..., EventStream], live: Coverage) -> None:
    with stream() as reader:
        reader.next()
        coverages.withdraw(live, "wrong")
        assert reader.next()[1]["version"] == version(live), "so that they ask at once"
        assert reader.next() is None


def test_nothing_is_lost_between_catching_up_and_being_sent_to(
    stream: Callable[..., EventStream], live: Coverage
) -> None:
    """Readers join while editors post: each must end with every update, in steps that fit."""
    began, stop = version(live), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            updates.post(live, headline=f"Post {(number := number + 1)}")
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(2)]
    [writer.start() for writer in writers]
    readers = [stream(began) for _ in range(8)]
    stop.set()
    [writer.join() for writer in writers]
    everything = set(Update.objects.filter(coverage=live).values_list("pk", flat=True))
    for reader in readers:
        with reader:
            deltas = reader.until(version(live))
            steps = [(delta["after"], delta["version"]) for delta in deltas]
            assert steps[0][0] == began
            assert all(before[1] == after[0] for before, after in pairwise(steps)), steps
            if not any(delta["reset"] for delta in deltas):
                assert {one["id"] for delta in deltas for one in delta["updates"]} == everything


def test_a_lost_listening_connection_comes_back(stream: Callable[..., EventStream], live: Coverage, post: Post) -> None:
    with stream() as reader:
        reader.next()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            assert cursor.rowcount > 0
        began = time.monotonic()
        update = post()
        assert reader.until(version(live))[-1]["updates"][0]["id"] == update.pk
        assert time.monotonic() - began < 5


def test_a_lost_notification_is_made_good(stream: Callable[..., EventStream], live: Coverage, post: Post) -> None:
    """Every two seconds the versions are read again: what was committed without a word arrives all the same."""
    update = post(headline="Before")
    with stream() as reader:
        reader.next()
        later = version(live) + 10
        Update.objects.filter(pk=update.pk).update(version=later, headline="After")
        Coverage.objects.filter(pk=live.pk).update(version=later)
        delta = reader.changes()
    assert (delta["version"], "After" in delta["updates"][0]["html"]) == (later, True)


def test_a_reader_who_takes_nothing_keeps_nobody_waiting(
    stream: Callable[..., EventStream], live: Coverage, port: int
) -> None:
    with stream() as slow, stream() as quick:
        quick.next()
        for number in range(30):
            updates.post(live, headline=f"Post {number}", body=f"<p>{'word ' * 30_000}</p>")
            quick.until(version(live))
        last = updates.post(live, headline="Last").update
        quick.until(last.version)
        seen = slow.until(last.version)
    assert seen[-1]["version"] == last.version, "it is caught up when it drains"
    steps = [(delta["after"], delta["version"]) for delta in seen]
    assert all(before[1] == after[0] for before, after in pairwise(steps))


def test_a_scheduled_update_comes_out_on_time(stream: Callable[..., EventStream], live: Coverage) -> None:
    with stream() as reader:
        reader.next()
        due = timezone.now() + timedelta(seconds=1)
        update = updates.post(live, headline="Soon", published_at=due).update
        assert reader.changes()["updates"][0]["id"] == update.pk
        late = (timezone.now() - due).total_seconds()
    assert 0 <= late < 1


def test_the_notification_says_coverage_and_version_alone(live: Coverage, post: Post) -> None:
    with psycopg.connect(**conninfo(), autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        update = post(headline="Secret")
        said = [notice.payload for notice in listening.notifies(timeout=5, stop_after=3)]
    assert said[:2] == [f"{live.pk} {update.version}", f"desk {live.pk}"]
    assert said[2].split()[0] == "site"


def test_head_and_post_are_not_streams(port: int, live: Coverage) -> None:
    for method in ("HEAD", "POST"):
        asked = http.client.HTTPConnection("localhost", port, timeout=10)
        asked.request(method, f"/live/{live.slug}/stream?after=1")
        answer: Any = asked.getresponse()
        assert answer.status in {405, 503}, method
        asked.close()
