import io
import struct
import wave
from collections.abc import Callable
from typing import Any

import mutagen
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from mutagen.apev2 import APEv2
from mutagen.id3 import COMM, ID3

from articles.media import audio

SECRET = b"+50.4501+030.5234/ Pixel"
"""Where it was recorded, and with what."""


def sound(seconds: float) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * int(8000 * seconds))
    return data.getvalue()


MP3 = (b"\xff\xfb\x90\x64" + bytes(413)) * 100
"""MPEG 1, layer III, 128 kbit/s."""


def test_the_length_is_read_in_whole_seconds() -> None:
    assert audio.take_in(ContentFile(sound(2.6), "a.wav")).seconds == 3
    assert audio.take_in(ContentFile(sound(0.1), "a.wav")).seconds == 1


def test_the_content_decides_and_gives_the_ending_and_nobody_guesses_the_name() -> None:
    misnamed = audio.take_in(ContentFile(sound(2), "talks.mp3"))
    assert misnamed.seconds == 2
    frames = audio.take_in(ContentFile(MP3, "talks"))
    assert frames.seconds == 3
    for taken, ending in ((misnamed, "wav"), (frames, "mp3")):
        assert len(str(taken.file.name)) == 32 + 4
        assert str(taken.file.name).endswith(f".{ending}")
        assert "talks" not in str(taken.file.name)


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def m4a() -> bytes:
    """As phones write it: the place straight in `udta`, the device in QuickTime's `meta`."""
    times = struct.pack(">IIIII", 0, 0, 0, 1000, 3000)
    stsd = bytes(4) + struct.pack(">I", 1) + box(b"mp4a", bytes(16), struct.pack(">HHIHH", 1, 16, 0, 8000, 0), esds())
    table = box(b"stbl", box(b"stsd", stsd))
    handler = box(b"hdlr", bytes(8), b"soun", bytes(13))
    media = box(b"mdia", box(b"mdhd", times, bytes(4)), handler, box(b"minf", table))
    place = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(SECRET), 0), SECRET))
    track = box(b"trak", media, place)
    device = box(b"meta", bytes(4), box(b"keys", SECRET))
    moov = box(b"moov", box(b"mvhd", times, bytes(80)), track, place, device)
    return box(b"ftyp", b"M4A ", bytes(4)) + moov + box(b"mdat", b"\x21" * 3000)


def esds() -> bytes:
    decoder = b"\x04\x11\x40\x15" + bytes(3) + struct.pack(">II", 8000, 8000) + b"\x05\x02\x15\x88"
    return box(b"esds", bytes(4), b"\x03" + bytes([3 + len(decoder)]) + b"\0\0\0" + decoder)


def mp3() -> bytes:
    data = io.BytesIO(MP3)
    tags = ID3()
    tags.add(COMM(encoding=3, lang="eng", text=[SECRET.decode()]))
    tags.save(data, v1=2)
    data.seek(0)
    ape = APEv2()
    ape["Place"] = SECRET.decode()
    ape.save(data)
    return data.getvalue()


def wav() -> bytes:
    plain = sound(3)[12:]
    told = b"WAVE" + b"bext" + struct.pack("<I", len(SECRET)) + SECRET + plain
    told += b"LIST" + struct.pack("<I", 4 + len(SECRET)) + b"INFO" + SECRET
    return b"RIFF" + struct.pack("<I", len(told)) + told


def flac() -> bytes:
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + struct.pack(">Q", 8000 << 44 | 7 << 36 | 24_000) + bytes(16)
    comment = struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, 9 + len(SECRET)) + b"LOCATION=" + SECRET
    blocks = [(0, info), (2, b"riff" + SECRET), (4, comment)]
    head = [bytes([kind | (128 if kind == 4 else 0)]) + len(data).to_bytes(3) + data for kind, data in blocks]
    return b"fLaC" + b"".join(head) + b"\xff\xf8" + bytes(100)


def page(number: int, flags: int, position: int, packet: bytes) -> bytes:
    from mutagen.ogg import OggPage

    made = OggPage()
    made.serial, made.sequence, made.position, made.packets = 7, number, position, [packet]
    made.first, made.last = flags == 2, flags == 4
    return bytes(made.write())


def opus() -> bytes:
    comment = struct.pack("<I", 4) + b"test" + struct.pack("<II", 1, 9 + len(SECRET)) + b"LOCATION=" + SECRET
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 0, 48_000, 0, 0)
    return page(0, 2, 0, head) + page(1, 0, 0, b"OpusTags" + comment) + page(2, 4, 144_000, b"\xf8\xff\xfe")


@pytest.mark.parametrize("made", [m4a, mp3, wav, flac, opus])
def test_readers_are_not_told_where_it_was_recorded_and_with_what(made: Callable[[], bytes]) -> None:
    data = made()
    assert SECRET in data
    taken = audio.take_in(ContentFile(data, "a"))
    taken.file.seek(0)
    cleaned = taken.file.read()
    assert SECRET not in cleaned
    assert taken.seconds == 3
    left: Any = mutagen.File(io.BytesIO(cleaned))
    assert round(left.info.length) == 3
    if made in {m4a, wav}:
        assert len(cleaned) == len(data), "else the tables of an M4A would lead nowhere"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"MZ", "Use an MP3"),
        ("a.wav", b"", "no sound|not a whole"),
        ("a.mp3", b"not sound at all" * 50, "no sound|not a whole"),
        ("a.wav", sound(0), "no sound"),
        ("a.wav", sound(4)[:16_000], "end of this audio file is missing"),
        (
            "a.mp3",
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c" + bytes(500),
            "Use an MP3|not a whole",
        ),
    ],
)
def test_what_is_no_sound_is_refused_with_a_sentence(name: str, data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        audio.take_in(ContentFile(data, name))
