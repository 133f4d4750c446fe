"""Django's PostgreSQL backend, which starts the embedded server when it is needed."""

from functools import partial
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base

from liveblog.postgres import server
from liveblog.postgres.client import DatabaseClient


def _wake(folder: Path, database: str | None) -> str:
    """A conninfo that adds nothing: the pool asks for one before each of its connections.

    It makes the database too: Django may open the pool, in an empty folder, before anything else wakes the server.
    """
    server.ensure(folder, database)
    return ""


class DatabaseWrapper(base.DatabaseWrapper):
    """`settings_dict["DATA"]` is the folder of the server; HOST, PORT, USER and PASSWORD are not needed."""

    client_class = DatabaseClient

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        options = settings_dict["OPTIONS"]
        if pool := options.get("pool"):
            given = {} if pool is True else pool
            options["pool"] = {**given, "conninfo": partial(_wake, settings_dict["DATA"], settings_dict["NAME"])}
        super().__init__(settings_dict, alias)

    def wake(self) -> None:
        """Make the server answer and the database exist. Raises OperationalError with a sentence that says why not."""
        server.ensure(self.settings_dict["DATA"], self.settings_dict["NAME"])

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), **server.address(self.settings_dict["DATA"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Once there is a pool, this is asked by every request, and the pool wakes the server when that is needed.
        if self.alias not in self._connection_pools:  # type: ignore[attr-defined]
            self.wake()
        return super().get_new_connection(conn_params)
