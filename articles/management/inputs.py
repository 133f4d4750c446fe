"""What operators type, read and checked: coverages, updates, times, tokens, texts and pictures."""

import sys
import uuid
from argparse import BooleanOptionalAction
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import CommandError, CommandParser
from django.db.models import Q
from django.forms.utils import from_current_timezone
from django.utils import timezone

from articles.models import Author, Coverage, Update
from articles.publishing import PlacedPhoto, sources
from articles.publishing.sources import PhotoContent
from articles.publishing.updates import Content

_TOKENS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:liveblog:token")
_YEARS = range(1900, 2200)
NAMED = 5
"""Coverages that are named to who asked for one that is not there."""


def find_coverage(slug: str) -> Coverage:
    """The coverage at this address, or at what was once its address."""
    found: Coverage | None = Coverage.objects.filter(Q(slug=slug) | Q(former_slugs__slug=slug)).first()
    if found:
        return found
    raise CommandError(f"There is no coverage “{slug}”. {_those_there_are(slug)}")


def _those_there_are(slug: str) -> str:
    slugs = list(Coverage.objects.order_by("-pk").values_list("slug", flat=True))
    if near := get_close_matches(slug, slugs, n=1):
        return f"Did you mean “{near[0]}”?"
    if not slugs:
        return "There is none at all yet. Start one: manage.py start_coverage SLUG --headline HEADLINE"
    more = f", and {len(slugs) - NAMED} older" if len(slugs) > NAMED else ""
    return f"There are {', '.join(f'“{one}”' for one in slugs[:NAMED])}{more}."


def find_update(pk: int) -> Update:
    found: Update | None = Update.objects.select_related("coverage").filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no update {pk}. Its number stands in its address, after the coverage's slug.")
    return found


def parse_moment(text: str, coverage: Coverage) -> datetime:
    """An ISO 8601 time; without an offset it is meant in the story's own zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is no time. Write one such as 2022-02-27T21:13 or 2022-02-27T19:13Z.") from None
    if len(text) <= len("2022-02-27"):
        raise CommandError(f"“{text}” is a day without an hour. Write a time such as 2022-02-27T21:13.")
    if moment.year not in _YEARS:
        raise CommandError(f"The year of “{text}” is out of range; {_YEARS[0]} to {_YEARS[-1]} will do.")
    if timezone.is_aware(moment):
        return moment.astimezone(UTC)
    with timezone.override(coverage.zone):
        # Refuses an hour that a change of clocks skips or repeats.
        return from_current_timezone(moment)


def parse_token(text: str, coverage: Coverage) -> uuid.UUID:
    """A UUID as it is; any other text becomes one, its own in each coverage."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid5(_TOKENS, f"{coverage.pk}:{text}")


def read_stdin() -> str:
    if sys.stdin.isatty():
        print("Type or paste the text; end it with Ctrl-D on a line of its own.", file=sys.stderr)
    return sys.stdin.read()


def add_update_options(parser: CommandParser) -> None:
    """What post_update and edit_update have in common; what is not given stays None."""
    parser.add_argument("--headline", help="Optional; without one, the first words of the text stand in for it.")
    parser.add_argument("--body", metavar="HTML", help="The text, as HTML; - reads it from stdin. It is sanitised.")
    parser.add_argument(
        "--author", action="append", metavar="NAME", help="In the byline; may be given several times. Made if new."
    )
    parser.add_argument("--photo", metavar="FILE", help="A JPEG, PNG, WebP, AVIF, HEIC or GIF file.")
    parser.add_argument("--caption", help="The photo's caption, if not the one written into its file.")
    parser.add_argument("--credit", help="The photo's credit line, if not the one written into its file.")
    parser.add_argument("--alt", help="What the photo shows, for those who cannot see it.")
    parser.add_argument("--key-event", action=BooleanOptionalAction, help="List it under “Key updates”.")
    parser.add_argument("--pin", action=BooleanOptionalAction, help="Pin it above the feed, in place of what is there.")
    parser.add_argument(
        "--at",
        metavar="ISO",
        help="When it is published, such as 2022-02-27T21:13 (in the story's zone) or with an offset or Z. "
        "To come: it is scheduled.",
    )


def given_content(coverage: Coverage, options: dict[str, Any]) -> Content:
    """The content that options give, apart from photos. Authors who are new are made."""
    content: Content = {}
    if options["headline"] is not None:
        content["headline"] = options["headline"]
    if options["body"] is not None:
        content["body"] = read_stdin() if options["body"] == "-" else options["body"]
    if options["key_event"] is not None:
        content["key_event"] = options["key_event"]
    if options["pin"] is not None:
        content["pinned"] = options["pin"]
    if options["at"] is not None:
        content["published_at"] = parse_moment(options["at"], coverage)
    if options["author"] is not None:
        content["authors"] = authors_named(options["author"])
    return content


def authors_named(names: list[str]) -> list[Author]:
    return [sources.author_named(name) for name in names if name.strip()]


def about(options: dict[str, Any]) -> PhotoContent:
    """What options say of a photo, apart from the picture."""
    fields = ("caption", "credit", "alt")
    return {field: options[field] for field in fields if options[field] is not None}  # type: ignore[return-value]


@contextmanager
def taken_in(options: dict[str, Any]) -> Iterator[Content]:
    """Content with the picture of `--photo`, which is thrown away again if the block does not use it."""
    if not options["photo"]:
        yield {}
        return
    path = Path(options["photo"])
    try:
        with path.open("rb") as file:
            photo = sources.add_photo(**(about(options) | {"image": File(file)}))
    except OSError as error:
        raise CommandError(f"The picture {path} cannot be read: {error.strerror}.") from error
    try:
        yield {"photos": [PlacedPhoto(photo)]}
    finally:
        if not photo.places.exists():
            sources.discard_photo(photo)
