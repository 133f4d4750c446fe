"""Collect the static files when what was collected is older than what there is, and keep those of the last build."""

import fcntl
import hashlib
import inspect
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management import call_command

from liveblog.storage import HASHED

KEPT = 24 * 3600
"""Seconds for which a build's files stay when another has taken its place: pages that are open link to them."""
_IGNORED = ["CVS", ".*", "*~"]  # what collectstatic leaves out
_COMPRESSED = (".gz", ".br")


def is_stale() -> bool:
    """Whether pages would be refused a file, or get an old one. Takes milliseconds."""
    if settings.DEBUG or not isinstance(staticfiles_storage, ManifestFilesMixin):
        return False  # then files are served from where they are
    return _collected() != _fingerprint()


def collect() -> None:
    """Collect, once however many processes start at the same moment."""
    with _alone():
        if is_stale():
            _keep_manifest()
            call_command("collectstatic", interactive=False, verbosity=0)
            _stamp().write_text(_fingerprint())
        elif isinstance(staticfiles_storage, ManifestFilesMixin):
            # Another process may have collected while we waited, after our storage had read what was there before.
            staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = staticfiles_storage.load_manifest()
        _prune()


def _keep_manifest() -> None:
    """Before it is replaced: the time of the copy is when its build went."""
    manifest = _manifest()
    if manifest.exists():
        build = hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]
        _replaced().mkdir(exist_ok=True)
        shutil.copyfile(manifest, _replaced() / f"{build}.json")


def _prune() -> None:
    """Remove hashed files that are named neither by this build nor by one that was there a day ago or later."""
    gone = [one for one in _replaced().glob("*.json") if time.time() - one.stat().st_mtime > KEPT]
    if not gone:
        return
    for one in gone:
        one.unlink()
    named = {name for one in (_manifest(), *_replaced().glob("*.json")) for name in _named(one)}
    root = Path(settings.STATIC_ROOT)
    for path in root.rglob("*"):
        plain = path.with_suffix("") if path.suffix in _COMPRESSED else path
        if HASHED.search(plain.name) and str(plain.relative_to(root)) not in named:
            path.unlink()


def _named(manifest: Path) -> set[str]:
    """The files of a build; a source may itself be named as if by a hash."""
    try:
        paths = json.loads(manifest.read_text())["paths"]
    except ValueError:  # written by a process that was killed
        return set()
    return {*paths, *paths.values()}


def _manifest() -> Path:
    return Path(settings.STATIC_ROOT, "staticfiles.json")


def _replaced() -> Path:
    return Path(settings.STATIC_ROOT, ".replaced")


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
