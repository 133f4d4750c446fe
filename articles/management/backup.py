"""The whole site as one file: PostgreSQL's own dump, and every file that it refers to, of one moment."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import FileField
from psycopg import OperationalError

from articles.archive import parcel
from articles.archive.parcel import Item, Parcel, Progress
from articles.changes import reading
from liveblog import postgres
from liveblog.postgres import binaries

FORMAT = "liveblog-backup-1"
DUMP = "database.dump"
EMPTY = ("access_session",)
"""Tables whose rows are left out: a restored site has nobody signed in."""


class Made(NamedTuple):
    files: int
    bytes: int
    missing: list[str]
    """Files that the database names and nobody has: erased a moment ago, or lost."""


def make(path: Path, progress: Progress) -> Made:
    """Write the backup. Raises CommandError when PostgreSQL's program fails, and OSError."""
    parcel.refuse_to_replace(path)
    dump = path.with_name(f"{path.name}.dump")
    try:
        with reading():  # the dump and the list of files are of the same moment
            _dump(dump, _snapshot())
            named = list(_named_files())
        items = [Item(name, partial(field.storage.open, stored)) for name, field, stored in named]
        missing = [name for name, field, stored in named if not field.storage.exists(stored)]
        whole = [Item(DUMP, partial(dump.open, "rb")), *(item for item in items if item.name not in missing)]
        parcel.write(path, {"site": settings.SITE_URL}, whole, FORMAT, progress)
    finally:
        dump.unlink(missing_ok=True)
    return Made(len(whole) - 1, path.stat().st_size, missing)


def _snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def _dump(path: Path, snapshot: str) -> None:
    without = [f"--exclude-table-data={table}" for table in EMPTY]
    options = ["--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", "--no-unlogged-table-data"]
    with parcel.private(path) as file:
        _run(["pg_dump", *options, *without], stdout=file)


def file_fields() -> Iterator["FileField"]:
    for model in apps.get_models():
        yield from (field for field in model._meta.concrete_fields if isinstance(field, FileField))


def _named_files() -> Iterator[tuple[str, FileField, str]]:
    """Each file that a row names: its name in the backup, its field, and its name in the field's storage."""
    seen = set()
    for field in file_fields():
        for stored in field.model._default_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True):
            if stored and (id(field.storage), stored) not in seen:
                seen.add((id(field.storage), stored))
                yield f"files/{field.model._meta.label_lower}/{field.name}/{stored}", field, stored


# ── Restoring ───────────────────────────────────────────────────────────────────────────────────────────


def restore(archive: Parcel, progress: Progress) -> int:
    """Put the backup's files and database in place; the number of files. The database must be empty."""
    fields = {f"files/{field.model._meta.label_lower}/{field.name}/": field for field in file_fields()}
    files = [name for name in archive.names if name != DUMP]
    for number, name in enumerate(files, 1):
        _put(archive, name, fields)
        progress(number, len(files))
    _clear()
    with archive.open(DUMP) as dump:
        _run(["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"], stdin=dump)
    return len(files)


def rows() -> int:
    """What would be lost: how much coverage, and how many accounts, the database has."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        count = 0
        for table in {"articles_coverage", "auth_user"} & tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            count += cursor.fetchone()[0]
    return count


def _put(archive: Parcel, name: str, fields: dict[str, FileField]) -> None:
    folder = next((folder for folder in fields if name.startswith(folder)), None)
    if folder is None:
        raise ValidationError(f"The backup holds {name}, which belongs to nothing that is known here.")
    storage, stored = fields[folder].storage, name.removeprefix(folder)
    storage.delete(stored)
    with archive.open(name) as file:
        storage.save(stored, File(file))


def _clear() -> None:
    """Take the empty tables away, whichever version made them."""
    if connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


# ── PostgreSQL's programs ───────────────────────────────────────────────────────────────────────────────


def _run(command: list[str], *, stdout: Any = None, stdin: Any = None) -> None:
    """Run one of PostgreSQL's programs on our database. Raises CommandError with what it said."""
    program, *options = command
    arguments = [_program(program), *options, *(["--dbname", _environment()["PGDATABASE"]] if stdin else [])]
    process = subprocess.Popen(
        arguments,
        env=os.environ | _environment(),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    if stdin and process.stdin:
        try:
            copyfileobj(stdin, process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it says why on stderr
        process.stdin = None
    _nothing, said = process.communicate()
    if process.returncode:
        raise CommandError(f"{program} failed: {said.decode(errors='replace').strip()}")


def _environment() -> dict[str, str]:
    """The way to the database as libpq's variables: a password in the arguments would be seen by everybody."""
    given = {name: str(value) for name, value in postgres.conninfo().items() if value not in (None, "")}
    return {"PGDATABASE" if name == "dbname" else f"PG{name.upper()}": value for name, value in given.items()}


def _program(name: str) -> str:
    """The program that came with us if the server is of its version, else the machine's."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10_000
    if str(major) == binaries.MAJOR:
        try:
            return str(binaries.find(name))
        except OperationalError:
            pass
    if found := shutil.which(name):
        return found
    raise CommandError(f"{name} was not found: install the client programs of PostgreSQL {major}.")
