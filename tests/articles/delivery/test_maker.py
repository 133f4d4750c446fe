"""The thread that makes deltas keeps its connection, as long as that lives."""

import asyncio

import pytest
from django.db import connection

from articles.delivery.hub import Maker


def backend() -> int:
    """The process of PostgreSQL that answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_kept_and_one_that_was_cut_is_replaced() -> None:
    maker = Maker()
    try:
        kept = asyncio.run(maker.run(backend))
        assert asyncio.run(maker.run(backend)) == kept
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept])
            assert cursor.fetchone() == (True,)
        assert asyncio.run(maker.run(backend)) != kept
    finally:
        maker.close()
