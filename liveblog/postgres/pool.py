"""How the pool and its connections notice that the database is gone, and that it is there again."""

from typing import Any, ClassVar

from psycopg import Connection, Error
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg_pool import ConnectionPool


class Patient(Connection[Any]):
    """A connection whose questions are answered within `patience`, or never.

    A database that is stopped, or hangs, still acknowledges what it is sent: no time-out of the network notices.
    """

    patience: ClassVar[float | None] = None
    """Seconds; None, as in commands, where some questions take long: for ever. `serve` sets it."""

    def wait[T](self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()  # what it says later would be the answer to another question
            raise


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
