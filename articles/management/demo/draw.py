"""Draw the demo's pictures into `photos/`. What it needs, and where its data comes from: README.md beside this file.

    python -m articles.management.demo.draw FONTS [name …]

Places are degrees east and north, offsets pixels of the finished picture. Every map is 1800 pixels wide, and read at
360 on a phone: no label is smaller than 40.
"""

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from articles.management.demo.charts import CHARTS
from articles.management.demo.plate import (
    ACCENT,
    HAIR,
    HERE,
    HOME,
    INK,
    LAND,
    PAPER,
    QUIET,
    RIVER,
    SEA,
    WATER,
    Anchor,
    Chart,
    Fonts,
    Point,
    Sheet,
    Type,
)

PLACES: dict[str, Any] = json.loads((HERE / "places.json").read_text())
CITY: dict[str, Point] = {name: (at[0], at[1]) for name, at in PLACES["cities"].items()}

CAPITAL = Type("sans-bold", 58)
TOWN = Type("sans", 50)
VILLAGE = Type("sans", 44, QUIET)
COUNTRY = Type("sans-bold", 52, "#9b9484", tracking=0.3)
ABROAD = Type("serif-italic", 58, "#a49c8b", tracking=0.12)
WET = Type("serif-italic", 52, WATER, tracking=0.05)
STREAM = Type("serif-italic", 42, WATER)
NOTE = Type("sans", 44, ACCENT)
BORDER = "#a39b8b"

SIDES: dict[str, tuple[float, float, Anchor]] = {
    "e": (1, 0, "lm"), "w": (-1, 0, "rm"), "n": (0, -1, "ms"), "s": (0, 1, "ma"),
    "ne": (0.75, -0.55, "ls"), "nw": (-0.75, -0.55, "rs"), "se": (0.75, 0.45, "la"), "sw": (-0.75, 0.45, "ra"),
}  # fmt: skip


def smooth(points: list[Point], steps: int = 8) -> list[Point]:
    """A Catmull-Rom curve through points: rivers are typed in by hand."""
    ends = [points[0], *points, points[-1]]
    curve = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for t in (i / steps for i in range(steps)):
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            curve.append(tuple(sum(w * p[i] for w, p in zip(weights, (a, b, c, d), strict=True)) / 2 for i in (0, 1)))
    return [*((x, y) for x, y in curve), points[-1]]


def terrain(chart: Chart, homes: dict[str, str], *, regions: bool = True, rivers: float = 5) -> None:
    chart.land(homes)
    if regions:
        chart.regions("#e3dfd4", 2)
    for river in PLACES["rivers"].values():
        chart.sheet.line(chart.track(smooth([(x, y) for x, y in river])), RIVER, rivers)
    chart.lakes()
    chart.coast(RIVER, 2)
    chart.borders(BORDER, 3)


def mark(chart: Chart, name: str, side: str, kind: Type = TOWN, *, dot: str = INK, over: str = HOME) -> None:
    """A dot (a square for a capital) and its name beside it."""
    sheet, (x, y) = chart.sheet, chart(CITY[name])
    size = 13 if kind is CAPITAL else 11
    if kind is CAPITAL:
        sheet.box(x - size - 4, y - size - 4, x + size + 4, y + size + 4, over)
        sheet.box(x - size, y - size, x + size, y + size, dot)
    else:
        sheet.disc((x, y), size + 4, over)
        sheet.disc((x, y), size, dot)
    right, down, anchor = SIDES[side]
    gap = size + 13
    sheet.text((x + right * gap, y + down * gap), name, kind.on(over), anchor)


def name(chart: Chart, at: Point, text: str, kind: Type, anchor: Anchor = "mm") -> None:
    chart.sheet.text(chart(at), text, kind, anchor)


