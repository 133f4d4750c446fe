"""The guard: `python -m liveblog.postgres.guard FOLDER DESCRIPTOR`, one detached process a running server.

It stops the server when no process holds a lease any more. DESCRIPTOR is the locked `guard` file.
"""

import fcntl
import os
import select
import signal
import sys
import time
from pathlib import Path

from liveblog.postgres.cluster import Cluster, take

_PATIENCE = 60  # seconds for a shutdown: it writes out what is in memory


def watch(cluster: Cluster, guard: int) -> None:
    """Return when the server has been stopped."""
    with cluster.open("lease") as lease:
        while True:
            # Waits, without holding anything, until the last holder is gone …
            take(lease, fcntl.LOCK_EX, wait=True)
            fcntl.flock(lease, fcntl.LOCK_UN)
            with cluster.locked():
                # … and asks again with the lock, in case a new one came.
                if take(lease, fcntl.LOCK_EX, wait=False):
                    stop(cluster)
                    # Before the lock is free: who gets it next must see that there is no guard.
                    os.close(guard)
                    return


def stop(cluster: Cluster) -> None:
    """Shut the server down, even one that has only begun to start. The caller holds the lock."""
    deadline = time.monotonic() + _PATIENCE
    while cluster.processes():
        if time.monotonic() > deadline:
            raise TimeoutError(f"The server in {cluster.folder} did not stop within {_PATIENCE} seconds.")
        if pid := cluster.postmaster():
            _interrupt(cluster, pid)
        time.sleep(0.02)


def _interrupt(cluster: Cluster, pid: int) -> None:
    """Ask for a fast shutdown and wait for it. The pidfd makes sure that no reused pid is signalled."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if cluster.postmaster() == pid:
            signal.pidfd_send_signal(process, signal.SIGINT)
            select.select([process], [], [], _PATIENCE)
    finally:
        os.close(process)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends by itself, and only after its work
    watch(Cluster(Path(sys.argv[1])), int(sys.argv[2]))


if __name__ == "__main__":
    main()
