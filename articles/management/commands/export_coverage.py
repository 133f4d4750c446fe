import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.archive import folder, taking
from articles.management import static_files
from articles.management.base import Done, LiveCommand
from articles.management.inputs import find_coverage
from articles.models import Coverage


class Command(LiveCommand):
    help = """Write a coverage to files: its public pages, and an archive of everything.

DIR/public/ is a folder that any static server can host, under any path: pages, permalinks, photos, feed and JSON, and
nothing that readers may not see. DIR/archive.tar holds everything, drafts and histories too, without accounts and
tokens; only you can read it, and import_coverage takes it back exactly. A coverage that readers may not see gets no
public folder. What an earlier export left in DIR is replaced."""
    examples = """
  manage.py export_coverage storm-ylva /var/backups/storm-ylva
  manage.py export_coverage storm-ylva /var/backups/storm-ylva --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The coverage to write.")
        parser.add_argument("dir", metavar="DIR", type=Path, help="The folder to write to; made if it is not there.")

    def act(self, **options: Any) -> Done:
        coverage, target = find_coverage(options["slug"]), options["dir"]
        try:
            target.mkdir(parents=True, exist_ok=True)
            public = self._public(coverage, target)
            with self.step("Writing the archive"):
                taken = taking.write(coverage, target / "archive.tar")
        except (OSError, folder.Missing) as error:
            raise CommandError(f"“{coverage}” cannot be written to {target}: {error}") from error
        pages = f"{public.pages} pages and {public.files} files in {target}/public" if public else "no public pages"
        return Done(
            f"“{coverage}”: {pages}; {taken.rows} rows and {taken.files} files in {target}/archive.tar.",
            {
                "id": coverage.slug,
                "version": coverage.version,
                "public": public and public._asdict(),
                "archive": {"path": str(target / "archive.tar"), **taken._asdict()},
            },
        )

    def _public(self, coverage: Coverage, target: Path) -> folder.Written | None:
        """The new folder is put in the old one's place when it is whole; of what is hidden now, the old one goes."""
        fresh, place = target / "public.unfinished", target / "public"
        if not coverage.is_public:
            shutil.rmtree(place, ignore_errors=True)
            return None
        shutil.rmtree(fresh, ignore_errors=True)
        with self.step("Collecting the static files"):
            static_files.collect()  # pages name them
        with self.step("Writing the public pages"):
            written = folder.write(coverage, fresh, lambda pages: self.say(f"  {pages} pages"))
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
        return written
