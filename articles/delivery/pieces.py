"""What pages and deltas are joined from, each rendered once per version and process.

The HTML of an update is kept under *its* version and a slot's under the slot's; what all pages of one
version share is kept under the coverage's.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from articles import changes
from articles.changes import Changes, Entry, Snapshot, reading
from articles.models import Coverage, Update
from articles.models.coverage import SLOTS
from articles.models.querysets import UpdateQuerySet
from articles.models.statement import AnyOf, Given, Statement

from . import cards, mode
from .build import build
from .memory import Memory
from .structured_data import live_blog, posting

memory = Memory(settings.PAGE_MEMORY // 2)
_UPDATES = Statement(lambda: _shown_updates().filter(pk=AnyOf("ids")))
_PINNED = Statement(lambda: _shown_updates().filter(coverage=Given("pk"), pinned=True))
_KEY_EVENTS = Statement(lambda: Update.objects.key_events().filter(coverage=Given("pk"))[: changes.KEY_EVENTS + 1])


class Rendered:
    """An update as it stands in feeds, and as structured_data.posting gives it, which deltas do not wait for."""

    def __init__(self, update: Update) -> None:
        self._update: Update | None = update
        self._posting = ""
        self.html = article(update)

    @property
    def posting(self) -> str:
        if update := self._update:
            self._posting = posting(update)
            self._update = None  # last: another thread may ask at the same time
        return self._posting

    @property
    def weight(self) -> int:
        """Bytes, about, with its posting."""
        return len(self.html) * 4


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What all pages of a coverage share at `coverage.version`."""

    coverage: Coverage
    articles: dict[int, SafeString]
    """The newest updates of the feed by id, newest first."""
    postings: dict[int, str]
    """Of the same, as structured_data.posting gives them, the pinned one before them."""
    live_blog: str
    """What structured_data.live_blog gives."""
    older: str
    """The cursor of what stands below them; "" when that is nothing."""
    slots: dict[str, SafeString]
    updated: str
    """The line that says when something was last published or edited."""
    read_at: str
    """When all this was read, as changes.iso gives it."""
    changed: dict[int, int]
    """The version of each of the changes.CHANGED updates, by id, that changed last."""

    def is_unchanged(self, update_id: int, since: int) -> bool:
        """Whether the update is known to be as it was at the coverage's version `since`."""
        if not since <= self.coverage.version:
            return False
        is_whole = len(self.changed) < changes.CHANGED or min(self.changed.values()) <= since
        return is_whole and self.changed.get(update_id, 0) <= since


def shown(pk: int, version: int) -> Shown:
    """The coverage as it stands at `version`, or later. Raises like changes.public_coverage."""
    key = ("shown", pk, version)
    found = memory.get(key, lambda: _shown(pk), lambda _: 20_000)  # its HTML weighs where it is kept itself
    if found.coverage.version != version:  # the database was ahead of the version that was asked for
        memory.move(key, ("shown", pk, found.coverage.version))
    return found


def _shown(pk: int) -> Shown:
    with reading():
        found = with_known(pk, partial(changes.snapshot, pk, settings.PAGE_UPDATES))
        changed = changes.changed_last(pk)
        updated_at = changes.updated_at(pk, changed)
        with voice(found.coverage):
            newest = rendered(found.coverage, found.entries)
            return Shown(
                coverage=found.coverage,
                articles={pk: one.html for pk, one in newest.items()},
                postings=_pinned_posting(found.coverage) | {pk: one.posting for pk, one in newest.items()},
                live_blog=live_blog(found.coverage, updated_at),
                older=str(found.rest or ""),
                slots=slots(found.coverage, SLOTS),
                updated=render("_updated", updated_at=updated_at),
                read_at=changes.iso(timezone.now()),
                changed={one.id: one.version for one in changed},
            )


def with_known[T: (Snapshot, Changes)](pk: int, read: Callable[..., T]) -> T:
    """What `read` gives, to which the coverage is `known` as it was read last."""
    found = read(known=memory.peek(("coverage", pk)))
    memory.put(("coverage", pk), found.coverage, 20_000)
    return found


@contextmanager
def voice(coverage: Coverage) -> Iterator[None]:
    """The coverage's own language and time zone, whoever asks."""
    with translation.override(coverage.language), timezone.override(coverage.zone):
        yield


