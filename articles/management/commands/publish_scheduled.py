import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.management.base import Done, LiveCommand, absolute
from articles.publishing import schedule


class Command(LiveCommand):
    help = """Publish the scheduled updates whose time has come.

The server does this by itself, on time, as long as it runs; this is for times when it does not, or for cron. With
--watch it goes on until it is stopped (Ctrl-C); of any number of processes that watch, the server's included, one
publishes and the others stand by to take over. What is more than a second late bears the time at which it really
came out."""
    examples = """
  manage.py publish_scheduled
  manage.py publish_scheduled --dry-run
  manage.py publish_scheduled --watch
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="Go on until stopped.")
        parser.add_argument("--dry-run", action="store_true", help="Say what is due, and publish nothing.")

    def act(self, **options: Any) -> Done | None:
        if options["watch"] and (options["json"] or options["dry_run"]):
            raise CommandError(
                "--watch goes on until it is stopped and has no result to print; leave out --json and --dry-run."
            )
        if options["dry_run"]:
            return self._due()
        if not options["watch"]:
            return self._once()
        self._watch()
        return None

    def _due(self) -> Done:
        due = schedule.due()
        lines = [f"Update {one.pk} of “{one.coverage}” is due." for one in due]
        return Done("\n".join(lines) or "Nothing is due.", {"due": [one.pk for one in due], "dry_run": True})

    def _once(self) -> Done:
        published = schedule.publish_all_due()
        if left := len(schedule.due()):
            raise CommandError(
                f"{len(published)} published; {left} could not be, for the reasons above. Correct them in the admin."
            )
        facts = [{"id": done.pk, "version": done.version, "url": absolute(done)} for done in published]
        lines = [f"Published update {fact['id']}: {fact['url']}" for fact in facts]
        return Done("\n".join(lines) or "Nothing is due.", {"published": facts})

    def _watch(self) -> None:
        stop = threading.Event()

        def end(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGTERM, end)
        self.say("Publishing what is scheduled, on time. Ctrl-C stops it.")
        schedule.watch(stop)
        self.say("Stopped.")
