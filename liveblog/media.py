"""Media from the local storage, with byte ranges (audio needs them to seek), where no server in front does it."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from articles.public.media import KEPT, SANDBOX

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[Any], Awaitable[None]]


class _Media(StaticFiles):
    async def check_config(self) -> None:
        """The folder comes with the first file: until then nothing is there, which is no fault."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = _safe(super().file_response(*args, **kwargs))
        response.headers["cache-control"] = KEPT
        return response


def _safe(response: Response) -> Response:
    response.headers.update({**settings.SAFE_HEADERS, "content-security-policy": SANDBOX})
    return response


_files = _Media(directory=settings.MEDIA_ROOT, check_dir=False)


def is_media(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(settings.MEDIA_URL)


async def media(scope: Scope, receive: Receive, send: Send, otherwise: Any) -> None:
    """A file from the disk; what is not there, or kept elsewhere, is for Django, which `otherwise` asks."""
    if settings.S3_BUCKET is None:
        try:
            return await _files({**scope, "root_path": settings.MEDIA_URL.rstrip("/")}, receive, send)
        except HTTPException as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                return await _safe(Response(status_code=error.status_code))(dict(scope), receive, send)
    await otherwise(scope, receive, send)
    return None
