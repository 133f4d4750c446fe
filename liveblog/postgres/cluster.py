"""Where an embedded server keeps its things, and how processes agree on who starts and who stops it.

Three files are locked with flock, which the kernel undoes when a process dies, however it dies:
`lock` by whoever starts or stops the server, while doing so; `lease`, shared, by each process that uses the
server, as long as it lives; `guard` by the guard, which stops the server when the last lease is gone.
Nobody waits for `lock` while holding `lease` exclusively.
"""

import fcntl
import hashlib
import os
import re
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PORT = "5432"
_SOCKET = f".s.PGSQL.{PORT}"
_LONGEST_SOCKET = 107  # bytes of sun_path, less the closing zero
# Between fork and exec the server goes by the names of its launchers.
_NAMES = {"postgres", "setsid", "unshare", "setpriv"}


@dataclass(frozen=True)
class Cluster:
    """The server of one folder; all paths are absolute and without symbolic links."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory; it exists only when it is whole."""
        return self.folder / "cluster"

    @property
    def socket_folder(self) -> Path:
        """Inside the folder, unless its name is too long for a socket or has what libpq reads as syntax."""
        inside = self.folder / "socket"
        plain = re.fullmatch(r"[\w./+-]+", str(inside), re.ASCII)
        if plain and len(str(inside / _SOCKET)) <= _LONGEST_SOCKET:
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path("/tmp", f"liveblog-{digest}")  # noqa: S108 - checked to be ours in make_socket_folder

    def make_socket_folder(self) -> None:
        """Whoever can enter it is the database's superuser: it must be ours, and closed to others.

        Raises PermissionError if somebody else put something in its place.
        """
        folder = self.socket_folder
        owner = self.data.stat().st_uid
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if os.geteuid() != owner:
                os.chown(folder, owner, -1)
        found = folder.lstat()
        mine = stat.S_ISDIR(found.st_mode) and found.st_uid in {os.geteuid(), owner}
        if not mine or stat.S_IMODE(found.st_mode) & 0o077:
            raise PermissionError(1, "It is not a private folder of ours; remove it", str(folder))

    @contextmanager
    def locked(self, timeout: float | None = None) -> Iterator[int]:
        """Hold `lock` (the file descriptor is given); TimeoutError after `timeout` seconds."""
        with self.open("lock") as descriptor:
            deadline = time.monotonic() + (timeout or 0)
            while not take(descriptor, fcntl.LOCK_EX, wait=timeout is None):
                if time.monotonic() > deadline:
                    raise TimeoutError
                time.sleep(0.02)
            yield descriptor

    @contextmanager
    def open(self, name: str) -> Iterator[int]:
        """A descriptor of its own, for flock: one shared with another thread would share the lock, too."""
        descriptor = self.descriptor(name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def descriptor(self, name: str) -> int:
        return os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def postmaster(self) -> int | None:
        """The process that listens on the socket, as the kernel knows it: no file can name a wrong one."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.socket_folder / _SOCKET))
            except OSError:
                return None
            seen = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", seen)[0]
        return pid or None

    def processes(self) -> list[int]:
        """Processes of a server of this cluster: starting, running, or orphaned by a kill -9."""
        if not self.data.exists():
            return []
        here = self.data.stat()
        noted = self._noted_pid()
        return [
            pid
            for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
            if _works_in(pid, here, closed_counts=pid == noted)
        ]

    def _noted_pid(self) -> int | None:
        with suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().split()[0])
        return None

    def forget_dead_server(self) -> None:
        """Remove what a killed server left: its pid may be another process's by now, which PostgreSQL respects."""
        lefts = (self.data / "postmaster.pid", self.socket_folder / _SOCKET, self.socket_folder / f"{_SOCKET}.lock")
        for left in lefts:
            left.unlink(missing_ok=True)


def take(descriptor: int, kind: int, *, wait: bool) -> bool:
    """Whether the lock was got; with `wait`, it is."""
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _works_in(pid: int, folder: os.stat_result, *, closed_counts: bool) -> bool:
    process = Path("/proc", str(pid))
    try:
        if process.joinpath("comm").read_text().strip() not in _NAMES:
            return False
        return os.path.samestat(process.joinpath("cwd").stat(), folder)
    except PermissionError:  # another user's
        return closed_counts
    except OSError:  # gone meanwhile
        return False
