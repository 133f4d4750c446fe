"""An archive as a file: a tar whose first member says what is in it, with a checksum of each. The same content gives
the same bytes, whenever and wherever it is written."""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from errno import EEXIST
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.core.exceptions import ValidationError

ARCHIVE = "liveblog-archive-1"
"""The format of one coverage's archive; there are others, of files that are parcels too."""
MANIFEST = "manifest.json"
MAX_MANIFEST = 64 * 1024 * 1024
_SAFE = re.compile(r"(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))[^\0\\]+")
_CHUNK = 1024 * 1024

type Progress = Callable[[int, int], object]
"""Told of each member that is done: how many are, of how many."""


class Item(NamedTuple):
    """A file to be put in: its name in the archive, and how to open it for reading."""

    name: str
    open: Any


class Parcel:
    """An archive that is open for reading. Its manifest has been read; its members are checked as they are."""

    def __init__(self, tar: tarfile.TarFile, format: str) -> None:
        self._tar = tar
        self.manifest = self._read_manifest(format)

    @property
    def names(self) -> list[str]:
        return list(self.manifest["files"])

    def open(self, name: str) -> IO[bytes]:
        """A member that the manifest names. Raises ValidationError when it is not there."""
        try:
            return self._opened(self._tar.getmember(name))
        except (KeyError, tarfile.TarError) as error:
            raise ValidationError(f"The archive is damaged: {name} is missing in it.") from error

    def _opened(self, member: tarfile.TarInfo) -> IO[bytes]:
        # No links to other members, no devices, and no holes: a few bytes would be read as terabytes.
        found = self._tar.extractfile(member) if member.isreg() and not member.issparse() else None
        if found is None:
            raise ValidationError(f"The archive is damaged: {member.name} is no file.")
        return found

    def check(self) -> None:
        """Raises ValidationError unless every member is there, whole and unchanged, and nothing else is."""
        due = set(self.names)
        for member in self._tar:  # not all at once: there may be a million of them
            if member.name not in due and member.offset:
                raise ValidationError(f"The archive holds {member.name}, which its manifest does not name, or twice.")
            due.discard(member.name)
        for name, said in self.manifest["files"].items():
            with self.open(name) as file:
                if fingerprint(file) != said:
                    raise ValidationError(f"The archive is damaged: {name} has another checksum than it should.")

    def _read_manifest(self, format: str) -> dict[str, Any]:
        first = self._tar.next()
        if first is None or first.name != MANIFEST:
            raise ValidationError("This is no archive of ours: it does not begin with a manifest.")
        with self._opened(first) as file:
            try:
                manifest = json.loads(file.read(MAX_MANIFEST))
                names = list(manifest["files"].keys())
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise ValidationError("This is no archive of ours: its manifest cannot be read.") from error
        if manifest.get("format") != format:
            raise ValidationError(f"This is of the format {manifest.get('format')}; {format} is needed here.")
        if bad := [name for name in names if not _SAFE.fullmatch(name)]:
            raise ValidationError(f"The archive names the file {bad[0]!r}, which cannot be right.")
        return manifest  # type: ignore[no-any-return]


@contextmanager
def opened(file: IO[bytes], format: str = ARCHIVE) -> Iterator[Parcel]:
    """The archive in this file. Raises ValidationError when it is none."""
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            yield Parcel(tar, format)
    except tarfile.TarError as error:
        raise ValidationError(f"This is no archive that can be read: {error}.") from error


def fingerprint(file: IO[bytes]) -> dict[str, Any]:
    """What the manifest says of a file: `{"bytes": 12, "sha256": "…"}`."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def write(
    path: Path,
    about: dict[str, Any],
    items: Iterable[Item],
    format: str = ARCHIVE,
    progress: Progress = lambda *_: None,
) -> None:
    """Write the archive, readable by its owner alone, whole or not at all. `about` goes into the manifest.

    Raises OSError where it cannot be, or would take the place of what is no file.
    """
    refuse_to_replace(path)
    items = sorted(items)
    files = {item.name: _fingerprint(item) for item in items}
    manifest = json.dumps({"format": format, **about, "files": files}, ensure_ascii=False, indent=1).encode()
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with private(unfinished) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add_bytes(tar, MANIFEST, manifest)
            for number, item in enumerate(items, 1):
                with item.open() as content:
                    tar.addfile(_member(item.name, files[item.name]["bytes"]), content)
                progress(number, len(items))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def refuse_to_replace(path: Path) -> None:
    """Raises FileExistsError when something stands there that is no regular file: a device, say, or a folder."""
    if path.exists() and not path.is_file():
        raise FileExistsError(EEXIST, "what stands there is no regular file, and is left alone", str(path))


@contextmanager
def private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read, from the first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _fingerprint(item: Item) -> dict[str, Any]:
    with item.open() as file:
        return fingerprint(file)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, 0
    return member
