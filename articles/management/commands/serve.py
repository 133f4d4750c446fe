import http.client
import os
import socket
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from articles.delivery import metrics
from articles.management import server, static_files
from articles.management.base import LiveCommand, absolute
from articles.management.demo import editor, loader
from articles.models import Coverage
from liveblog import postgres

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Command(LiveCommand):
    help = """Serve readers and editors: the production server, with streams.

It publishes what is scheduled, makes the renditions of photos, and collects the static files when they have changed.
INT (Ctrl-C) and TERM end all that it started; a worker that dies is replaced; HUP replaces the workers one by one, by
those of a new build if there is one (a server of one worker it ends).
Headers of a proxy are believed when FORWARDED_ALLOW_IPS names its address. The site's own address, which pages link
to, is SITE_URL (http://localhost:PORT if not set).

With --demo it also migrates the database, loads the demo if there is no coverage yet, makes an account to try the
admin with, and prints where to look."""
    examples = """
  manage.py serve --demo
  manage.py serve --port 8080 --workers 2
  SITE_URL=https://news.example SECRET_KEY=… FORWARDED_ALLOW_IPS=127.0.0.1 manage.py serve --workers 4
"""
    speaks_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="127.0.0.1 if not given; 0.0.0.0 is all of this machine."
        )
        parser.add_argument(
            "--port",
            type=_number(0, 65535),
            default=os.environ.get("PORT") or "8000",
            help="$PORT or 8000 if not given; 0 takes any.",
        )
        parser.add_argument("--workers", type=_number(1, 256), default=1, help="Processes that answer; 1 if not given.")
        parser.add_argument(
            "--reload", action="store_true", help="For developers: start anew when a source file changes."
        )
        parser.add_argument(
            "--demo", action="store_true", help="Migrate, load the demo into an empty database, show it."
        )
        parser.add_argument(
            "--no-tasks", action="store_true", help="Without a worker of the queue: manage.py run_tasks runs elsewhere."
        )
        parser.add_argument("--access-log", action="store_true", help="A line in the log for each request.")

    def act(self, **options: Any) -> None:
        if options["reload"] and options["workers"] > 1:
            raise CommandError("--reload goes with one worker.")
        listening = server.listen(options["host"], options["port"])
        try:
            _settle_address(listening)
            self._prepare(options["demo"])
            account = self._prepare_demo() if options["demo"] else ""
            self._when_it_answers(listening, lambda status: self._welcome(listening, account, status))
            _let_go_of_the_database()
            if options["workers"] > 1:
                metrics.use_folder(settings.DATA / "metrics")
            server.raise_file_limit()
            config = server.Config(**{name: options[name] for name in ("workers", "reload", "access_log")})
            tasks = None if options["no_tasks"] else server.Tasks()
            with tasks or nullcontext():
                server.run(listening, config, tasks)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        finally:
            listening.close()
        self.say("Stopped.")

    # ── Before ──────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, migrate: bool) -> None:
        with self.step("Starting the database"):
            connection.ensure_connection()
        pending = _pending_migrations()
        if pending and not migrate:
            raise CommandError(f"{pending} migrations are to be applied in {postgres.named()}. Type: manage.py migrate")
        if pending:
            with self.step("Preparing the database"):
                call_command("migrate", interactive=False, verbosity=0)
        with self.step("Collecting and compressing the static files (after a change only)"):
            static_files.collect()
        if not settings.LOCAL and editor.opens():
            raise CommandError(
                f"Everybody knows the password of the demo's account “{editor.NAME}”, and SITE_URL is public. "
                f"Change it: manage.py changepassword {editor.NAME}"
            )

    def _prepare_demo(self) -> str:
        if loader.is_wanted():
            loader.load(self.say)
        return editor.make()

    # ── After ───────────────────────────────────────────────────────────────────────────────────────────

    def _when_it_answers(self, listening: socket.socket, say: Callable[[int], None]) -> None:
        threading.Thread(target=_ask_until_answered, args=(listening, say), name="welcome", daemon=True).start()

    def _welcome(self, listening: socket.socket, account: str, status: int) -> None:
        host, port = listening.getsockname()[:2]
        if status >= http.client.INTERNAL_SERVER_ERROR:
            self.say(f"The front page answers with an error ({status}); the log says why.")
        if account:
            self.say(f"\n{_addresses(account)}\n")
        else:
            self.say(f"Serving {settings.SITE_URL}/ (on {host}, port {port}).")
        if account and host not in LOOPBACK and editor.opens():
            self.say("Take care: whoever reaches this machine from the network can sign in with that password.")
        self.say("Ctrl-C stops everything.")


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


def _settle_address(listening: socket.socket) -> None:
    """Where SITE_URL is not set, the site's address follows the port: here, and in workers, who read settings anew."""
    if not os.environ.get("SITE_URL", "").strip():
        port = listening.getsockname()[1]
        os.environ["PORT"] = str(port)
        settings.SITE_URL = f"http://localhost:{port}"
        settings.CSRF_TRUSTED_ORIGINS = [settings.SITE_URL]


def _let_go_of_the_database() -> None:
    """What serves opens its own connections; a parent of workers needs none."""
    connection.close()
    if isinstance(connection, DatabaseWrapper):
        connection.close_pool()


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _ask_until_answered(listening: socket.socket, say: Callable[[int], None]) -> None:
    """Ask for the front page as a reader would. The question waits in the socket until a worker takes it."""
    host, port = listening.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    while listening.fileno() >= 0:
        try:
            asking = http.client.HTTPConnection(reachable, port, timeout=60)
            asking.request("GET", "/", headers={"Host": urlsplit(settings.SITE_URL).netloc, "Connection": "close"})
            status = asking.getresponse().status
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)  # the worker that took it has gone; the next one will answer
            continue
        break
    else:
        return
    try:
        say(status)
    finally:
        connection.close()


def _addresses(account: str) -> str:
    """The three that matter; coverage of one's own stands before the demo's when it is newer."""
    lines = []
    for words, state in (("An ended coverage", Coverage.State.ENDED), ("A live coverage", Coverage.State.LIVE)):
        if found := Coverage.objects.filter(state=state).first():
            lines.append(f"  {words:<20}{absolute(found)}")
    lines.append(f"  {'The admin':<20}{settings.SITE_URL}{reverse('admin:index')}  ({account})")
    return "\n".join(lines)
