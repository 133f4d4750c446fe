"""What is answered where a view has failed, or there is none."""

import sys

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views import defaults

from articles.access.gate import wants_json
from articles.admin.desk.asked import AWHILE, away
from articles.media.disk import is_full
from articles.public.responses import CACHE_LIVE
from articles.publishing.errors import NO_ROOM

AWAY = (InterfaceError, OperationalError)
"""What the database's absence raises, wherever it is noticed: in views, in sessions, while a page is made."""
SENSELESS = (DataError, RecursionError)
"""What a text with a NUL raises, wherever a table is asked for it, and JSON in JSON in JSON without end."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, kept as briefly as a page: one may be published there. Caches that are told nothing keep it for minutes."""
    answer = defaults.page_not_found(request, exception)
    answer["Cache-Control"] = "no-store" if request.path.startswith(reverse("admin:index")) else CACHE_LIVE
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: 500. What was sent may make no sense: 400. Without a database it is none, and passes: 503.

    A disk without room: 507.
    """
    raised = sys.exc_info()[1]
    if isinstance(raised, SENSELESS):
        return defaults.bad_request(request, raised)
    if raised and is_full(raised):  # what is uploaded is on the disk before a view is asked
        return HttpResponse(NO_ROOM, "text/plain; charset=utf-8", 507, headers={"Cache-Control": "no-store"})
    if not isinstance(raised, AWAY):
        return defaults.server_error(request)
    if wants_json(request):
        answer = away()
    else:
        answer = defaults.server_error(request)
        answer.status_code = 503
        answer["Retry-After"] = str(AWHILE)
    answer["Cache-Control"] = "no-store"
    return answer
