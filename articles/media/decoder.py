"""Decodes pictures that strangers made, in a process of its own that may crash: no Django, no secrets, bounded.

    python -m articles.media.decoder take-in FOLDER PARENT     reads FOLDER/upload, writes picture.jpg or picture.png
    python -m articles.media.decoder render FOLDER PARENT      reads FOLDER/plan.json, writes what it names

and, behind it, "yield": let others have the processor at once, and get none where they want all of it.

Writes FOLDER/facts.json last; a refusal is `{"refused": "format" | "pixels" | "damaged" | "full"}` (the disk).
"""

import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

from articles.media.disk import is_full
from articles.media.metadata import words
from articles.media.processes import die_with, yield_often

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
MAX_PIXELS = 100_000_000
MAX_SIDE = 2400
"""Pixels of the longer side of the largest that readers get."""
MEMORY = 2 << 30
"""Bytes of address space; what 100 megapixels with an alpha channel need."""
SECONDS = {"take-in": 20, "render": 60}
"""Of processor time. Honest pictures of 100 megapixels take three; files exist that ask for hours."""
QUALITY = {"jpg": 82, "webp": 78, "avif": 45}
LEVELS = 4
"""Of each colour channel, in the placeholder's class."""
OPAQUE = 255
WHITE = 3 * str(LEVELS - 1)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""By EXIF's orientation. ImageOps.exif_transpose writes all of EXIF anew too, which fails where that is damaged."""
_DEEP = {"I;16", "I;16B", "I;16L", "I;16N", "I"}


class Refused(Exception):
    """Its argument says why, in one word."""


def take_in(folder: Path) -> dict[str, Any]:
    """The upload as the picture that readers get: upright, sRGB, at most MAX_SIDE, without any metadata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = _opened(folder / "upload")
        if image.width * image.height > MAX_PIXELS:
            raise Refused("pixels")
        said = words(image)
        upright = _upright_srgb(image)
    name = _save_first(upright, folder)
    return {"name": name, "width": upright.width, "height": upright.height, "tone": _tone(upright), "words": said}


def _opened(path: Path) -> ImageFile.ImageFile:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before a pixel is decoded
    try:
        return Image.open(path, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Refused("format") from error


def _upright_srgb(image: ImageFile.ImageFile) -> Image.Image:
    profile = image.info.get("icc_profile")
    image.draft("RGB" if image.mode != "CMYK" else "CMYK", (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at half its size
    image.load()
    alpha = "A" in image.getbands() or "transparency" in image.info
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    upright = image if turn is None else image.transpose(turn)
    upright = _to_srgb(_eight_bits(upright), profile, alpha)
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    upright.info = {}
    return upright


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow clips 16 bits where it should scale them."""
    if image.mode not in _DEEP:
        return image
    return image.convert("I").point(lambda value: value / 257).convert("L")


def _to_srgb(image: Image.Image, profile: bytes | None, alpha: bool) -> Image.Image:
    opacity = image.convert("RGBA").getchannel("A") if alpha else None
    if opacity and opacity.getextrema()[0] == OPAQUE:
        opacity = None  # as screenshots and phones save what hides nothing: a photograph then is a JPEG, not a PNG
    colours = image if image.mode in {"RGB", "CMYK", "L"} else image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            colours = ImageCms.profileToProfile(colours, source, target, outputMode="RGB") or colours
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile is no reason to refuse the picture: its numbers are taken for sRGB
    colours = colours.convert("RGB")
    if opacity:
        colours.putalpha(opacity)
    return colours


def _save_first(image: Image.Image, folder: Path) -> str:
    """Photographs as JPEG; what is drawn, or see-through, as PNG where that is not much larger."""
    photographed = folder / "picture.jpg"
    if image.mode != "RGBA":
        image.save(photographed, "JPEG", quality=88, optimize=True, progressive=True)
        if not _is_drawn(image):
            return photographed.name
    drawn = folder / "picture.png"
    image.save(drawn, "PNG")  # with optimize it takes three times as long and gets hardly smaller
    if image.mode == "RGBA" or drawn.stat().st_size <= photographed.stat().st_size * 1.2:
        return drawn.name
    return photographed.name


def _is_drawn(image: Image.Image) -> bool:
    """Whether few colours fill it: to encode each photograph as PNG too would double the time of an upload."""
    small = image.resize((128, 128), Image.Resampling.NEAREST)
    return small.getcolors(4096) is not None


def _tone(image: Image.Image) -> str:
    """The dominant colour in LEVELS steps a channel: 000 is black, 333 white, on which stands what is see-through."""
    if image.mode == "RGBA":
        return WHITE
    small = image.resize((32, 32), Image.Resampling.BOX).quantize(6, dither=Image.Dither.NONE)
    counts: list[tuple[int, Any]] = small.getcolors() or [(1, 0)]
    index = max(counts)[1]
    colour = (small.getpalette() or [0, 0, 0])[3 * index :][:3]
    return "".join(str(min(LEVELS - 1, channel * LEVELS // 256)) for channel in colour)


def render(folder: Path) -> dict[str, Any]:
    """Make `{"source": name, "renditions": [{"name", "box", "size"}]}`: each cut to its box, then made that size."""
    plan = json.loads((folder / "plan.json").read_text())
    with Image.open(folder / plan["source"], formats=("JPEG", "PNG")) as source:
        source.load()
        sizes: dict[str, Image.Image] = {}
        for one in plan["renditions"]:
            key = json.dumps((one["box"], one["size"]))
            if key not in sizes:
                sizes = {key: source.resize(tuple(one["size"]), Image.Resampling.LANCZOS, box=tuple(one["box"]))}
            _save(sizes[key], folder / one["name"])
    return {}


def _save(image: Image.Image, path: Path) -> None:
    kind = path.suffix[1:]
    if kind == "png":
        image.save(path, "PNG", optimize=True)
        return
    options: dict[str, Any] = {"quality": QUALITY[kind]}
    if kind == "jpg":
        image = _on_white(image)
        options |= {"optimize": True, "progressive": True}
    elif kind == "avif":
        options |= {"speed": 6, "max_threads": 1}  # 7 is a third quicker, and an eighth larger
    else:
        options |= {"method": 4}
    image.save(path, {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}[kind], **options)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _bound(seconds: int) -> None:
    """Limits that not even a decoder that was taken over can lift. At the first of the two it gets SIGXCPU."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _blamed(error: Exception, folder: Path) -> str:
    """The picture, or the disk; then what was written makes room for saying so."""
    if not is_full(error):
        return "damaged"
    for half in folder.glob("picture.*"):
        half.unlink()
    return "full"


def _peak() -> int:
    """Bytes. Not ru_maxrss: that begins with what the process had that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main(action: str, name: str, parent: str, *more: str) -> None:
    die_with(int(parent))
    if more:
        yield_often()
    _bound(SECONDS[action])
    folder = Path(name)
    try:
        facts = {"take-in": take_in, "render": render}[action](folder)
    except Refused as refused:
        facts = {"refused": str(refused)}
    except Exception as error:  # a decoder may raise anything on a damaged file
        facts = {"refused": _blamed(error, folder), "why": f"{type(error).__name__}: {error}"[:500]}
    facts["memory"] = _peak()
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
