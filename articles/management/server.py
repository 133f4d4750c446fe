"""The production server: uvicorn on a socket of our own, its workers, and how all of it ends."""

import asyncio
import errno
import gc
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import django
import uvicorn
from django.conf import settings
from django.core.management.base import CommandError
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.statreload import StatReload

from articles.management import static_files
from articles.media.processes import die_with

from .connection import Protocol

APPLICATION = "liveblog.asgi:application"
GRACE = 3
"""Seconds that requests under way have to finish when the server is told to stop."""
PATIENCE = GRACE + 4
"""Seconds after which what has not stopped by then is killed."""
SEND_BUFFER = 64 * 1024
SILENCE_MS = 45_000
"""Milliseconds without an acknowledgement after which a connection is dead. A reader's page gives up after 40 s."""
BACKLOG = 4096
RESTART = 3
"""Seconds before a worker of the queue that died is replaced."""
TICKS = 50
"""Of uvicorn's ticks, ten a second, between two looks for connections that are late."""
MAX_FILES = 1 << 20
SWITCH = 0.0005
"""Seconds that a thread which computes, such as one that renders a page of the desk, keeps readers waiting for the
interpreter. Python's own, 5 ms, is ten times what a reader's page takes."""

logger = logging.getLogger(__name__)


class Config(uvicorn.Config):
    """The configuration, which also travels to each worker and does there what must happen at its start."""

    def __init__(self, *, workers: int, reload: bool, access_log: bool, application: str = APPLICATION) -> None:
        self.main_process = os.getpid()
        super().__init__(
            application,
            loop="uvloop",
            http=Protocol,
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,  # Django's LOGGING is in force
            access_log=access_log,
            workers=workers,
            reload=reload,
            reload_dirs=[str(settings.BASE_DIR / name) for name in Reloader.WATCHED] if reload else None,
            proxy_headers=bool(settings.TRUSTED_PROXIES),
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE,
            timeout_worker_healthcheck=30,
        )

    def configure_logging(self) -> None:
        super().configure_logging()
        supervising = self.use_subprocess and os.getpid() == self.main_process
        # What happens to workers is worth a line, not each worker's own steps.
        logging.getLogger("uvicorn.error").setLevel(logging.INFO if supervising else logging.WARNING)

    def load_app(self) -> Any:
        sys.setswitchinterval(SWITCH)
        if os.getpid() != self.main_process:
            die_with(self.main_process)
            django.setup()
            static_files.collect()  # since the server was started, another build may have been put in its place
        application = super().load_app()
        gc.freeze()  # what is loaded stays: to look through it for garbage kept every reader waiting, for 70 ms
        return application


class Server(uvicorn.Server):
    """A server that ends even when something in it does not, and lets go of who connects and says nothing."""

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in [one for one in self.server_state.connections if one.is_late(now)]:  # type: ignore[union-attr]
                connection.transport.abort()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            last_resort = threading.Timer(PATIENCE, os._exit, [1])
            last_resort.daemon = True
            last_resort.start()
        super().handle_exit(sig, frame)


class Supervisor(Multiprocess):
    """Workers on one socket; one that dies is replaced."""

    def __init__(self, config: Config, sockets: list[socket.socket], tasks: "Tasks | None") -> None:
        super().__init__(config, sockets)
        self.tasks = tasks

    def keep_subprocess_alive(self) -> None:
        for worker in self.processes:
            # While we hold its end of the pipe too, one that dies when asked for its health seems to think about it.
            worker.child_conn.close()
        super().keep_subprocess_alive()

    def join_all(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for worker in self.processes:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.exitcode is None:
                logger.warning("Worker %s does not stop; killing it.", worker.pid)
                worker.kill()
                worker.process.join()

    def handle_hup(self) -> None:
        """From a service manager: replace the workers one by one. From a terminal: it was closed."""
        if sys.__stdin__ and sys.__stdin__.isatty():
            self.should_exit.set()
        else:
            super().handle_hup()
            if self.tasks:
                self.tasks.renew()

    @property
    def failed(self) -> bool:
        return any(worker.exitcode == STARTUP_FAILURE for worker in self.processes)


class Reloader(StatReload):
    """Starts the server anew when a source file changes, with static files collected again."""

    WATCHED = ("articles", "liveblog", "templates", "static", "locale")
    SUFFIXES = frozenset({".py", ".html", ".txt", ".toml", ".css", ".js", ".mo", ".svg"})

    def iter_py_files(self) -> Iterator[Path]:
        for folder in self.config.reload_dirs:
            yield from (path for path in folder.rglob("*") if path.suffix in self.SUFFIXES)

    def restart(self) -> None:
        static_files.collect()
        super().restart()


class Tasks:
    """`manage.py run_tasks` beside the server: begun anew when it dies, gone when the server is, however that ends."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._running: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="tasks", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def renew(self) -> None:
        """Begin it anew, from the code that there is now, after the task under way."""
        if self._running:
            self._running.terminate()

    def _watch(self) -> None:
        """The kernel ends the process with this thread, which therefore lives as long as the server."""
        while not self._over.is_set():
            running = self._running = subprocess.Popen(
                [sys.executable, "-m", "articles.management.tasks", str(os.getpid())],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                # A Ctrl-C is for the server, which passes it on. A session of its own would get a processor share of
                # its own (sched(7), autogroups), of which even a decoder that runs as SCHED_IDLE takes its part.
                process_group=0,
            )
            while running.poll() is None and not self._over.wait(0.2):
                pass
            if not self._over.is_set():
                logger.warning("The worker of the queue ended (%s); starting it anew.", running.returncode)
                self._over.wait(RESTART)
        _end(running)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose settings each accepted connection inherits. Raises CommandError."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A reader who reads nothing must not keep megabytes in the kernel, nor a dead one its place.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
        listening.bind(address)
        # At once: with SO_REUSEADDR, a port is only found to be taken by one who listens.
        listening.listen(BACKLOG)
    except OSError as error:
        raise CommandError(_cannot_listen(host, port, error)) from error
    return listening


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is in use by another program, maybe by this server in another window. "
            f"Stop that one, or choose another port, such as --port {port % 60_000 + 1} (0 takes any free one)."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system. Choose one above 1023, such as --port 8000."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. --host takes an address of this machine."


def raise_file_limit() -> None:
    """Each reader is an open file: allow as many as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard if hard != resource.RLIM_INFINITY else MAX_FILES, MAX_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(listening: socket.socket, config: Config, tasks: Tasks | None) -> None:
    """Serve until INT or TERM; HUP renews the workers, and with them `tasks`.

    Raises CommandError when the application cannot start.
    """
    server = Server(config)
    if config.should_reload:
        Reloader(config, target=server.run, sockets=[listening]).run()
    elif config.workers > 1:
        supervisor = Supervisor(config, [listening], tasks)
        supervisor.run()
        if supervisor.failed:
            raise CommandError("The workers cannot start; the reason stands above.")
    else:
        _run_here(server, listening)


def _run_here(server: Server, listening: socket.socket) -> None:
    # uvicorn raises the signal once more when it has stopped: this way it finds us content.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, server.handle_exit)
    try:
        server.run(sockets=[listening])
    except SystemExit as error:
        raise CommandError("The application cannot start; the reason stands above.") from error
