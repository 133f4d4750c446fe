"""Audio files that readers listen to."""

from typing import Any

import mutagen
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

MAX_BYTES = 100 * 1024 * 1024
EXTENSIONS = (".mp3", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".flac")


def seconds(file: "File[Any]") -> int:
    """The length of an audio file, in whole seconds, at least 1.

    Raises ValidationError when it is none, too large, or of a kind that browsers do not play.
    """
    if not str(file.name).lower().endswith(EXTENSIONS):
        raise ValidationError(_("Use an MP3, M4A, Ogg, WAV or FLAC file."), code="audio")
    if file.size > MAX_BYTES:
        raise ValidationError(_("The audio file is larger than 100 MB; make it shorter."), code="audio")
    try:
        file.seek(0)
        found = mutagen.File(file)
        length = found.info.length if found is not None else 0  # a file without tags is false
    except (mutagen.MutagenError, OSError, ValueError) as error:
        raise ValidationError(_("This is not a whole audio file: %(why)s.") % {"why": error}, code="audio") from error
    finally:
        file.seek(0)
    if length <= 0:
        raise ValidationError(_("There is no sound in this file that browsers could play."), code="audio")
    return max(1, round(length))
