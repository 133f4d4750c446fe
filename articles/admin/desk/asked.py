"""The frame around every request of the desk: who asks, for which coverage, and errors that say what to do."""

import json
import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.db import DatabaseError, DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import csrf
from django.views.decorators.cache import never_cache

from articles.access.gate import wants_json
from articles.admin.generic import StaffRequest
from articles.admin.permissions import may
from articles.media.disk import is_full
from articles.models import Coverage
from articles.publishing import Conflict
from articles.publishing.errors import NO_ROOM

logger = logging.getLogger(__name__)
AWHILE = 2
"""Seconds after which somebody may ask again whom the database did not answer."""

type View = Callable[..., HttpResponseBase]


class Asks(Exception):
    """What was sent is fine, but something has to be answered first: 422."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def error(status: int, message: str, code: str = "", **more: Any) -> JsonResponse:
    return JsonResponse({"error": message, "code": code, **more}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's page, or for a script one that can be read by it (CSRF_FAILURE_VIEW)."""
    if not wants_json(request):
        return csrf.csrf_failure(request, reason)
    if reason == REASON_NO_CSRF_COOKIE and not request.COOKIES:
        return signed_out(request)
    return error(403, _("The page is out of date: reload it and send this again."), "csrf")


def signed_out(request: HttpRequest) -> HttpResponseBase:
    if not wants_json(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    says = _("You are signed out. Sign in, and this goes on.")
    if request.user.is_authenticated:
        says = _("Somebody else is signed in by now. Sign in as yourself, and this goes on.")
    return error(401, says, login=reverse("admin:login"))


def _is_the_same(request: HttpRequest) -> bool:
    """Whether who is signed in is still the one who opened the desk: what one wrote goes out under no other name."""
    return request.headers.get("X-Desk-User", str(request.user.pk)) == str(request.user.pk)


def coverage_for(user: Any, pk: int) -> Coverage:
    """The coverage whose desk the user asks for. Raises PermissionDenied or Http404."""
    if not (may(user, "view_coverage") and may(user, "view_update")):
        raise PermissionDenied
    found = Coverage.objects.with_content().filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such coverage; it may have been discarded."))
    return found


def desk(view: Callable[..., HttpResponseBase]) -> View:
    """A view of the desk: `view(request, coverage, …)`, in the story's time zone, for those who may see it."""

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
        is_staff = request.user.is_active and getattr(request.user, "is_staff", False)
        if not (is_staff and _is_the_same(request)):
            return signed_out(request)
        try:
            coverage = coverage_for(request.user, pk)
            with timezone.override(coverage.zone):
                return view(request, coverage, **kwargs)
        except Exception as raised:
            for_people = isinstance(raised, Http404 | PermissionDenied) and not wants_json(request)
            if for_people or (told := _told(raised)) is None:
                raise
            return told

    return answer


def away() -> HttpResponse:
    """The database does not answer; in two seconds it may."""
    told = error(503, _("The database does not answer; this is sent again."), "database")
    told["Retry-After"] = str(AWHILE)
    return told


def _told(raised: Exception) -> HttpResponse | None:
    """What an error of one's own or of the database comes to; None for any other, which is a fault of ours."""
    told: HttpResponse | None = None
    match raised:
        case Conflict():
            told = error(409, raised.messages[0], "conflict")
        case ValidationError():
            told = _refused(raised)
        case Asks():
            told = error(422, str(raised), raised.code)
        case PermissionDenied():
            told = error(403, str(raised) or _("Your role does not allow this."), "forbidden")
        case Http404():
            told = error(404, str(raised) or _("It is gone."), "gone")
        case RequestDataTooBig() | MultiPartParserError():
            told = error(413, _("That is too much at once; send less."), "too_large")
        case _ if is_full(raised):
            logger.error("No room on the disk of the media: %s", raised)
            told = error(507, str(NO_ROOM), "full")
        case DataError() | UnicodeEncodeError():  # a NUL, half a surrogate pair, a number beyond all
            told = error(400, _("It holds a character or a number that cannot be kept."), "type")
        case DatabaseError():
            told = away()
    return told


def _refused(refused: ValidationError) -> HttpResponse:
    said, first = refused, refused
    field = ""
    if hasattr(refused, "error_dict"):
        field, errors = next(iter(refused.error_dict.items()))
        first = errors[0]
    elif refused.error_list:
        first = refused.error_list[0]
    status = HTTPStatus.NOT_FOUND if first.code == "gone" else HTTPStatus.BAD_REQUEST
    return error(status, " ".join(said.messages), str(first.code or ""), field=field)


def writes(view: Callable[..., Any]) -> View:
    """A desk's view that takes a JSON object by POST, `view(request, coverage, sent, …)`, and answers with one."""

    @wraps(view)
    def answer(request: StaffRequest, coverage: Coverage, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return error(405, _("Send this by POST."), "method")
        said = view(request, coverage, payload(request), **kwargs)
        return said if isinstance(said, HttpResponse) else JsonResponse({"ok": True, **said})

    return desk(answer)


def payload(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises ValidationError."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        sent = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as bad:
        raise ValidationError(_("This is no JSON."), code="json") from bad
    if not isinstance(sent, dict):
        raise ValidationError(_("Send a JSON object."), code="json")
    return sent
