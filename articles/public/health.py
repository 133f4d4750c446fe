"""Whether this process lives (`/healthz`) and should be sent readers (`/readyz`)."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from articles.delivery import metrics as numbers
from articles.delivery import mode
from articles.delivery.front import STALE
from articles.delivery.hub import hub

from .responses import public

MEGABYTE = 1024 * 1024


@public
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@public
def ready(request: HttpRequest) -> HttpResponse:
    """200, or 503 with what is wrong: `{"ready": false, "checks": {"database": "…", …}}`."""
    checks = {"database": _database(), "listener": _listener(), "disk": _disk()}
    ok = all(said == "ok" for said in checks.values())
    answer = JsonResponse({"ready": ok, "checks": checks}, status=200 if ok else 503)
    answer["Cache-Control"] = "no-store"
    return answer


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"no answer: {str(error).splitlines()[0]}"
    return "ok" if not pending else f"{len(pending)} migrations are not applied: manage.py migrate"


def _listener() -> str:
    if not mode.streaming or hub.silence < STALE:
        return "ok"
    return f"the versions were last confirmed {hub.silence:.0f} s ago"


def _disk() -> str:
    """That pictures can still be kept, and the embedded database can still write."""
    media = Path(settings.MEDIA_ROOT)
    free = shutil.disk_usage(next(folder for folder in (media, *media.parents) if folder.exists())).free
    if free < settings.DISK_FREE:
        return f"{free // MEGABYTE} MB are free on the media's disk; {settings.DISK_FREE // MEGABYTE} MB are wanted"
    return "ok"


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: from this machine itself, not by way of a proxy, or with METRICS_TOKEN as a bearer token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
    local = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not forwarded
    wanted = settings.METRICS_TOKEN
    if not local and not (wanted and constant_time_compare(given, wanted)):
        raise Http404
    return HttpResponse(numbers.report(), content_type=numbers.TEXT, headers={"Cache-Control": "no-store"})
