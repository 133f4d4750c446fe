import re
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.management.base import Done, LiveCommand, coverage_done
from articles.management.inputs import find_coverage, read_stdin
from articles.models import Coverage, Update
from articles.publishing import KeyPointContent, coverages

_LINE = re.compile(r"\s*(?:[-*•]\s+)?(?P<text>.*?)(?:\s*\|\s*(?P<update>\d{1,18}))?\s*")


class Command(LiveCommand):
    help = """Write “Here's what to know”: the key points of a coverage, one a line, in their order.

They replace those that stand there. A line may begin with a bullet (-, * or •), and may end with | and the number
of the published update that it came from, to which it then links. Empty lines are skipped."""
    examples = """
  manage.py set_key_points storm-ylva - < points.txt
  printf '%s\\n' "- Ferries stay in port. | 12" "- No one was hurt." | manage.py set_key_points storm-ylva -
  manage.py set_key_points storm-ylva --clear
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The coverage whose key points these are.")
        parser.add_argument("points", nargs="?", default="-", metavar="-", help="- for stdin, or a file.")
        parser.add_argument("--clear", action="store_true", help="Remove all key points; nothing is read.")

    def act(self, **options: Any) -> Done:
        coverage = find_coverage(options["slug"])
        points = [] if options["clear"] else _points(coverage, _read(options["points"]))
        if not points and not options["clear"]:
            raise CommandError("There is no key point in it, so nothing was changed. To remove them all, use --clear.")
        done = coverages.set_key_points(coverage, points)
        counted = f"{len(points)} key point{'' if len(points) == 1 else 's'}"
        return coverage_done(f"“{done}” has {counted}.", done, key_points=[point.text for point in points])


def _read(source: str) -> str:
    if source == "-":
        return read_stdin()
    try:
        return Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.") from error


def _points(coverage: Coverage, text: str) -> list[KeyPointContent]:
    """The lines as key points; one whose words already stand there keeps its identity."""
    standing = {point.text: point.pk for point in coverage.key_points.all()}
    points = []
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(line)
        words = " ".join(found["text"].split()) if found else ""
        if found and words:
            source = _source(coverage, int(found["update"])) if found["update"] else None
            points.append(KeyPointContent(words, source, standing.pop(words, None)))
    return points


def _source(coverage: Coverage, pk: int) -> Update:
    """A published update: a link to any other would show readers what is not theirs yet."""
    found: Update | None = coverage.updates.filter(pk=pk, state=Update.State.PUBLISHED).first()
    if found is None:
        raise CommandError(f"Update {pk} is no published update of “{coverage}”; nothing was changed.")
    return found
