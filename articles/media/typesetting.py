"""Lines of text in any script, for pictures: a font for each letter, line breaks, and the order of both directions.

Pillow (with raqm) shapes a word and has one font for it; which font, and where the word stands, is decided here.
It is the bidirectional algorithm (Unicode TR 9) of words: a word goes the way of its first letter, one without
letters the way of the word before it. What is embedded in what is embedded is not looked at.
"""

import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageDraw, ImageFont

_SITE = Path(__file__).resolve().parents[2] / "static" / "fonts"
_OWN = Path(__file__).parent / "fonts"
_CLOSING, _OPENING = "Pe Pf Po", "Ps Pi"
"""Unicode's categories of what no line begins with, and of what none ends with."""
_IDEOGRAPHS = ("CJK", "HIRAGANA", "KATAKANA", "FULLWIDTH", "IDEOGRAPHIC")
"""How Unicode's names of the letters begin between which a line may break."""


class File(NamedTuple):
    """A font's file."""

    path: Path
    number: int = 0
    """Of the font in a collection."""
    weight: int | None = None
    """Where the file has that axis."""


type Family = tuple[File, ...]
"""Files that hold parts of one design."""

SERIF: Family = (File(_SITE / "newsreader-headline.woff2"), File(_SITE / "newsreader-headline-ext.woff2"))
SANS: Family = (
    File(_SITE / "public-sans.woff2", weight=600),
    File(_SITE / "public-sans-ext.woff2", weight=600),
)
_OTHERS: tuple[Family, ...] = tuple(
    (File(_OWN / f"{name}.woff2"),)
    for name in ("noto-serif", "noto-naskh-arabic", "noto-serif-hebrew", "noto-serif-devanagari")
)


class Word(NamedTuple):
    """What no line break parts."""

    text: str
    is_rtl: bool
    spaced: bool
    """Whether a space stands before it, unless it begins a line."""


class Typeface(NamedTuple):
    """What a text is set in."""

    families: tuple[Family, ...]
    size: int
    language: str

    def width(self, text: str, *, is_rtl: bool = False) -> float:
        """In pixels."""
        return sum(self._length(file, part, is_rtl) for file, part in self._parts(text))

    @property
    def space(self) -> float:
        return self.size * 0.24

    def draw(self, picture: ImageDraw.ImageDraw, at: tuple[float, float], word: Word, ink: str) -> None:
        """Set a word, from its left end, on the baseline."""
        x, y = at
        parts = list(self._parts(word.text))
        for file, part in reversed(parts) if word.is_rtl else parts:
            way = "rtl" if word.is_rtl else "ltr"
            font = _font(file, self.size)
            picture.text((x, y), part, ink, font, anchor="ls", direction=way, language=self.language)
            x += self._length(file, part, word.is_rtl)

    def _length(self, file: File, text: str, is_rtl: bool) -> float:
        way = "rtl" if is_rtl else "ltr"
        return _font(file, self.size).getlength(text, direction=way, language=self.language)

    def _parts(self, text: str) -> Iterator[tuple[File, str]]:
        """The text in pieces, each with a file that has it. A mark stays with its letter."""
        files = [file for family in self.families for file in family]
        chosen: list[File] = []
        for sign in text:
            is_mark = chosen and (unicodedata.category(sign)[0] == "M" or sign in "\u200c\u200d")
            has = (file for file in [*chosen[-1:], *files] if ord(sign) in _letters(file))
            chosen.append(chosen[-1] if is_mark else next(has, files[0]))
        pairs = zip(chosen, text, strict=True)
        for file, signs in groupby(pairs, key=lambda pair: pair[0]):
            yield file, "".join(sign for _, sign in signs)


def typeface(first: Family, size: int, language: str, text: str) -> Typeface:
    """`first`, or before it the families that have more of the text's letters: words of one script look alike."""

    def lacking(family: Family) -> int:
        return sum(not any(ord(sign) in _letters(file) for file in family) for sign in text if sign.isalpha())

    families = sorted((first, *_OTHERS), key=lacking)
    more = dict.fromkeys(filter(None, (_of_system(sign, language) for sign in _missing(text, families))))
    return Typeface((*families, *more), size, language)


def readable(text: str, face: Typeface) -> str | None:
    """The text without the signs that no font has; None when letters are among them."""
    missing = _missing(text, face.families)
    if any(sign.isalpha() for sign in missing):
        return None
    return " ".join("".join(sign for sign in text if sign not in missing).split())


def _missing(text: str, families: Iterable[Family]) -> list[str]:
    files = [file for family in families for file in family]
    needed = [sign for sign in dict.fromkeys(text) if not sign.isspace() and unicodedata.category(sign) != "Cf"]
    return [sign for sign in needed if not any(ord(sign) in _letters(file) for file in files)]


# ── Fonts ───────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=200)
def _font(file: File, size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(file.path), size, index=file.number, layout_engine=ImageFont.Layout.RAQM)
    if file.weight:
        font.set_variation_by_axes([file.weight])
    return font


@lru_cache(maxsize=50)
def _letters(file: File) -> frozenset[int]:
    """The code points that the file has."""
    with TTFont(file.path, fontNumber=file.number, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=500)
