"""What a request accepts and has: Accept-Encoding and If-None-Match (RFC 9110 §12.5.3, §13.1.2)."""

from functools import lru_cache

ENCODINGS = ("br", "gzip")
"""What we can give beside plain bytes, the best first."""


@lru_cache(maxsize=1000)
def encoding(accept: bytes) -> str:
    """The encoding to answer with: one of ENCODINGS, or "" for none."""
    weights = {name: weight for name, weight in map(_weighed, accept.decode("latin-1").lower().split(",")) if name}
    anything = weights.get("*", 0.0)
    best = max(ENCODINGS, key=lambda name: weights.get(name, anything))
    weight = weights.get(best, anything)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def _weighed(item: str) -> tuple[str, float]:
    name, _, parameter = item.partition(";")
    key, _, value = parameter.strip().partition("=")
    try:
        weight = float(value) if key.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return name.strip(), weight if 0 <= weight <= 1 else 0.0


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether one of the reader's tags is this one (weak comparison)."""
    if if_none_match.strip() == b"*":
        return True
    opaque = etag.removeprefix(b"W/")
    return any(tag.strip().removeprefix(b"W/") == opaque for tag in if_none_match.split(b","))
