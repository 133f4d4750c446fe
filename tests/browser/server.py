"""The real server in a process of its own, on the database of these tests."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from .waiting import until

PROJECT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _command_line(pid: str) -> bytes:
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:  # gone meanwhile
        return b""


class Server:
    """`manage.py serve`. It keeps its port when it is started again."""

    def __init__(self, database_url: str, data: Path, workers: int = 1, *options: str, **environment: str) -> None:
        self.port = free_port()
        self._command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", str(workers)]
        # Its worker would do what tests of the queue have queued, in the same database and among other files.
        self._command += ("--no-tasks", *options)
        own = {"DATABASE_URL": database_url, "LIVEBLOG_DATA": str(data), "PYTHONUNBUFFERED": "1"}
        self._environment = {**os.environ, **own, **environment}
        self._said = data / f"server-{self.port}.log"
        self._log = self._said.open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *interpreter: str) -> None:
        """Start it; by another command than `python manage.py` where one is given."""
        command = [*interpreter, *self._command[2:]] if interpreter else self._command
        self.process = subprocess.Popen(command, cwd=PROJECT, env=self._environment, stdout=self._log, stderr=self._log)
        try:
            until(self._answers, 90)
        except BaseException:
            self.kill()  # whoever waits for it has nothing to stop yet
            raise

    @property
    def said(self) -> str:
        return self._said.read_text()

    def workers(self) -> list[int]:
        """The processes that answer, when there are several."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"spawn_main" in _command_line(pid)]

    def restart(self, start: Callable[[], None]) -> None:
        """Stop it as a service manager does, and start it anew."""
        self._end(signal.SIGTERM)
        start()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self._log.close()

    def _end(self, number: int) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self._said.read_text()
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}/", timeout=30) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
