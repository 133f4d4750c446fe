"""Queries that every process makes after every post, written to SQL only once.

For such a query the ORM takes many times as long to write the SQL as PostgreSQL to answer it. A `Statement` keeps what
the ORM wrote, and fills in only the values:

    newest = Statement(lambda: Update.objects.feed().filter(coverage=Given("pk")).values_list("id", "version")[:20])
    rows = newest.rows(pk=5)

What several statements give is asked for in one message by `together`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

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


class Asked(NamedTuple):
    """A statement with its values, for `together`."""

    written: "_Written"
    params: list[Any]


def together(*asked: Asked) -> list[list[tuple[Any, ...]]]:
    """The rows that each gives, as a `values_list` has them; all are asked for in one message."""
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(one.written.sql for one in asked), list(chain(*(one.params for one in asked))))
        found = []
        for one in asked:
            found.append(one.written.converted(cursor.fetchall()))
            cursor.nextset()
        return found


class Statement[M: Model]:
    """A queryset's SQL, with `Given` values.

    `queryset` makes it when the statement is first run. It may prefetch by `Prefetch` along foreign keys, and only
    what is asked for as rows may annotate.
    """

    def __init__(self, queryset: Callable[[], QuerySet[M, Any]]) -> None:
        self._queryset = queryset

    def given(self, **values: Any) -> Asked:
        params = [values[one.value] if isinstance(one, Given) else one for one in self._written.params]
        return Asked(self._written, params)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """What a `values_list` gives."""
        return together(self.given(**values))[0]

    def objects(self, **values: Any) -> list[M]:
        """Instances, with what the queryset selects and prefetches beside them.

        Where it is asked for by primary keys, AnyOf("ids"), what is beside them comes in the same message.
        """
        beside = self._written.prefetched
        if "ids" in values:
            ids = values["ids"]
            rows, *others = together(self.given(**values), *(one.statement.given(ids=ids) for one in beside))
        else:
            rows = self.rows(**values)
            ids = [row[self._written.key] for row in rows]
            others = together(*(one.statement.given(ids=ids) for one in beside)) if ids else []
        found: list[M] = self._written.instances(rows)
        for one, its_rows in zip(beside, others, strict=False):
            one.put(found, its_rows)
        return found

    @cached_property
    def _written(self) -> "_Written":
        return _Written(self._queryset())


class _Written:
    """A queryset as SQL, and what makes instances of its rows."""

    def __init__(self, queryset: Any) -> None:
        self._model = queryset.model
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.params = self._compiler.as_sql()
        select, told = self._compiler.select, self._compiler.klass_info or {}
        self._converters = self._compiler.get_converters([column[0] for column in select])
        self._columns = [select[at][0].target.attname for at in told.get("select_fields", ())]
        self._selected = get_related_populators(told, select, DEFAULT_DB_ALIAS, queryset._fetch_mode)
        self.prefetched = list(_prefetched(queryset))

    @property
    def key(self) -> int:
        """Where the primary key stands in a row."""
        return self._columns.index(self._model._meta.pk.attname)

    def converted(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return list(self._compiler.apply_converters(rows, self._converters)) if self._converters else rows

    def instances(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        found = []
        for row in rows:
            one = self._model.from_db(DEFAULT_DB_ALIAS, self._columns, row[: len(self._columns)])
            for related in self._selected:
                related.populate(row, one)
            found.append(one)
        return found


class _Beside(NamedTuple):
    """Something that is prefetched: its name, the column of its foreign key, and what gives it."""

    name: str
    column: str
    statement: Statement[Any]

    def put(self, instances: Sequence[Model], rows: list[tuple[Any, ...]]) -> None:
        """Put each instance's where Django's own prefetching puts it."""
        by_key: dict[Any, list[Model]] = {one.pk: [] for one in instances}
        for row in self.statement._written.instances(rows):
            by_key[getattr(row, self.column)].append(row)
        for one in instances:
            vars(one).setdefault("_prefetched_objects_cache", {})[self.name] = by_key[one.pk]


def _prefetched(queryset: Any) -> Iterator[_Beside]:
    for prefetch in queryset._prefetch_related_lookups:
        key = queryset.model._meta.get_field(prefetch.prefetch_to).field
        rows = prefetch.queryset.filter(**{key.name: AnyOf("ids")})
        yield _Beside(prefetch.prefetch_to, key.attname, Statement(rows.all))
