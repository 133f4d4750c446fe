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


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"MZ", "Use an MP3"),
        ("a.wav", b"", "no sound|not a whole"),
        ("a.mp3", b"not sound at all" * 50, "no sound|not a whole"),
        ("a.wav", sound(0), "no sound"),
    ],
)
def test_what_is_no_sound_is_refused_with_a_sentence(name: str, data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        audio.seconds(ContentFile(data, name))
