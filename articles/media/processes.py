"""Processes that must not outlive those that started them."""

import ctypes
import os
import signal


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, even by a kill -9 (prctl(2), PR_SET_PDEATHSIG)."""
    set_parent_death_signal = 1
    if ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it was gone before
        os._exit(1)
