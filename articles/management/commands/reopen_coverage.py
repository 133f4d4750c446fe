from typing import Any

from django.core.management.base import CommandParser

from articles.management.base import Done, LiveCommand, coverage_done
from articles.management.inputs import find_coverage
from articles.publishing import coverages


class Command(LiveCommand):
    help = """Make an ended coverage live again.

Pages that readers have open find out by themselves within minutes. Its successor, if it has one, stays linked."""
    examples = """
  manage.py reopen_coverage storm-ylva
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The coverage to reopen.")

    def act(self, **options: Any) -> Done:
        reopened = coverages.reopen(find_coverage(options["slug"]))
        return coverage_done(f"“{reopened}” is live again.", reopened)
