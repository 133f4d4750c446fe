"""Pictures on their way in: what readers get is whole, upright, in sRGB and says nothing private."""

import io
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from PIL import ExifTags, Image, PngImagePlugin

from articles.media import decoder, photos

from .files import iptc, with_segment, xmp

pillow_heif.register_heif_opener()


def saved(image: Image.Image, format: str, **options: Any) -> io.BytesIO:
    data = io.BytesIO()
    image.save(data, format, **options)
    return data


def display_p3() -> bytes:
    """A profile of the colour space Display P3 (SMPTE EG 432-1, D65), of the few tags that a colour engine needs."""

    def fixed(value: float) -> bytes:
        return round(value * 65536).to_bytes(4, "big", signed=True)

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(map(fixed, values))

    text = b"Display P3"
    described = b"desc" + bytes(4) + (len(text) + 1).to_bytes(4) + text + bytes(1 + 4 + 4 + 2 + 1 + 67)
    curve = b"curv" + bytes(4) + (1).to_bytes(4) + round(2.2 * 256).to_bytes(2) + bytes(2)
    tags = {
        b"desc": described + bytes(-len(described) % 4),
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2919, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1572, 0.0666, 0.7841),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + (start + len(body)).to_bytes(4) + len(data).to_bytes(4)
        body += data
    header = bytes(4) + bytes(4) + b"\x02\x40\x00\x00" + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header += fixed(0.9642) + fixed(1) + fixed(0.8249) + bytes(48)
    return (start + len(body)).to_bytes(4) + header[4:] + len(tags).to_bytes(4) + table + body


def renditions_of(taken: photos.TakenIn, focus: tuple[int, int] = (50, 40)) -> dict[str, bytes]:
    taken.file.seek(0)
    suffix = Path(str(taken.file.name)).suffix
    planned = photos.plan(taken.width, taken.height, suffix, focus)
    with photos.rendered(taken.file, suffix, planned) as folder:
        return {one.name: (folder / one.name).read_bytes() for one in planned}


def opened(taken: photos.TakenIn) -> Image.Image:
    return Image.open(io.BytesIO(taken.file.read()))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
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


def test_a_heic_that_says_twice_how_to_be_turned_is_turned_once() -> None:
    """Phones write the turn into the picture (irot) and into EXIF; the first alone counts."""
    upright = Image.new("RGB", (64, 48), "white")
    upright.paste("red", (0, 0, 16, 16))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = io.BytesIO()
    stored = pillow_heif.from_pillow(upright.transpose(Image.Transpose.ROTATE_90))
    stored.save(data, exif=exif.tobytes(), quality=95)
    assert b"irot" in data.getvalue()
    assert exif.tobytes() in data.getvalue()
    image = opened(photos.take_in(data)).convert("RGB")
    assert image.size == (64, 48)
    assert image.getpixel((6, 6))[1] < 60


def app1(data: bytes) -> bytes:
    return b"\xff\xe1" + (len(data) + 2).to_bytes(2) + data


UNWRITABLE = (
    b"II*\0\x08\0\0\0\2\0"
    b"\x12\1\3\0\1\0\0\0\6\0\0\0"  # turn it by 90 degrees
    b"\x1a\1\2\0\4\0\0\0xxx\0"  # a resolution that is a text
    b"\0\0\0\0"
)


@pytest.mark.parametrize(
    "segment",
    [
        app1(b"Exif\0\0" + UNWRITABLE),
        iptc(caption=b"x" * 40).replace(b"\x1c\x02\x78\x00", b"\x1c\x02\x78\xff"),
        iptc(caption=b"x" * 40).replace(b"\x1c\x02", b"\xff\x02"),
        iptc(caption=b"x" * 4).replace(b"\x00\x04xxxx", b"\x00"),
        b"\xff\xe2\x00\xd2ICC_PROFILE\0\1\1" + b"x" * 194,
    ],
    ids=["EXIF", "length in IPTC", "mark in IPTC", "end of IPTC", "profile"],
)
def test_damage_beside_the_picture_is_no_reason_to_refuse_it(picture: Callable[..., Any], segment: bytes) -> None:
    assert {60, 40} == {*opened(photos.take_in(with_segment(picture().read(), segment))).size}


