"""How open pages shall ask: `stream` where this process can stream, else `poll`."""

streaming = False
"""Set by the hub: whether this process serves streams."""


def current() -> str:
    return "stream" if streaming else "poll"
