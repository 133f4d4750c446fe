"""Disks, where files are written."""

import errno


def is_full(error: BaseException) -> bool:
    """Whether it says that a disk has no room."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
