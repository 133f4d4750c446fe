import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from articles.management.base import Done, LiveCommand, absolute
from articles.models import Update
from articles.publishing import schedule


class Command(LiveCommand):
    help = """Publish the scheduled updates whose time has come.

The server does this by itself, on time, as long as it runs; this is for times when it does not, or for cron. With
--watch it goes on until it is stopped (Ctrl-C); of any number of processes that watch, the server's included, one
publishes and the others stand by to take over. What is more than a second late bears the time at which it really
came out."""
    examples = """
  manage.py publish_scheduled
  manage.py publish_scheduled --watch
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="Go on until stopped.")

    def act(self, **options: Any) -> Done | None:
        if not options["watch"]:
            return self._once()
        if options["json"]:
            raise CommandError("--watch goes on until it is stopped and has no result to print; leave out --json.")
        self._watch()
        return None

    def _once(self) -> Done:
        published = schedule.publish_all_due()
        left = Update.objects.due(timezone.now()).filter(coverage__state__in=["live", "ended"]).count()
        if left:
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
