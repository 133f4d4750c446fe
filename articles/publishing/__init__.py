"""The only writers: whatever readers can see changes through here, whoever asks.

`updates`, `coverages` and `sources` (authors and photos) hold one function for each thing that an editor
does. Each is one durable transaction that locks the coverages it concerns, gives them their next version and
notifies every process on commit. Errors are django.core.exceptions.ValidationError; `Refused` and `Conflict`
are kinds of it.
"""

from . import coverages, exact, presence, schedule, sources, updates
from .content import PlacedPhoto
from .coverages import KeyPointContent
from .edition import CHANNEL
from .errors import Conflict, Refused
from .rights import only_while

__all__ = [
    "CHANNEL",
    "Conflict",
    "KeyPointContent",
    "PlacedPhoto",
    "Refused",
    "coverages",
    "exact",
    "only_while",
    "presence",
    "schedule",
    "sources",
    "updates",
]
