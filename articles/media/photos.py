"""Pictures on their way in: checked, decoded, and encoded anew without private metadata."""

import html
import io
import re
import warnings
from typing import IO, NamedTuple
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, IptcImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF")
MAX_BYTES = 40 * 1024 * 1024
MAX_PIXELS = 100_000_000
MAX_SIDE = 2400
"""Pixels of the longer side of what readers get."""

_SRGB = ImageCms.createProfile("sRGB")


class TakenIn(NamedTuple):
    """A picture ready to be kept, and what its file said of it ("" where it said nothing)."""

    file: "ContentFile[bytes]"
    caption: str
    credit: str
    alt: str


def take_in(file: IO[bytes]) -> TakenIn:
    """Decode a picture and encode it anew: upright, in sRGB, at most MAX_SIDE wide or high, no metadata.

    Raises ValidationError, with what to do instead, for anything that is not a whole picture of FORMATS.
    """
    data = _read(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(image)
                words = _metadata(image)
                image.load()
                encoded, extension = _encode(_upright_srgb(image))
    except ValidationError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValidationError(_too_many_pixels(), code="photo") from error
    except Exception as error:  # a decoder may raise anything on a damaged file
        raise ValidationError(
            _("This is not a whole picture that can be read. Use a JPEG, PNG, WebP, AVIF or GIF file."),
            code="photo",
        ) from error
    return TakenIn(ContentFile(encoded, f"{uuid4().hex}{extension}"), *words)


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The picture's file is larger than 40 MB; export it smaller."), code="photo")
    return data


def _too_many_pixels() -> str:
    return _("The picture has more than %(most)d megapixels; export it smaller.") % {"most": MAX_PIXELS // 1_000_000}


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ValidationError(_too_many_pixels(), code="photo")


def _upright_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    alpha = "A" in image.getbands() or "transparency" in image.info
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB") or image
        except ImageCms.PyCMSError:
            pass  # a broken profile is no reason to refuse the picture: its numbers are taken for sRGB
    image = image.convert("RGBA" if alpha else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return image


def _encode(image: Image.Image) -> tuple[bytes, str]:
    """Photographs as JPEG; what is drawn, or see-through, as PNG where that is not much larger."""
    image.info = {}
    drawn = io.BytesIO()
    image.save(drawn, "PNG")  # with optimize it takes three times as long and gets hardly smaller
    if image.mode == "RGBA":
        return drawn.getvalue(), ".png"
    photographed = io.BytesIO()
    image.save(photographed, "JPEG", quality=86, optimize=True, progressive=True)
    if drawn.tell() <= photographed.tell() * 1.2:
        return drawn.getvalue(), ".png"
    return photographed.getvalue(), ".jpg"


def _metadata(image: ImageFile.ImageFile) -> tuple[str, str, str]:
    """Caption, credit and alt text from IPTC-IIM, XMP and EXIF, the first that has it.

    The mapping is the IPTC Photo Metadata Standard's: Description (2:120, dc:description, ImageDescription),
    Credit Line (2:110, photoshop:Credit) or else Creator (2:80, Artist), Alt Text (Iptc4xmpCore only).
    """
    iptc = IptcImagePlugin.getiptcinfo(image) or {}
    xmp = _xmp(image)
    exif = image.getexif()
    caption = _iptc(iptc, 120) or _xmp_text(xmp, "dc:description") or str(exif.get(ExifTags.Base.ImageDescription, ""))
    credit = (
        _iptc(iptc, 110)
        or _xmp_text(xmp, "photoshop:Credit")
        or _iptc(iptc, 80)
        or _xmp_text(xmp, "dc:creator")
        or str(exif.get(ExifTags.Base.Artist, ""))
    )
    alt = _xmp_text(xmp, "Iptc4xmpCore:AltTextAccessibility")
    return _tidy(caption, 1000), _tidy(credit, 200), _tidy(alt, 500)


def _tidy(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]


def _iptc(info: dict[tuple[int, int], bytes | list[bytes]], dataset: int) -> str:
    value = info.get((2, dataset), b"")
    data = b", ".join(value) if isinstance(value, list) else value
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _xmp(image: Image.Image) -> str:
    data = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)


def _xmp_text(xmp: str, name: str) -> str:
    """The text of a simple, alternative or list property, without an XML parser that a file could attack."""
    attribute = re.search(rf'\b{name}="([^"]*)"', xmp)
    if attribute:
        return _unescape(attribute[1])
    element = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", xmp, re.DOTALL)
    items = re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", element[1], re.DOTALL) if element else []
    if items:
        return _unescape(items[0] if name != "dc:creator" else ", ".join(items))
    return _unescape(element[1]) if element and "<" not in element[1] else ""


def _unescape(text: str) -> str:
    return html.unescape(text)
