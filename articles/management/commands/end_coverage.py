from typing import Any

from django.core.management.base import CommandParser

from articles.management.base import Done, LiveCommand, coverage_done
from articles.management.inputs import find_coverage
from articles.publishing import coverages


class Command(LiveCommand):
    help = """End a live coverage.

Its page says so, and leads to the coverage that goes on where it ends, if there is one. What is published
stays where it is."""
    examples = """
  manage.py end_coverage storm-ylva
  manage.py end_coverage ukraine-sunday --successor ukraine-monday
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The coverage to end.")
        parser.add_argument("--successor", metavar="SLUG", help="The coverage that goes on where this one ends.")

    def act(self, **options: Any) -> Done:
        coverage = find_coverage(options["slug"])
        successor = find_coverage(options["successor"]) if options["successor"] else None
        ended = coverages.end(coverage, successor=successor)
        on = f", and goes on in “{successor}”" if successor else ""
        return coverage_done(f"“{ended}” has ended{on}.", ended, successor=successor and successor.slug)
