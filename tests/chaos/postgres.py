"""A PostgreSQL of a test's own, which can be killed: on TCP, so that a proxy can stand before it."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psycopg

from liveblog.postgres.binaries import command
from tests.browser.server import free_port
from tests.browser.waiting import until

_INITDB = ["--username=liveblog", "--encoding=UTF8", "--locale=C", "--no-instructions", "--auth=trust"]
_SETTINGS = {"unix_socket_directories": "", "fsync": "on", "max_connections": "120"}


class Postgres:
    """A cluster in `folder`. `enter`: begins a command that runs where `host` is; `environment`: more variables."""

    def __init__(self, folder: Path, enter: Sequence[str] = (), host: str = "127.0.0.1", **environment: str) -> None:
        self._enter, self._host = enter, host
        self.port = free_port()
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        done = [*command("initdb", os.geteuid()), f"--pgdata={folder}", *_INITDB]
        subprocess.run(done, check=True, capture_output=True, cwd=folder.parent)
        with (folder / "pg_hba.conf").open("a") as trusted:
            trusted.write(f"host all all {host}/24 trust\n")

    def url(self, port: int | None = None) -> str:
        """Its database as it is reached at `port`, where a proxy may stand before it."""
        return f"postgresql://liveblog@{self._host}:{port or self.port}/postgres"

    def start(self) -> None:
        """A server whose predecessor was killed waits for that one's processes to be gone."""
        until(self._is_started, 30)

    def _is_started(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            own = {**_SETTINGS, "listen_addresses": self._host}
            settings = [word for name, value in own.items() for word in ("-c", f"{name}={value}")]
            server = [
                *self._enter,
                *command("postgres", os.geteuid()),
                "-D",
                str(self._folder),
                *settings,
                "-p",
                str(self.port),
            ]
            with self._folder.with_suffix(".log").open("ab") as log:
                self._process = subprocess.Popen(server, env=self._environment, stdout=log, stderr=log)
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url(), autocommit=True, connect_timeout=2)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def hang(self) -> None:
        """All its processes stand still: the kernel goes on acknowledging what comes for them."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(one, number)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None
