from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles.management.base import Done, LiveCommand
from articles.media.processes import make_way
from articles.publishing import renditions

KEPT_DAYS = 14
"""For which the admin shows what was done."""


class Command(LiveCommand):
    help = """Do what is queued: above all, make the renditions of photos.

manage.py serve runs one of these by itself (unless --no-tasks is given). More of them, here or on other machines that
reach the same database and files, share the work. INT and TERM end it after the task under way."""
    examples = """
  manage.py run_tasks
  manage.py run_tasks --batch
  manage.py run_tasks --batch --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when nothing is left to do.")

    def act(self, **options: Any) -> Done:
        if options["json"] and not options["batch"]:
            raise CommandError("Without --batch it goes on until it is stopped and has no result; leave out --json.")
        begun = timezone.now()
        if not options["batch"]:  # a process of its own
            make_way()
        renditions.queue_missing()
        call_command("prune_db_task_results", min_age_days=KEPT_DAYS, verbosity=0)
        call_command("db_worker", batch=options["batch"], reload=False, startup_delay=False, verbosity=0)
        ended = DBTaskResult.objects.filter(finished_at__gte=begun)
        good, bad = (
            ended.filter(status=status).count() for status in (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)
        )
        return Done(f"{good} tasks done, {bad} failed.", {"done": good, "failed": bad})
