"""How open pages shall ask: as their coverage says, but `poll` instead of `stream` where none is served."""

from articles.models import Coverage

streaming = False
"""Set by the hub: whether this process serves streams."""


def current() -> str:
    """What is usual here."""
    return "stream" if streaming else "poll"


def of(coverage: Coverage) -> str:
    return current() if coverage.mode == Coverage.Mode.STREAM else coverage.mode
