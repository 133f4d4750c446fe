"""Processes that must not outlive those that started them, nor keep readers waiting."""

import ctypes
import os
import signal

NICENESS = 10
"""Of work on pictures, which takes seconds; what publishes and what answers readers has 0."""
YIELD = 0.0005
"""Seconds of work on pictures after which others are asked whether they want the processor."""


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


def yield_often() -> None:
    """Let others have this process's processor at once, also where the kernel would ask them at its next tick only.

    That is where one of them has only just run (EEVDF: it is not "eligible" by a hair), whatever the two's policies.
    """
    libc = ctypes.CDLL(None)
    libc.signal(signal.SIGALRM, libc.sched_yield)  # not Python's: its handlers wait until the decoder's C returns
    signal.setitimer(signal.ITIMER_REAL, YIELD, YIELD)
