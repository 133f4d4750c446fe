"""A disk that is full after a few pictures, for those processes that enter it."""

import os
import subprocess
from pathlib import Path

from tests.browser.server import PROJECT

MEGABYTES = 64


class SmallDisk:
    """A file system in memory at `folder`, in a mount namespace of its own: nobody else sees it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        mount = f'mount -t tmpfs -o size={MEGABYTES}m,mode=755 tmpfs "$0" && echo ready && exec cat'
        self._holder = subprocess.Popen(
            ["unshare", *own, "--mount", "sh", "-c", mount, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._holder.stdout
        self.is_there = self._holder.stdout.readline() == b"ready\n"
        """Whether the system allows it."""

    def enter(self) -> list[str]:
        """The start of a command that sees it."""
        if not self.is_there:
            return []
        own = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self._holder.pid), *own, "--mount", f"--wd={PROJECT}", "--"]

    @property
    def _inside(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/root{self.folder}")

    def fill(self) -> None:
        """Not one byte more can be written."""
        with (self._inside / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        (self._inside / "filler").unlink(missing_ok=True)

    def names(self) -> set[str]:
        """What lies on it."""
        return {str(path.relative_to(self._inside)) for path in self._inside.rglob("*") if path.is_file()}

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
