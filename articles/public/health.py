"""Whether this process lives (`/healthz`) and should be sent readers (`/readyz`)."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from articles.delivery import mode
from articles.delivery.front import STALE
from articles.delivery.hub import hub

from .responses import public


@public
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@public
def ready(request: HttpRequest) -> HttpResponse:
    """200, or 503 with what is wrong: `{"ready": false, "checks": {"database": "…", …}}`."""
    checks = {"database": _database(), "listener": _listener()}
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
