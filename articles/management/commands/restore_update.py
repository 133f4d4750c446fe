from typing import Any

from django.core.management.base import CommandParser

from articles.management.base import Done, LiveCommand, update_done
from articles.management.inputs import find_update
from articles.publishing import updates


class Command(LiveCommand):
    help = """Bring a withdrawn update back to where it stood, on open pages too."""
    examples = """
  manage.py restore_update 12
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="The update's number, as in its address.")

    def act(self, **options: Any) -> Done:
        restored = updates.restore(find_update(options["id"]))
        return update_done(f"Update {restored.pk} is published again.", restored)
