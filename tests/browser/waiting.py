"""Waiting for what will come true."""

import time
from collections.abc import Callable


def until[T](question: Callable[[], T], seconds: float = 10) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
    return answer
