"""Media from the local storage, with byte ranges (audio needs them to seek), where no server in front does it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

type Scope = MutableMapping[str, Any]


class _Media(StaticFiles):
    """Shared caches keep a picture for a minute, so that one that was withdrawn is gone from them in time."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=3600, s-maxage=60"
        response.headers.update(settings.SAFE_HEADERS)
        response.headers["content-security-policy"] = "default-src 'none'; sandbox"
        return response


_files = _Media(directory=settings.MEDIA_ROOT, check_dir=False)


def is_media(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(settings.MEDIA_URL)


async def media(scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    try:
        await _files({**scope, "root_path": settings.MEDIA_URL.rstrip("/")}, receive, send)
    except Exception as error:
        status = getattr(error, "status_code", None)
        if status is None:
            raise
        await Response(status_code=status)(dict(scope), receive, send)
