"""A reader's page in Python: applies pages, fragments and deltas by the rules of the wire format, over HTTP."""

import json
from functools import lru_cache
from typing import Any, NamedTuple

from bs4 import BeautifulSoup, Tag
from django.test import Client

SLOTS = ("header", "notice", "key_points", "key_events", "pinned")
type Place = tuple[str, int]
"""published_at as ISO text, which sorts as time does, and id."""
LOWEST: Place = ("", 0)


def articles(ol: Tag) -> dict[int, tuple[Place, str]]:
    found = {}
    for article in ol.select("li > article"):
        pk = int(str(article["data-id"]))
        found[pk] = ((str(article["data-published"]), pk), str(article))
    return found


def place(cursor: str) -> Place:
    moment, _, pk = cursor.partition("_")
    return (moment, int(pk)) if cursor else LOWEST


class Page:
    """One open page. `C`: its version; `shown`: what the feed holds; `bound`: the window's lower end."""

    def __init__(self, html: bytes) -> None:
        self.show(html)

    def show(self, html: bytes) -> None:
        """What was fetched takes the place of all that there was."""
        parsed = read(html)
        self.C, self.cursor = parsed.version, parsed.cursor
        self.bound = place(self.cursor)
        self.shown, self.slots = dict(parsed.shown), dict(parsed.slots)

    def apply_older(self, fragment: BeautifulSoup, cursor: str) -> None:
        """Put a fragment under what is shown; one that another has overtaken is not applied."""
        if cursor != self.cursor:
            return
        ol = fragment.select_one("ol.feed")
        self.shown |= articles(ol)
        self.C = min(self.C, int(str(ol["data-version"])))
        self.cursor = str(ol["data-older"])
        self.bound = place(self.cursor)

    def apply(self, delta: dict[str, Any]) -> bool:
        """Whether the page must be fetched anew."""
        if not delta["after"] <= self.C < delta["version"]:
            return False
        if delta["reset"]:
            return True
        for pk in delta["removed"]:
            self.shown.pop(pk, None)
        for update in delta["updates"]:
            at = (update["published_at"], update["id"])
            if at >= self.bound:
                self.shown[update["id"]] = at, normal(update["html"])
            else:
                self.shown.pop(update["id"], None)
        self.slots |= {name: normal(delta[name]) for name in SLOTS if delta[name] is not None}
        self.C = delta["version"]
        return False

    def feed(self) -> list[tuple[int, str]]:
        """What a person reads, from the top: ids and HTML."""
        ordered = sorted(self.shown.values(), reverse=True)
        return [(at[1], html) for at, html in ordered]


class Reader(Page):
    """A page that asks over Django's test client."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.client = Client()
        self.load()

    def get(self, address: str, **query: Any) -> Any:
        response = self.client.get(f"/live/{self.slug}/{address}", query)
        assert response.status_code == 200, (address, query, response.status_code, response.content[:300])
        return response

    def load(self) -> None:
        self.show(self.get("").content)

    def ask(self, after: int | None = None) -> dict[str, Any]:
        return json.loads(self.get("changes", after=self.C if after is None else after).content)

    def fragment(self) -> BeautifulSoup:
        return BeautifulSoup(self.get("older", before=self.cursor).content, "html.parser")

    def apply(self, delta: dict[str, Any]) -> bool:
        if super().apply(delta):
            self.load()
        return False


class Parsed(NamedTuple):
    """What stands in a page."""

    version: int
    cursor: str
    shown: dict[int, tuple[Place, str]]
    slots: dict[str, str]


@lru_cache(maxsize=64)
def read(html: bytes) -> Parsed:
    """Many readers fetch the same page."""
    page = BeautifulSoup(html, "html.parser")
    ol = page.select_one("ol.feed")
    version = int(str(page.select_one("live-coverage")["data-version"]))
    return Parsed(version, str(ol["data-older"]), articles(ol), {name: _slot(page, name) for name in SLOTS})


def _slot(page: BeautifulSoup, name: str) -> str:
    element = page.select_one(f'[data-slot="{name}"]')
    return normal(element.decode_contents()) if element else ""


@lru_cache(maxsize=4096)
def normal(html: str) -> str:
    """HTML as the parser writes it, so that the same elements are the same text."""
    return str(BeautifulSoup(html, "html.parser"))
