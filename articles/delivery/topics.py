"""What is announced in this process, for those who wait for it: an editor's desk, for example."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Topics:
    """Names, such as "desk 5", and who is to be woken when one is announced."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def following(self, *names: str) -> Iterator[dict[str, asyncio.Event]]:
        """An event for each name, set whenever it is announced."""
        events = {name: asyncio.Event() for name in names}
        for name, event in events.items():
            self._waiting.setdefault(name, set()).add(event)
        try:
            yield events
        finally:
            for name, event in events.items():
                self._waiting[name].discard(event)
                if not self._waiting[name]:
                    del self._waiting[name]

    def announce(self, name: str) -> None:
        for event in self._waiting.get(name, ()):
            event.set()

    def announce_all(self) -> None:
        """Something may have been missed."""
        for name in self._waiting:
            self.announce(name)
