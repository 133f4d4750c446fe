"""Who may do what to a coverage and its updates: the same for the admin's pages and for the desk."""

from typing import Any

from articles.models import Coverage, Photo, Update
from articles.publishing.updates import UNPUBLISHED

State = Update.State
WRITABLE = {State.DRAFT, State.SUBMITTED}


def may(user: Any, what: str) -> bool:
    """Whether the user has the permission `what` of articles, such as "publish_update"."""
    return bool(user.has_perm(f"articles.{what}"))


def may_change_update(user: Any, update: Update) -> bool:
    """What readers see, or will by itself, is changed by those who may publish; a draft by its writer too."""
    if not may(user, "change_update") or update.state == State.WITHDRAWN:
        return False
    return may(user, "publish_update") or (update.state in WRITABLE and update.created_by_id == user.pk)


def may_remove_update(user: Any, update: Update) -> bool:
    """To withdraw what is published takes the right to publish; to discard what never was, that to delete."""
    if update.state in UNPUBLISHED:
        return may(user, "delete_update") or (update.state == State.DRAFT and may_change_update(user, update))
    return update.state == State.PUBLISHED and may(user, "publish_update")


def may_restore_update(user: Any, update: Update) -> bool:
    return update.state == State.WITHDRAWN and not update.erased_at and may(user, "publish_update")


def may_erase_update(user: Any, update: Update) -> bool:
    return update.state not in UNPUBLISHED and not update.erased_at and may(user, "erase_update")


def may_change_coverage(user: Any, coverage: Coverage) -> bool:
    """What readers see is changed by those who may publish; what is withdrawn, by no one."""
    if not may(user, "change_coverage"):
        return False
    return coverage.state == Coverage.State.DRAFT or (coverage.is_public and may(user, "publish_coverage"))


def may_change_photo(user: Any, photo: Photo) -> bool:
    """One is changed, wherever it stands, by those who may publish, and by those who may change all that it stands in.

    So one that stands nowhere is anybody's who may change photos, and what was withdrawn holds its photos too.
    """
    if photo.withdrawn_at or not may(user, "change_photo"):
        return False
    if may(user, "publish_update"):
        return True
    updates = Update.objects.filter(photo_captions__photo=photo)
    led = Coverage.objects.filter(photo_captions__photo=photo)
    return all(may_change_update(user, update) for update in updates) and all(
        may_change_coverage(user, coverage) for coverage in led
    )
