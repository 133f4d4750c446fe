"""What a picture's file says of it: IPTC-IIM, XMP and EXIF, in that order, the first that has it.

The mapping is the IPTC Photo Metadata Standard's. XMP counts before IIM where IIM has only the beginning of the same
text (its fields are short: 32 bytes of a credit), or bytes of which it is not known what they spell. The Metadata
Working Group's digest, which can tell that XMP was not changed along with IIM, is not looked at.

Runs in the decoder's process, without Django.
"""

import codecs
import re
import struct
from contextlib import suppress
from typing import TypedDict

from PIL import ExifTags, ImageFile, IptcImagePlugin

from .xmp import Properties, properties

type Datasets = dict[tuple[int, int], bytes | list[bytes | None] | None]

_PLACEHOLDER = re.compile(
    r"([A-Z]+ )*DIGITAL (STILL )?CAMERA|SONY DSC|SAMSUNG|DCIM[\\/]\S*|[Dd]efault|Exif_JPEG_PICTURE"
)
"""What cameras write where a caption belongs."""
_CODINGS = {b"A": "latin-1"} | {
    sign.encode(): f"iso8859-{part}"
    for sign, part in {"B": 2, "C": 3, "D": 4, "L": 5, "G": 6, "F": 7, "H": 8, "M": 9, "b": 15}.items()
}
"""By the last byte of what IIM's 1:90 says, where that is no UTF-8: ISO 2022's sequences for the parts of ISO 8859."""


class Words(TypedDict):
    """Each is "" where the file says nothing."""

    caption: str
    credit: str
    alt: str
    creator: str
    taken: str
    """When, as exactly as is known: 2022, 2022-02-27 or 2022-02-27T21:13."""
    place: str
    copyright: str
    headline: str


def words(image: ImageFile.ImageFile) -> Words:
    iim = _datasets(image)
    xmp = properties(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b"")
    exif = image.getexif()
    taken_exif = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    creator = _said(iim, 80, xmp, "dc:creator") or _exif(exif.get(ExifTags.Base.Artist))
    rights = _said(iim, 116, xmp, "dc:rights") or _exif(exif.get(ExifTags.Base.Copyright))
    captions = (
        _said(iim, 120, xmp, "dc:description"),
        _xmp(xmp, "dc:description"),
        _exif(exif.get(ExifTags.Base.ImageDescription)),
    )
    return {
        "caption": next((text[:1000] for text in captions if text and not _PLACEHOLDER.fullmatch(text)), ""),
        "credit": (_said(iim, 110, xmp, "photoshop:Credit") or creator)[:200],
        "alt": _xmp(xmp, "Iptc4xmpCore:AltTextAccessibility")[:500],
        "creator": creator[:200],
        "taken": _moment(_said(iim, 55, {}, ""), _said(iim, 60, {}, ""))
        or _moment(_xmp(xmp, "photoshop:DateCreated"))
        or _moment(_exif(taken_exif)),
        "place": _place(iim, xmp)[:250],
        "copyright": rights[:250],
        "headline": _said(iim, 105, xmp, "photoshop:Headline")[:250],
    }


def _datasets(image: ImageFile.ImageFile) -> Datasets:
    """None of them where they are damaged, which is no reason to refuse the picture."""
    try:
        return IptcImagePlugin.getiptcinfo(image) or {}  # type: ignore[return-value]  # empty ones are None there
    except (SyntaxError, OSError, struct.error):
        return {}


def _place(iim: Datasets, xmp: Properties) -> str:
    """Sublocation, city, province and country."""
    names = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
    parts = [_said(iim, dataset, xmp, name) for dataset, name in zip((92, 90, 95, 101), names, strict=True)]
    return ", ".join(dict.fromkeys(filter(None, parts)))


def _moment(day: str, time: str = "") -> str:
    """ISO 8601 from what the three standards write: 20220227 and 211305+0200, 2022-02-27T21:13, 2022:02:27 21:13:05."""
    found = re.match(r"(\d{4})(?:[-:]?(\d\d))?(?:[-:]?(\d\d))?(?:[T ](\d\d):?(\d\d))?", day)
    if not found or found[1] == "0000":
        return ""
    hours = re.match(r"(\d\d)(\d\d)", time)
    hour, minute = hours.groups() if hours else found.groups()[3:]
    date = "-".join(part for part in found.groups()[:3] if part and part != "00")
    return f"{date}T{hour}:{minute}" if hour and found[3] else date


def _said(iim: Datasets, dataset: int, xmp: Properties, name: str) -> str:
    texts, known = _iim(iim, dataset)
    others = xmp.get(name, [])
    begun = len(texts) <= len(others) and all(map(str.startswith, others, texts))
    return ", ".join(others if others and (begun or not known) else texts)


def _xmp(xmp: Properties, name: str) -> str:
    return ", ".join(xmp.get(name, []))


def _iim(iim: Datasets, dataset: int) -> tuple[list[str], bool]:
    """What stands in a dataset, each time that it is there, and whether it is known what its bytes spell."""
    value = iim.get((2, dataset))
    found = [_decoded(data, _coding(iim)) for data in (value if isinstance(value, list) else [value]) if data]
    return [text for text, _ in found if text], all(known for _, known in found)


def _coding(iim: Datasets) -> str:
    """What 1:90 says; "" where that is nothing that is known here."""
    said = iim.get((1, 90))
    if not isinstance(said, bytes):
        return ""
    part = re.search(rb"\x1b[,\-./](.)", said)
    if part is None:
        return "utf-8" if said.startswith(b"\x1b%") else ""
    return _CODINGS.get(part[1], "")


def _exif(value: object) -> str:
    """Pillow reads EXIF's text as Latin-1, where most programs write UTF-8; what is marked otherwise comes as bytes."""
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return _tidy(str(value))
    return _decoded(value)[0] if isinstance(value, bytes) else ""


def _decoded(data: bytes, coding: str = "") -> tuple[str, bool]:
    """The text, and whether it is known that these bytes spell it.

    Files often use UTF-8 without declaring it, and cut it off within a letter. What is none, and not declared, is
    taken for Windows' or ISO's Latin; other code pages cannot be told from one another, so they say nothing.
    """
    text = _utf8(data)
    if text and (coding == "utf-8" or not text.isascii() or len(text) == len(data)):
        return _tidy(text), True
    for encoding in (coding, "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError, LookupError):
            text = _tidy(data.decode(encoding))
            break
    known = encoding == coding
    return text if known or _is_latin(text) else "", known


def _is_latin(text: str) -> bool:
    """Not Cyrillic, Greek, Hebrew or Arabic in a code page of its own: no word of Latin letters has so many accents."""
    most = 3 if re.search("[A-Za-z]", text) else 1
    return not re.search(f"[\u00c0-\u00ff]{{{most + 1}}}", text)


def _utf8(data: bytes) -> str:
    """Without a last letter of which bytes are missing; "" where it is none."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return ""


def _tidy(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
