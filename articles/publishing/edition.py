"""Versions under the row lock: the frame around everything that readers can see change.

The order in which rows are locked is the same for all, so that no two transactions wait for each other:
coverages by id, then authors by id, then photos by id, then the trigger on successors, then the site.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, models, transaction

from articles.models import Coverage
from articles.models.coverage import SLOTS
from articles.models.fields import to_milliseconds

from .errors import Refused

CHANNEL = "liveblog"
"""NOTIFY's channel. A payload is "<coverage id> <version>", and "site <version>" once a transaction; for the desk
of a coverage "desk <coverage id>" once something changed there, and the same with "people" and "audience"."""


class Edition:
    """The coverages that one transaction holds locked; what it touches gets the next version of its coverage."""

    def __init__(self, coverages: dict[int, Coverage], now: datetime) -> None:
        self.coverages = coverages
        self.now = now
        """The database's clock under the lock, in whole milliseconds."""
        self._touched: dict[int, set[str]] = {}
        self._revised: set[int] = set()

    def revise(self, coverage_id: int) -> int:
        """The coverage's next revision, taken once: for what its desk sees change, whether or not readers do."""
        coverage = self.coverages[coverage_id]
        if coverage_id not in self._revised:
            self._revised.add(coverage_id)
            coverage.revision = self._after(coverage.revision)
        return coverage.revision

    def _after(self, number: int) -> int:
        return max(number + 1, int(self.now.timestamp() * 1000))

    def version(self, coverage_id: int) -> int:
        """The coverage's next version: taken once, the same for all that this transaction changes in it."""
        coverage = self.coverages[coverage_id]
        if coverage_id not in self._touched:
            self._touched[coverage_id] = set()
            self.revise(coverage_id)
            coverage.version = self._after(coverage.version)
        return coverage.version

    def touch(self, coverage_id: int, *slots: str) -> int:
        """Stamp these slots (of models.coverage.SLOTS, or "html") with the coverage's next version."""
        version = self.version(coverage_id)
        for slot in slots:
            setattr(self.coverages[coverage_id], f"{slot}_version", version)
        self._touched[coverage_id].update(slots)
        return version

    def close(self) -> None:
        for pk in sorted(self._revised):
            coverage = self.coverages[pk]
            stamps = [f"{slot}_version" for slot in self._touched.get(pk, ())]
            numbers = {"revision": coverage.revision, "version": coverage.version} | dict.fromkeys(
                stamps, coverage.version
            )
            Coverage.objects.filter(pk=pk).update(**numbers)
            if pk in self._touched:
                notify(f"{pk} {coverage.version}")
            notify(f"desk {pk}")
        if self._touched:
            notify(f"site {next_site_version(self.now)}")


def next_site_version(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_site AS site (id, version) VALUES (1, %(now)s) ON CONFLICT (id)"
            " DO UPDATE SET version = greatest(site.version + 1, %(now)s) RETURNING version",
            {"now": int(now.timestamp() * 1000)},
        )
        version: int = cursor.fetchone()[0]
        return version


def notify(payload: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


def clock() -> datetime:
    """The database's time now, which goes on while a transaction waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return to_milliseconds(now.astimezone(UTC))


@contextmanager
def edition(*ids: int) -> Iterator[Edition]:
    """One publishing transaction on these coverages: committed, and told to all processes, when the block ends.

    Raises Refused when one of them is gone. Must not stand inside another transaction: what is
    acknowledged after it is durable.
    """
    with transaction.atomic(durable=True):
        locked = Coverage.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        coverages = {coverage.pk: coverage for coverage in locked}
        if missing := set(ids) - coverages.keys():
            raise Refused(f"There is no coverage {min(missing)}; it may have been deleted.")
        opened = Edition(coverages, clock())
        yield opened
        opened.close()


class _Moved(Exception):
    """What had to be locked grew while it was being locked."""


@contextmanager
def edition_of(find: Callable[[], Iterable[int]], hold: Callable[[], object] = lambda: None) -> Iterator[Edition]:
    """An edition of the coverages that `find` names, which is asked again once they and `hold`'s rows are locked."""
    while True:
        ids = set(find())
        try:
            with edition(*ids) as opened:
                hold()
                if not set(find()) <= ids:
                    raise _Moved
                yield opened
        except _Moved:
            continue
        return


def hold(model: type[models.Model], ids: Iterable[int]) -> None:
    """Lock these authors or photos until the transaction ends, so that what shows them can't be missed."""
    list(model._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))


__all__ = ["CHANNEL", "SLOTS", "Edition", "clock", "edition", "edition_of", "hold", "next_site_version", "notify"]
