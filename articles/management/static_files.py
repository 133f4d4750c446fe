"""Collect the static files when what was collected is older than what there is."""

import fcntl
import hashlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management import call_command

_IGNORED = ["CVS", ".*", "*~"]  # what collectstatic leaves out


def is_stale() -> bool:
    """Whether pages would be refused a file, or get an old one. Takes milliseconds."""
    if settings.DEBUG or not isinstance(staticfiles_storage, ManifestFilesMixin):
        return False  # then files are served from where they are
    return _collected() != _fingerprint()


def collect() -> None:
    """Collect, once however many processes start at the same moment. Old files stay: old pages link to them."""
    with _alone():
        if is_stale():
            call_command("collectstatic", interactive=False, verbosity=0)
            _stamp().write_text(_fingerprint())
        elif isinstance(staticfiles_storage, ManifestFilesMixin):
            # Another process may have collected while we waited, after our storage had read what was there before.
            staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = staticfiles_storage.load_manifest()


def _fingerprint() -> str:
    """Of each source file its name, size and time, and how the storage treats them."""
    # Not its class: under that name stands django.utils.functional's lazy object.
    module = sys.modules[staticfiles_storage.__class__.__module__]
    digest = hashlib.sha256(inspect.getsource(module).encode())
    for finder in get_finders():
        for name, storage in finder.list(_IGNORED):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _stamp() -> Path:
    """In the folder itself: whoever removes the folder removes it too."""
    return Path(settings.STATIC_ROOT, ".collected")


def _collected() -> str:
    try:
        return _stamp().read_text()
    except OSError:
        return ""


@contextmanager
def _alone() -> Iterator[None]:
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it when we end, however we end
        yield
