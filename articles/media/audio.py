"""Audio files that readers listen to."""

import shutil
import struct
import uuid
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import mutagen
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from . import tags

MAX_BYTES = 100 * 1024 * 1024
FORMATS = {MP3: ".mp3", MP4: ".m4a", OggOpus: ".opus", OggVorbis: ".ogg", FLAC: ".flac", WAVE: ".wav"}
"""What browsers play, with the ending by which servers know it. The content decides, not the file's name."""
_DAMAGED = (mutagen.MutagenError, ValueError, EOFError, struct.error, LookupError, ArithmeticError, AssertionError)
"""What mutagen raises for damaged files; not all of it is its own."""


class TakenIn(NamedTuple):
    """A file of sound as readers get it: without private metadata, under a name that nobody can guess."""

    file: "File[Any]"
    seconds: int
    """Its length, at least 1."""


def take_in(file: "File[Any]") -> TakenIn:
    """A copy of the file, fit for readers.

    Raises ValidationError when it is no sound, too large, not whole, or of a kind that browsers do not play.
    """
    if file.size > MAX_BYTES:
        raise ValidationError(_("The audio file is larger than 100 MB; make it shorter."), code="audio")
    found = _opened(file)
    if found is None or not _is_played(found):
        raise ValidationError(_("Use an MP3, M4A (AAC), Ogg, Opus, WAV or FLAC file."), code="audio")
    if found.info.length <= 0:
        raise ValidationError(_("There is no sound in this file that browsers could play."), code="audio")
    if _is_cut(file, found):
        raise ValidationError(_("The end of this audio file is missing; export or send it again."), code="audio")
    copy = File(_without_tags(file, found), name=f"{uuid.uuid4().hex}{FORMATS[type(found)]}")
    return TakenIn(copy, max(1, round(found.info.length)))


def _opened(file: "File[Any]") -> Any:
    try:
        file.seek(0)
        return mutagen.File(file, options=list(FORMATS))
    except (OSError, *_DAMAGED) as error:
        raise ValidationError(_("This is not a whole audio file: %(why)s.") % {"why": error}, code="audio") from error


def _is_played(found: Any) -> bool:
    """Of what an MP4 holds, AAC alone; no Apple Lossless."""
    info: Any = found.info
    return not isinstance(found, MP4) or str(info.codec).startswith("mp4a")


def _is_cut(file: "File[Any]", found: Any) -> bool:
    """Whether a WAV or MP3 holds less than its header promises; of an M4A with its index in front nobody knows."""
    promised: float = found.info.length * found.info.bitrate / 8
    return isinstance(found, (WAVE, MP3)) and bool(file.size < promised * 0.99)


def _without_tags(file: "File[Any]", found: Any) -> Any:
    """A copy without them; where they are too odd to be taken out, with them, for the sound is whole."""
    copy = _copied(file)
    try:
        tags.remove(copy, found)
        copy.seek(0)
        left = type(found)(copy)
    except _DAMAGED:
        return _copied(file)
    return copy if abs(left.info.length - found.info.length) < 1 else _copied(file)


def _copied(file: "File[Any]") -> Any:
    copy = TemporaryFile()  # noqa: SIM115 - its user closes it
    file.seek(0)
    shutil.copyfileobj(file, copy)
    return copy