def scale(chart: Chart, at: Point, km: int, miles: int, over: str = HOME) -> None:
    """Two bars on one base line; right at the middle of the map."""
    sheet, (x, y) = chart.sheet, at
    per_km = math.dist(chart(chart.center), chart((chart.center[0], chart.center[1] + 0.1))) / 11.119
    kind = Type("sans", 40, QUIET)
    for length, text, side in ((km, f"{km} km", -1), (miles * 1.609344, f"{miles} miles", 1)):
        end = x + length * per_km
        sheet.line([(x, y + side * 14), (x, y), (end, y), (end, y + side * 14)], QUIET, 3)
        sheet.text((x + 10, y + side * 34), text, kind.on(over), "lm")


def frame(chart: Chart) -> list[Point]:
    """The outline of the map in degrees, near enough for an inset."""
    lon, lat = chart.center
    high = math.degrees(chart.km * chart.sheet.height / chart.sheet.width / 6371) / 2
    wide = math.degrees(chart.km / 6371) / 2 / math.cos(math.radians(lat))
    corners = [(lon - wide, lat + high), (lon + wide, lat + high), (lon + wide, lat - high), (lon - wide, lat - high)]
    return [*corners, corners[0]]


def inset(chart: Chart, corner: Point, center: Point, km: float, homes: dict[str, str]) -> None:
    """A small map in a corner that shows where the large one lies."""
    sheet, (x, y) = chart.sheet, corner
    small = Sheet(400, 300, sheet.fonts, SEA)
    where = Chart(small, "europe", center, km)
    where.land(homes)
    where.borders("#cbc4b5", 1.5)
    small.line(where.track(frame(chart)), ACCENT, 5)
    sheet.box(x - 10, y - 10, x + 410, y + 310, PAPER)
    sheet.box(x - 2, y - 2, x + 402, y + 302, HAIR)
    sheet.image.paste(small.image, (round(x * 2), round(y * 2)))
    sheet.claim("the inset", (x - 12, y - 12, x + 412, y + 312))


def belarus_border(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "region", (31.35, 51.75), 1000)
    terrain(chart, {"Belarus": HOME, "Ukraine": HOME})
    chart.borders(ACCENT, 6, {"Belarus", "Ukraine"})
    for city, side, kind in (("Minsk", "ne", CAPITAL), ("Kyiv", "sw", CAPITAL), ("Gomel", "w", TOWN),
                             ("Kharkiv", "s", TOWN), ("Chernobyl", "sw", TOWN), ("Chernihiv", "e", TOWN)):  # fmt: skip
        mark(chart, city, side, kind)
    mark(chart, "Belgorod", "n", VILLAGE, dot=QUIET, over=LAND)
    name(chart, (27.6, 53.05), "BELARUS", COUNTRY)
    name(chart, (33.3, 49.75), "UKRAINE", COUNTRY)
    name(chart, (35.0, 52.9), "RUSSIA", ABROAD)
    name(chart, (24.75, 51.25), "1,084 kilometers\nof shared border", NOTE.on(HOME), "la")
    name(chart, (30.5, 53.75), "Dnieper", STREAM.on(HOME), "lm")
    name(chart, (27.0, 52.33), "Pripyat", STREAM.on(HOME))
    inset(chart, (40, 860), (20, 51), 4300, {"Belarus": "#bdb5a4", "Ukraine": "#bdb5a4"})
    scale(chart, (520, 1110), 100, 100)
    return chart.sheet


def kharkiv(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "region", (36.0, 50.17), 300)
    terrain(chart, {"Ukraine": HOME})
    home = CITY["Kharkiv"]
    arcs = [chart.arcs[a] for a, who in chart.owners().items() if set(who) == {"Russia", "Ukraine"}]
    near = min((p for arc in arcs for p in arc), key=lambda p: math.dist(chart(p), chart(home)))
    chart.sheet.line(chart.track([home, near]), ACCENT, 4, (14, 10))
    middle = ((home[0] + near[0]) / 2, (home[1] + near[1]) / 2)
    chart.sheet.text((chart(middle)[0] - 22, chart(middle)[1]), "About 30 km\nto the border", NOTE.on(HOME), "rm")
    mark(chart, "Kharkiv", "s", Type("sans-bold", 68), dot=ACCENT)
    mark(chart, "Belgorod", "w", over=LAND)
    for town, side in (("Chuhuiv", "e"), ("Sumy", "w"), ("Poltava", "e"), ("Vovchansk", "se"), ("Kupiansk", "s")):
        mark(chart, town, side)
    name(chart, (35.15, 49.98), "UKRAINE", COUNTRY)
    name(chart, (36.3, 50.9), "RUSSIA", ABROAD)
    inset(chart, (1360, 40), (31.3, 48.7), 1650, {"Ukraine": "#bdb5a4"})
    scale(chart, (60, 1110), 20, 20)
    return chart.sheet


