"""Renditions of photos: queued with what needs them, made once, tried again when that fails."""

import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.db import transaction
from django.tasks import TaskResultStatus, task
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from articles.media import photos
from articles.models import Photo

from .edition import hold

ATTEMPTS = 5
"""The last of them five and a half hours after the first."""

logger = logging.getLogger(__name__)


def queue(photo: Photo) -> None:
    """To be called in the transaction that saves the photo: it commits both or none."""
    make.enqueue(photo.pk)


def queue_missing() -> int:
    """Queue what is missing and not waiting yet, such as what a killed worker left; how many photos that concerns."""
    pks = list(Photo.objects.unfinished().exclude(pk__in=_waiting()).values_list("pk", flat=True))
    for pk in pks:
        make.enqueue(pk)
    return len(pks)


def _waiting() -> set[int]:
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=make.module_path)
    return {one["args"][0] for one in ready.values_list("args_kwargs", flat=True)}


def queue_anew(photo: Photo) -> Photo:
    """Make them again, after a failure that was mended or a change of the layout."""
    with transaction.atomic():
        Photo.objects.usable().filter(pk=photo.pk).update(rendered_at=None, render_error="")
        queue(photo)
    return photo


@task
def make(pk: int, attempt: int = 1) -> None:
    """Make the photo's renditions, unless that is done."""
    photo = Photo.objects.unfinished().filter(pk=pk).first()
    if photo is None:
        return
    try:
        render(photo, attempt)
    except Exception:
        logger.exception("The renditions of photo %s could not be made (attempt %s of %s)", pk, attempt, ATTEMPTS)
        raise


def render(photo: Photo, attempt: int = 1) -> None:
    """Make all renditions of the photo, whatever is there.

    Raises what storages and media.photos.rendered do; then the admin shows it, and the queue tries again later,
    ATTEMPTS times in all.
    """
    try:
        _put_all(photo)
    except Exception as error:
        if _has_failed(photo, error, attempt):
            raise
    if not _finish(photo):
        forget_files([photo.stem])


def _has_failed(photo: Photo, error: Exception, attempt: int) -> bool:
    """Whether the error matters: not when this picture was withdrawn or replaced while it was worked on."""
    standing = Photo.objects.usable().filter(pk=photo.pk, image=photo.image.name)
    if not standing.update(rendered_at=None, render_error=f"{type(error).__name__}: {error}"[:1000]):
        return False
    if attempt < ATTEMPTS and photo.pk not in _waiting():
        later = timezone.now() + timedelta(seconds=20 * 6**attempt / 6)
        make.using(run_after=later).enqueue(photo.pk, attempt + 1)
    return True


def _put_all(photo: Photo) -> None:
    with (
        photo.image.storage.open(str(photo.image.name)) as source,
        photos.rendered(source, photo.suffix, photo.renditions) as folder,
    ):
        for one in photo.renditions:
            _put(photo.image.storage, f"{photo.stem}/{one.name}", folder / one.name)


def _put(storage: Storage, name: str, path: Path) -> None:
    storage.delete(name)
    storage.save(name, ContentFile(path.read_bytes()))


def _finish(photo: Photo) -> bool:
    """Whether the photo still has this picture; one that was withdrawn or replaced meanwhile leaves nothing."""
    with transaction.atomic():
        hold(Photo, [photo.pk])
        current = Photo.objects.usable().filter(pk=photo.pk).first()
        if current is None or current.image.name != photo.image.name:
            return False
        if current.focus == photo.focus:
            Photo.objects.filter(pk=photo.pk).update(rendered_at=timezone.now(), render_error="")
        return True


@task
def forget(stems: list[str], originals: list[str]) -> None:
    """Delete pictures with all renditions, and originals: once more, for what could not be deleted at once."""
    forget_files(stems, originals)


def forget_soon(stems: list[str], originals: list[str] | None = None) -> None:
    """Delete them when the transaction is committed, and again from the queue: a storage may be out of reach."""
    forget.enqueue(stems, originals or [])
    transaction.on_commit(lambda: forget_files(stems, originals or []), robust=True)


def forget_files(stems: list[str], originals: list[str] | None = None) -> None:
    for stem in stems:
        for suffix in (".jpg", ".png"):
            default_storage.delete(f"{stem}{suffix}")
        for name in _files_in(default_storage, stem):
            default_storage.delete(f"{stem}/{name}")
        if isinstance(default_storage, FileSystemStorage):  # a bucket has no folders
            with suppress(OSError):  # who makes renditions of it still has put one there, and takes it away too
                default_storage.delete(stem)
    for name in originals or []:
        storages["originals"].delete(name)


def _files_in(storage: Storage, folder: str) -> list[str]:
    try:
        return storage.listdir(folder)[1]
    except FileNotFoundError:
        return []
