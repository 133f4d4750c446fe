"""Disks that are full after a few pictures, for those processes that enter them."""

import os
import subprocess
from pathlib import Path

from tests.browser.server import PROJECT

MEGABYTES = 64


FOLDERS = ("media", "originals", "decoding")
"""Where a picture is written on its way in."""


class SmallDisks:
    """For each of FOLDERS a file system in memory, in a mount namespace of their own: nobody else sees them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        mount = f'mkdir -p "$0/$one" && mount -t tmpfs -o size={MEGABYTES}m,mode=755 tmpfs "$0/$one"'
        script = f"for one in {' '.join(FOLDERS)}; do {mount} || exit; done; echo ready && exec cat"
        self._holder = subprocess.Popen(
            ["unshare", *own, "--mount", "sh", "-c", script, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
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

    def _inside(self, folder: str) -> Path:
        return Path(f"/proc/{self._holder.pid}/root{self.data}", folder)

    def fill(self, folder: str = "media") -> None:
        """Not one byte more can be written."""
        with (self._inside(folder) / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        for folder in FOLDERS:
            (self._inside(folder) / "filler").unlink(missing_ok=True)

    def names(self) -> set[Path]:
        """What lies on them, but for what fills them."""
        found = [path for folder in FOLDERS for path in self._inside(folder).rglob("*")]
        return {path for path in found if path.is_file() and path.name != "filler"}

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
