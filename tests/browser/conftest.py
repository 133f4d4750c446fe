"""A newsroom that publishes, a server that serves, a network that fails on demand, and a browser that reads."""

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from articles.models import Coverage, Update
from articles.publishing import coverages, updates

from .desk import Desk, OpenDesk, member, sign_in
from .proxy import Proxy
from .server import Server

WINDOW = 6
"""Updates on a page."""
LONG = "".join(
    f"<p>Paragraph {n} says what there is to say, at some length, for readers to read.</p>" for n in range(16)
)
"""A text so long that the end of a page's window is far below."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def server(database_url: str, data: Path) -> Iterator[Server]:
    served = Server(database_url, data, PAGE_UPDATES=str(WINDOW), POLL_SECONDS="2")
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def two_workers(database_url: str, data: Path) -> Iterator[Server]:
    """Another server, where whoever writes and whoever reads are mostly answered by different processes."""
    served = Server(database_url, data, workers=2, PAGE_UPDATES=str(WINDOW))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def network(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


# A package's, not the session's: Playwright's event loop must not run while tests of asyncio do.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # that loop makes Django think that it is called from a coroutine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield browser
        browser.close()
        connection.close()  # with that loop's end it would be out of reach, and keep its session
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Newsroom:
    """One live coverage, started three hours ago."""

    def __init__(self) -> None:
        self.started = timezone.now() - timedelta(hours=3)
        coverage = coverages.create(
            headline="The day in Kyiv", slug=f"the-day-{uuid.uuid4().hex[:8]}", time_zone="Europe/Kyiv", section="World"
        )
        self.coverage: Coverage = coverages.start(coverage, at=self.started)
        self.posted: list[Update] = []

    @property
    def path(self) -> str:
        return self.coverage.get_absolute_url()

    def at(self, minute: float) -> Any:
        """A moment that many minutes after the start."""
        return self.started + timedelta(minutes=minute)

    def post(self, headline: str = "News", **content: Any) -> Update:
        content.setdefault("body", LONG)
        return updates.post(self.coverage, headline=headline, **content).update

    def fill(self, number: int) -> list[Update]:
        """Post that many, a minute between them; the newest comes first, as in the feed."""
        posted = [self.post(f"Event {minute}", published_at=self.at(minute)) for minute in range(1, number + 1)]
        self.posted = posted[::-1]
        return self.posted


@pytest.fixture
def newsroom(transactional_db: None, settings: Any, data: Path) -> Newsroom:
    settings.MEDIA_ROOT = data / "media"
    originals = settings.STORAGES["originals"] | {"OPTIONS": {"location": data / "originals"}}
    settings.STORAGES = settings.STORAGES | {"originals": originals}
    return Newsroom()


@pytest.fixture
def context(chromium: Browser, network: Proxy) -> Iterator[BrowserContext]:
    """A browser of its own, whose addresses begin at the proxy."""
    opened = chromium.new_context(
        base_url=f"http://localhost:{network.port}",
        viewport={"width": 1000, "height": 700},
        timezone_id="America/New_York",
    )
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script may fail."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield opened
    assert not errors


@pytest.fixture
def read(page: Page) -> Callable[[str], Page]:
    """Open an address of live coverage, and wait until its page hears from the server."""

    def opened(path: str) -> Page:
        with page.expect_response("**/stream?*"):
            page.goto(path)
        return page

    return opened


@pytest.fixture
def chief(newsroom: Newsroom) -> User:
    return member("chief", "Administrator", "Markets desk")


@pytest.fixture
def open_desk(chromium: Browser, network: Proxy, data: Path, newsroom: Newsroom, chief: User) -> Iterator[OpenDesk]:
    """Open the desk: `open_desk(user=…, width=…, context=…)`. No script may fail and no policy be violated there."""
    contexts: list[BrowserContext] = []
    desks: list[Desk] = []

    def opened(user: User = chief, width: int = 1280, context: BrowserContext | None = None) -> Desk:
        if context is None:
            base = f"http://localhost:{network.port}"
            context = chromium.new_context(base_url=base, viewport={"width": width, "height": 900})
            context.set_default_timeout(15_000)
            contexts.append(context)
            sign_in(context, user, network.port, (data / "secret-key").read_text())
        desks.append(Desk(context.new_page(), newsroom.coverage))
        return desks[-1].open()

    yield opened
    for context in contexts:
        context.close()
    assert not [error for desk in desks for error in desk.errors]


@pytest.fixture
def reader(chromium: Browser, server: Server, newsroom: Newsroom) -> Iterator[Page]:
    context = chromium.new_context(base_url=f"http://localhost:{server.port}")
    page = context.new_page()
    with page.expect_response("**/stream?*"):
        page.goto(newsroom.path)
    yield page
    context.close()
