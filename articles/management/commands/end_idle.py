from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db.models.functions import Greatest
from django.utils import timezone

from articles.management.base import Done, LiveCommand
from articles.models import Coverage
from articles.publishing import coverages


class Command(LiveCommand):
    help = """End live coverage in which nothing was published or edited for some hours.

For cron: a coverage that somebody forgot would say “live” for ever. One whose updates are still to come (scheduled)
is left alone. It can be reopened with reopen_coverage."""
    examples = """
  manage.py end_idle --hours 24 --dry-run
  manage.py end_idle --hours 24 --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=_hours, required=True, metavar="N", help="How long it was silent.")
        parser.add_argument("--dry-run", action="store_true", help="Say which ones, and end none.")

    def act(self, **options: Any) -> Done:
        idle = _idle(options["hours"])
        failed = [] if options["dry_run"] else [words for one in idle if (words := self._end(one))]
        if failed:
            raise CommandError(" ".join(failed))
        verb = "would end" if options["dry_run"] else "has ended"
        words = "\n".join(f"“{one}” {verb} ({one.slug})." for one in idle)
        return Done(
            words or f"No coverage was silent for {options['hours']:g} hours.",
            {"ended": [one.slug for one in idle], "dry_run": options["dry_run"]},
        )

    def _end(self, coverage: Coverage) -> str:
        """Why it could not be ended; empty when it was."""
        try:
            coverages.end(coverage)
        except ValidationError as error:  # somebody was faster
            return " ".join(error.messages)
        return ""


def _idle(hours: float) -> list[Coverage]:
    since = timezone.now() - timedelta(hours=hours)
    live = Coverage.objects.live().with_updated_at()
    silent = live.annotate(heard_at=Greatest("updated_at", "started_at"))
    return [one for one in silent.filter(heard_at__lt=since) if not one.updates.filter(state="scheduled").exists()]


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0
    if not 0 < hours < 24 * 365 * 100:
        raise ArgumentTypeError(f"{text!r} is no number of hours")
    return hours
