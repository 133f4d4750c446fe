"""What is read from a picture's file: each standard, each coding, and nothing that nobody wrote."""

import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import ExifTags, Image

from articles.media import photos
from articles.media.metadata import Words, words
from articles.media.xmp import LONGEST, properties

from .files import iptc, said, with_segment, xmp

type Picture = Callable[..., Any]

BRIDGE = xmp(
    said("dc:description", "A bridge at dawn", "Eine Brücke")
    + said("Iptc4xmpCore:AltTextAccessibility", "An empty bridge"),
    'photoshop:Credit="Agency &amp; Sons" Iptc4xmpCore:Location="Podil" photoshop:City="Kyiv" '
    'photoshop:DateCreated="2022-02-27T21:13:05+02:00"',
)


def read(picture: Picture, *, segment: bytes = b"", **options: Any) -> Words:
    """What the file says of a JPEG with these parts, without a process of its own."""
    with Image.open(with_segment(picture(**options).read(), segment)) as image:
        return words(image)


def test_each_standard_and_coding(picture: Picture) -> None:
    jpeg = picture().read()
    utf8 = photos.take_in(with_segment(jpeg, iptc(caption="Київ на світанку".encode(), credit=b"Agency"))).words
    assert (utf8["caption"], utf8["credit"], utf8["alt"]) == ("Київ на світанку", "Agency", "")
    latin = read(picture, segment=iptc(caption="Café à Zürich".encode("latin-1"), byline=b"B. Line"))
    assert (latin["caption"], latin["credit"], latin["creator"]) == ("Café à Zürich", "B. Line", "B. Line")
    found = photos.take_in(picture(xmp=BRIDGE.encode())).words
    assert (found["caption"], found["credit"], found["alt"]) == ("A bridge at dawn", "Agency & Sons", "An empty bridge")
    assert (found["place"], found["taken"]) == ("Podil, Kyiv", "2022-02-27T21:13")
    assert read(picture, xmp=BRIDGE.encode("utf-16"))["caption"] == "A bridge at dawn"


def test_when_where_and_whose(picture: Picture) -> None:
    segment = iptc(
        day=b"20220227", hour=b"211305+0200", city="Kyїv".encode(), country=b"Ukraine", rights=b"(c) Us",
        headline=b"Dawn",
    )  # fmt: skip
    found = read(picture, segment=segment)
    assert (found["taken"], found["place"]) == ("2022-02-27T21:13", "Kyїv, Ukraine")
    assert (found["copyright"], found["headline"]) == ("(c) Us", "Dawn")
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2022:02:27 21:13:05"
    exif[ExifTags.Base.ImageDescription] = "Café".encode()
    found = read(picture, exif=exif)
    assert (found["taken"], found["caption"]) == ("2022-02-27T21:13", "Café")
    marked = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHI4sI", ExifTags.Base.Artist, 7, 3, b"Ann", 0)
    assert read(picture, exif=marked)["creator"] == "Ann", "as bytes of no type"


def test_the_first_standard_that_says_something_counts(picture: Picture) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "EXIF's"
    exif[ExifTags.Base.Artist] = "Ann"
    empty = xmp(f"{said('dc:description', '', ' ')}<dc:creator><rdf:Seq><rdf:li/></rdf:Seq></dc:creator>")
    found = read(picture, exif=exif, xmp=empty.encode(), segment=iptc(caption=b"", byline=b"  "))
    assert (found["caption"], found["creator"]) == ("EXIF's", "Ann")
    assert read(picture, exif=exif, xmp=BRIDGE.encode())["caption"] == "A bridge at dawn"
    assert read(picture, xmp=BRIDGE.encode(), segment=iptc(caption=b"IPTC's"))["caption"] == "IPTC's"
    assert read(picture, segment=iptc((2, 80, b""), (2, 80, b"Bo"), byline=b"Cy"))["creator"] == "Bo, Cy"


