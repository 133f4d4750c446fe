"""The door for what was published once and comes back as it was: numbers, versions and histories included.

Nothing here makes an update or changes one; `articles.archive` and the restoring of backups come in this way.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction
from django.db.models.fields.files import FieldFile

from articles.models import Coverage, Photo

from . import renditions
from .edition import clock, next_site_version, notify


def take_back(coverage: Coverage, rows: Iterable[models.Model]) -> None:
    """Insert the coverage's rows, `coverage` among them, as they are: each after what it refers to.

    Readers of the site hear of it; nobody can have the coverage itself open yet. Raises IntegrityError when a number
    or slug is taken, and then nothing was done. Must not stand inside another transaction.
    """
    with transaction.atomic(durable=True):
        models_of = set()
        for row in rows:
            row.save_base(raw=True, force_insert=True)  # neither clocks nor histories of its own
            models_of.add(type(row))
            if isinstance(row, Photo):
                renditions.queue(row)
        for model in models_of:
            _count_on(model, model)
            if of := getattr(model, "instance_type", None):  # a history, whose own row may be gone
                _count_on(of, model)
        _lead_on_to(coverage)
        notify(f"{coverage.pk} {coverage.version}")
        notify(f"site {next_site_version(clock())}")


def _lead_on_to(coverage: Coverage) -> None:
    """What came in before the coverage that goes on from it says so from now on."""
    waiting = Coverage.objects.select_for_update(no_key=True).filter(awaited_successor=coverage.slug, successor=None)
    if one := waiting.order_by("pk").first():
        version = max(one.version + 1, int(clock().timestamp() * 1000))
        stamps = dict.fromkeys(("version", "header_version", "notice_version"), version)
        Coverage.objects.filter(pk=one.pk).update(successor=coverage, awaited_successor="", **stamps)
        notify(f"{one.pk} {version}")


def free_number(model: type[models.Model]) -> int:
    """A number that no row of the model has or will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [_sequence(model)])
        number: int = cursor.fetchone()[0]
        return number


def _count_on(model: type[models.Model], rows: type[models.Model]) -> None:
    """New rows get numbers beyond those that came in as `rows`; never one that was given out before."""
    table, key = (connection.ops.quote_name(name) for name in (rows._meta.db_table, str(model._meta.pk.column)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(%s, greatest((SELECT max({key}) FROM {table}), nextval(%s)))",  # noqa: S608
            [_sequence(model)] * 2,
        )


def _sequence(model: type[models.Model]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, model._meta.pk.column])
        return str(cursor.fetchone()[0])


def keep_file(field: FieldFile, content: Any) -> str:
    """Put a file into the field's storage under its own name, or the same file under the name that is free there.

    The name under which it lies. Who calls this deletes the file again when the rows are not taken.
    """
    return str(field.storage.save(str(field.name), content, max_length=field.field.max_length))


def everything_anew() -> int:
    """After a backup was restored: have every open page, whatever newer state it shows, fetch itself.

    Renditions are in no backup: all are to be made anew.

    The number of coverages.
    """
    with transaction.atomic(durable=True):
        Photo.objects.usable().update(rendered_at=None)
        found = list(Coverage.objects.select_for_update(no_key=True).order_by("pk"))
        now = int(clock().timestamp() * 1000)
        for coverage in found:
            version = max(coverage.version + 1, now)
            Coverage.objects.filter(pk=coverage.pk).update(version=version, reset_version=version, html_version=version)
            notify(f"{coverage.pk} {version}")
        notify(f"site {next_site_version(clock())}")
    return len(found)
