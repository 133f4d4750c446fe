"""Share cards: the picture that other sites show of a page which has none of its own."""

import hashlib
import io
from typing import NamedTuple

from PIL import Image, ImageDraw

from .typesetting import SANS, SERIF, Family, Paragraph, readable, typeface

SIZE = WIDTH, HEIGHT = 1200, 630
"""What the large card of Open Graph and X is made for."""
_EDGE = 72
_PAPER, _INK, _MUTED, _LINE, _ACCENT, _HALO = "#ffffff", "#16140f", "#635e54", "#dcd7cd", "#c4161c", "#f2cdce"
_SIZES = (128, 116, 104, 92, 82, 74, 66, 60, 54, 48)
_TOP, _BOTTOM = 166, 516
"""Between them stands the headline."""
_LEADING = dict.fromkeys(("ar", "fa", "ur", "hi", "mr", "ne"), 1.4)
"""Lines further apart for scripts that reach higher and deeper."""
_DESIGN = 1
"""Counts what the same words have looked like, so that addresses change with that too."""


class Card(NamedTuple):
    """What stands on a card, in the page's language."""

    headline: str
    publication: str
    badge: str
    """LIVE or not, in words; "" for neither."""
    is_live: bool
    time: str
    section: str
    language: str
    is_rtl: bool

    @property
    def mark(self) -> str:
        """Ten hexadecimal digits that change with anything on the card."""
        return hashlib.sha256(repr((_DESIGN, *self)).encode()).hexdigest()[:10]


def png(card: Card) -> bytes:
    """The card, SIZE large. Letters that no font here has would be boxes: the publication's name stands instead."""
    image = Image.new("RGB", SIZE, _PAPER)
    _Drawing(card, image).all()
    data = io.BytesIO()
    image.quantize(64).save(data, "PNG", optimize=True)
    return data.getvalue()


class _Drawing:
    """One card being drawn, from the side on which its language begins."""

    def __init__(self, card: Card, image: Image.Image) -> None:
        self.card, self.image, self.picture = card, image, ImageDraw.Draw(image)

    def all(self) -> None:
        card = self.card
        self._line(self._set(card.publication, SERIF, 46, 700), 102, _INK)
        self._badge()
        self._rule(130, 1, _LINE)
        self._headline()
        self._rule(544, 3, _INK)
        time = self._set(card.time, SANS, 28, WIDTH - 2 * _EDGE)
        self._line(time, 592, _MUTED, at_end=bool(card.section))
        room = WIDTH - 3 * _EDGE - self._length(time)
        self._line(self._set(card.section, SANS, 28, room), 592, _INK)

    def _set(self, text: str, family: Family, size: int, width: float) -> Paragraph:
        """The text as one line, without what cannot be set."""
        face = typeface(family, size, self.card.language, text)
        paragraph = Paragraph(readable(text, face) or "", face, width, is_rtl=self.card.is_rtl)
        paragraph.cut(1, width)
        return paragraph

    def _line(self, paragraph: Paragraph, y: float, ink: str, *, at_end: bool = False) -> None:
        for line in paragraph.lines:
            paragraph.draw(self.picture, line, (self._left(paragraph.length(line), at_end=at_end), y), ink)

    def _left(self, length: float, *, at_end: bool = False) -> float:
        """Where something so long begins, at the side where lines begin or at the other."""
        return WIDTH - _EDGE - length if at_end != self.card.is_rtl else _EDGE

    def _length(self, paragraph: Paragraph) -> float:
        return max(map(paragraph.length, paragraph.lines), default=0)

    def _rule(self, y: int, height: int, ink: str) -> None:
        self.picture.rectangle((_EDGE, y, WIDTH - _EDGE - 1, y + height - 1), ink)

    def _badge(self) -> None:
        badge = self._set(self.card.badge, SANS, 30, 300)
        self._line(badge, 100, _ACCENT if self.card.is_live else _MUTED, at_end=True)
        if self.card.is_live:
            away = _EDGE + self._length(badge) + 28
            self._dot(away if self.card.is_rtl else WIDTH - away, 89)

    def _dot(self, x: float, y: float) -> None:
        """Four times as large and then made smaller, for the sake of its edge."""
        spot = Image.new("RGB", (160, 160), _PAPER)
        drawn = ImageDraw.Draw(spot)
        drawn.ellipse((8, 8, 151, 151), _HALO)
        drawn.ellipse((40, 40, 119, 119), _ACCENT)
        self.image.paste(spot.resize((40, 40), Image.Resampling.LANCZOS), (round(x) - 20, round(y) - 20))

    def _headline(self) -> None:
        card, room = self.card, _BOTTOM - _TOP
        face = typeface(SERIF, 0, card.language, card.headline)
        text = readable(card.headline, face) or card.publication
        leading = _LEADING.get(card.language.partition("-")[0], 1.14)
        for size in _SIZES:
            face = typeface(SERIF, size, card.language, text)
            paragraph = Paragraph(text, face, WIDTH - 2 * _EDGE, is_rtl=card.is_rtl)
            if len(paragraph.lines) * size * leading <= room:
                break
        paragraph.cut(int(room // (size * leading)), WIDTH - 2 * _EDGE)
        y = _TOP + (room - len(paragraph.lines) * size * leading) / 2 + size * (leading / 2 + 0.3)
        for line in paragraph.lines:
            paragraph.draw(self.picture, line, (self._left(paragraph.length(line)), y), _INK)
            y += size * leading
