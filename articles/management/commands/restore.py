from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from articles.archive import parcel
from articles.management import backup
from articles.management.base import Done, LiveCommand
from articles.publishing import exact


class Command(LiveCommand):
    help = """Take a backup back, into a database that is empty.

Stop the server first, and start it afterwards. The file's checksums are checked before anything is done. A database
with coverage or accounts in it is refused: name another in DATABASE_URL, or another LIVEBLOG_DATA. Migrations that
are newer than the backup are applied. Pages that readers have open, also those that show what the backup does not
have, fetch themselves anew."""
    examples = """
  manage.py restore /var/backups/liveblog.tar --dry-run
  LIVEBLOG_DATA=/srv/liveblog manage.py restore /var/backups/liveblog.tar
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", type=Path, help="A file of `backup`.")
        parser.add_argument("--dry-run", action="store_true", help="Check the file and the database, and do nothing.")

    def act(self, **options: Any) -> Done:
        try:
            with options["path"].open("rb") as file, parcel.opened(file, backup.FORMAT) as archive:
                return self._take(archive, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['path']} cannot be taken back: {error.strerror or error}.") from error

    def _take(self, archive: parcel.Parcel, *, dry_run: bool) -> Done:
        with self.step("Checking the backup"):
            archive.check()
        if backup.rows():
            raise CommandError(
                "There is coverage, or an account, in this database, so nothing was done. Restore into an empty one."
            )
        if dry_run:
            files = len(archive.names) - 1
            return Done(
                f"The backup is whole, with {files} files, and the database is empty.",
                {"files": files, "dry_run": True},
            )
        with self.step("Taking files and database back"):
            files = backup.restore(archive, self.count)
        connection.close()
        with self.step("Migrating"):
            call_command("migrate", interactive=False, verbosity=0)
        count = exact.everything_anew()
        return Done(f"Coverage and files are back: {count} and {files}.", {"coverages": count, "files": files})
