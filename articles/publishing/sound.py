"""Files of sound: stored before anything is locked, and taken away when nothing has them any more.

They lie with the originals, whatever becomes of what they belong to; readers get of them what is published
(`articles.public.media` asks each time).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.core.files.storage import storages

from articles.media import audio
from articles.models import Coverage, Update

from . import renditions


class Sound(NamedTuple):
    """A stored file, and how long it is; an empty name for none."""

    name: str = ""
    seconds: int = 0


@contextmanager
def stored(content: Mapping[str, Any]) -> Iterator[Sound | None]:
    """Check and store what `content` gives as its audio; None when it says nothing of that.

    It is taken away again where nothing comes of it: no transaction does that.
    """
    if not content.get("audio"):
        yield Sound() if "audio" in content else None
        return
    taken = audio.take_in(content["audio"])
    with taken.file:
        name = storages["originals"].save(f"audio/{taken.file.name}", taken.file)
    try:
        yield Sound(name, taken.seconds)
    except BaseException:
        storages["originals"].delete(name)
        raise
    if not any(model._default_manager.filter(audio=name).exists() for model in (Update, Coverage)):
        storages["originals"].delete(name)  # what was sent again had been done already


def place(owner: Update | Coverage, sound: Sound | None) -> None:
    """Make it the owner's, within the transaction that saves that, and forget what was there before."""
    if sound is not None:
        forget_soon(owner)
        owner.audio, owner.audio_seconds = sound.name, sound.seconds


def forget_soon(*owners: Update | Coverage) -> None:
    """Delete their files when the transaction is committed."""
    if names := [str(owner.audio.name) for owner in owners if owner.audio]:
        renditions.forget_soon([], names)
