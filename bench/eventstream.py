"""django-eventstream as its own documentation sets it up: what the usual library for this costs.

`uvicorn bench.eventstream:application`: events on /stream, and a POST to /publish sends its body to all who listen.
"""

from typing import Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django_eventstream"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",  # noqa: S106
    LOGGING_CONFIG=None,
)
django.setup()

import django_eventstream  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402


async def publish(request: HttpRequest) -> HttpResponse:
    django_eventstream.send_event("day", "changes", request.body.decode(), json_encode=False)
    return HttpResponse()


urlpatterns: list[Any] = [
    path("publish", publish),
    path("stream", include("django_eventstream.urls"), {"channels": ["day"]}),
]
application = get_asgi_application()