def _of_system(sign: str, language: str) -> Family | None:
    """What fontconfig gives for a letter, if that has it: a serif for choice, in the language's own forms."""
    pattern = f"serif:bold:scalable=true:lang={language}:charset={ord(sign):x}"
    ask = ["fc-match", "--format", "%{file}\n%{index}", pattern]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=5, check=True).stdout
        path, index = said.split("\n")
        found = File(Path(path), int(index) & 0xFFFF)  # what stands above names an instance of a variable font
        return (found,) if ord(sign) in _letters(found) else None
    except (OSError, ValueError, subprocess.SubprocessError, TTLibError):
        return None


# ── Lines ───────────────────────────────────────────────────────────────────────────────────────────────


def words(text: str, *, is_rtl: bool) -> list[Word]:
    """What the text is broken into; `is_rtl`: the way of the whole."""
    found: list[Word] = []
    for spaced in text.split():
        for number, piece in enumerate(_unspaced(spaced)):
            before = found[-1].is_rtl if found else is_rtl
            found.append(Word(piece, _goes_left(piece, before), number == 0))
    return found


def _goes_left(text: str, default: bool) -> bool:
    strong = (way for way in map(unicodedata.bidirectional, text) if way in {"L", "R", "AL"})
    first = next(strong, "")
    return first != "L" if first else default


def _unspaced(text: str) -> list[str]:
    """Where a line may break though there is no space: between ideographs, but for brackets and full stops."""
    pieces = [""]
    for sign in text:
        last = pieces[-1][-1:]
        may = (_is_ideograph(sign) or _is_ideograph(last)) and last
        if may and unicodedata.category(sign) not in _CLOSING and unicodedata.category(last) not in _OPENING:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _is_ideograph(sign: str) -> bool:
    return bool(sign) and unicodedata.name(sign, "").startswith(_IDEOGRAPHS)


class Paragraph:
    """Words in lines of at most `width` pixels, as alike in length as the number of lines allows."""

    def __init__(self, text: str, face: Typeface, width: float, *, is_rtl: bool) -> None:
        self.face, self.is_rtl = face, is_rtl
        found = [piece for word in words(text, is_rtl=is_rtl) for piece in self._fitting(word, width)]
        self._widths = {word: face.width(word.text, is_rtl=word.is_rtl) for word in found}
        self.lines = self._broken(found, width)
        narrow, wide = 0.0, width
        while wide - narrow > face.space and self.lines:
            middle = (narrow + wide) / 2
            tried = self._broken(found, middle)
            fits = len(tried) == len(self.lines) and max(map(self.length, tried)) <= middle
            narrow, wide = (narrow, middle) if fits else (middle, wide)
        self.lines = self._broken(found, wide)

    def cut(self, most: int, width: float) -> None:
        """At most that many lines, an ellipsis after the last."""
        if len(self.lines) <= most:
            return
        self.lines = self.lines[:most]
        last, ended = self.lines[-1], self._ended(self.lines[-1][-1].text, self.lines[-1][-1])
        while self.length([*last[:-1], ended]) > width and ended.text != "…":
            if len(last) > 1:
                last.pop()
                ended = self._ended(last[-1].text, last[-1])
            else:
                ended = self._ended(ended.text[:-2], ended)
        last[-1] = ended

    def _ended(self, text: str, word: Word) -> Word:
        ended = word._replace(text=f"{text.rstrip('.,:;–—-…')}…")
        self._widths[ended] = self.face.width(ended.text, is_rtl=ended.is_rtl)
        return ended

    def length(self, line: Sequence[Word]) -> float:
        return sum(self._widths[word] + self._gap(line, number) for number, word in enumerate(line))

    def draw(self, picture: ImageDraw.ImageDraw, line: Sequence[Word], at: tuple[float, float], ink: str) -> None:
        """Set a line from its left end, on the baseline."""
        x, y = at
        for space, word in self._visual(line):
            self.face.draw(picture, (x + space, y), word, ink)
            x += space + self._widths[word]

    def _visual(self, line: Sequence[Word]) -> Iterator[tuple[float, Word]]:
        """The line's words from left to right, each with the space before it."""
        groups = [list(group) for _, group in groupby(enumerate(line), key=lambda one: one[1].is_rtl)]
        if self.is_rtl:
            groups.reverse()
        beside = None  # the number of the word, or of the group's first word, that stands to the left
        for group in groups:
            ordered = group[::-1] if group[0][1].is_rtl else group
            first = group[0][0]
            for place, (number, word) in enumerate(ordered):
                here = number if place else first
                yield 0 if beside is None else self._gap(line, max(here, beside)), word
                beside = number
            beside = first

    def _gap(self, line: Sequence[Word], number: int) -> float:
        """Between the word of that number and the one before it."""
        return self.face.space if number and line[number].spaced else 0

    def _broken(self, found: Sequence[Word], width: float) -> list[list[Word]]:
        lines: list[list[Word]] = []
        for word in found:
            if lines and self.length([*lines[-1], word]) <= width:
                lines[-1].append(word)
            else:
                lines.append([word])
        return lines

    def _fitting(self, word: Word, width: float) -> list[Word]:
        """The word, or as many pieces as it takes where it is longer than a line."""
        if self.face.width(word.text, is_rtl=word.is_rtl) <= width:
            return [word]
        pieces = [""]
        for sign in word.text:
            is_mark = unicodedata.category(sign)[0] == "M"
            if pieces[-1] and not is_mark and self.face.width(pieces[-1] + sign, is_rtl=word.is_rtl) > width:
                pieces.append("")
            pieces[-1] += sign
        return [Word(piece, word.is_rtl, word.spaced and not number) for number, piece in enumerate(pieces)]
