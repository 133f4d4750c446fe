"""nchan holds the readers, `manage.py relay` tells it what is new, and the application holds no stream."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from articles.models import Coverage
from articles.publishing import coverages, updates
from tests.browser.reader import article, expect_feed
from tests.browser.server import PROJECT
from tests.browser.waiting import until

from .conftest import Behind, Newsroom
from .nginx import Answer, Nginx

LATER = 20_000
"""Milliseconds within which everything is right again after a loss."""
POSTING = "Posting to nchan"
type Site = tuple[Nginx, list[Behind]]


class Relay:
    """`manage.py relay --json`: what it says goes into a file, its result is on stdout."""

    def __init__(self, nginx: Nginx, database_url: str, data: Path, folder: Path, name: str) -> None:
        own = {
            "DATABASE_URL": database_url,
            "LIVEBLOG_DATA": str(data),
            "SITE_URL": nginx.origin,
            "SECRET_KEY": "tests",
        }
        url = {"NCHAN_URL": f"http://127.0.0.1:{nginx.push_port}"}
        self._said = folder / f"{name}.log"
        with self._said.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "relay", "--json"],
                cwd=PROJECT,
                env={**os.environ, **own, **url},
                stdout=subprocess.PIPE,
                stderr=log,
            )

    @property
    def said(self) -> str:
        assert self.process.poll() is None, self._said.read_text()
        return self._said.read_text()

    def stop(self, number: int = signal.SIGTERM) -> bytes:
        """What it printed, if it had not been stopped before."""
        if self.process.poll() is not None:
            return b""
        self.process.send_signal(number)
        return self.process.communicate(timeout=20)[0]


@pytest.fixture(scope="module")
def relay(pushed: Site, database_url: str, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """Two of them; this is the one that posts."""
    folder = tmp_path_factory.mktemp("relay")
    posting, standing_by = (Relay(pushed[0], database_url, data, folder, name) for name in ("first", "second"))
    try:
        until(lambda: POSTING in posting.said + standing_by.said, 60)
        if POSTING in standing_by.said:
            posting, standing_by = standing_by, posting
        yield posting
        until(lambda: "Relaying" in standing_by.said, 60)
        assert POSTING not in standing_by.said
        facts = json.loads(posting.stop())
        assert min(facts["deltas"], facts["heartbeats"]) > 0
        until(lambda: POSTING in standing_by.said)  # it takes over
    finally:
        for one in (posting, standing_by):
            one.stop()


@pytest.fixture
def page(chromium: Browser, pushed: Site, relay: Relay, newsroom: Newsroom) -> Iterator[Page]:
    """A coverage's page, opened through nginx, that hears from nchan."""
    newsroom.fill(3)
    context = chromium.new_context(base_url=pushed[0].origin, ignore_https_errors=True)
    opened = context.new_page()
    with opened.expect_response("**/stream?*") as stream:
        opened.goto(newsroom.path)
    assert stream.value.status == 200
    assert "x-accel-redirect" not in stream.value.headers
    yield opened
    context.close()


def test_a_page_hears_of_everything_and_loses_nothing(page: Page, newsroom: Newsroom, pushed: Site) -> None:
    nginx, _ = pushed
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/changes?" in request.url else None)
    first = newsroom.post("First")
    expect_feed(page, [first, *newsroom.posted], LATER)
    updates.edit(first, headline="First, corrected")
    expect(article(page, first)).to_contain_text("First, corrected")
    updates.withdraw(newsroom.posted[0], "It is wrong.")
    expect_feed(page, [first, *newsroom.posted[1:]], LATER)
    assert asked == []

    nginx.stop(signal.SIGKILL)
    meanwhile = newsroom.post("Meanwhile")
    nginx.start()
    expect_feed(page, [meanwhile, first, *newsroom.posted[1:]], LATER)
    after = newsroom.post("Afterwards")
    expect_feed(page, [after, meanwhile, first, *newsroom.posted[1:]], LATER)

    coverages.end(newsroom.coverage)
    page.wait_for_selector("live-coverage[data-state=ended]", timeout=LATER)


def test_a_withdrawn_coverage_leaves_open_pages(page: Page, newsroom: Newsroom, pushed: Site) -> None:
    coverages.withdraw(newsroom.coverage, "It is wrong.")
    page.wait_for_function("() => !document.body.textContent.includes('Event 1')", timeout=LATER)
    assert pushed[0].get(f"{newsroom.path}stream?after=1").status == 410


def test_who_comes_late_is_told_the_newest_at_once(newsroom: Newsroom, pushed: Site, relay: Relay) -> None:
    """Also when nchan has been away: it is given again what it had not got."""
    nginx, _ = pushed
    before = newsroom.post("Before")
    until(lambda: newest(nginx, newsroom)[1]["version"] == before.version)
    losses = relay.said.count("trying again")
    nginx.stop(signal.SIGKILL)
    posted = newsroom.post("Meanwhile")
    until(lambda: relay.said.count("trying again") > losses)
    nginx.start()
    event, delta = newest(nginx, newsroom)
    assert (event, delta["after"], delta["version"]) == ("changes", before.version, posted.version)


def newest(nginx: Nginx, newsroom: Newsroom) -> tuple[str, Any]:
    """The first event that a reader is sent, and its data. The id it has is one of the application's own streams."""
    connection = nginx.connect(timeout=10)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(newsroom.coverage.version)}
    connection.request("GET", f"{newsroom.path}stream?after=1", headers=headers)
    stream = connection.getresponse()
    assert stream.headers["Cache-Control"] == "no-store"
    fields: dict[bytes, bytes] = {}
    while b"data" not in fields:
        line = stream.readline()
        assert line, "the stream has ended"
        name, _, value = line.rstrip().partition(b": ")
        fields[name] = value
    connection.close()
    return fields[b"event"].decode(), json.loads(fields[b"data"])


def test_nobody_opens_a_channel_that_the_application_did_not_name(newsroom: Newsroom, pushed: Site) -> None:
    nginx, servers = pushed
    draft = coverages.create(headline="Not yet", slug="not-yet", time_zone="Europe/Kyiv", section="World")
    assert nginx.get(f"/live/{draft.slug}/stream", Accept="text/event-stream").status == 404
    assert nginx.get("/live/there-is-none/stream", Accept="text/event-stream").status == 404
    assert nginx.get(f"/push/{newsroom.coverage.pk}", Accept="text/event-stream").status == 404
    coverages.end(newsroom.coverage)
    assert nginx.get(f"{newsroom.path}stream", Accept="text/event-stream").status == 204
    assert Coverage.objects.get(pk=draft.pk).state == "draft"
    asking = HTTPConnection("localhost", servers[0].port, timeout=30)
    asking.request("GET", f"{newsroom.path}stream", headers={"Host": "evil.example"})
    assert Answer(asking.getresponse()).status == 400
    asking.close()
