from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from articles.management.base import Done, LiveCommand
from articles.models import Photo
from articles.publishing import renditions


class Command(LiveCommand):
    help = """Make the renditions of photos here and now, without the queue.

After a change of the layout's widths or of the qualities, --all makes them anew; pages need not change for it."""
    examples = """
  manage.py make_renditions --all --dry-run
  manage.py make_renditions --missing
  manage.py make_renditions --all
"""

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--missing", action="store_true", help="Of photos that lack them; the default.")
        which.add_argument("--all", action="store_true", help="Of all photos that were not withdrawn.")
        parser.add_argument("--dry-run", action="store_true", help="Say of how many photos, and make none.")

    def act(self, **options: Any) -> Done:
        photos = Photo.objects.usable() if options["all"] else Photo.objects.unfinished()
        if options["dry_run"]:
            count = photos.count()
            return Done(f"Of {count} photos they would be made.", {"photos": count, "dry_run": True})
        made, failed = self._make(photos.order_by("pk"))
        if failed:
            raise CommandError(f"{made} photos done; {failed} failed, see above. The queue tries those again later.")
        return Done(f"{made} photos done.", {"made": made})

    def _make(self, photos: QuerySet[Photo]) -> tuple[int, int]:
        total, failed = photos.count(), 0
        for number, photo in enumerate(photos.iterator(), 1):
            self.say(f"{number} of {total}: {photo.image.name}")
            try:
                renditions.render(photo)
            except Exception as error:  # one bad picture must not keep the others waiting
                failed += 1
                self.say(f"  failed: {error}")
        return total - failed, failed
