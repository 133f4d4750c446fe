from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.management import backup
from articles.management.base import Done, LiveCommand


class Command(LiveCommand):
    help = """Write the whole site to one file: the database and every picture and sound that it refers to.

All of it is of one moment, while the site goes on. The file holds the accounts with their hashed passwords: only you
can read it; keep it that way, and keep it elsewhere. Who is signed in is not in it. `restore` takes it back."""
    examples = """
  manage.py backup /var/backups/liveblog.tar
  manage.py backup "/var/backups/liveblog-$(date +%F).tar" --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", type=Path, help="The file to write; one that is there is replaced.")

    def act(self, **options: Any) -> Done:
        path = options["path"]
        try:
            with self.step("Writing the backup"):
                made = backup.make(path, self.count)
        except OSError as error:
            raise CommandError(f"The backup cannot be written to {path}: {error.strerror or error}.") from error
        for name in made.missing:
            self.stderr.write(f"Not in it, because it was not there: {name}", style_func=str)
        words = f"{path} holds the database and {made.files} files ({made.bytes / 1024 / 1024:.1f} MB)."
        return Done(words, {"path": str(path), **made._asdict()})
