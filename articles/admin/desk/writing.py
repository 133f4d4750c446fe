"""What an editor does on the desk: each request is one step through `articles.publishing`, logged like the admin's."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from articles.access.told import record
from articles.admin.generic import StaffRequest
from articles.admin.history import relation_change
from articles.admin.permissions import may, may_change_update
from articles.media import markup
from articles.models import Coverage, Update
from articles.publishing import Conflict, only_while, updates
from articles.publishing.updates import Content

from .asked import Asks, error, writes
from .content import content, differences, differs_to_readers, expected_of, story_time, to_come, update_json, uuid_of
from .entries import Entry, actions

State = Update.State
STATES = {"publish": State.PUBLISHED, "submit": State.SUBMITTED, "draft": State.DRAFT, "save": None}
"""What an update becomes with each way to send it."""


def update_of(coverage: Coverage, number: int) -> Update:
    """An update of this coverage. Raises Http404."""
    found = Update.objects.with_content().filter(pk=number, coverage=coverage.pk).first()
    if found is None:
        raise Http404(_("There is no such update; it may have been discarded."))
    return found


def log(request: StaffRequest, obj: Model, message: Any, flag: int = CHANGE) -> None:
    """In the admin's log, as its own pages do it."""
    record(request.user, obj, message, flag)


def done(request: StaffRequest, update: Update, **more: Any) -> dict[str, Any]:
    """The answer to what was done to an update: how it stands now."""
    now = Update.objects.with_content().filter(pk=update.pk).first()
    if now is None:
        return {"entry": None, **more}
    entry = Entry(now, request.user)
    return {
        "id": now.pk,
        "revision": now.revision,
        "version": now.version,
        "url": entry.url,
        "entry": entry.as_json(),
        **more,
    }


def require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Your role does not allow this."))


def _state(sent: dict[str, Any], default: str) -> str | None:
    way = sent.get("do", default)
    if not isinstance(way, str) or way not in STATES:
        raise ValidationError({"do": _("Send publish, submit, draft or save.")}, code="do")
    return STATES[way]


def _check_rights(user: Any, given: Content, state: str | None) -> None:
    if state == State.PUBLISHED or given.get("pinned"):
        require(may(user, "publish_update"))


# ── Posting and saving ──────────────────────────────────────────────────────────────────────────────────


