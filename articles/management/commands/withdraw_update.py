from typing import Any

from django.core.management.base import CommandParser

from articles.management.base import Done, LiveCommand, update_done
from articles.management.inputs import find_update
from articles.publishing import updates


class Command(LiveCommand):
    help = """Take a published update from every page, open ones too.

Nothing of its text is shown any more, and its address says that it is gone. It can be brought back with
restore_update. The reason is kept in its history, for colleagues; readers do not see it."""
    examples = """
  manage.py withdraw_update 12 --reason "Not confirmed by a second source"
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, help="The update's number, as in its address.")
        parser.add_argument("--reason", required=True, help="Why, for its history.")

    def act(self, **options: Any) -> Done:
        withdrawn = updates.withdraw(find_update(options["id"]), options["reason"])
        again = f"Bring it back: manage.py restore_update {withdrawn.pk}"
        return update_done(f"Update {withdrawn.pk} is withdrawn. {again}", withdrawn)
