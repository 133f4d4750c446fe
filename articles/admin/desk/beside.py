"""What an editor does beside the list: photos, key points, the coverage itself, and being there."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin.models import ADDITION
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.generic import StaffRequest
from articles.admin.permissions import may, may_change_coverage, may_change_photo
from articles.models import Coverage, Photo
from articles.publishing import Conflict, KeyPointContent, coverages, only_while, presence, sources

from .asked import error, writes
from .content import expected_of, focus_of, photo_json, placed, uuid_of
from .people import people
from .writing import log, require, update_of

State = Coverage.State


# ── Photos ──────────────────────────────────────────────────────────────────────────────────────────────


@writes
def add_photo(request: StaffRequest, coverage: Coverage, sent: dict[str, Any]) -> dict[str, Any]:
    require(may(request.user, "add_photo"))
    words = {name: str(sent.get(name, "")).strip() for name in ("alt", "caption", "credit")}
    files = {"image": request.FILES["image"]} if "image" in request.FILES else {}
    photo = sources.add_photo(by=request.user, **words, **files)  # type: ignore[arg-type]
    log(request, photo, [{"added": {}}], ADDITION)
    return {"photo": photo_json(request.user, photo)}


@writes
def edit_photo(request: StaffRequest, coverage: Coverage, sent: dict[str, Any], number: int) -> dict[str, Any]:
    """Alt text, credit and focus, which belong to the photo wherever it stands."""
    photo = get_object_or_404(Photo, pk=number)
    rule = partial(may_change_photo, request.user)
    require(rule(photo))
    said: dict[str, Any] = {name: str(sent[name]).strip() for name in ("alt", "credit", "caption") if name in sent}
    if "focus" in sent:
        said["focus"] = focus_of(sent)
    with only_while(photo, rule):
        photo = sources.edit_photo(photo, by=request.user, **said)
    log(request, photo, [{"changed": {"fields": sorted(said)}}])
    return {"photo": photo_json(request.user, photo)}


# ── Key points ──────────────────────────────────────────────────────────────────────────────────────────


@writes
def key_points(request: StaffRequest, coverage: Coverage, sent: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    require(may_change_coverage(request.user, coverage))
    rows = sent.get("points")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValidationError({"points": _("This must be a list of key points.")}, code="type")
    points = [_point(coverage, row) for row in rows]
    try:
        after = coverages.set_key_points(coverage, points, by=request.user, expected=expected_of(sent, required=True))
    except Conflict as conflicting:
        return error(409, conflicting.messages[0], "conflict", conflict=_points(coverage))
    log(request, after, [{"changed": {"fields": [_("Key points")]}}])
    return {"revision": after.revision, **_points(coverage)}


def _point(coverage: Coverage, row: dict[str, Any]) -> KeyPointContent:
    pk, update = row.get("id"), row.get("update")
    known = isinstance(pk, int) and not isinstance(pk, bool)
    text = row.get("text")
    if not isinstance(text, str):
        raise ValidationError({"points": _("Each key point needs a text.")}, code="type")
    found = update_of(coverage, update) if isinstance(update, int) else None
    return KeyPointContent(text, found, pk if known else None)


def _points(coverage: Coverage) -> dict[str, Any]:
    """The key points as they stand, and the number to send with the next change of them."""
    now = Coverage.objects.with_content().get(pk=coverage.pk)
    rows = [{"id": point.pk, "text": point.text, "update": point.update_id} for point in now.key_points.all()]
    return {"points": rows, "expected": now.key_points_version}


# ── The coverage ────────────────────────────────────────────────────────────────────────────────────────


@writes
def head(request: StaffRequest, coverage: Coverage, sent: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    require(may_change_coverage(request.user, coverage))
    given: dict[str, Any] = {name: str(sent[name]) for name in ("headline", "summary") if name in sent}
    if "lead" in sent:
        given["lead"] = next(iter(placed([sent["lead"]] if sent["lead"] else [])), None)
    try:
        after = coverages.edit(coverage, by=request.user, expected=expected_of(sent, required=True), **given)
    except Conflict as conflicting:
        now: Any = conflicting.current
        current = {"revision": now.header_version, "headline": now.headline, "summary": now.summary}
        return error(409, conflicting.messages[0], "conflict", current=current)
    log(request, after, [{"changed": {"fields": sorted(given)}}])
    return {"revision": after.revision, "expected": after.header_version}


def _end(coverage: Coverage, user: Any, sent: dict[str, Any]) -> Coverage:
    successor = _successor(coverage, user, sent)
    ended = coverages.end(coverage, successor=successor, by=user)
    if successor and sent.get("start") and successor.state == State.DRAFT:
        coverages.start(successor, by=user)
    return ended


def _successor(coverage: Coverage, user: Any, sent: dict[str, Any]) -> Coverage | None:
    if headline := " ".join(str(sent.get("create") or "").split()):
        require(may(user, "add_coverage"))
        return coverages.create_successor(coverage, headline, by=user)
    pk = sent.get("successor")
    if not isinstance(pk, int):
        return None
    found = Coverage.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError({"successor": _("That coverage is gone; choose another.")}, code="missing")
    return found


type Move = Callable[[Coverage, Any, dict[str, Any]], Coverage]
MOVES: dict[str, Move] = {
    "start": lambda coverage, user, sent: coverages.start(coverage, by=user),
    "undo-start": lambda coverage, user, sent: coverages.undo_start(coverage, by=user),
    "end": _end,
    "reopen": lambda coverage, user, sent: coverages.reopen(coverage, by=user),
    "withdraw": lambda coverage, user, sent: coverages.withdraw(coverage, str(sent.get("reason", "")), by=user),
    "restore": lambda coverage, user, sent: coverages.restore(coverage, by=user),
}
BECOMES = {"start": State.LIVE, "end": State.ENDED, "reopen": State.LIVE, "withdraw": State.WITHDRAWN}
"""What a coverage is once it was done; a move that is sent again does nothing more."""
LOGGED = {
    "start": gettext_lazy("Started"),
    "undo-start": gettext_lazy("Start undone"),
    "end": gettext_lazy("Ended"),
    "reopen": gettext_lazy("Reopened"),
    "withdraw": gettext_lazy("Withdrawn"),
    "restore": gettext_lazy("Restored"),
}


@writes
def move(request: StaffRequest, coverage: Coverage, sent: dict[str, Any], name: str) -> dict[str, Any]:
    require(may(request.user, "publish_coverage"))
    if name not in MOVES:
        raise Http404(_("There is no such action."))
    after = coverage
    if coverage.state != BECOMES.get(name):
        after = MOVES[name](coverage, request.user, sent)
        log(request, after, str(LOGGED[name]))
        if name == "end" and after.successor:
            _log_successor(request, after.successor, sent)
    successor = after.successor
    return {
        "revision": after.revision,
        "state": after.state,
        "successor": {
            "pk": successor.pk,
            "headline": successor.headline,
            "desk": reverse("admin:articles_coverage_desk", args=[successor.pk]),
        }
        if successor
        else None,
    }


def _log_successor(request: StaffRequest, successor: Coverage, sent: dict[str, Any]) -> None:
    """What ending a coverage did to the one that goes on; `successor` is as it was before."""
    if sent.get("create"):
        log(request, successor, [{"added": {}}], ADDITION)
    if sent.get("start") and successor.state == State.DRAFT:
        log(request, successor, str(LOGGED["start"]))


# ── Being there ─────────────────────────────────────────────────────────────────────────────────────────


@writes
def be_present(request: StaffRequest, coverage: Coverage, sent: dict[str, Any]) -> dict[str, Any]:
    tab = uuid_of(sent, "tab")
    if sent.get("leaving"):
        presence.leave(coverage, request.user, tab)
    else:
        presence.enter(coverage, request.user, tab, _editing(sent.get("editing")))
    return {"people": people(coverage.pk)}


def _editing(value: object) -> int | None:
    most = 2**63
    return value if isinstance(value, int) and 0 <= value < most else None