@writes
def create(request: StaffRequest, coverage: Coverage, sent: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    user = request.user
    require(may(user, "add_update"))
    given, state = content(sent), _state(sent, "draft") or State.DRAFT
    _check_rights(user, given, state)
    if state == State.PUBLISHED:
        to_come(given.get("published_at"))
    posted = updates.post(coverage, state=state, token=uuid_of(sent, "token"), by=user, **given)
    if posted.created:
        log(request, posted.update, [{"added": {}}], ADDITION)
        return done(request, posted.update, created=True)
    return _sent_again(request, posted.update, given, state)


def _sent_again(request: StaffRequest, update: Update, given: Content, state: str) -> dict[str, Any] | HttpResponse:
    """The token had made it before, unknown to the sender, who may have gone on writing since."""
    first, *later = update.history.order_by("history_id")[:2] or [None]
    wanted = (" ".join(given.get("headline", "").split()), markup.clean(given.get("body", "")))
    if first is None or (wanted == (first.headline, first.body) and state in {first.state, update.state}):
        return done(request, update, created=False)
    if later or update.created_by_id != request.user.pk:
        return conflict(request, Conflict(_("This was already posted, with another text."), update), given)
    try:
        updates.edit(update, by=request.user, expected=update.revision, state=state, **given)
    except Conflict as conflicting:
        return conflict(request, conflicting, given)
    return done(request, update, created=False)


@writes
def save(request: StaffRequest, coverage: Coverage, sent: dict[str, Any], number: int) -> dict[str, Any] | HttpResponse:
    update = update_of(coverage, number)
    rule = partial(may_change_update, request.user)
    require(rule(update))
    given, state = content(sent, update), _state(sent, "save")
    _check_rights(request.user, given, state)
    expected, token = expected_of(sent, required=True), uuid_of(sent, "token")
    if expected == update.revision and not sent.get("confirmed"):
        _ask_for_note(update, given)
    message = _changed(update, given)
    try:
        with only_while(update, rule):
            saved = updates.edit(update, by=request.user, expected=expected, token=token, state=state, **given)
    except Conflict as conflicting:
        return conflict(request, conflicting, given)
    if saved.revision != update.revision:
        log(request, saved, message)
    return done(request, saved)


def _ask_for_note(update: Update, given: Content) -> None:
    """A published text with other words is corrected in daylight, unless the editor says that it need not be."""
    if update.is_published and not given.get("correction") and differs_to_readers(update, given):
        raise Asks("correction", _("Readers have seen other words. Say what you corrected, or that it is minor."))


def _changed(update: Update, given: Content) -> list[dict[str, Any]]:
    """What the admin's log says: the names of fields; of byline and photos, which have no history, also their text."""
    whole = {_("Byline"), _("Photos")}

    def said(label: str, theirs: str) -> str:
        return relation_change(label, theirs, _own(label, given)) if label in whole else label

    return [{"changed": {"fields": [said(row["label"], row["theirs"]) for row in differences(update, given)]}}]


def _own(label: str, given: Content) -> str:
    things: Any = given.get("authors") if label == _("Byline") else given.get("photos")
    return ", ".join(str(getattr(one, "caption", "") or getattr(one, "photo", one)) for one in things or ()) or "-"


def conflict(request: StaffRequest, conflicting: Conflict, given: Content) -> HttpResponse:
    """Both texts, for the editor to choose."""
    current: Any = conflicting.current
    now = Update.objects.with_content().get(pk=current.pk)
    return error(
        409,
        conflicting.messages[0],
        "conflict",
        current=update_json(request.user, now),
        differences=differences(now, given),
    )


# ── What the list offers ────────────────────────────────────────────────────────────────────────────────


def _publish(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    at = story_time(sent["published_at"]) if "published_at" in sent else None
    to_come(at)
    return updates.edit(update, by=user, expected=expected_of(sent), state=State.PUBLISHED, published_at=at)


def _submit(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    return updates.edit(update, by=user, expected=expected_of(sent), state=State.SUBMITTED)


def _retime(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    at = story_time(sent.get("published_at", ""), update)
    if at is None:
        raise ValidationError({"published_at": _("Choose a time.")}, code="required")
    return updates.edit(update, by=user, expected=expected_of(sent), published_at=at)


def _withdraw(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    return updates.withdraw(update, str(sent.get("reason", "")), by=user)


def _discard(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    updates.discard(update)
    return update


def _erase(update: Update, user: Any, sent: dict[str, Any]) -> Update:
    if sent.get("confirm") != "erase":
        raise Asks("erase", _("Text, history and pictures will be gone for good. Say so once more."))
    return updates.erase(update, by=user)


type Step = Callable[[Update, Any, dict[str, Any]], Update]
STEPS: dict[str, Step] = {
    "publish": _publish,
    "submit": _submit,
    "return": lambda update, user, sent: updates.return_to_draft(update, by=user),
    "pin": lambda update, user, sent: updates.pin(update, by=user),
    "unpin": lambda update, user, sent: updates.pin(update, pinned=False, by=user),
    "key": lambda update, user, sent: updates.set_key_event(update, by=user),
    "unkey": lambda update, user, sent: updates.set_key_event(update, key_event=False, by=user),
    "retime": _retime,
    "withdraw": _withdraw,
    "restore": lambda update, user, sent: updates.restore(update, by=user),
    "discard": _discard,
    "erase": _erase,
}


@writes
def step(
    request: StaffRequest, coverage: Coverage, sent: dict[str, Any], number: int, name: str
) -> dict[str, Any] | HttpResponse:
    """One of STEPS, if the list offers it to this user; what has been done already is not an error."""
    if name not in STEPS:
        raise Http404(_("There is no such action."))
    update = update_of(coverage, number)

    def offered(now: Update) -> bool:
        return name in {action.name for action in actions(request.user, now)}

    if not offered(update):
        return _done_before(request, update, name)
    try:
        with only_while(update, offered):
            after = STEPS[name](update, request.user, sent)
    except PermissionDenied:  # by somebody else, a moment ago
        return _done_before(request, update_of(coverage, number), name)
    except Conflict as conflicting:
        return conflict(request, conflicting, {})
    log(request, after, _logged(name))
    return done(request, after)


def _done_before(request: StaffRequest, update: Update, name: str) -> dict[str, Any]:
    if _is_so(update, name) and _may_say_so(request.user, update, name):
        return done(request, update)
    raise PermissionDenied(_("This cannot be done to it now, or not by you."))


def _may_say_so(user: Any, update: Update, name: str) -> bool:
    return may(user, "erase_update" if name == "erase" else "publish_update") or may_change_update(user, update)


def _is_so(update: Update, name: str) -> bool:
    """Whether an update stands already as the step would leave it: a step may be sent again."""
    so = {
        "publish": update.is_published,
        "submit": update.state == State.SUBMITTED,
        "return": update.state == State.DRAFT,
        "withdraw": update.state == State.WITHDRAWN and not update.erased_at,
        "restore": update.is_published,
        "erase": bool(update.erased_at),
        "pin": update.pinned,
        "unpin": not update.pinned,
        "key": update.key_event,
        "unkey": not update.key_event,
    }
    return so.get(name, False)


def _logged(name: str) -> str:
    said = {
        "publish": _("Published"),
        "submit": _("Submitted for approval"),
        "return": _("Back to draft"),
        "pin": _("Pinned"),
        "unpin": _("Unpinned"),
        "key": _("Marked as key event"),
        "unkey": _("No longer a key event"),
        "retime": _("Time changed"),
        "withdraw": _("Withdrawn"),
        "restore": _("Restored"),
        "discard": _("Discarded"),
        "erase": _("Erased"),
    }
    return said[name]
