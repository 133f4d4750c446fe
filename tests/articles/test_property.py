"""The property of the wire format: whatever was lost, repeated or reordered, every open page ends right.

Hypothesis plays random histories: several writers at once, readers who join at any time, load older updates,
and get deltas late, twice, in any order or not at all.
"""

import contextlib
import json
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from articles.models import Coverage, Update
from articles.publishing import KeyPointContent, coverages, updates

from .reader import SLOTS, Reader, normal

NUMBERS = st.integers(0, 10_000)
ACTIONS = (
    "post",
    "post",
    "backdate",
    "edit",
    "retime",
    "withdraw",
    "restore",
    "pin",
    "unpin",
    "key",
    "points",
    "header",
)


def act(coverage: Coverage, action: str, number: int) -> None:
    """One thing that one editor does; what is refused is refused."""
    if action in {"post", "backdate"}:
        back = {"published_at": coverage.started_at + timedelta(milliseconds=number)} if action == "backdate" else {}
        updates.post(coverage, headline=f"Update {number}", key_event=number % 3 == 0, pinned=number % 7 == 0, **back)
        return
    if action == "header":
        coverages.edit(coverage, headline=f"The day {number}")
        return
    ids = list(Update.objects.filter(coverage=coverage).values_list("pk", flat=True).order_by("pk"))
    update = Update.objects.get(pk=ids[number % len(ids)]) if ids else None
    if update is None:
        return
    todo: dict[str, Callable[[], Any]] = {
        "edit": lambda: updates.edit(update, headline=f"Edited {number}"),
        "retime": lambda: updates.retime(update, coverage.started_at + timedelta(milliseconds=number)),
        "withdraw": lambda: updates.withdraw(update, "wrong"),
        "restore": lambda: updates.restore(update),
        "pin": lambda: updates.pin(update),
        "unpin": lambda: updates.pin(update, pinned=False),
        "key": lambda: updates.set_key_event(update, key_event=number % 2 == 0),
        "points": lambda: coverages.set_key_points(coverage, [KeyPointContent(f"Point {number}", update)]),
    }
    todo[action]()


class Histories(RuleBasedStateMachine):
    @initialize(already=st.integers(0, 9))
    def begin(self, already: int) -> None:
        day = coverages.create(headline="The day", slug=f"day-{uuid.uuid4().hex[:12]}")
        self.coverage = coverages.start(day)
        self.readers: list[Reader] = []
        self.wire: list[tuple[Reader, dict[str, Any]]] = []
        self.fragments: list[tuple[Reader, Any, str]] = []
        for number in range(already):
            act(self.coverage, "post", number)

    @rule(todo=st.lists(st.tuples(st.sampled_from(ACTIONS), NUMBERS), min_size=1, max_size=3))
    def write(self, todo: list[tuple[str, int]]) -> None:
        """Several editors at once."""
        failed: list[BaseException] = []

        def one(action: str, number: int) -> None:
            try:
                act(self.coverage, action, number)
            except ValidationError:
                pass
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=task) for task in todo]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
            assert not thread.is_alive(), "a writer waits for ever"
        assert not failed, failed

    @rule()
    def join(self) -> None:
        if len(self.readers) < 4:
            self.readers.append(Reader(self.coverage.slug))

    @precondition(lambda self: self.readers)
    @rule(which=NUMBERS, back=st.sampled_from([0, 0, 1, 5_000]))
    def ask(self, which: int, back: int) -> None:
        reader = self.readers[which % len(self.readers)]
        self.wire.append((reader, reader.ask(max(0, reader.C - back))))

    @precondition(lambda self: self.readers)
    @rule(which=NUMBERS)
    def ask_for_older(self, which: int) -> None:
        reader = self.readers[which % len(self.readers)]
        if reader.cursor:
            self.fragments.append((reader, reader.fragment(), reader.cursor))

    @precondition(lambda self: self.wire)
    @rule(which=NUMBERS, again=st.booleans())
    def receive(self, which: int, again: bool) -> None:
        """A delta arrives: any of those on the way, perhaps not for the last time."""
        reader, delta = self.wire[which % len(self.wire)]
        if not again:
            self.wire.remove((reader, delta))
        reader.apply(delta)

    @precondition(lambda self: self.fragments)
    @rule(which=NUMBERS)
    def receive_older(self, which: int) -> None:
        reader, fragment, cursor = self.fragments.pop(which % len(self.fragments))
        reader.apply_older(fragment, cursor)

    @precondition(lambda self: self.readers)
    @rule(which=NUMBERS, todo=st.lists(st.tuples(st.sampled_from(ACTIONS[3:]), NUMBERS), min_size=1, max_size=4))
    def be_overtaken(self, which: int, todo: list[tuple[str, int]]) -> None:
        """What was asked for before some changes arrives after they did."""
        reader = self.readers[which % len(self.readers)]
        fragment, cursor = (reader.fragment(), reader.cursor) if reader.cursor else (None, "")
        delta = reader.ask(max(0, reader.C - 1))
        for action, number in todo:
            with contextlib.suppress(ValidationError):
                act(self.coverage, action, number)
        reader.apply(reader.ask())
        reader.apply(delta)
        if fragment:
            reader.apply_older(fragment, cursor)

    def teardown(self) -> None:
        if not hasattr(self, "coverage"):
            return
        everything = json.loads(Client().get(f"/live/{self.coverage.slug}/changes", {"after": 0}).content)
        assert not everything["reset"]
        feed = {u["id"]: ((u["published_at"], u["id"]), normal(u["html"])) for u in everything["updates"]}
        fresh = Reader(self.coverage.slug)
        for reader in self.readers:
            while (delta := reader.ask())["version"] > reader.C:
                reader.apply(delta)
            assert reader.shown == {pk: one for pk, one in feed.items() if one[0] >= reader.bound}
            assert reader.slots == {name: fresh.slots[name] for name in SLOTS}


@pytest.mark.django_db(transaction=True)
def test_every_open_page_ends_right(settings: Any) -> None:
    settings.PAGE_UPDATES = 3
    run_state_machine_as_test(Histories, settings=_hypothesis())


def _hypothesis() -> settings:
    return settings(stateful_step_count=25)
