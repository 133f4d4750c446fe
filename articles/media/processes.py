"""Processes that must not outlive those that started them, nor keep readers waiting."""

import ctypes
import os
import signal

NICENESS = 10
"""Of work on pictures, which takes seconds; what publishes and what answers readers has 0."""


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, even by a kill -9 (prctl(2), PR_SET_PDEATHSIG)."""
    set_parent_death_signal = 1
    if ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


def make_way(process: int = 0) -> None:
    """Let others have the processor first: the thread that asks, with all that it starts, or another process."""
    os.setpriority(os.PRIO_PROCESS, process, max(NICENESS, os.getpriority(os.PRIO_PROCESS, process)))
