"""How a pooled connection is checked before it is given out."""

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
