"""What the server runs: streams and media in front of Django, with a lifespan that starts hub and schedule."""

import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
django_application = get_asgi_application()

# These need Django's applications, which the line above has loaded.
from articles.delivery.front import Front  # noqa: E402
from articles.delivery.hub import hub  # noqa: E402
from articles.delivery.stream import is_stream, stream  # noqa: E402
from articles.publishing import schedule  # noqa: E402

from .bodies import bounded  # noqa: E402
from .media import is_media, media  # noqa: E402
from .postgres.pool import Patient  # noqa: E402

front = Front(bounded(django_application))

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[Any], Awaitable[None]]


def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    """No coroutine of its own: each open stream would carry it."""
    if scope["type"] == "lifespan":
        scope["state"]["at_once"] = front.at_once  # the server asks it before it makes a task
        return _lifespan(receive, send)
    if is_stream(scope):
        return stream(scope, receive, send)
    if is_media(scope):
        return media(scope, receive, send, django_application)
    return front(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    Patient.patience = settings.DATABASE_PATIENCE
    stop = threading.Event()
    # A daemon, so that a database that does not answer cannot keep the process from ending.
    publisher = threading.Thread(target=schedule.watch, args=(stop,), name="scheduled updates", daemon=True)
    await receive()
    await hub.start()
    publisher.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    stop.set()
    await hub.stop()
    await send({"type": "lifespan.shutdown.complete"})
