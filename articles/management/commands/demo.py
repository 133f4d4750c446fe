import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.management.base import Done, LiveCommand, absolute
from articles.management.demo import data, loader
from articles.management.demo.player import Player
from articles.models import Coverage

FASTEST = 1000


class Command(LiveCommand):
    help = """Load the demo: the coverage of Sunday, 27 February 2022, which has ended, and of Monday, which is live.

Running it twice changes nothing. With --play, a script then posts, corrects, pins and withdraws on the live one for
about three minutes, so that an open page can be watched moving; Ctrl-C stops it, and playing it again first takes
back what was played before."""
    examples = """
  manage.py demo
  manage.py demo --play
  manage.py demo --play --speed 4
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--play", action="store_true", help="Let the live coverage move.")
        parser.add_argument("--speed", type=float, default=1.0, help="How many times as fast; 1 if not given.")

    def act(self, **options: Any) -> Done:
        if not 0 < options["speed"] <= FASTEST:
            raise CommandError(f"--speed takes a number above 0, up to {FASTEST}; 2 is twice as fast.")
        posted = loader.load(self.say)
        both = [found for table in (data.ended(), data.live()) if (found := loader.standing(table))]
        played = self._play(options["speed"]) if options["play"] else None
        words = f"Loaded {posted} updates." if posted else "The demo was loaded before; nothing was changed."
        addresses = "\n".join(absolute(coverage) for coverage in both)
        facts = {"coverages": [_fact(coverage) for coverage in both], "posted": posted, "created": posted > 0}
        if played is None:
            return Done(f"{words}\n{addresses}", facts)
        return Done("Played to the end." if played else "Stopped.", {**facts, "played": played})

    def _play(self, speed: float) -> bool:
        stopped = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopped.set()

        kept = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            player = Player(self.say)
            self.say(f"Open {absolute(player.coverage)} and watch. Ctrl-C stops it.")
            return player.play(speed, stopped)
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def _fact(coverage: Coverage) -> dict[str, Any]:
    return {"id": coverage.slug, "version": coverage.version, "url": absolute(coverage), "state": coverage.state}
