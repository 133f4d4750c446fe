"""Pictures on their way in, and their renditions: planned here, decoded and encoded in a process that may crash."""

import errno
import fcntl
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from .decoder import MAX_PIXELS
from .metadata import Words
from .processes import make_way

MAX_BYTES = 40 * 1024 * 1024
PATIENCE = {"take-in": 10, "render": 60}
"""Seconds after which a decoder that makes way for everybody is begun anew with a share of its own."""
MORE_PATIENCE = 90
"""Seconds after which that is killed; its processor time is bounded too."""
WIDTHS = (400, 720, 1280, 1600)
"""Pixels: the column on a phone at 1×; there from 2× on, and on a desk at 1×; on a desk at 2×; across the page."""
FORMATS = ("avif", "webp")
"""Besides the picture's own, JPEG or PNG."""
CROPS = {"16x9": (1600, 900), "4x3": (1600, 1200), "1x1": (1200, 1200), "share": (1200, 630)}
"""Name and pixels: three for search engines, one for sharing; smaller where the picture is."""


class Refusal(ValidationError):
    """Why a picture is not taken in; the message says what to do instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="photo")


class DecoderFailed(Exception):
    """The decoder crashed, took too long or too much; its argument says which."""


class TakenIn(NamedTuple):
    """A picture ready to be kept, with what its file said of it."""

    file: "ContentFile[bytes]"
    original: "ContentFile[bytes]"
    width: int
    height: int
    tone: str
    words: Words
    memory: int
    """Bytes that the decoder took at its peak."""


class Rendition(NamedTuple):
    """A file made of a picture: `box` (left, upper, right, lower) cut out of it and made `size`."""

    name: str
    box: tuple[float, float, float, float]
    size: tuple[int, int]


def take_in(file: IO[bytes]) -> TakenIn:
    """Decode a picture and encode it anew: upright, in sRGB, at most 2400 pixels wide or high, no metadata.

    Raises ValidationError, with what to do instead, for anything that is not a whole picture of a known format.
    """
    data = _read(file)
    with _folder() as folder, _turn("take-in"):
        (folder / "upload").write_bytes(data)
        try:
            facts = _decode("take-in", folder)
        except DecoderFailed as error:
            sentence = _("This picture cannot be decoded safely (%(why)s). Export it anew.")
            raise Refusal(sentence % {"why": error}) from error
        if facts.get("refused") == "full":
            raise OSError(errno.ENOSPC, facts["why"])
        if refused := facts.get("refused"):
            raise Refusal(_sentence(refused, data))
        encoded = (folder / facts["name"]).read_bytes()
    key, suffix = uuid4().hex, Path(facts["name"]).suffix
    return TakenIn(
        ContentFile(encoded, f"{key}{suffix}"),
        ContentFile(data, f"{key}{Path(str(getattr(file, 'name', '') or '')).suffix.lower()[:8]}"),
        *(facts[name] for name in ("width", "height", "tone", "words", "memory")),
    )


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refusal(_("The picture's file is larger than 40 MB; export it smaller."))
    return data


def _sentence(refused: str, data: bytes) -> str:
    if refused == "pixels":
        most = MAX_PIXELS // 1_000_000
        return _("The picture has more than %(most)d megapixels; export it smaller.") % {"most": most}
    if b"<svg" in data[:1000].lower():
        return _("An SVG can hold programs, so it is not taken. Export it as PNG.")
    if refused == "format":
        return _("This is not a picture that can be read. Use a JPEG, PNG, WebP, AVIF, HEIC or GIF file.")
    return _("This is not a whole picture: its file is cut off or damaged. Export or send it again.")


def plan(width: int, height: int, suffix: str, focus: tuple[int, int]) -> list[Rendition]:
    """All renditions of a picture of this size, the smallest first; `focus` in percent from its upper left corner."""
    scaled = [
        Rendition(f"{wide}.{kind}", (0, 0, width, height), (wide, max(1, round(height * wide / width))))
        for wide in widths(width)
        for kind in (*FORMATS, suffix.lstrip("."))
    ]
    return [*scaled, *(_crop(name, width, height, focus) for name in CROPS)]


def widths(width: int) -> list[int]:
    """Those in which a picture of this width is offered; never wider than it is."""
    smaller = [wide for wide in WIDTHS if wide < width]
    return [*smaller, width] if width <= WIDTHS[-1] else smaller


def crop_name(crop: str, focus: tuple[int, int]) -> str:
    """The focus stands in the name: a picture that is cut in another way has another address."""
    return f"{crop}-{focus[0]}-{focus[1]}.jpg"


def crop_size(crop: str, width: int, height: int) -> tuple[int, int]:
    """Pixels of a crop of a picture of this size, which is never enlarged."""
    wide, high = CROPS[crop]
    scale = min(1, width / wide, height / high)
    return max(1, math.floor(wide * scale)), max(1, math.floor(high * scale))


def _crop(crop: str, width: int, height: int, focus: tuple[int, int]) -> Rendition:
    wide, high = CROPS[crop]
    scale = min(width / wide, height / high)
    across, down = wide * scale, high * scale
    # Clamped to 0 last: where the crop is as wide as the picture, width - across may be a hair below it.
    left = max(min(width * focus[0] / 100 - across / 2, width - across), 0)
    upper = max(min(height * focus[1] / 100 - down / 2, height - down), 0)
    box = (left, upper, min(left + across, width), min(upper + down, height))
    return Rendition(crop_name(crop, focus), box, crop_size(crop, width, height))


@contextmanager
def rendered(source: IO[bytes], suffix: str, renditions: Sequence[Rendition]) -> Iterator[Path]:
    """A folder with these renditions of `source`, a picture that `take_in` made. Raises DecoderFailed."""
    with _folder() as folder:
        with _turn("render"):
            name = f"picture{suffix}"
            (folder / name).write_bytes(source.read())
            (folder / "plan.json").write_text(
                json.dumps({"source": name, "renditions": [one._asdict() for one in renditions]})
            )
            facts = _decode("render", folder)
        if facts.get("refused"):
            raise DecoderFailed(str(facts.get("why")))
        yield folder


@contextmanager
def _folder() -> Iterator[Path]:
    """A place of its own, locked while it is used: what a process leaves that was killed, the next one clears away."""
    work = settings.DATA / "decoding"
    work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with _locked(work):
            _clear(work)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work)))
            stack.enter_context(_locked(folder))
        yield folder


def _clear(work: Path) -> None:
    for left in work.iterdir():
        with suppress(OSError), _locked(left, fcntl.LOCK_NB):
            shutil.rmtree(left)


@contextmanager
def _locked(folder: Path, more: int = 0) -> Iterator[None]:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | more)
        yield
    finally:
        os.close(file)


def _decode(action: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "articles.media.decoder", action, str(folder), str(os.getpid())]
    done = _ended([*command, "yield"], PATIENCE[action], _step_aside)
    if done is None:
        done = _ended(command, MORE_PATIENCE, make_way)
    if done is None or done == -signal.SIGXCPU:
        raise DecoderFailed(_("it takes too long"))
    if done:
        raise DecoderFailed(_("the decoder ended with %(code)d") % {"code": done})
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return facts


def _step_aside(pid: int) -> None:
    """Only SCHED_IDLE makes way for readers at once, whatever the niceness (sched(7)). It gets what nobody wants."""
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))


def _ended(command: list[str], patience: float, schedule: Callable[[int], None]) -> int | None:
    """The code that it ended with. None: it was killed, for want of time."""
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        schedule(process.pid)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            return None


@contextmanager
def _turn(action: str) -> Iterator[None]:
    """One decoder of each kind at a time on a machine, so that ten large uploads take the memory of one."""
    settings.DATA.mkdir(parents=True, exist_ok=True)
    with (settings.DATA / f"{action}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
