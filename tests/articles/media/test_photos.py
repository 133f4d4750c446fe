"""Pictures on their way in: what readers get is whole, upright, in sRGB and says nothing private."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import ExifTags, Image

from articles.media import photos

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Agency &amp; Sons">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">A bridge at dawn</rdf:li></rdf:Alt></dc:description>
<Iptc4xmpCore:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">An empty bridge</rdf:li></rdf:Alt>
</Iptc4xmpCore:AltTextAccessibility></rdf:Description></rdf:RDF></x:xmpmeta>"""


def iptc(**datasets: bytes) -> bytes:
    """An APP13 segment with these IPTC-IIM datasets, as agencies' files carry it (Photoshop image resource 0x0404)."""
    numbers = {"caption": 120, "credit": 110, "byline": 80}
    data = b"".join(
        b"\x1c\x02" + bytes([numbers[name]]) + len(text).to_bytes(2) + text for name, text in datasets.items()
    )
    resource = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(data).to_bytes(4) + data + b"\x00" * (len(data) % 2)
    return b"\xff\xed" + (len(resource) + 2).to_bytes(2) + resource


def with_segment(jpeg: bytes, segment: bytes) -> ContentFile:
    return ContentFile(jpeg[:2] + segment + jpeg[2:], "agency.jpg")


def opened(taken: photos.TakenIn) -> Image.Image:
    return Image.open(io.BytesIO(taken.file.read()))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_formats(picture: Callable[..., Any], format: str) -> None:
    taken = photos.take_in(picture(format=format))
    image = opened(taken)
    assert image.size == (60, 40)
    assert image.format in {"JPEG", "PNG"}
    assert taken.file.name.endswith((".jpg", ".png"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    """The stored pixels are turned so that, shown as EXIF asks, the red corner is at the top left."""
    upright = Image.new("RGB", (64, 48), "white")
    upright.paste("red", (0, 0, 16, 16))
    turn = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = io.BytesIO()
    stored.save(data, "JPEG", quality=95, exif=exif)
    image = opened(photos.take_in(data)).convert("RGB")
    assert image.size == (64, 48)
    red, green, blue = image.getpixel((6, 6))
    assert (red > 200, green < 60, blue < 60) == (True, True, True)
    assert image.getpixel((58, 42))[1] > 200


def test_nothing_private_reaches_readers() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (50.0, 27.0, 0.0)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SN12345"
    data = io.BytesIO()
    Image.effect_noise((80, 60), 80).convert("RGB").save(data, "JPEG", exif=exif)
    assert b"SN12345" in data.getvalue()
    taken = photos.take_in(data)
    kept = taken.file.read()
    assert b"SN12345" not in kept
    assert b"Exif" not in kept
    assert taken.credit == "A. Photographer"


def test_caption_credit_and_alt_text_are_read_from_the_file(picture: Callable[..., Any]) -> None:
    jpeg = picture().read()
    utf8 = photos.take_in(with_segment(jpeg, iptc(caption="Київ на світанку".encode(), credit=b"Agency")))
    assert (utf8.caption, utf8.credit, utf8.alt) == ("Київ на світанку", "Agency", "")
    latin = photos.take_in(with_segment(jpeg, iptc(caption="Café à Zürich".encode("latin-1"), byline=b"B. Line")))
    assert (latin.caption, latin.credit) == ("Café à Zürich", "B. Line")
    xmp = photos.take_in(picture(xmp=XMP))
    assert xmp[1:] == ("A bridge at dawn", "Agency & Sons", "An empty bridge")


def test_colours_become_srgb() -> None:
    cmyk = io.BytesIO()
    Image.new("CMYK", (30, 20), (0, 255, 255, 0)).save(cmyk, "JPEG")
    image = opened(photos.take_in(cmyk))
    assert image.mode == "RGB"
    red, green, blue = image.getpixel((10, 10))
    assert (red > 200, max(green, blue) < 100) == (True, True)


def test_see_through_stays_see_through() -> None:
    data = io.BytesIO()
    Image.new("RGBA", (30, 20), (255, 0, 0, 0)).save(data, "PNG")
    assert opened(photos.take_in(data)).mode == "RGBA"


def test_large_pictures_are_made_smaller(picture: Callable[..., Any]) -> None:
    assert max(opened(photos.take_in(picture(size=(5000, 100)))).size) == photos.MAX_SIDE


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a whole picture"),
        (b"GIF89a", "not a whole picture"),
        (SVG, "not a whole picture"),
        (b"%PDF-1.7", "not a whole picture"),
        (b"\xff\xd8\xff" + b"x" * 1000, "not a whole picture"),
        (b"x" * (photos.MAX_BYTES + 1), "larger than 40 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        photos.take_in(io.BytesIO(data))


def test_a_truncated_picture_is_refused(picture: Callable[..., Any]) -> None:
    whole = picture(size=(400, 300)).read()
    with pytest.raises(ValidationError, match="not a whole picture"):
        photos.take_in(io.BytesIO(whole[: len(whole) // 2]))


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    assert data.tell() < 1_000_000
    with pytest.raises(ValidationError, match="more than 100 megapixels"):
        photos.take_in(data)
