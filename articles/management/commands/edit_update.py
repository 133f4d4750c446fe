from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandError, CommandParser

from articles.management.base import Done, LiveCommand, update_done, with_photos
from articles.management.inputs import about, add_update_options, find_update, given_content, taken_in
from articles.models import Update
from articles.publishing import PlacedPhoto, sources, updates
from articles.publishing.sources import PhotoContent
from articles.publishing.updates import Content

State = Update.State


class Command(LiveCommand):
    help = """Change an update; what is not given stays as it is, and open pages follow at once.

An option given with empty quotes empties what it names. --author replaces the whole byline, --photo all photos;
--caption, --credit and --alt without --photo correct the photo that stands there. To tell readers of a mistake,
add a --correction. An edit may be repeated without harm."""
    examples = """
  manage.py edit_update 12 --headline "Ferries stop until Tuesday"
  manage.py edit_update 12 --body - --correction "An earlier version gave the wrong day." < corrected.html
  manage.py edit_update 12 --no-pin --key-event --at 2026-03-01T11:40
  manage.py edit_update 14 --no-draft
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="The update's number, as in its address.")
        add_update_options(parser)
        parser.add_argument("--correction", metavar="NOTE", help="A public note that stands under the text.")
        parser.add_argument(
            "--draft",
            action=BooleanOptionalAction,
            help="Take a scheduled or submitted update back to draft; --no-draft publishes it, at its time or now.",
        )
        # Scripts may hand the same options to both commands.
        parser.add_argument("--token", help="Accepted as in post_update; an edit needs none, repeating it is harmless.")

    def act(self, **options: Any) -> Done:
        update = find_update(options["id"])
        photo_words = about(options)
        content = self._content(update, options)
        if not content and not options["photo"] and not photo_words and options["draft"] is None:
            raise CommandError("Say what to change, for example --headline. All options: manage.py edit_update --help")
        _check_move(update, options["draft"])
        if photo_words and not options["photo"]:
            _correct_photo(update, content, photo_words)
        elif content or options["photo"]:
            with taken_in(options) as photos:
                updates.edit(update, **(content | photos))
        _move(find_update(update.pk), options["draft"])
        edited = find_update(update.pk)
        done = update_done(f"Update {edited.pk} is saved; it is {edited.get_state_display()}.", edited)
        return with_photos(done, edited) if options["photo"] else done

    def _content(self, update: Update, options: dict[str, Any]) -> Content:
        content = given_content(update.coverage, options)
        if options["correction"] is not None:
            content["correction"] = options["correction"]
        return content


def _correct_photo(update: Update, content: Content, words: PhotoContent) -> None:
    """Correct what is said of the update's one photo: its caption here, and the photo's own credit and alt text."""
    standing = list(update.photo_captions.select_related("photo"))
    if len(standing) != 1:
        raise CommandError(
            f"Update {update.pk} has {len(standing) or 'no'} photos, so it is not clear which one is meant. "
            "Give the picture with --photo FILE, or correct it in the admin."
        )
    photo, caption = standing[0].photo, words.pop("caption", standing[0].caption)
    for field, value in words.items():
        setattr(photo, field, value)
    photo.clean_fields(exclude=["image", "width", "height"])  # before anything is done
    updates.edit(update, **(content | {"photos": [PlacedPhoto(photo, caption)]}))
    if words:
        sources.edit_photo(photo, **words)


def _check_move(update: Update, draft: bool | None) -> None:
    """Refuse what cannot be done before anything is done."""
    if draft is not None and update.state in {State.PUBLISHED, State.WITHDRAWN}:
        wanted = "cannot go back to draft; withdraw it instead" if draft else "is no draft"
        raise CommandError(f"Update {update.pk} is {update.get_state_display()} and {wanted}.")


def _move(update: Update, draft: bool | None) -> None:
    if draft and update.state != State.DRAFT:
        updates.return_to_draft(update)
    elif draft is False:
        updates.publish(update, at=update.published_at)
