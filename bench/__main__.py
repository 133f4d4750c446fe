"""Measurements, side by side in one run: `bin/bench` prints a table and writes docs/benchmarks.md.

`bin/bench PART…` measures only these parts, and only prints: reads, misses, streams, editors, desk, photos, page.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import chain

from . import crowd, desk, misses, newsroom, page, photos, proxy, reads, streams, table

SIZES = (20, 200, 5_000)


def main(*wanted: str) -> None:
    data = newsroom.set_up()
    slugs: dict[int, str] = {}

    def slug(size: int) -> str:
        if size not in slugs:
            print(f"Posting {size:,} updates …", file=sys.stderr)
            slugs[size] = newsroom.coverage_of(size)
        return slugs[size]

    parts: dict[str, Callable[[], Iterator[table.Row]]] = {
        "reads": lambda: chain(
            *(reads.measure(slug(size), size, data) for size in SIZES), proxy.measure(slug(200), data)
        ),
        "misses": lambda: misses.measure(newsroom.coverage_of(20, photos=True), slug(5_000)),
        "streams": lambda: chain(
            *(streams.measure(slug(20), readers, data) for readers in (1_000, 10_000)),
            *(crowd.latency(slug(20), readers) for readers in (1, 100, 10_000)),
        ),
        "editors": lambda: chain(crowd.commits(slug(200)), crowd.editors(slug(200))),
        "desk": lambda: desk.measure(slug(20)),
        "photos": lambda: photos.measure(slug(20)),
        "page": lambda: page.measure({size: slug(size) for size in (20, 200, 2_000)}),
    }
    rows: list[table.Row] = []
    try:
        for name in wanted or parts:
            print(f"Measuring {name} …", file=sys.stderr)
            rows.extend(parts[name]())
        if not wanted:
            table.write(rows, newsroom.PROJECT / "docs" / "benchmarks.md")
    finally:
        print(table.text(rows))  # also what was measured before something failed
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
