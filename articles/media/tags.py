"""What files of sound say besides the sound: who made it, where, with what. None of it is for readers."""

import os
import struct
from collections.abc import Iterator
from typing import IO, Any

from mutagen.apev2 import delete as delete_ape
from mutagen.flac import FLAC, SeekTable, StreamInfo
from mutagen.id3 import delete as delete_id3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.wave import WAVE

_SOUND = {b"fmt ", b"fact", b"data"}
"""Of the chunks of a WAV, what is needed to play it; broadcasters' recorders write much else."""
_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
"""Of an MP4, what holds other boxes and is gone through."""
_TAGS = {b"udta", b"meta", b"uuid", b"free", b"skip"}
"""Of an MP4, what says things or may; phones write their place where mutagen does not look."""
_PIECE = 1024 * 1024


def remove(file: IO[bytes], found: Any) -> None:
    """Take the tags out of the file, in place; `found` is what mutagen knows of it.

    Raises MutagenError and ValueError; the file may be damaged then.
    """
    file.seek(0)
    if isinstance(found, MP4):
        _blank_boxes(file, 0, _size(file))
    elif isinstance(found, WAVE):
        _blank_chunks(file)
    elif isinstance(found, FLAC):
        found.metadata_blocks = [one for one in found.metadata_blocks if isinstance(one, (StreamInfo, SeekTable))]
        found.cuesheet = None  # type: ignore[assignment]  # else it is put back
        found.save(file, deleteid3=True, padding=lambda _info: 0)
    elif isinstance(found, MP3):
        delete_ape(file)
        file.seek(0)
        delete_id3(file)
    else:
        found.delete(file)


def _blank_boxes(file: IO[bytes], start: int, end: int) -> None:
    """Tags become free space of the same size: what follows stays where tables say that it is."""
    for kind, box, content, after in _boxes(file, start, end):
        if kind in _TAGS:
            _blank(file, box + 4, b"free", content, after)
        elif kind in _BOXES:
            _blank_boxes(file, content, after)


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Of each: its kind, and where it, its content and what follows it begin."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))
            content += 8
        after = start + size if size else end
        if not content <= after <= end:
            raise ValueError("A box ends where it cannot.")
        yield kind, start, content, after
        start = after


def _blank_chunks(file: IO[bytes]) -> None:
    end, start = _size(file), 12
    while start + 8 <= end:
        file.seek(start)
        kind, size = struct.unpack("<4sI", file.read(8))
        after = min(end, start + 8 + size)
        if kind not in _SOUND:
            _blank(file, start, b"JUNK", start + 8, after)
        start = after + size % 2


def _blank(file: IO[bytes], at: int, kind: bytes, content: int, after: int) -> None:
    file.seek(at)
    file.write(kind)
    file.seek(content)
    for piece in range(content, after, _PIECE):
        file.write(bytes(min(_PIECE, after - piece)))


def _size(file: IO[bytes]) -> int:
    return file.seek(0, os.SEEK_END)
