"""The database backend that can start the embedded PostgreSQL: `"ENGINE": "liveblog.postgres"`.

`DATABASES[…]["DATA"]` is the folder (a Path) in which the server keeps everything that is its own.
Linux only: it leans on flock, /proc and pidfd.
"""

from typing import Any

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
