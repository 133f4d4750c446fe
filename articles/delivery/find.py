"""From an address to a coverage, and from text to a version: what pages, deltas and streams all begin with."""

from typing import NamedTuple

from django.db import connection

from articles.changes import Withdrawn
from articles.models import Coverage, FormerSlug, Site
from articles.models.statement import Given, Statement

MAX_VERSION = 2**53
"""Whole numbers beyond this are not exact in JavaScript, so no version is larger."""


SITE = 0
"""Stands for the whole site where a coverage's id does: its version counts what is published anywhere."""
VERSIONS = """SELECT id, version FROM articles_coverage WHERE id = ANY(%s)
    UNION ALL SELECT 0, version FROM articles_site WHERE id = 1"""


class Found(NamedTuple):
    """What an address needs to know of its coverage: one small query."""

    pk: int
    version: int
    slug: str
    state: str
    mode: str
    poll_seconds: int | None


_AT = Statement(lambda: Coverage.objects.filter(slug=Given("slug")).values_list(*Found._fields))


class Moved(Exception):
    """The coverage has another slug now."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def coverage(slug: str) -> Found:
    """The public coverage at this slug. Raises Coverage.DoesNotExist (unknown or draft), Moved or Withdrawn."""
    row = next(iter(_AT.rows(slug=slug)), None)
    if row is None:
        former = FormerSlug.objects.filter(slug=slug).values_list("coverage__slug", "coverage__state").first()
        if former is None:
            raise Coverage.DoesNotExist
        _check(former[1])  # the slug that it has now says something of it too
        raise Moved(former[0])
    _check(row[3])
    return Found(*row)


def site() -> Found:
    """What shows every coverage: the front page, the feed of all, the sitemap."""
    version = Site.objects.values_list("version", flat=True).first() or 0
    return Found(SITE, version, "", Coverage.State.LIVE, Coverage.Mode.STREAM, None)


def versions(pks: list[int]) -> dict[int, int]:
    """The versions of these coverages now, whatever their state, and of the site."""
    with connection.cursor() as cursor:
        return dict(cursor.execute(VERSIONS, [pks]).fetchall())


def _check(state: str) -> None:
    if state == Coverage.State.WITHDRAWN:
        raise Withdrawn
    if state == Coverage.State.DRAFT:
        raise Coverage.DoesNotExist


def parse_version(text: str | None) -> int:
    """A version as a client sends it. Raises ValueError with a sentence for it."""
    digits = len(str(MAX_VERSION))
    if not text or not text.isascii() or not text.isdigit() or len(text) > digits or int(text) > MAX_VERSION:
        raise ValueError("after must be a version: a whole number such as 1645999441000.")
    return int(text)
