"""The table that a run prints and keeps."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

HEAD = """# Benchmarks

Made by `bin/bench` on {day}: {machine}. Server and load share the machine, so read ratios rather than figures.
Medians of interleaved rounds.

"""


class Row(NamedTuple):
    what: str
    figure: str
    beside: str


def text(rows: list[Row]) -> str:
    """The table as Markdown."""
    return "\n".join(
        ["| measured | figure | beside it |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    )


def write(rows: list[Row], path: Path) -> None:
    """Keep the table at `path`, with the machine that it was measured on."""
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    path.write_text(HEAD.format(day=datetime.now(UTC).date(), machine=machine) + text(rows) + "\n")
