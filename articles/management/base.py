"""What all commands of this project have in common: help that teaches, errors in a sentence, and `--json`."""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from threading import Lock, Timer
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from articles.models import Coverage, Photo, Update
from articles.publishing import sources
from liveblog import postgres

PATIENCE = 0.7
"""Seconds after which a step says what it is doing."""

EVERY = 5
"""Seconds between two lines of a step that counts."""


class Done(NamedTuple):
    """What a command has to say when it is done: a sentence for people, or one JSON object for machines."""

    words: str
    facts: dict[str, Any]


class TeachingFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Django's order of options, and paragraphs and examples as they are written."""


class LiveCommand(BaseCommand):
    """A command that says what it did in a sentence, or with `--json` in exactly one object on stdout.

    Subclasses write `act`. What is wrong is raised as CommandError or ValidationError: it goes to stderr, as a
    sentence, and the exit code is not zero.
    """

    examples = ""
    """Lines that can be typed as they stand, shown under the help."""
    speaks_json = True

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        epilog = f"Examples:\n{self.examples.strip('\n')}" if self.examples else None
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=TeachingFormatter, epilog=epilog, **kwargs
        )
        if self.speaks_json:
            parser.add_argument("--json", action="store_true", help="Print the result as one JSON object on stdout.")
        return parser

    def handle(self, *args: Any, **options: Any) -> None:
        self.for_machines: bool = options.get("json", False)
        self._line = Lock()
        self._counted = monotonic()
        with in_a_sentence():
            done = self.act(**options)
        if done:
            self.tell(done)

    def tell(self, done: Done) -> None:
        """Print a result on stdout, as it was asked for."""
        self.stdout.write(json.dumps(done.facts) if self.for_machines else done.words)

    def act(self, **options: Any) -> Done | None:
        raise NotImplementedError

    def say(self, words: str) -> None:
        """Progress: on stdout, or on stderr where stdout belongs to a machine. Seen at once, through pipes too."""
        with self._line:
            out = self.stderr if self.for_machines else self.stdout
            out.write(words, style_func=str)
            out.flush()

    def count(self, done: int, of: int) -> None:
        """Progress of work on many things, now and then."""
        if monotonic() - self._counted > EVERY:
            self._counted = monotonic()
            self.say(f"  {done} of {of}")

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Work that may take a while: it says so when it does, and how long it took."""
        begun = monotonic()
        notice = Timer(PATIENCE, self.say, [f"{doing} …"])
        notice.daemon = True
        notice.start()
        try:
            yield
        finally:
            notice.cancel()
        if (took := monotonic() - begun) > PATIENCE:
            self.say(f"  done in {took:.1f} s")


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Turn what publishing and the database raise into CommandErrors that say what to do."""
    try:
        yield
    except ValidationError as error:
        raise CommandError(sentence(error)) from error
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != "42P01":  # undefined_table
            raise
        raise CommandError(f"There are no tables yet in {postgres.named()}. Make them: manage.py migrate") from error
    except IntegrityError as error:
        raise CommandError(
            f"Somebody else changed this at the same moment; run it again. ({first_line(error)})"
        ) from error
    except OperationalError as error:
        raise CommandError(postgres.sentence(error)) from error
    except DatabaseError as error:
        raise CommandError(f"The database refused this: {first_line(error)}") from error
    except UnicodeError as error:  # found when read, or, if let through as surrogates, when used
        raise CommandError("This is not UTF-8 text; convert it first, for example with iconv.") from error


def sentence(error: ValidationError) -> str:
    """All messages of an error in one line, each with the field that it is about."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    fields = error.message_dict.items()
    return " ".join(
        message if field == NON_FIELD_ERRORS else f"{field.replace('_', ' ').capitalize()}: {message}"
        for field, messages in fields
        for message in messages
    )


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def absolute(thing: Coverage | Update) -> str:
    return f"{settings.SITE_URL}{thing.get_absolute_url()}"


def coverage_done(words: str, coverage: Coverage, created: bool = False, **more: Any) -> Done:
    facts = {"id": coverage.slug, "version": coverage.version, "url": absolute(coverage), "created": created}
    return Done(f"{words}\n{facts['url']}", {**facts, "state": coverage.state, **more})


def update_done(words: str, update: Update, created: bool = False) -> Done:
    at = update.published_at
    facts = {"id": update.pk, "version": update.version, "url": absolute(update), "created": created}
    iso = at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None
    return Done(f"{words}\n{facts['url']}", {**facts, "state": update.state, "published_at": iso})


def with_photos(done: Done, update: Update) -> Done:
    """The same, with what is known of the update's photos: given, or else read from their files, to be confirmed."""
    photos = [place.photo for place in update.photo_captions.select_related("photo")]
    return Done("\n".join([done.words, *map(_told, photos)]), {**done.facts, "photos": [_known(one) for one in photos]})


def _known(photo: Photo) -> dict[str, str]:
    return {name: getattr(photo, name) for name in sources.FACTS}


def _told(photo: Photo) -> str:
    said = ", ".join(f"{name} “{words}”" for name, words in _known(photo).items() if words)
    lacking = "" if photo.alt else "; it has no alt text: say what it shows (manage.py edit_update … --alt)"
    return f"Photo {photo.pk}: {said or 'nothing is said of it'}{lacking}"
