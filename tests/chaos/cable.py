"""Two machines with a cable between them that can be pulled: packets get lost, and nobody says a word."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

type Side = Literal["near", "far"]
ADDRESSES: dict[Side, str] = {"near": "10.99.0.1", "far": "10.99.0.2"}


class Cable:
    """A network namespace for each side, joined by a pair of virtual devices."""

    def __init__(self) -> None:
        ready = "ip link set lo up && echo ready && exec cat"
        self._holders: dict[Side, subprocess.Popen[bytes]] = {
            side: subprocess.Popen(
                ["unshare", "--net", "sh", "-c", ready], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for side in ADDRESSES
        }
        far = str(self._holders["far"].pid)
        link = ["link", "add", "near", "type", "veth", "peer", "name", "far", "netns", far]
        self.is_there = all(holder.stdout and holder.stdout.readline() for holder in self._holders.values())
        """Whether the system allows it."""
        self.is_there = self.is_there and self._ip("near", *link)
        for side, address in ADDRESSES.items():
            self._ip(side, "address", "add", f"{address}/24", "dev", side)
            self._ip(side, "link", "set", side, "up")

    def _ip(self, side: Side, *words: str) -> bool:
        done = subprocess.run([*self.enter(side), "ip", *words], capture_output=True, check=False)
        return done.returncode == 0

    def enter(self, side: Side) -> list[str]:
        """The start of a command that runs there."""
        return ["nsenter", f"--net={self._network(side)}", "--"]

    def _network(self, side: Side) -> str:
        return f"/proc/{self._holders[side].pid}/ns/net"

    def within[T](self, side: Side, call: Callable[[], T]) -> T:
        """What `call` gives there; the connections that it opens stay there."""

        def called() -> T:
            network = os.open(self._network(side), os.O_RDONLY)
            try:
                os.setns(network, os.CLONE_NEWNET)
            finally:
                os.close(network)
            return call()

        with ThreadPoolExecutor(1) as thread:  # its own: only that thread moves there
            return thread.submit(called).result()

    def pull(self) -> None:
        """At the far end: the near one goes on sending."""
        self._ip("far", "link", "set", "far", "down")

    def plug(self) -> None:
        self._ip("far", "link", "set", "far", "up")

    def close(self) -> None:
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
