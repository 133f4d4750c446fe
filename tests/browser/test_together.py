"""Ten editors on one coverage, two of them in browsers: no write is lost, nothing doubled, all end alike."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from articles.changes import snapshot
from articles.models import Coverage, Update

from .conftest import Newsroom
from .desk import sign_in
from .editor import Editor
from .reader import feed
from .server import Server
from .waiting import until

SECONDS = 60
LIST = "[...document.querySelectorAll('[data-feed] > li[data-id]')].map(one => Number(one.dataset.id))"
POINTS = "[...document.querySelectorAll('.point-text')].map(one => one.textContent)"


@pytest.fixture
def key(two_workers: Server, data: Path) -> str:
    """The server's secret."""
    return (data / "secret-key").read_text()


@pytest.fixture
def pages(chromium: Browser, two_workers: Server, newsroom: Newsroom, key: str) -> Iterator[list[Page]]:
    """A reader and two editors' desks, signed in."""
    opened = []
    for name in ("reader", "anna", "boris"):
        context = chromium.new_context(base_url=f"http://localhost:{two_workers.port}")
        context.set_default_timeout(20_000)
        page = context.new_page()
        opened.append(page)
        if name == "reader":
            page.goto(newsroom.path)
            continue
        sign_in(context, User.objects.create_superuser(name), two_workers.port, key)
        page.goto(f"/admin/articles/coverage/{newsroom.coverage.pk}/desk/")
        expect(page.locator(".ProseMirror[contenteditable=true]").first).to_be_focused()
    yield opened
    for page in opened:
        page.context.close()


def write(desk: Page, words: str) -> None:
    desk.bring_to_front()
    desk.locator(".ProseMirror[contenteditable=true]").first.click()
    desk.keyboard.type(words)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".ProseMirror[contenteditable=true]").first).to_have_text("")


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(int(os.environ.get("SOAK_SECONDS", SECONDS)), marks=pytest.mark.soak)]
)
def test_ten_editors(seconds: int, pages: list[Page], two_workers: Server, newsroom: Newsroom, key: str) -> None:
    reader, *desks = pages
    editors = [Editor(two_workers.port, newsroom.coverage.pk, f"editor{number}", key) for number in range(8)]
    for editor in editors:
        editor.start()
    typed, began = [], time.monotonic()
    while time.monotonic() - began < seconds:
        for desk in desks:
            typed.append(f"Typed in a browser {len(typed)}")
            write(desk, typed[-1])
    for editor in editors:
        editor.stop.set()
        editor.join(90)
    assert not [said for editor in editors for said in editor.wrong]
    expect_nothing_lost(editors, typed)
    expect_alike(reader, desks, newsroom.coverage.pk)


def expect_nothing_lost(editors: list[Editor], typed: list[str]) -> None:
    standing = {update.pk: update for update in Update.objects.all()}
    acknowledged = {pk: headline for editor in editors for pk, headline in editor.posted.items()}
    assert len(acknowledged) > len(editors)
    for pk, headline in acknowledged.items():
        assert standing[pk].headline == headline
    for pk, word in [one for editor in editors for one in editor.written]:
        assert word in standing[pk].body, "an acknowledged edit was lost"
    for words in typed:
        until(lambda words=words: Update.objects.filter(body__contains=words).exists())  # type: ignore[misc]
        assert sum(re.search(rf"{words}\b", update.body) is not None for update in Update.objects.all()) == 1
    assert Update.objects.count() == len(acknowledged) + len(typed), "one was posted twice"


def expect_alike(reader: Page, desks: list[Page], pk: int) -> None:
    coverage = Coverage.objects.get(pk=pk)
    truth = [entry.id for entry in snapshot(pk, 10_000).entries]
    until(lambda: reader.evaluate("document.querySelector('live-coverage').version") == coverage.version)
    reader.bring_to_front()
    if pill := reader.locator(".pill:visible").all():
        pill[0].click()
    shown = feed(reader)
    assert shown == truth[: len(shown)]
    assert len(shown) == len(set(shown))
    everything = list(Update.objects.order_by("-published_at", "-id").values_list("pk", flat=True))
    points = list(coverage.key_points.values_list("text", flat=True))
    for desk in desks:
        desk.bring_to_front()
        until(lambda desk=desk: desk.evaluate(LIST)[:30] == everything[:30])  # type: ignore[misc]
        assert desk.evaluate(POINTS) == points
