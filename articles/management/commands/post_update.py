from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.formats import date_format
from django.utils.timezone import localtime

from articles.management.base import Done, LiveCommand, update_done, with_photos
from articles.management.inputs import (
    about,
    add_update_options,
    find_coverage,
    given_content,
    parse_token,
    taken_in,
)
from articles.models import Update
from articles.publishing import updates

State = Update.State


class Command(LiveCommand):
    help = """Post an update to a live coverage; open pages show it at once.

Give it at least a headline, a text or a photo. The text is HTML (p, a, ul, ol, li, blockquote, strong, em, h3 …);
plain words become one paragraph. With --token, a script that is not sure whether its post arrived can simply post
again: the same token never posts twice, and gives the update that it made the first time ("created": false)."""
    examples = """
  manage.py post_update storm-ylva --headline "Ferries stop" --body "<p>No ferry will leave before noon.</p>"
  pandoc note.md -t html | manage.py post_update storm-ylva --headline "What we know" --body - --pin
  manage.py post_update storm-ylva --headline "The harbor" --author "Ada Berg" --author "Coast desk" \\
      --photo harbor.jpg --caption "The harbor at noon." --credit "Ada Berg" --alt "Waves break over a pier."
  manage.py post_update storm-ylva --headline "Schools reopen" --at 2026-03-02T06:00 --token schools-1 --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The coverage to post to.")
        add_update_options(parser)
        parser.add_argument("--token", help="Any text or UUID that names this post: the same one never posts twice.")
        parser.add_argument("--draft", action="store_true", help="Keep it as a draft that no reader sees.")

    def act(self, **options: Any) -> Done:
        _check_photo_options(options)
        coverage = find_coverage(options["slug"])
        token = parse_token(options["token"], coverage) if options["token"] else None
        if token and (before := coverage.updates.filter(token=token).select_related("coverage").first()):
            return _done(before, created=False)
        content = given_content(coverage, options)
        state = State.DRAFT if options["draft"] else State.PUBLISHED
        with taken_in(options) as photos:
            posted = updates.post(coverage, state=state, token=token, **(content | photos))
        return _done(*posted)


def _check_photo_options(options: dict[str, Any]) -> None:
    if not options["photo"] and (alone := [f"--{field}" for field in about(options)]):
        raise CommandError(f"{' and '.join(alone)} tell of a photo; give it with --photo FILE.")


def _done(update: Update, created: bool) -> Done:
    where = f"in “{update.coverage}”"
    if not created:
        return update_done(f"Update {update.pk} was already posted {where} with this token; nothing was done.", update)
    words = f"Posted update {update.pk} {where}."
    if update.state == State.SCHEDULED:
        at = localtime(update.published_at, update.coverage.zone)
        words = f"Update {update.pk} {where} is scheduled for {date_format(at, 'j F Y, H:i:s T')}."
    elif update.state == State.DRAFT:
        words = f"Kept draft {update.pk} {where}. Publish it: manage.py edit_update {update.pk} --no-draft"
    return with_photos(update_done(words, update, created), update)
