from typing import Any

from django.contrib.staticfiles.management.commands import runserver

from articles.management import static_files


class Command(runserver.Command):
    """Django's development server, whose pages ask for updates by polling; `serve` streams."""

    def handle(self, *args: Any, **options: Any) -> None:
        if static_files.is_stale():
            self.stdout.write("Collecting the static files …")
            static_files.collect()
        super().handle(*args, **options)
