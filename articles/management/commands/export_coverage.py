import shutil
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from articles.archive import folder, parcel, taking
from articles.management import static_files
from articles.management.base import Done, LiveCommand
from articles.management.inputs import find_coverage
from articles.models import Coverage


class Command(LiveCommand):
    help = """Write a coverage to files: its public pages, and an archive of everything.

DIR/public/ is a folder that any static server can host, under any path: pages, permalinks, photos, feed and JSON, and
nothing that readers may not see. DIR/archive.tar holds everything, drafts and histories too, without accounts and
tokens; only you can read it, and import_coverage takes it back exactly. A coverage that readers may not see gets no
public folder. What an earlier export of the same coverage left in DIR is replaced; anything else that is in the way is
refused."""
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
            _refuse_another(coverage, target)
            with self.step("Writing the archive"):
                taken = taking.write(coverage, target / "archive.tar")
            public = self._public(coverage, target)
        except (OSError, folder.Missing) as error:
            raise CommandError(f"“{coverage}” cannot be written to {target}: {_why(error)}.") from error
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


def _refuse_another(coverage: Coverage, target: Path) -> None:
    """The archive, which is written first, says whose the folder is. Raises CommandError."""
    archive, place = target / "archive.tar", target / "public"
    parcel.refuse_to_replace(archive)
    if archive.exists() or place.exists():
        try:
            found = f"{archive} is of “{(slug := taking.holder(archive))}”"
        except (ValidationError, FileNotFoundError):
            found, slug = f"{archive} is not there, or no archive", ""
        if slug != coverage.slug and not coverage.former_slugs.filter(slug=slug).exists():
            raise CommandError(
                f"In {target} something else would be replaced: {found}. Name another folder, or move that away."
            )


def _why(error: Exception) -> str:
    """What the system says, and of which file."""
    return f"{error.strerror} ({error.filename})" if isinstance(error, OSError) and error.strerror else str(error)