def articles(coverage: Coverage, entries: Iterable[Entry]) -> dict[int, SafeString]:
    """Each entry's `<article>` by id."""
    return {pk: one.html for pk, one in rendered(coverage, entries).items()}


def rendered(coverage: Coverage, entries: Iterable[Entry]) -> dict[int, Rendered]:
    """Each entry by id: from memory, or, all that are missing at once, from the database."""
    keys = {entry.id: ("update", entry.id, max(entry.version, coverage.html_version)) for entry in entries}
    found: dict[int, Any] = {pk: memory.peek(key) for pk, key in keys.items()}
    missing = [pk for pk, one in found.items() if one is None]
    if missing:
        for update in _of(coverage, _UPDATES.objects(ids=missing)):
            one = found[update.pk] = Rendered(update)
            memory.put(keys[update.pk], one, one.weight)
    return found


def article(update: Update) -> SafeString:
    """An update as it stands in feeds."""
    context = {"update": update, "coverage": update.coverage}
    return mark_safe(tight(render_to_string("articles/_update.html", context)))


def slots(coverage: Coverage, names: Iterable[str]) -> dict[str, SafeString]:
    """The HTML of these slots, of models.coverage.SLOTS."""
    return {name: _kept_slot(coverage, name) for name in names}


def _kept_slot(coverage: Coverage, name: str) -> SafeString:
    version = max(getattr(coverage, f"{name}_version"), coverage.html_version)
    key = ("slot", name, coverage.pk, version)
    return mark_safe(memory.get(key, lambda: slot(coverage, name), lambda html: len(html) * 2 + 100))


def slot(coverage: Coverage, name: str) -> str:
    """One slot made anew, kept nowhere."""
    context: dict[str, Any] = {"coverage": coverage}
    if name == "key_events":
        newest = _of(coverage, _KEY_EVENTS.objects(pk=coverage.pk))
        context |= {"key_events": newest[: changes.KEY_EVENTS], "more": len(newest) > changes.KEY_EVENTS}
    elif name == "pinned":
        context["update"] = _pinned(coverage)
        if context["update"] is None:
            return ""
    return tight(render_to_string(f"articles/_{name}.html", context))


def _pinned(coverage: Coverage) -> Update | None:
    return next(iter(_of(coverage, _PINNED.objects(pk=coverage.pk))), None)


def _shown_updates() -> UpdateQuerySet:
    """With all that their HTML shows but the coverage, which is known."""
    return Update.objects.published().with_content().select_related(None)


def _of(coverage: Coverage, updates: list[Update]) -> list[Update]:
    for update in updates:
        update.coverage = coverage
    return updates


def _pinned_posting(coverage: Coverage) -> dict[int, str]:
    """The pinned update's posting by its id; empty when none is pinned."""
    if not _kept_slot(coverage, "pinned"):
        return {}

    def made() -> dict[int, str]:
        pinned = _pinned(coverage)
        return {pinned.pk: posting(pinned)} if pinned else {}

    key = ("pinned", coverage.pk, max(coverage.pinned_version, coverage.html_version))
    return memory.get(key, made, lambda found: sum(map(len, found.values())) * 2 + 200)


def tight(html: str) -> str:
    """Without the templates' indentation, which means nothing: no element of ours keeps white space."""
    return "\n".join(filter(None, map(str.strip, html.split("\n"))))


def render(template: str, **context: Any) -> str:
    """A template of articles/ with what all of them know of the site."""
    site = {
        "name": settings.PUBLICATION_NAME,
        "tagline": settings.PUBLICATION_TAGLINE,
        "url": settings.SITE_URL,
        "build": build(),
        "sections": [],
    }
    about = context.get("update") or context.get("coverage")
    coverage = context.get("coverage")
    page = {
        "mode": mode.of(coverage) if coverage else mode.current(),
        "poll": coverage.poll if coverage else settings.POLL_SECONDS,
        "now": changes.iso(timezone.now()),
        "preview": False,
    }
    if about:
        page["card"] = partial(cards.address, about)  # asked for by few templates
    return tight(render_to_string(f"articles/{template}.html", {"site": site} | page | context))
