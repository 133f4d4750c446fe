"""What tests ask of the database itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from psycopg.conninfo import make_conninfo
from psycopg.errors import DeadlockDetected

from liveblog.postgres import conninfo

from .browser.waiting import until

KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions", "django_migrations"}
"""What migrations fill. Processes remember the ids of content types: servers can stay while tables are emptied."""


def empty() -> None:
    """Remove every row that a test may have committed: in one statement, a quarter of the time that `flush` takes."""
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    tables.add("access_cache")  # of no model
    with connection.cursor() as cursor:
        until(lambda: _truncated(cursor, sorted(tables)))


def count_from_one(model: type[Model]) -> None:
    """As in a new database; emptied tables count on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [model._meta.db_table])


def _truncated(cursor: CursorWrapper, tables: list[str]) -> bool:
    """False: a server that still reads for a page just closed has them in another order."""
    try:
        cursor.execute(f"TRUNCATE {', '.join(map(connection.ops.quote_name, tables))}")
    except OperationalError as error:
        if isinstance(error.__cause__, DeadlockDetected):
            return False
        raise
    return True


def url() -> str:
    """Where it is, for another process."""
    names = ("host", "port", "user", "password", "dbname")
    return make_conninfo(**{name: value for name, value in conninfo().items() if name in names and value})


def wait_until_left() -> None:
    """A database in use cannot be dropped, and the sessions of a process that has ended take a moment to end too."""
    address = url()
    connection.close()
    connection.close_pool()
    # Playwright's event loop, when it begins or ends, puts connections out of Django's reach.
    for left in [one for one in gc.get_objects() if issubclass(type(one), psycopg.Connection) and not one.closed]:
        left.close()
    others = (
        "SELECT application_name, state, state_change, query FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(address, autocommit=True) as asking:
        try:
            until(lambda: not asking.execute(others).fetchall())
        except AssertionError as error:
            raise AssertionError(f"still there: {asking.execute(others).fetchall()}") from error


@contextmanager
def violates(constraint: str) -> Iterator[None]:
    """The block must be refused by this constraint (a trigger's too)."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        yield
    assert refused.value.__cause__.diag.constraint_name == constraint