def test_metadata_cannot_keep_the_decoder_busy() -> None:
    """2.5 KB that unpack to a megabyte of elements without end took it all of its minute."""
    data, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp("<dc:description><rdf:li>" * 40_000), zip=True)
    Image.new("RGB", (60, 40)).save(data, "PNG", pnginfo=text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert photos.take_in(data).words["caption"] == ""
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_nothing_private_reaches_readers(format: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (50.0, 27.0, 0.0)
    exif.get_ifd(ExifTags.IFD.IFD1)[ExifTags.Base.ImageDescription] = "thumbnail"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SN12345"
    data = io.BytesIO()
    Image.effect_noise((80, 60), 80).convert("RGB").save(data, format, exif=exif)
    assert b"SN12345" in data.getvalue()
    taken = photos.take_in(data)
    assert taken.words["credit"] == "A. Photographer"
    kept = [taken.file.read(), *renditions_of(taken).values()]
    assert len(kept) == 8
    for data in kept:
        assert not re.search(b"SN12345|Exif|GPS|A. Photographer|thumbnail", data)
        assert not Image.open(io.BytesIO(data)).getexif()


def test_colours_become_srgb() -> None:
    cmyk = io.BytesIO()
    Image.new("CMYK", (30, 20), (0, 255, 255, 0)).save(cmyk, "JPEG")
    image = opened(photos.take_in(cmyk))
    assert image.mode == "RGB"
    red, green, blue = image.getpixel((10, 10))
    assert (red > 200, max(green, blue) < 100) == (True, True)


@pytest.mark.parametrize(
    ("format", "image", "options"),
    [
        ("PNG", Image.new("RGBA", (30, 20), (0, 0, 0, 0)), {}),
        ("PNG", Image.new("LA", (30, 20), (0, 0)), {}),
        ("PNG", Image.new("P", (30, 20), 0), {"transparency": 0}),
        ("PNG", Image.new("RGB", (30, 20)), {"transparency": (0, 0, 0)}),
        ("AVIF", Image.new("RGBA", (30, 20), (0, 0, 0, 0)), {}),
    ],
)
def test_see_through_stays_see_through_and_stands_on_white(
    format: str, image: Image.Image, options: dict[str, Any]
) -> None:
    taken = photos.take_in(saved(image, format, **options))
    assert opened(taken).convert("RGBA").getpixel((5, 5))[3] == 0
    assert taken.tone == "333"  # as the placeholder's colour is seen through it
    share = Image.open(io.BytesIO(renditions_of(taken)["share-50-40.jpg"]))
    assert share.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_a_photograph_that_hides_nothing_is_a_jpeg() -> None:
    screenshot = Image.effect_noise((200, 150), 60).convert("RGBA")
    assert photos.take_in(saved(screenshot, "PNG")).file.name.endswith(".jpg")


def test_wide_gamut_colours_keep_their_look() -> None:
    """Display-P3's (209, 63, 58) is sRGB's (224, 51, 48), whatever the profile's curve does to the last digit."""
    taken = photos.take_in(saved(Image.new("RGB", (30, 20), (209, 63, 58)), "PNG", icc_profile=display_p3()))
    red, green, blue = opened(taken).convert("RGB").getpixel((10, 10))
    assert red > 218
    assert green < 58
    assert blue < 58


def test_sixteen_bits_become_eight() -> None:
    grey = opened(photos.take_in(saved(Image.new("I;16", (30, 20), 0x8000), "PNG"))).convert("RGB")
    assert abs(grey.getpixel((5, 5))[0] - 127) <= 1


def test_of_an_animation_the_first_frame() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue", "green")]
    taken = photos.take_in(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    image = opened(taken)
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)
    assert taken.tone == "300"


@pytest.mark.parametrize("size", [(5000, 100), (20_000, 10), (10, 20_000), (1, 1)])
def test_whatever_its_sides_all_renditions_are_made(picture: Callable[..., Any], size: tuple[int, int]) -> None:
    taken = photos.take_in(picture(size=size))
    assert max(opened(taken).size) == min(max(size), decoder.MAX_SIDE)
    for one, data in renditions_of(taken).items():
        assert min(Image.open(io.BytesIO(data)).size) >= 1, one


def test_renditions(picture: Callable[..., Any]) -> None:
    taken = photos.take_in(saved(Image.effect_noise((1300, 900), 60), "JPEG"))
    files = renditions_of(taken)
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in files.items()}
    assert sizes["400.avif"] == sizes["400.webp"] == sizes["400.jpg"] == (400, 277)
    assert sizes["1300.avif"] == (1300, 900)
    assert sizes["16x9-50-40.jpg"] == (1300, 731)
    assert sizes["share-50-40.jpg"] == (1200, 630)
    assert "1600.avif" not in sizes
    formats = {name.rpartition(".")[2]: Image.open(io.BytesIO(data)).format for name, data in files.items()}
    assert formats == {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}


def test_no_rendition_reaches_beyond_its_picture() -> None:
    for width, height in product((1, 2, 500, 899, 1800, 2399, 2400), (1, 3, 333, 500, 1351, 2400)):
        for focus in ((0, 0), (50, 40), (100, 100)):
            for one in photos.plan(width, height, ".jpg", focus):
                left, upper, right, lower = one.box
                assert 0 <= left < right <= width, (width, height, one)
                assert 0 <= upper < lower <= height, (width, height, one)
                assert min(one.size) >= 1


def test_crops_keep_the_focus() -> None:
    image = Image.new("RGB", (1600, 900), "blue")
    image.paste("red", (0, 0, 200, 900))
    taken = photos.take_in(saved(image, "PNG"))
    left = renditions_of(taken, focus=(0, 50))["1x1-0-50.jpg"]
    right = renditions_of(taken, focus=(100, 50))["1x1-100-50.jpg"]
    assert Image.open(io.BytesIO(left)).getpixel((20, 450))[0] > 200
    assert Image.open(io.BytesIO(right)).getpixel((20, 450))[2] > 200


def test_a_decoder_that_dies_is_a_sentence(picture: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a decoder that was taken over, or ran out of memory, does: here it is killed for want of time."""
    monkeypatch.setitem(photos.PATIENCE, "take-in", 0.01)
    monkeypatch.setattr(photos, "MORE_PATIENCE", 0.01)
    with pytest.raises(ValidationError, match="takes too long"):
        photos.take_in(picture())


def test_on_a_busy_machine_it_gets_a_share_after_a_while(
    picture: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that gets no processor while others want one is begun anew."""
    monkeypatch.setitem(photos.PATIENCE, "take-in", 0.01)
    assert photos.take_in(picture()).width == 60


def test_a_decoder_has_no_more_memory_than_it_needs() -> None:
    script = "from articles.media import decoder; decoder._bound(20); bytes(3 << 30)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=settings.BASE_DIR, check=False)
    assert b"MemoryError" in done.stderr


def test_a_decoder_asks_often_whether_others_want_the_processor(tmp_path: Path) -> None:
    """By a signal that the kernel sends it, and that something takes: it would end a process that does not."""
    os.mkfifo(tmp_path / "upload")
    command = [sys.executable, "-m", "articles.media.decoder", "take-in", str(tmp_path), str(os.getpid()), "yield"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR) as process:
        with (tmp_path / "upload").open("wb"):  # it opens when the decoder has begun to read
            status = Path(f"/proc/{process.pid}/status").read_text()
        assert process.wait(30) == 0
    caught = re.search(r"SigCgt:\s+(\w+)", status)
    assert caught
    assert int(caught[1], 16) >> (signal.SIGALRM - 1) & 1


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a picture"),
        (b"GIF89a", "not a picture"),
        (SVG, "An SVG can hold programs"),
        (b"%PDF-1.7", "not a picture"),
        (b"\xff\xd8\xff" + b"x" * 1000, "not a picture"),
        (b"x" * (photos.MAX_BYTES + 1), "larger than 40 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        photos.take_in(io.BytesIO(data))


def test_tiff_is_refused(picture: Callable[..., Any]) -> None:
    with pytest.raises(ValidationError, match="Use a JPEG"):
        photos.take_in(picture(format="TIFF"))


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
