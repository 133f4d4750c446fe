"""How the pool notices that the database is gone, and that it is there again."""

from typing import Any

from psycopg import Error
from psycopg_pool import ConnectionPool


def check(connection: Any) -> None:
    """Raise when the connection is dead, and let go of all that wait in the pool with it.

    What killed one (a restart, a cut network) mostly killed all. The pool alone would try each in turn and wait
    longer after each: ten dead ones cost more than the time-out, and so an error.
    """
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        connection._pool.drain()
        raise


def go_on(pool: Any) -> None:
    """When the pool has given up connecting: begin again if somebody waits, or else when somebody asks.

    The pool alone would wait twice as long after each attempt that failed, and begin no other meanwhile: after
    a minute without a database it would not find it for another minute.
    """
    with pool._lock:
        if pool._waiting:
            pool._maybe_grow_pool()
