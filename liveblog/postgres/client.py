"""`manage.py dbshell` with the embedded server and its own psql."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import client

from liveblog.postgres import binaries, server


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        address = server.ensure(settings_dict["DATA"], settings_dict["NAME"])
        reachable = settings_dict | {name.upper(): value for name, value in address.items()}
        arguments, environment = super().settings_to_cmd_args_env(reachable, list(parameters))
        return [str(binaries.find("psql")), *arguments[1:]], environment
