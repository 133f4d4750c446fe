"""An archive of one coverage: everything of it, drafts and histories too, without accounts and tokens."""

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db.models import FileField, Model

from articles.changes import reading
from articles.models import Coverage

from . import parcel, records
from .parcel import Item


class Taken(NamedTuple):
    rows: int
    files: int


def write(coverage: Coverage, path: Path) -> Taken:
    """Write the coverage's archive as it stands in one view of the database. Raises OSError when a file is missing."""
    with reading():
        current = Coverage.objects.get(pk=coverage.pk)
        rows = {kind.name: list(kind.of(current.pk)) for kind in records.KINDS}
        lines = {name: [_line(row) for row in found] for name, found in rows.items()}
    tables = [
        Item(f"records/{name}.jsonl", partial(io.BytesIO, "".join(said).encode())) for name, said in lines.items()
    ]
    files = [item for found in rows.values() for row in found for item in _files(row)]
    about = {"coverage": current.slug, "headline": current.headline, "version": current.version}
    parcel.write(path, about, [*tables, *files])
    return Taken(sum(map(len, rows.values())), len(files))


def holder(path: Path) -> str:
    """The slug of the coverage whose archive this is. Raises ValidationError when it is none, and OSError."""
    with path.open("rb") as file, parcel.opened(file) as archive:
        return str(archive.manifest.get("coverage"))


def _line(row: Model) -> str:
    return json.dumps(records.record(row), ensure_ascii=False, separators=(",", ":")) + "\n"


def _files(row: Model) -> Iterator[Item]:
    for field in records.files_of(type(row)):
        if file := getattr(row, field.name):
            yield Item(file_name(field, str(file.name)), partial(file.storage.open, str(file.name)))


def file_name(field: FileField, name: str) -> str:
    """Where the archive holds the file that is called `name` in the field's storage."""
    return f"files/{field.model._meta.model_name}/{field.name}/{name}"
