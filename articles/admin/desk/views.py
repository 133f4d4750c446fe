"""What the desk shows: the page, its list, one update, its history, and a preview of what is being written."""

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import ensure_csrf_cookie

from articles.admin.generic import StaffRequest
from articles.admin.history import timeline
from articles.admin.permissions import may, may_change_update
from articles.admin.preview import preview as previewed
from articles.delivery import audience, mode
from articles.media import markup
from articles.media.embeds import hosts
from articles.models import Byline, Coverage, PhotoCaption, Update
from articles.public.responses import POLICY
from articles.publishing import Conflict, only_while, updates
from articles.publishing.coverages import MAX_KEY_POINTS

from . import state
from .asked import desk, writes
from .content import content, expected_of, update_json
from .form import DeskForm
from .people import people
from .words import words
from .writing import conflict, done, log, require, update_of


@ensure_csrf_cookie
@desk
def page(request: StaffRequest, coverage: Coverage) -> HttpResponse:
    shown = state.page(request.user, coverage)
    beside = {"people": people(coverage.pk), "audience": readers(coverage.pk)}
    config = {
        "words": words(),
        "coverage": coverage.pk,
        "base": request.path,
        "revision": coverage.revision,
        "user": request.user.pk,
        "zone": coverage.time_zone,
        "language": coverage.language,
        "state": coverage.state,
        "mine": [shown["mine"]] if shown["mine"] else [],
        "may": shown["may"],
        "login": f"{reverse('admin:login')}?next={request.path}",
        "maxKeyPoints": MAX_KEY_POINTS,
        "streams": mode.streaming,
        "embedHosts": hosts(),
        **beside,
    }
    title = {"title": _("Desk"), "subtitle": str(coverage), "form": DeskForm(), "config": config}
    return render(
        request, "admin/articles/desk/desk.html", {**admin.site.each_context(request), **title, **shown, **beside}
    )


def readers(pk: int) -> dict[str, Any]:
    """How many readers there are, and how soon they had the newest version; None where others hold the streams."""
    if settings.NCHAN_URL or not mode.streaming:
        return dict.fromkeys(audience.Reach._fields)
    return audience.reach(pk)._asdict()


@desk
def changes(request: StaffRequest, coverage: Coverage) -> HttpResponse:
    after = request.GET.get("after", "")
    if not (after.isascii() and after.isdecimal() and len(after) < 17):  # noqa: PLR2004
        raise ValidationError(_("after must be a revision: a whole number."), code="after")
    said = state.changes(request.user, coverage.pk, int(after), lambda: fresh(coverage))
    return JsonResponse({**said, "people": people(coverage.pk), "audience": readers(coverage.pk)})


def fresh(coverage: Coverage) -> Coverage:
    return Coverage.objects.with_content().get(pk=coverage.pk)


@desk
def feed(request: StaffRequest, coverage: Coverage) -> HttpResponse:
    asked = request.GET
    wanted = state.Filter(asked.get("state", ""), asked.get("author", ""), "key" in asked, asked.get("q", "")[:200])
    listed = state.listed(request.user, coverage, wanted, asked.get("before", ""))
    html = "".join(entry.html() for entry in listed.entries)
    return JsonResponse({"html": html, "older": listed.older, "count": wanted(state.of(coverage)).count()})


@desk
def one(request: StaffRequest, coverage: Coverage, number: int) -> HttpResponse:
    return JsonResponse(update_json(request.user, update_of(coverage, number)))


@desk
def history(request: StaffRequest, coverage: Coverage, number: int) -> HttpResponse:
    update = update_of(coverage, number)
    shown = {"entries": timeline([update.history.all()], update), "update": update}
    shown["may_return"] = may_change_update(request.user, update)
    return JsonResponse({"html": render_to_string("admin/articles/desk/_history.html", shown)})


@writes
def revert(
    request: StaffRequest, coverage: Coverage, sent: dict[str, Any], number: int
) -> dict[str, Any] | HttpResponse:
    """Return to the text of an older record of the history; that becomes the newest."""
    update = update_of(coverage, number)
    record = update.history.filter(history_id=sent.get("record") if isinstance(sent.get("record"), int) else 0).first()
    rule = partial(may_change_update, request.user)
    require(rule(update))
    if record is None:
        raise ValidationError({"record": _("That text is not kept any more; choose another.")}, code="missing")
    text = {name: getattr(record, name) for name in ("headline", "body", "embed", "correction")}
    try:
        with only_while(update, rule):
            after = updates.edit(update, by=request.user, expected=expected_of(sent), **text)
    except Conflict as conflicting:
        return conflict(request, conflicting, {})
    log(request, after, _("Returned to an older text"))
    return done(request, after)


@desk
@csp_override(POLICY)
def preview(request: HttpRequest, coverage: Coverage) -> HttpResponse:
    """What is being written, as readers would see it; nothing of it is kept."""
    if not may(request.user, "add_update") and not may(request.user, "change_update"):
        raise PermissionDenied
    try:
        sent = json.loads(request.POST.get("payload", ""))
        given: Any = content({k: v for k, v in sent.items() if k != "published_at"})
    except (ValueError, AttributeError, RecursionError) as bad:
        raise ValidationError(_("This is no JSON object."), code="json") from bad
    return previewed(request, coverage, _imagined(coverage, given))


def _imagined(coverage: Coverage, given: Any) -> Update:
    """An update that is in no table, with what its page shows."""
    update = Update(pk=0, coverage=coverage, body=markup.clean(given.get("body", "")))
    update.headline, update.embed = given.get("headline", "").strip(), given.get("embed", "").strip()
    update.key_event, update.correction = given.get("key_event", False), given.get("correction", "")
    placed = [PhotoCaption(photo=one.photo, caption=one.caption) for one in given.get("photos", ())]
    update._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "bylines": [Byline(author=author) for author in given.get("authors", ())],
        "photo_captions": placed,
    }
    return update
