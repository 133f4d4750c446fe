"""Loads the demo through the same doors as everybody else: articles.publishing."""

from collections.abc import Callable
from typing import Any

from django.core.files.base import File
from django.db.models import Q

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates
from articles.publishing.updates import Content

from . import data
from .data import Table

State = Coverage.State
type Say = Callable[[str], None]
PLAIN = ("headline", "body", "embed", "key_event", "pinned", "correction", "published_at", "edited_at", "corrected_at")
"""Fields of an update that stand in the files just as publishing takes them."""


def is_wanted() -> bool:
    """Whether the database is empty, or an earlier load was cut short."""
    if not Coverage.objects.exists():
        return True
    there = Update.objects.filter(token__in=_tokens()).count()
    return 0 < there < len(_tokens())


def load(say: Say) -> int:
    """Make both coverages, unless they are there; how many updates were posted."""
    before, after = Loader(data.ended(), say), Loader(data.live(), say)
    posted = before.load() + after.load()
    ends = data.ended()["coverage"]
    if before.coverage.state == State.LIVE:
        coverages.end(before.coverage, successor=after.coverage, at=ends["ended_at"])
    return posted


def standing(table: Table) -> Coverage | None:
    """The demo's coverage, under whichever address it has by now."""
    slug = table["coverage"]["slug"]
    found: Coverage | None = Coverage.objects.filter(Q(slug=slug) | Q(former_slugs__slug=slug)).first()
    return found


class Loader:
    """One coverage of the demo and its content."""

    def __init__(self, table: Table, say: Say) -> None:
        self.table = table
        self.slug: str = table["coverage"]["slug"]
        self.say = say
        self.photos = {photo["file"]: photo for photo in table.get("photos", [])}

    def load(self) -> int:
        """What is missing is made, what is there stays as it is; how many updates were posted."""
        self.coverage = standing(self.table) or self._create()
        if self.coverage.state == State.DRAFT:
            self.coverage = coverages.start(self.coverage, at=self.table["coverage"]["started_at"])
        known = set(Update.objects.filter(token__in=_tokens()).values_list("token", flat=True))
        missing = [entry for entry in self.table["updates"] if data.token(self.slug, entry["key"]) not in known]
        if missing:
            self.say(f"Loading {len(missing)} updates of “{self.coverage}”, with their photos …")
        for entry in missing:
            self.post(entry, data.token(self.slug, entry["key"]))
        if missing and not self.coverage.key_points.exists():
            self.set_key_points(self.table.get("key_points", []), self.update)
        return len(missing)

    def _create(self) -> Coverage:
        given = self.table["coverage"]
        lead = given.get("lead")
        return coverages.create(
            slug=self.slug,
            **{field: given[field] for field in ("headline", "section", "summary", "time_zone", "language")},
            authors=authors(given),
            lead=self._placed(lead) if lead else None,
        )

    def post(self, entry: Table, token: Any) -> Update:
        return updates.post(self.coverage, token=token, **self.content(entry)).update

    def update(self, key: str) -> Update:
        found: Update = Update.objects.get(token=data.token(self.slug, key))
        return found

    def content(self, entry: Table) -> Content:
        """An entry of the files as publishing takes it; what it does not say stays as it is."""
        content: Content = {field: entry[field] for field in PLAIN if field in entry}  # type: ignore[assignment]
        if "authors" in entry:
            content["authors"] = authors(entry)
        if "photos" in entry:
            content["photos"] = [self._placed(placed) for placed in entry["photos"]]
        return content

    def set_key_points(self, points: list[Table], find: Callable[[str], Update]) -> None:
        content = [
            KeyPointContent(point["text"], find(point["update"]) if "update" in point else None) for point in points
        ]
        coverages.set_key_points(self.coverage, content)

    def _placed(self, place: Table) -> PlacedPhoto:
        return PlacedPhoto(self._photo(self.photos[place["photo"]]), place.get("caption", ""))

    def _photo(self, given: Table) -> Photo:
        """The same picture, said to be the same, is taken in once."""
        about = {field: given.get(field, "") for field in ("alt", "caption", "credit")}
        if found := Photo.objects.usable().filter(**about).first():
            return found
        with data.PHOTOS.joinpath(given["file"]).open("rb") as file:
            return sources.add_photo(image=File(file), **about)


def authors(entry: Table) -> list[Author]:
    return [sources.author_named(name) for name in entry["authors"]]


def _tokens() -> list[Any]:
    tables = (data.ended(), data.live())
    return [data.token(table["coverage"]["slug"], entry["key"]) for table in tables for entry in table["updates"]]