def kyiv(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "region", (30.5, 50.83), 300)
    terrain(chart, {"Ukraine": HOME}, rivers=9)
    mark(chart, "Kyiv", "e", CAPITAL)
    for town, side in (("Hostomel", "nw"), ("Irpin", "sw"), ("Vasylkiv", "sw"), ("Boryspil", "e"), ("Ivankiv", "w"),
                       ("Chernihiv", "e"), ("Zhytomyr", "e"), ("Chernobyl", "sw")):  # fmt: skip
        mark(chart, town, side)
    name(chart, (30.18, 51.62), "BELARUS", Type("serif-italic", 46, ABROAD.color, tracking=0.1))
    name(chart, (29.1, 50.68), "UKRAINE", COUNTRY)
    name(chart, (30.63, 50.83), "Kyiv\nReservoir", STREAM.on(HOME), "lm")
    name(chart, (30.93, 50.1), "Dnieper", STREAM.on(HOME), "lm")
    inset(chart, (1360, 860), (31.3, 48.7), 1650, {"Ukraine": "#bdb5a4"})
    scale(chart, (60, 1110), 20, 20)
    return chart.sheet


def oval(center: Point, km: Point, turn: float) -> list[Point]:
    """An ellipse on the ground: half axes in kilometers, turned by degrees against the clock."""
    lon, lat, a = *center, math.radians(turn)
    ring = []
    for t in (math.radians(i * 3) for i in range(121)):
        x, y = km[0] * math.cos(t), km[1] * math.sin(t)
        east, north = x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)
        ring.append((lon + east / 111.2 / math.cos(math.radians(lat)), lat + north / 111.2))
    return ring


def talks(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "region", (29.75, 51.7), 520)
    terrain(chart, {"Belarus": HOME, "Ukraine": HOME}, rivers=7)
    area = chart.track(oval((28.75, 52.03), (80, 32), -14))
    chart.sheet.line(area, ACCENT, 6, (20, 13))
    chart.sheet.text((chart((28.35, 52.6))[0], chart((28.35, 52.6))[1]), "The talks are held\nin this area",
                     Type("sans-bold", 50, ACCENT).on(HOME), "mm")  # fmt: skip
    for city, side, kind in (("Gomel", "n", TOWN), ("Mozyr", "sw", TOWN), ("Kyiv", "w", CAPITAL),
                             ("Chernihiv", "e", TOWN), ("Chernobyl", "sw", TOWN), ("Zhytomyr", "n", TOWN)):  # fmt: skip
        mark(chart, city, side, kind)
    name(chart, (28.85, 53.0), "BELARUS", COUNTRY)
    name(chart, (28.1, 50.85), "UKRAINE", COUNTRY)
    name(chart, (32.45, 52.75), "RUSSIA", ABROAD)
    name(chart, (27.1, 52.2), "Pripyat", STREAM.on(HOME), "ms")
    name(chart, (30.25, 52.95), "Dnieper", STREAM.on(HOME), "lm")
    inset(chart, (1360, 860), (29.5, 50.8), 1900, {"Ukraine": "#cfc8b8", "Belarus": "#bdb5a4"})
    scale(chart, (60, 1110), 50, 50)
    return chart.sheet


