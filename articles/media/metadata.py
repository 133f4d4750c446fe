"""What a picture's file says of it: IPTC-IIM, XMP and EXIF, in that order, the first that has it.

The mapping is the IPTC Photo Metadata Standard's. Runs in the decoder's process, without Django.
"""

import html
import re
import struct
from typing import TypedDict

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

type Datasets = dict[tuple[int, int], bytes | list[bytes]]


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
    iptc = _datasets(image)
    xmp = _xmp(image)
    exif = image.getexif()
    taken_exif = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    artist = _exif(exif.get(ExifTags.Base.Artist))
    described = _exif(exif.get(ExifTags.Base.ImageDescription))
    caption = _iptc(iptc, 120) or _property(xmp, "dc:description") or described
    creator = _iptc(iptc, 80) or _property(xmp, "dc:creator") or artist
    return {
        "caption": _tidy(caption, 1000),
        "credit": _tidy(_iptc(iptc, 110) or _property(xmp, "photoshop:Credit") or creator, 200),
        "alt": _tidy(_property(xmp, "Iptc4xmpCore:AltTextAccessibility"), 500),
        "creator": _tidy(creator, 200),
        "taken": _moment(_iptc(iptc, 55), _iptc(iptc, 60))
        or _moment(_property(xmp, "photoshop:DateCreated"))
        or _moment(_exif(taken_exif)),
        "place": _tidy(_place(iptc, xmp), 250),
        "copyright": _tidy(
            _iptc(iptc, 116) or _property(xmp, "dc:rights") or _exif(exif.get(ExifTags.Base.Copyright)), 250
        ),
        "headline": _tidy(_iptc(iptc, 105) or _property(xmp, "photoshop:Headline"), 250),
    }


def _datasets(image: ImageFile.ImageFile) -> Datasets:
    """None of them where they are damaged, which is no reason to refuse the picture."""
    try:
        return IptcImagePlugin.getiptcinfo(image) or {}
    except (SyntaxError, OSError, struct.error):
        return {}


def _place(iptc: Datasets, xmp: str) -> str:
    """Sublocation, city, province and country."""
    names = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
    parts = [
        _iptc(iptc, dataset) or _property(xmp, name) for dataset, name in zip((92, 90, 95, 101), names, strict=True)
    ]
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


def _tidy(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]


def _iptc(info: Datasets, dataset: int) -> str:
    value = info.get((2, dataset), b"")
    return _decoded(b", ".join(value) if isinstance(value, list) else value).strip()


def _exif(value: object) -> str:
    """Pillow reads EXIF's text as Latin-1, where most programs write UTF-8."""
    text = str(value or "").strip("\x00 ")
    try:
        return _decoded(text.encode("latin-1"))
    except UnicodeEncodeError:
        return text


def _decoded(data: bytes) -> str:
    """UTF-8, which files often use without declaring it (1:90); what is none is Windows' or ISO's Latin."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _xmp(image: Image.Image) -> str:
    data = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if isinstance(data, str):
        return data
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return str(data.decode("utf-16", "replace"))
    return str(data.decode("utf-8", "replace"))


def _property(xmp: str, name: str) -> str:
    """The text of a simple, alternative or list property, without an XML parser that a file could attack."""
    attribute = re.search(rf'\b{name}=(["\'])(.*?)\1', xmp, re.DOTALL)
    if attribute:
        return html.unescape(attribute[2]).strip()
    text = _element(xmp, name)
    items = [item.partition(">")[2].partition("</rdf:li>")[0] for item in text.split("<rdf:li")[1:]]
    if items:
        return html.unescape(items[0] if name != "dc:creator" else ", ".join(items)).strip()
    return html.unescape(text).strip() if "<" not in text else ""


def _element(xmp: str, name: str) -> str:
    """What the first element of this name holds. No expression looks for its end: a file can make that take hours."""
    start = re.search(rf"<{name}(?=[\s>])", xmp)
    inner = xmp[start.end() :].partition(">")[2] if start else ""
    text, closed, _ = inner.partition(f"</{name}>")
    return text if closed else ""