OTHER_PREFIXES = (
    '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description '
    'xmlns="http://purl.org/dc/elements/1.1/"><description>{}</description></r:Description></r:RDF>'
)


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        (xmp('<dc:description><rdf:Alt><rdf:li xml:lang="x-default"/></rdf:Alt></dc:description>'), ""),
        (xmp("<dc:description/>"), ""),
        (xmp("<dc:description>\n <!-- none --> Plain &amp;\n simple </dc:description>"), "Plain & simple"),
        (xmp("<dc:description><![CDATA[Fish & <chips>]]></dc:description>"), "Fish & <chips>"),
        (xmp(said("dc:description", "The first").replace("x-default", "fr")), "The first"),
        (xmp(said("dc:description", "Erste", "The default").replace("x-default", "fr").replace('"de"', '"x-default"')),
         "The default"),
        (xmp("<dc:description><rdf:Description><rdf:value>Qualified</rdf:value></rdf:Description></dc:description>"),
         "Qualified"),
        (xmp(f"<dc:source>{said('dc:description', 'of a part')}</dc:source>"), ""),
        (xmp("", 'dc:description="One"', '<?xpacket begin="\ufeff"?>') + "\n \0\0", "One"),
        (OTHER_PREFIXES.format("Other prefixes"), "Other prefixes"),
        (OTHER_PREFIXES.format("A\x0bcontrol\x03"), "Acontrol"),
        (OTHER_PREFIXES.format("never closed</r:RDF>"), ""),
        (OTHER_PREFIXES.format("&nbsp;"), ""),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + OTHER_PREFIXES.format("&b;"), ""),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + OTHER_PREFIXES.format("&a;"), ""),
        ("no XML at all", ""),
    ],
)  # fmt: skip
def test_xmp_in_every_spelling(picture: Picture, text: str, caption: str) -> None:
    """Damaged or dangerous, it says nothing; the picture is taken all the same."""
    assert read(picture, xmp=text.encode())["caption"] == caption


def test_xmp_that_goes_on_for_ever_says_nothing() -> None:
    assert properties(xmp("<dc:source/>" * 1000, 'dc:rights="Us"')) == {"dc:rights": ["Us"]}
    assert properties(xmp(" " * LONGEST, 'dc:rights="Us"')) == {}


CREDIT = "Олександр Петренко/Укрінформ"
UTF8, CYRILLIC = b"\x1b%G", b"\x1b-L"


@pytest.mark.parametrize(
    ("declared", "iim", "beside", "credit"),
    [
        (b"", CREDIT.encode()[:32], "", "Олександр Петрен"),
        (b"", CREDIT.encode()[:32], CREDIT, CREDIT),
        (b"", CREDIT.encode()[:32], "Another", "Олександр Петрен"),
        (UTF8, ("x" * 31 + "é").encode()[:32], "", "x" * 31),
        (b"", CREDIT.encode("cp1251"), CREDIT, CREDIT),
        (b"", CREDIT.encode("cp1251"), "", ""),
        (b"", CREDIT.encode("mac-cyrillic"), "", ""),
        (b"", "Яна".encode("cp1251"), "", ""),
        (b"", "Å".encode("latin-1"), "", "Å"),
        (CYRILLIC, CREDIT.encode("iso8859-5"), "", CREDIT),
        (CYRILLIC, CREDIT.encode("iso8859-5"), "Another", CREDIT),
        (b"", "André".encode("latin-1"), "", "André"),
        (b"", "André".encode("latin-1"), "Another", "Another"),
    ],
)
def test_a_credit_has_32_bytes(picture: Picture, declared: bytes, iim: bytes, beside: str, credit: str) -> None:
    """Cut off within a letter, or in a code page that nobody names: XMP's where there is one, and never a wrong one."""
    segment = iptc(*([(1, 90, declared)] if declared else []), credit=iim)
    full = xmp(f"<photoshop:Credit>{beside}</photoshop:Credit>").encode()
    assert read(picture, segment=segment, xmp=full)["credit"] == credit


@pytest.mark.parametrize(
    "placeholder",
    [
        "OLYMPUS DIGITAL CAMERA         ", "KONICA MINOLTA DIGITAL CAMERA", "SONY DSC", r"DCIM\100MEDIA\DJI_0042.JPG",
        "Default", "default", "SAMSUNG", "Exif_JPEG_PICTURE",
    ],
)  # fmt: skip
def test_what_a_camera_writes_is_no_caption(picture: Picture, placeholder: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = placeholder
    assert read(picture, exif=exif)["caption"] == ""
    assert (
        read(picture, segment=iptc(caption=placeholder.encode()), xmp=BRIDGE.encode())["caption"] == "A bridge at dawn"
    )
    exif[ExifTags.Base.ImageDescription] = f"{placeholder} in a window"
    assert read(picture, exif=exif)["caption"] != ""
