"""What the demo's pictures are drawn on: a sheet with type on it, and a map projection.

Everything is drawn at twice its size and scaled down at the end; positions and sizes are given in pixels of the
finished picture. A label that would touch another one, or the edge, is an error: move it.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFont

HERE = Path(__file__).parent
ZOOM = 2
EDGE = 12
EARTH_KM = 6371.0

PAPER, INK, QUIET, HAIR, ACCENT = "#f7f4ee", "#16140f", "#6b665c", "#dcd7cd", "#c4161c"
SEA, LAND, HOME, RIVER, WATER = "#dfe6e8", "#efeae0", "#faf8f3", "#b9c8cd", "#6f8a94"

Point = tuple[float, float]
Anchor = Literal["lm", "rm", "mm", "ma", "ms", "ls", "la", "rs", "ra"]
Family = Literal["serif", "serif-italic", "sans", "sans-bold"]


class Overlap(Exception):
    """Two labels touch, or one leaves the sheet."""


@dataclass(frozen=True)
class Type:
    family: Family
    size: float
    color: str = INK
    weight: int = 400
    tracking: float = 0.0
    halo: str | None = None

    def on(self, color: str) -> "Type":
        """The same type with a halo in the color of what is behind it."""
        return Type(self.family, self.size, self.color, self.weight, self.tracking, color)


class Fonts:
    """The two families, from the unpacked npm packages named in the README. Pillow reads woff2 itself."""

    FILES = {
        "serif": "newsreader-latin-opsz-normal.woff2",
        "serif-italic": "newsreader-latin-opsz-italic.woff2",
        "sans": "public-sans-latin-500-normal.woff2",
        "sans-bold": "public-sans-latin-700-normal.woff2",
    }

    def __init__(self, folder: Path) -> None:
        self.paths = {family: next(folder.rglob(name), None) for family, name in self.FILES.items()}
        if missing := [self.FILES[f] for f, path in self.paths.items() if path is None]:
            raise SystemExit(f"No {', '.join(missing)} under {folder}: see README.md, “Drawing the pictures again”.")
        self.load = cache(self._load)

    def _load(self, family: Family, size: float, weight: int) -> ImageFont.FreeTypeFont:
        font = ImageFont.truetype(str(self.paths[family]), round(size * ZOOM))
        if family.startswith("serif"):
            font.set_variation_by_axes([weight, min(72.0, max(6.0, size / 2.4))])
        return font


@dataclass
class Sheet:
    width: int
    height: int
    fonts: Fonts
    background: str = PAPER
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    inks: set[str] = field(default_factory=lambda: {ACCENT})

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width * ZOOM, self.height * ZOOM), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def line(self, points: Iterable[Point], color: str, width: float, dash: tuple[float, float] | None = None) -> None:
        track = [(x * ZOOM, y * ZOOM) for x, y in points]
        for part in dashed(track, dash[0] * ZOOM, dash[1] * ZOOM) if dash else [track]:
            self.draw.line(part, fill=color, width=max(1, round(width * ZOOM)), joint="curve")

    def polygon(self, points: Iterable[Point], color: str) -> None:
        self.draw.polygon([(x * ZOOM, y * ZOOM) for x, y in points], fill=color)

    def box(self, left: float, top: float, right: float, bottom: float, color: str) -> None:
        self.draw.rectangle([left * ZOOM, top * ZOOM, right * ZOOM - 1, bottom * ZOOM - 1], fill=color)

    def disc(self, at: Point, radius: float, color: str) -> None:
        x, y, r = at[0] * ZOOM, at[1] * ZOOM, radius * ZOOM
        self.draw.ellipse([x - r, y - r, x + r, y + r], fill=color)

    def measure(self, text: str, kind: Type) -> float:
        font = self.fonts.load(kind.family, kind.size, kind.weight)
        return float(font.getlength(text)) / ZOOM + kind.tracking * kind.size * (len(text) - 1)

    def text(self, at: Point, text: str, kind: Type, anchor: Anchor = "lm") -> float:
        """Set a text, one line or several; its width. Raises Overlap."""
        rows = text.split("\n")
        lead = kind.size * 1.14
        for i, row in enumerate(rows):
            drop = {"m": (i - (len(rows) - 1) / 2), "s": i - (len(rows) - 1), "a": i}[anchor[1]] * lead
            self._row((at[0], at[1] + drop), row, kind, anchor)
        return max(self.measure(row, kind) for row in rows)

    def _row(self, at: Point, row: str, kind: Type, anchor: Anchor) -> None:
        width = self.measure(row, kind)
        left = at[0] - {"l": 0.0, "r": width, "m": width / 2}[anchor[0]]
        base = at[1] + {"m": 0.35, "s": 0.0, "a": 0.72}[anchor[1]] * kind.size
        self.claim(row, (left, base - 0.72 * kind.size, left + width, base + 0.05 * kind.size))
        self.inks.add(kind.color)
        font = self.fonts.load(kind.family, kind.size, kind.weight)
        pieces = [(left, row)] if not kind.tracking else self._spaced(left, row, kind)
        if kind.halo:
            for x, piece in pieces:
                self.draw.text((x * ZOOM, base * ZOOM), piece, kind.halo, font, "ls",
                               stroke_width=round(kind.size * 0.11 * ZOOM))  # fmt: skip
        for x, piece in pieces:
            self.draw.text((x * ZOOM, base * ZOOM), piece, kind.color, font, "ls")

    def _spaced(self, left: float, row: str, kind: Type) -> list[tuple[float, str]]:
        step = kind.tracking * kind.size
        plain = Type(kind.family, kind.size, kind.color, kind.weight)
        return [(left + self.measure(row[:i], plain) + step * i, c) for i, c in enumerate(row)]

    def claim(self, text: str, box: tuple[float, float, float, float]) -> None:
        """Take room for a label, or raise Overlap."""
        left, top, right, bottom = box
        if min(left, top, self.width - right, self.height - bottom) < EDGE:
            raise Overlap(f"“{text}” leaves the sheet: {box}")
        if any(left < b[2] + 4 and right > b[0] - 4 and top < b[3] + 2 and bottom > b[1] - 2 for b in self.taken):
            raise Overlap(f"“{text}” touches another label: {box}")
        self.taken.append(box)

    def save(self, path: Path) -> None:
        """A PNG with a palette: a third of the size, and flat colors lose nothing."""
        small = self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        tints = colors(small, self.inks)
        palette = Image.new("P", (1, 1))
        palette.putpalette([channel for tint in tints for channel in tint])
        flat = small.quantize(palette=palette, dither=Image.Dither.NONE)
        for index, tint in reversed(list(enumerate(tints[:12]))):  # Pillow finds the nearest only roughly
            away = ImageChops.difference(small, Image.new("RGB", small.size, tint)).convert("L")
            flat.paste(index, mask=away.point([255] + [0] * 255))
        flat.save(path, optimize=True)


def colors(image: Image.Image, inks: set[str]) -> list[tuple[int, ...]]:
    """At most 256 colors for an image: its most frequent ones as they are, so that no tint shifts, the inks with
    their edges on the three largest tints, and a median cut of the rest."""
    counted = sorted(image.getcolors(image.width * image.height) or [], key=lambda pair: -pair[0])
    exact = [color for _, color in counted[:40] if isinstance(color, tuple)]
    edges = [
        tuple(round(a + (b - a) * step / 5) for a, b in zip(ImageColor.getrgb(ink), tint, strict=True))
        for ink in sorted(inks)
        for tint in exact[:3]
        for step in range(5)
    ]
    cut = image.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    rest = [color for _, color in cut.getcolors(64) or [] if isinstance(color, tuple)]
    return list(dict.fromkeys([*exact, *edges, *rest]))[:256]


def dashed(track: Sequence[Point], on: float, off: float) -> list[list[Point]]:
    """Cut a line into dashes that run around its corners."""
    dashes, left, drawing = [[track[0]]], on, True
    for start, end in pairwise(track):
        at = start
        while (length := math.dist(at, end)) > left:
            at = (at[0] + (end[0] - at[0]) * left / length, at[1] + (end[1] - at[1]) * left / length)
            if drawing:
                dashes[-1].append(at)
            else:
                dashes.append([at])
            drawing, left = not drawing, off if drawing else on
        left -= length
        if drawing:
            dashes[-1].append(end)
    return [dash for dash in dashes if len(dash) > 1]


@cache
def shapes() -> dict[str, Any]:
    return dict(json.loads((HERE / "shapes.json").read_text()))


def unpacked(flat: Sequence[int]) -> list[Point]:
    points, x, y = [], 0, 0
    for dx, dy in zip(flat[::2], flat[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / 1000, y / 1000))
    return points


@dataclass(frozen=True)
class Conic:
    """Lambert's conformal conic projection of a sphere (Snyder, Map Projections, 1987, page 106), in kilometers."""

    lon: float
    lat: float
    south: float
    north: float

    def __call__(self, point: Point) -> Point:
        a, b = math.radians(self.south), math.radians(self.north)
        n = math.log(math.cos(a) / math.cos(b)) / math.log(self._tan(self.north) / self._tan(self.south))
        f = math.cos(a) * self._tan(self.south) ** n / n
        rho, rho0 = (EARTH_KM * f / self._tan(lat) ** n for lat in (point[1], self.lat))
        theta = n * math.radians(point[0] - self.lon)
        return rho * math.sin(theta), rho * math.cos(theta) - rho0

    @staticmethod
    def _tan(lat: float) -> float:
        return math.tan(math.pi / 4 + math.radians(lat) / 2)


