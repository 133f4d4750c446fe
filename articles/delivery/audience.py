"""How many readers each process serves, and how soon it handed them a version: written by the hub, read by the desk.

Numbers of the moment, in a table that no crash need keep; none of it is anything that readers see.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from articles.models import Audience
from articles.publishing.edition import CHANNEL

FRESH = 25
"""Seconds after which a process that has said nothing is taken to be gone."""


class Count(NamedTuple):
    """One process's readers of one coverage; `handed` of them were given `version`, `ago` seconds ago."""

    coverage: int
    readers: int
    version: int = 0
    handed: int = 0
    ago: float = 0.0


class Reach(NamedTuple):
    """All processes' readers, and to how many connections the newest version went in how many milliseconds."""

    readers: int
    version: int
    handed: int
    milliseconds: int


# A count without a version leaves the last one handed as it is. The database's clock took the version, and measures.
_REPORT = """
INSERT INTO articles_audience AS a (process, coverage_id, readers, version, handed, milliseconds, seen_at)
SELECT %(process)s, c.id, %(readers)s, %(version)s, %(handed)s,
    greatest(0, extract(epoch FROM clock_timestamp()) * 1000 - %(ago)s * 1000 - %(version)s)
    * (%(version)s > 0)::int, clock_timestamp()
FROM articles_coverage c WHERE c.id = %(coverage)s
ON CONFLICT (process, coverage_id) DO UPDATE SET readers = excluded.readers, seen_at = excluded.seen_at,
    version = greatest(a.version, excluded.version),
    handed = CASE WHEN excluded.version > a.version THEN excluded.handed ELSE a.handed END,
    milliseconds = CASE WHEN excluded.version > a.version THEN excluded.milliseconds ELSE a.milliseconds END
"""
_REACH = """
WITH fresh AS (
    SELECT * FROM articles_audience
    WHERE coverage_id = %s AND seen_at > clock_timestamp() - make_interval(secs => %s)
), newest AS (SELECT max(version) AS version FROM fresh)
SELECT coalesce(sum(readers), 0), coalesce(max(newest.version), 0),
    coalesce(sum(handed) FILTER (WHERE fresh.version = newest.version), 0),
    coalesce(max(milliseconds) FILTER (WHERE fresh.version = newest.version), 0)
FROM fresh, newest
"""


def report(process: UUID, counts: Iterable[Count]) -> None:
    """Say how many this process serves; desks are told."""
    with connection.cursor() as cursor:
        for count in counts:
            cursor.execute(_REPORT, {"process": process, **count._asdict()})
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"audience {count.coverage}"])


def forget(process: UUID) -> None:
    """This process serves nobody any more."""
    Audience.objects.filter(process=process).delete()


def reach(pk: int) -> Reach:
    """The readers of a coverage now, over all processes that hold streams."""
    with connection.cursor() as cursor:
        return Reach(*cursor.execute(_REACH, [pk, FRESH]).fetchone())