UNION = [
    "Austria",
    "Belgium",
    "Bulgaria",
    "Croatia",
    "Cyprus",
    "Czechia",
    "Denmark",
    "Estonia",
    "Finland",
    "Åland",
    "France",
    "Germany",
    "Greece",
    "Hungary",
    "Ireland",
    "Italy",
    "Latvia",
    "Lithuania",
    "Luxembourg",
    "Malta",
    "Netherlands",
    "Poland",
    "Portugal",
    "Romania",
    "Slovakia",
    "Slovenia",
    "Spain",
    "Sweden",
]


def airspace(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "europe", (15.5, 53.3), 6250)
    shade = "#7d95a0"
    chart.land({**dict.fromkeys(UNION, shade), "Russia": "#e4dccd"})
    chart.borders("#f7f4ee", 2.5)
    chart.sheet.box(60, 262, 108, 310, shade)
    chart.sheet.text((130, 286), "European Union:", Type("sans-bold", 46), "lm")
    chart.sheet.text((130, 320), "sky to be closed\nto Russian planes", Type("sans", 46), "la")
    mark(chart, "Moscow", "e", over="#e4dccd")
    name(chart, (47, 59.5), "RUSSIA", Type("serif-italic", 66, "#7b7364", tracking=0.14))
    for at, text in (((31.5, 49.2), "Ukraine"), ((28.1, 53.35), "Belarus"), ((-1.8, 52.6), "Britain"),
                     ((7.3, 60.9), "Norway"), ((33, 39.2), "Turkey")):  # fmt: skip
        name(chart, at, text, Type("serif-italic", 42, "#6f6859"))
    name(chart, (-20, 46), "Atlantic\nOcean", WET)
    return chart.sheet


def black_sea(fonts: Fonts) -> Sheet:
    chart = Chart(Sheet(1800, 1200, fonts, SEA), "region", (32.6, 43.7), 1400)
    terrain(chart, {"Ukraine": HOME}, regions=False)
    for strait, at, anchor, shift in (("Bosporus", (29.07, 41.12), "ls", (26, -20)),
                                      ("Dardanelles", (26.4, 40.2), "la", (28, 14))):  # fmt: skip
        x, y = chart(at)
        chart.sheet.disc((x, y), 20, PAPER)
        chart.sheet.disc((x, y), 15, ACCENT)
        chart.sheet.text((x + shift[0], y + shift[1]), strait, Type("sans-bold", 52, ACCENT).on(SEA), anchor)  # type: ignore[arg-type]
    for city, side in (("Odesa", "se"), ("Sevastopol", "s"), ("Mariupol", "n")):
        mark(chart, city, side, over=HOME if side == "n" else SEA)
    mark(chart, "Novorossiysk", "ne", over=LAND)
    mark(chart, "Ankara", "n", CAPITAL, over=LAND)
    name(chart, (34.2, 43.15), "Black Sea", Type("serif-italic", 84, WATER, tracking=0.08))
    name(chart, (36.6, 46.05), "Sea of Azov", Type("serif-italic", 40, WATER))
    name(chart, (34.3, 45.33), "Crimea", Type("serif-italic", 46, QUIET))
    name(chart, (33.6, 47.3), "UKRAINE", COUNTRY)
    for at, text in (
        ((40.2, 46.3), "RUSSIA"),
        ((34.6, 40.9), "TURKEY"),
        ((26.0, 45.5), "ROMANIA"),
        ((25.9, 42.8), "BULGARIA"),
    ):
        name(chart, at, text, ABROAD)
    scale(chart, (1330, 1110), 200, 100, LAND)
    return chart.sheet


PICTURES: dict[str, Callable[[Fonts], Sheet]] = {
    "belarus-border": belarus_border,
    "kharkiv": kharkiv,
    "kyiv": kyiv,
    "talks": talks,
    "airspace": airspace,
    "black-sea": black_sea,
    **CHARTS,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the demo's pictures.")
    parser.add_argument("fonts", type=Path, help="a folder with the two unpacked npm packages of fonts")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(PICTURES)} (all)")
    options = parser.parse_args()
    fonts = Fonts(options.fonts)
    for picture in options.names or PICTURES:
        path = HERE / "photos" / f"{picture}.png"
        PICTURES[picture](fonts).save(path)
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
