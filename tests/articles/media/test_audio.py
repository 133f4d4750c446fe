import io
import wave

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from articles.media import audio


def sound(seconds: float) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * int(8000 * seconds))
    return data.getvalue()


def test_the_length_is_read_in_whole_seconds() -> None:
    assert audio.seconds(ContentFile(sound(2.6), "a.wav")) == 3
    assert audio.seconds(ContentFile(sound(0.1), "a.wav")) == 1


def test_the_content_decides_and_gives_the_ending() -> None:
    misnamed = ContentFile(sound(2), "talks.mp3")
    assert audio.seconds(misnamed) == 2
    assert misnamed.name == "talks.wav"
    frames = ContentFile((b"\xff\xfb\x90\x64" + bytes(413)) * 100, "talks")  # MPEG 1, layer III, 128 kbit/s
    assert audio.seconds(frames) == 3
    assert frames.name == "talks.mp3"


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
        audio.seconds(ContentFile(data, name))