@dataclass
class Chart:
    """A map on a sheet: `layer` of shapes.json, around `center` (degrees), `km` from left to right."""

    sheet: Sheet
    layer: str
    center: Point
    km: float

    def __post_init__(self) -> None:
        lon, lat = self.center
        reach = math.degrees(self.km * self.sheet.height / self.sheet.width / EARTH_KM) / 3
        self.conic = Conic(lon, lat, lat - reach, lat + reach)
        self.arcs = [unpacked(arc) for arc in shapes()[self.layer]["arcs"]]
        self.countries: dict[str, list[list[list[int]]]] = shapes()[self.layer]["countries"]

    def __call__(self, point: Point) -> Point:
        x, y = self.conic(point)
        scale = self.sheet.width / self.km
        return self.sheet.width / 2 + x * scale, self.sheet.height / 2 + y * scale

    def track(self, points: Iterable[Point]) -> list[Point]:
        return [self(p) for p in points]

    def ring(self, ring: list[int]) -> list[Point]:
        return self.track(p for arc in ring for p in (self.arcs[arc] if arc >= 0 else self.arcs[~arc][::-1]))

    def land(self, colors: dict[str, str]) -> None:
        for name, country in self.countries.items():
            for polygon in country:
                self.sheet.polygon(self.ring(polygon[0]), colors.get(name, LAND))
        for polygon in (p for c in self.countries.values() for p in c if len(p) > 1):
            self._enclaves(polygon[1:], colors)

    def _enclaves(self, holes: list[list[int]], colors: dict[str, str]) -> None:
        """A country inside another one was painted over when it came first."""
        inner = {arc if arc >= 0 else ~arc for hole in holes for arc in hole}
        for name, country in self.countries.items():
            for polygon in country:
                if {a if a >= 0 else ~a for a in polygon[0]} <= inner:
                    self.sheet.polygon(self.ring(polygon[0]), colors.get(name, LAND))

    def owners(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for name, country in self.countries.items():
            for arc in (a for polygon in country for ring in polygon for a in ring):
                found.setdefault(arc if arc >= 0 else ~arc, []).append(name)
        return found

    def borders(self, color: str, width: float, between: set[str] | None = None) -> None:
        """All borders, or those between two countries. A line inside one country (Crimea's) is dashed."""
        for arc, names in self.owners().items():
            if len(names) > 1 and (between is None or set(names) == between):
                inner = len(set(names)) == 1
                self.sheet.line(self.track(self.arcs[arc]), color, width, (10, 9) if inner else None)

    def coast(self, color: str, width: float) -> None:
        for arc, names in self.owners().items():
            if len(names) == 1:
                self.sheet.line(self.track(self.arcs[arc]), color, width)

    def lakes(self) -> None:
        for lake in shapes()["lakes"]:
            self.sheet.polygon(self.track(unpacked(lake)), SEA)

    def regions(self, color: str, width: float) -> None:
        for part in shapes()["regions"]:
            self.sheet.line(self.track(unpacked(part)), color, width, (7, 6))
