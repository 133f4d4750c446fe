"""What was rendered, kept in this process: bounded, and made once however many ask at the same time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Memory:
    """A least-recently-used store of at most `most` bytes; `get` makes what is missing, once for all who wait."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def peek(self, key: Hashable) -> Any | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def get[T](self, key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]) -> T:
        """What is kept under `key`, else what `make` gives; an error that it raises is kept by nobody."""
        if (found := self.peek(key)) is not None:
            return found  # type: ignore[no-any-return]
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if (found := self.peek(key)) is not None:
                return found  # type: ignore[no-any-return]
            try:
                made = make()
                self.put(key, made, weigh(made))
                return made
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def put(self, key: Hashable, value: Any, weight: int) -> None:
        """Keep `value`, of `weight` bytes, and let go of what was used least recently."""
        with self._lock:
            self.size += weight - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = value, weight
            while self.size > self.most and len(self._kept) > 1:
                self.size -= self._kept.popitem(last=False)[1][1]

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self.size -= self._kept.pop(key, (None, 0))[1]

    def move(self, key: Hashable, to: Hashable) -> None:
        """Keep under `to` what was kept under `key`."""
        with self._lock:
            value, weight = self._kept.pop(key, (None, 0))
            self.size -= weight
        if value is not None:
            self.put(to, value, weight)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size = 0
