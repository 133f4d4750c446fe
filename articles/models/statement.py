"""Queries that every process makes after every post, written to SQL only once.

For such a query the ORM takes many times as long to write the SQL as PostgreSQL to answer it. A `Statement` keeps what
the ORM wrote, and fills in only the values:

    newest = Statement(lambda: Update.objects.feed().filter(coverage=Given("pk")).values_list("id", "version")[:20])
    rows = newest.rows(pk=5)
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet, Value
from django.db.models.query import get_related_populators


class Given(Value):
    """Stands in a queryset for a value that is given when the statement is run."""

    sql = "%s"

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.sql, [self]


class AnyOf(Given):
    """One of the values of a list that is given."""

    sql = "ANY(%s)"


class Statement[M: Model]:
    """A queryset's SQL, with `Given` values.

    `queryset` makes it when the statement is first run. It may prefetch by `Prefetch` along foreign keys, not annotate.
    """

    def __init__(self, queryset: Callable[[], QuerySet[M, Any]]) -> None:
        self._queryset = queryset

    def rows(self, **given: Any) -> list[tuple[Any, ...]]:
        """What a `values_list` gives."""
        written = self._written
        params = [given[one.value] if isinstance(one, Given) else one for one in written.params]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, params)
            return list(written.compiler.apply_converters(cursor.fetchall(), written.converters))

    def objects(self, **given: Any) -> list[M]:
        """Instances, with what the queryset selects and prefetches beside them."""
        written, found = self._written, []
        for row in self.rows(**given):
            one = written.model.from_db(DEFAULT_DB_ALIAS, written.columns, row[: len(written.columns)])
            for related in written.selected:
                related.populate(row, one)
            found.append(one)
        for name, column, statement in written.prefetched if found else ():
            rows: dict[Any, list[Model]] = {one.pk: [] for one in found}
            for row in statement.objects(ids=list(rows)):
                rows[getattr(row, column)].append(row)
            for one in found:  # where Django's own prefetching puts it
                vars(one).setdefault("_prefetched_objects_cache", {})[name] = rows[one.pk]
        return found

    @cached_property
    def _written(self) -> "_Written":
        return _Written(self._queryset())


class _Written:
    """A queryset as SQL, and what makes instances of its rows."""

    def __init__(self, queryset: Any) -> None:
        self.model = queryset.model
        self.compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.params = self.compiler.as_sql()
        select, told = self.compiler.select, self.compiler.klass_info or {}
        self.converters = self.compiler.get_converters([column[0] for column in select])
        self.columns = [select[at][0].target.attname for at in told.get("select_fields", ())]
        self.selected = get_related_populators(told, select, DEFAULT_DB_ALIAS, queryset._fetch_mode)
        self.prefetched = list(_prefetched(queryset))


def _prefetched(queryset: Any) -> Iterator[tuple[str, str, Statement[Any]]]:
    """Of each thing that is prefetched: its name, the column of the foreign key, and the statement for it."""
    for prefetch in queryset._prefetch_related_lookups:
        key = queryset.model._meta.get_field(prefetch.prefetch_to).field
        rows = prefetch.queryset.filter(**{key.name: AnyOf("ids")})
        yield prefetch.prefetch_to, key.attname, Statement(rows.all)
