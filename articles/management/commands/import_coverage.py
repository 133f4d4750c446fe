import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser

from articles.archive import arriving, live_blog, parcel, restoring
from articles.archive.restoring import Restored
from articles.management.base import Done, LiveCommand, coverage_done
from articles.models import Coverage, Photo

MAX_PAGE = 64 * 1024 * 1024
"""Bytes of a saved page or of JSON."""


class Command(LiveCommand):
    help = """Take a coverage in: from an archive of export_coverage, or from a page or JSON that was saved elsewhere.

An archive comes back exactly, numbers, versions and histories included; drafts stay drafts. Where its slug or a number
belongs to something else it is refused, or with --renumber taken in beside that, with its old addresses leading to the
new ones. Only import an archive that comes from somebody whom you trust.

A saved page, or JSON, must hold schema.org's LiveBlogPosting. Authors, times, headlines and texts are taken, and the
pictures that lie as files beside the page; nothing is fetched from any network. What could not be taken is said on
stderr. It may be run again: what was taken before is left as it is.

Photos without alt text are taken too, whatever REQUIRE_ALT_TEXT says; how many there are is said at the end."""
    examples = """
  manage.py import_coverage /var/backups/storm-ylva/archive.tar
  manage.py import_coverage archive.tar --renumber
  manage.py import_coverage saved/storm.html --slug storm-ylva
  manage.py import_coverage - --dry-run < storm.json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help="The archive, page or JSON file; - reads it from stdin.")
        parser.add_argument("--slug", default="", help="Of what was saved elsewhere: its place in the address here.")
        parser.add_argument(
            "--renumber",
            action="store_true",
            help="Of an archive: take it in also where its slug or numbers are taken.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def act(self, **options: Any) -> Done:
        saved = None if options["path"] == "-" else Path(options["path"])
        try:
            with _file(saved) as file:
                return self._take(file, saved, options)
        except OSError as error:
            raise CommandError(f"{options['path']} cannot be read: {error.strerror or error}.") from error

    def _take(self, file: IO[bytes], saved: Path | None, options: dict[str, Any]) -> Done:
        if not _is_archive(file):
            return self._arrive(file, saved, options)
        if options["slug"]:
            raise CommandError("--slug is for pages and JSON; an archive brings its own, or gets one by --renumber.")
        with parcel.opened(file) as archive:
            if options["dry_run"]:
                return _would_restore(archive)
            with self.step("Taking the archive back"):
                return self._restored(restoring.restore(archive, renumber=options["renumber"]))

    def _restored(self, done: Restored) -> Done:
        self._note(done.notes)
        numbers = f"; new numbers for {done.renumbered} of its updates" if done.renumbered else ""
        words = f"“{done.coverage}” is back, {done.coverage.get_state_display()}: {done.rows} rows{numbers}."
        facts = {"rows": done.rows, "renumbered": done.renumbered, "notes": done.notes}
        return _taken(words, done.coverage, True, facts)

    def _arrive(self, file: IO[bytes], saved: Path | None, options: dict[str, Any]) -> Done:
        text = file.read(MAX_PAGE + 1)
        if len(text) > MAX_PAGE:
            raise CommandError(f"It is larger than {MAX_PAGE // 1024 // 1024} MB, and no archive.")
        blog = live_blog.read(text.decode())
        if options["dry_run"]:
            words = f"“{blog.headline}” with {len(blog.postings)} updates would be taken in."
            return Done(words, {"headline": blog.headline, "updates": len(blog.postings), "dry_run": True})
        done = arriving.arrive(blog, saved, options["slug"], lambda count: self.say(f"  {count} updates"))
        self._note(done.notes)
        words = f"“{done.coverage}” has {done.posted} new updates; {done.known} were here before."
        facts = {"posted": done.posted, "known": done.known, "notes": done.notes}
        return _taken(words, done.coverage, done.created, facts)

    def _note(self, notes: list[str]) -> None:
        for note in notes:
            self.stderr.write(note, style_func=str)


def _taken(words: str, coverage: Coverage, created: bool, facts: dict[str, Any]) -> Done:
    lacking = Photo.objects.standing_in(coverage).filter(alt="").count()
    if lacking:
        words += f" Without alt text: {lacking} photos; say in the admin what they show."
    return coverage_done(words, coverage, created=created, without_alt_text=lacking, **facts)


def _would_restore(archive: parcel.Parcel) -> Done:
    records = restoring.read(archive)
    taken = restoring.occupied(records)
    rows = sum(map(len, records.values()))
    place = f"taken are {', '.join(taken)}, so it needs --renumber" if taken else "its place is free"
    words = f"“{archive.manifest.get('headline')}” with {rows} rows is whole; {place}."
    return Done(words, {"rows": rows, "occupied": taken, "dry_run": True})


def _is_archive(file: IO[bytes]) -> bool:
    found = tarfile.is_tarfile(file)
    file.seek(0)
    return found


@contextmanager
def _file(saved: Path | None) -> Iterator[IO[bytes]]:
    """The file, or what stdin gives as one: an archive is read from several places."""
    if saved:
        with saved.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as spooled:
        copyfileobj(sys.stdin.buffer, spooled)
        spooled.seek(0)
        yield spooled
