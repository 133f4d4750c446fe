"""The worker of the queue as `manage.py serve` starts it: python -m articles.management.tasks SERVER_PID."""

import os
import sys

from django.core.management import execute_from_command_line

from articles.media.processes import die_with


def main(server: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    die_with(server)
    execute_from_command_line(["manage.py", "run_tasks"])


if __name__ == "__main__":
    main(int(sys.argv[1]))
