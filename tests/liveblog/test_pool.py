"""The pool of connections after PostgreSQL was away."""

import threading

import psycopg
import pytest
from django.db import connection

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
