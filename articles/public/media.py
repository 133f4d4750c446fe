"""Media as the storage has them, sound while it is published, and what is answered for a picture that is not there."""

import mimetypes
import re
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage, default_storage, storages
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Q
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.utils.cache import patch_cache_control

from articles.delivery.answers import FROM_DISK, PRIVATE
from articles.models import Coverage, Photo, Update

GONE = "public, max-age=0, s-maxage=20"
"""Sound comes back with its update, and caches stand one behind another: all of them ask again within a minute."""
KEPT = "public, max-age=3600, s-maxage=60"
"""A minute in shared caches, so that a picture which was withdrawn is gone from them in time."""
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The policy of all files (drawings among the static ones have styles in them), as nginx has it too, and of what has
none of its own."""
_keys = TimestampSigner(salt="articles.sound")
_NAME = re.compile(r"[\w./-]{1,255}")
"""Names of files as the storage gives them; with others (a NUL, names too long) storages fail in ways of their own."""
_PICTURE = re.compile(r"(?P<stem>photos/\d{4}/\d\d/\w+)(?:/(?P<rendition>[\w-]+\.\w+)|\.\w+)")


class _Parts(FileResponse):
    """A file of which no more is in memory than the part that is being sent; Django's own is read whole under ASGI."""

    block_size = 64 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        after = sync_to_async(partial(next, iter(self), b""))
        while part := await after():  # in the request's own thread, in which it is closed too
            yield part


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file, with byte ranges where the storage knows them; a rendition that is not made yet is the whole picture."""
    if not _NAME.fullmatch(path):
        raise Http404("No such file.")
    try:
        is_sound, wanted = path.startswith("audio/"), request.headers.get("Range", "")
        response = _sound(path, wanted, request.GET.get("key", "")) if is_sound else _file(path, wanted)
        response.headers.setdefault("Cache-Control", KEPT)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, SuspiciousOperation):
        response = _instead(path)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def for_editors(path: str) -> str:
    """An address at which a sound is heard for an hour, published or not: for those who may see what it belongs to."""
    return f"{settings.MEDIA_URL}{path}?{urlencode({'key': _keys.sign(path)})}"


def _is_for_editors(path: str, key: str) -> bool:
    try:
        return _keys.unsign(key, max_age=3600) == path
    except BadSignature:
        return False


def _sound(path: str, wanted: str, key: str) -> HttpResponseBase:
    """Sound lies in private, and only what is published now is let out; what was answers 410."""
    coverages, updates = Coverage.objects.filter(audio=path), Update.objects.filter(audio=path)
    if coverages.public().exists() or updates.published().exists() or _is_for_editors(path, key):
        return _let_out(path, wanted)
    was_out = Q(state=Update.State.WITHDRAWN) | Q(state=Update.State.PUBLISHED)
    if coverages.filter(state=Coverage.State.WITHDRAWN).exists() or updates.filter(was_out).exists():
        return _gone("This sound was withdrawn.\n")
    raise Http404("No such file.")


def _let_out(path: str, wanted: str) -> HttpResponseBase:
    if hasattr(storages["originals"], "part"):
        return _file(path, wanted, storages["originals"])
    if not storages["originals"].exists(path):
        raise Http404("No such file.")
    return HttpResponse(headers={FROM_DISK: f"{PRIVATE}{path}", "Content-Type": _kind(path)})


def _kind(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def _file(path: str, wanted: str = "", storage: Storage = default_storage) -> HttpResponseBase:
    kind = _kind(path)
    if not hasattr(storage, "part"):
        return _Parts(storage.open(path), content_type=kind)
    part: Any = storage.part(path, wanted)
    headers = {"Accept-Ranges": "bytes", **part.headers, "Content-Type": kind}
    return _Parts(part.body, status=part.status, headers=headers)


def _instead(path: str) -> HttpResponseBase:
    """410 for what was withdrawn; for what is to come, or was replaced, the picture as it is now, kept by nobody."""
    named = _PICTURE.fullmatch(path)
    photo = _photo_of(named["stem"]) if named else None
    if photo is None or named is None:
        raise Http404("No such file.")
    if photo.withdrawn_at:
        return _gone("This photo was withdrawn.\n")
    if photo.stem != named["stem"]:
        response: HttpResponseBase = HttpResponseRedirect(photo.url)
    elif named["rendition"] in {one.name for one in photo.renditions}:
        response = _file(str(photo.image.name))
    else:
        raise Http404("No such rendition.")
    patch_cache_control(response, no_store=True)
    return response


def _gone(says: str) -> HttpResponse:
    return HttpResponse(says, "text/plain", HTTPStatus.GONE, headers={"Cache-Control": GONE})


def _photo_of(stem: str) -> Photo | None:
    found = Photo.objects.filter(image__startswith=f"{stem}.").first()
    return found or Photo.objects.filter(former__contains=[stem]).first()
