from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.archive import invariants
from articles.management import static_files
from articles.management.base import Done, LiveCommand
from articles.management.inputs import find_coverage
from articles.models import Coverage


class Command(LiveCommand):
    help = """Check that everything which must hold of a coverage does: stored, on the disk, and as it is rendered.

Versions, times, states, sanitised texts, links, files, and then every page, permalink and delta against what is
stored. Nothing is changed. What is wrong is listed, and the exit code is 1; without a slug all coverage is checked."""
    examples = """
  manage.py verify_coverage storm-ylva
  manage.py verify_coverage --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="The coverage to check; all if not given.")

    def act(self, **options: Any) -> Done:
        slug = options["slug"]
        with self.step("Collecting the static files"):
            static_files.collect()  # pages name them
        wanted = [find_coverage(slug)] if slug else list(Coverage.objects.order_by("pk"))
        found = {coverage.slug: self._check(coverage) for coverage in wanted}
        lines = [f"{slug}: {one.what} [{one.rule}]" for slug, findings in found.items() for one in findings]
        facts = {
            "checked": list(found),
            "findings": [{"id": slug, **one._asdict()} for slug, findings in found.items() for one in findings],
        }
        if lines:
            self.tell(Done("\n".join(lines), facts))
            raise CommandError(f"Things that are wrong: {len(lines)}.", returncode=1)
        return Done(f"All is as it must be. Coverage checked: {len(found)}.", facts)

    def _check(self, coverage: Coverage) -> list[invariants.Finding]:
        with self.step(f"Checking “{coverage}”"):
            return invariants.check(coverage)
