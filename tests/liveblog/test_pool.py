"""The pool of connections after PostgreSQL was away."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg_pool import ConnectionPool

from liveblog.postgres import conninfo


@pytest.mark.django_db(transaction=True)
def test_dead_connections_cost_no_error() -> None:
    """Found when a test cut every connection: the pool tried its dead ones in turn, each time waiting longer."""
    together = threading.Barrier(8)

    def hold_one() -> None:
        connection.ensure_connection()
        together.wait(timeout=20)
        connection.close()

    threads = [threading.Thread(target=hold_one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    connection.close()
    with psycopg.connect(**conninfo(), autocommit=True) as killer:
        killed = killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        assert killed.rowcount >= 8
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_the_first_command_on_an_empty_folder_finds_its_database(tmp_path: Path) -> None:
    """Found when `manage.py migrate` opened the pool before anything had made the database, and waited in vain."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=settings.BASE_DIR,
        env=environment | {"LIVEBLOG_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_comes_back_is_found_at_once(tmp_path: Path) -> None:
    """Found when everything broke: the pool doubled its wait with each attempt, for as long as five minutes."""
    address = conninfo()
    way = tmp_path / f".s.PGSQL.{address.get('port', 5432)}"
    there = {"conninfo": "", "kwargs": {**address, "host": str(tmp_path)}, "timeout": 20, "open": True}
    options = settings.DATABASES["default"]["OPTIONS"]["pool"]  # and what Django added
    with ConnectionPool(**{**options, **there, "configure": None}) as pool:
        waiting = threading.Thread(target=lambda: pool.putconn(pool.getconn()))
        waiting.start()
        waiting.join(3.5)  # after which the pool would make its next attempt at seven seconds
        way.symlink_to(Path(str(address["host"])) / way.name)
        began = time.monotonic()
        waiting.join(15)
        assert time.monotonic() - began < 2
