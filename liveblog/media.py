"""Media from the local storage, with byte ranges (sound needs them to seek), where no server in front does it."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from articles.delivery.answers import FROM_DISK, PRIVATE
from articles.public.media import KEPT, SANDBOX

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[Any], Awaitable[None]]

_NAMED = FROM_DISK.encode()


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
_originals = _Media(directory=settings.DATA / "originals", check_dir=False)
"""Asked for nothing but what Django names."""


def is_media(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(settings.MEDIA_URL)


async def media(scope: Scope, receive: Receive, send: Send, otherwise: Any) -> None:
    """A file from the disk; what is not there, or kept elsewhere, is for Django, which `otherwise` asks.

    Django may answer with the name of a private file. Where nginx in front sends those, it is told the name.
    """
    if settings.S3_BUCKET is None and await _given(_files, settings.MEDIA_URL, scope, receive, send):
        return
    if settings.SENDFILE:
        await otherwise(scope, receive, send)
        return
    path = await _named(scope, receive, send, otherwise)
    if path and not await _given(_originals, PRIVATE, {**scope, "path": path}, receive, send):
        await _safe(Response(status_code=HTTPStatus.NOT_FOUND))(dict(scope), receive, send)


async def _given(files: _Media, root: str, scope: Scope, receive: Receive, send: Send) -> bool:
    """Whether the files under this address had an answer."""
    try:
        await files({**scope, "root_path": root.rstrip("/")}, receive, send)
    except HTTPException as error:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return False
        await _safe(Response(status_code=error.status_code))(dict(scope), receive, send)
    return True


async def _named(scope: Scope, receive: Receive, send: Send, otherwise: Any) -> str:
    """The private file that Django's answer names in place of a body; "" when it has answered itself."""
    path = ""

    async def unless_named(message: Any) -> None:
        nonlocal path
        path = path or dict(message.get("headers", ())).get(_NAMED, b"").decode()
        if not path:
            await send(message)

    await otherwise(scope, receive, unless_named)
    return path
