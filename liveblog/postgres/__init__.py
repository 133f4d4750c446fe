"""The database backend that can start the embedded PostgreSQL: `"ENGINE": "liveblog.postgres"`.

`DATABASES[…]["DATA"]` is the folder (a Path) in which the server keeps everything that is its own.
Linux only: it leans on flock, /proc and pidfd.
"""

from typing import Any

from psycopg import OperationalError, connect
from psycopg_pool import PoolTimeout

# What psycopg's own connect understands, not what Django adds for its cursors.
_DJANGO_ONLY = {"context", "cursor_factory", "prepare_threshold"}


def conninfo(alias: str = "default") -> dict[str, Any]:
    """Keyword arguments for `psycopg.connect` or `AsyncConnection.connect` to a configured database.

    Good for the embedded server, which is started where needed, and for one from DATABASE_URL. Ask again
    before each reconnect. It may block for seconds: from a coroutine, `await asyncio.to_thread(conninfo)`.
    Raises psycopg.OperationalError, with a sentence that says why, when the server cannot be started.
    """
    from django.db import connections

    connection = connections[alias]
    if wake := getattr(connection, "wake", None):
        wake()
    params = connection.get_connection_params()
    return {name: value for name, value in params.items() if name not in _DJANGO_ONLY}


def named(alias: str = "default") -> str:
    """Which database it is, in words that may be shown: no password."""
    from django.db import connections

    given = connections[alias].settings_dict
    if folder := given.get("DATA"):
        return f"the embedded database in {folder} (DATABASE_URL is not set)"
    at = ":".join(str(given[part]) for part in ("HOST", "PORT") if given[part])
    return f"the database “{given['NAME']}” {f'at {at} ' if at else ''}(DATABASE_URL)"


def sentence(error: Exception, alias: str = "default") -> str:
    """Says of Django's OperationalError which database it is about, and why.

    The pool says only how long it has waited: then a connection is tried once more, for the reason.
    """
    if isinstance(error.__cause__, PoolTimeout):
        try:
            connect(**conninfo(alias)).close()
        except OperationalError as reason:
            error = reason
    said = " ".join(str(error).replace("\n\t", ". ").split())  # libpq's own hint is in a line that begins so
    return f"Cannot use {named(alias)}: {said}"
