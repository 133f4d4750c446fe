"""Commands called here, and commands and servers as processes of their own with a database of their own."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from PIL import Image

PROJECT = Path(__file__).resolve().parents[3]
OURS = ("DATABASE_URL", "SITE_URL", "PORT", "DEBUG", "ALLOWED_HOSTS", "FORWARDED_ALLOW_IPS", "DJANGO_SETTINGS_MODULE")


class Said(NamedTuple):
    out: str
    err: str
    code: int = 0


def until[T](question: Callable[[], T], seconds: float = 30) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return answer


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What the next command reads from stdin."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def call(name: str, *words: str) -> Said:
    """Call a command with words as they would be typed."""
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *words, stdout=out, stderr=err)
    return Said(out.getvalue(), err.getvalue())


@pytest.fixture
def command() -> Callable[..., Said]:
    return call


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "harbor.jpg"
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


# ── Processes ───────────────────────────────────────────────────────────────────────────────────────────


class Place:
    """A data folder, and the processes that live on it."""

    def __init__(self, data: Path, project: Path = PROJECT) -> None:
        self.data = data
        self.project = project
        self.first_words = ""

    def environment(self, **more: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if name not in OURS}
        return plain | {"LIVEBLOG_DATA": str(self.data), "PYTHONUNBUFFERED": "1"} | more

    def manage(self, *words: str, stdin: str | bytes = "", **more: str) -> Said:
        """A command as an operator runs it, to its end."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.project,
            env=self.environment(**more),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Said(done.stdout.decode(), done.stderr.decode(), done.returncode)

    def alive(self) -> list[int]:
        """Every process that was started with this folder: servers, workers, PostgreSQL and its guard."""
        mark = f"LIVEBLOG_DATA={self.data}".encode()
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except OSError:  # gone meanwhile, or somebody else's
                continue
        return found

    def running(self, *words: str) -> list[int]:
        """Those of them that have these words in their command."""
        return [
            pid for pid in self.alive() if {word.encode() for word in words} <= {*_command_line(str(pid)).split(b"\0")}
        ]

    @contextmanager
    def served(self, *words: str, name: str = "serve", ready: str = "Ctrl-C", **more: str) -> Iterator["Served"]:
        log = self.data.parent / f"{self.data.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", name, *words],
                cwd=self.project,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            until(lambda: ready in log.read_text() or process.poll() is not None, 90)
            assert process.poll() is None, log.read_text()
            yield Served(process, log)
        finally:
            process.kill()
            process.wait()


def _command_line(pid: str) -> bytes:
    try:
        return Path("/proc", pid, "cmdline").read_bytes()
    except OSError:  # gone meanwhile
        return b""


class Served:
    """A running server and what it said."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        found = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+", self.said)
        assert found, self.said
        return found[0]

    def workers(self) -> list[int]:
        """Children that serve, not the helper that multiprocessing starts."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"spawn_main" in _command_line(pid)]

    def tasks(self) -> list[int]:
        """The worker of the queue. Its thread is the parent, not the process."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = " ".join(thread.read_text() for thread in threads).split()
        return [int(pid) for pid in children if b"articles.management.tasks" in _command_line(pid)]

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A migrated database with the demo, and collected static files; all from one first start of the server."""
    made = Place(tmp_path_factory.mktemp("served") / "data")
    with made.served("--demo", "--port", "0") as first:
        made.first_words = first.said
        first.stop(signal.SIGTERM)
    yield made
    try:
        until(lambda: not made.alive())
    finally:
        for pid in made.alive():  # a test has failed, and found what it was looking for
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(autouse=True)
def _local(settings: Any) -> None:
    settings.SITE_URL, settings.LOCAL = "http://localhost:8000", True
