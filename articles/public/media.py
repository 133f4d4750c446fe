"""Media as the storage has them, and what is answered for a picture that is not there: not yet, not any more, never."""

import mimetypes
import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.cache import patch_cache_control

from articles.models import Photo

KEPT = "public, max-age=3600, s-maxage=60"
"""A minute in shared caches, so that a picture which was withdrawn is gone from them in time."""
SANDBOX = "default-src 'none'; sandbox"
_NAME = re.compile(r"[\w./-]{1,255}")
"""Names of files as the storage gives them; with others (a NUL, names too long) storages fail in ways of their own."""
_PICTURE = re.compile(r"(?P<stem>photos/\d{4}/\d\d/\w+)(?:/(?P<rendition>[\w-]+\.\w+)|\.\w+)")


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file, with byte ranges where the storage knows them; a rendition that is not made yet is the whole picture."""
    if not _NAME.fullmatch(path):
        raise Http404("No such file.")
    try:
        response = _file(path, request.headers.get("Range", ""))
        response.headers.setdefault("Cache-Control", KEPT)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, SuspiciousOperation):
        response = _instead(path)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _file(path: str, wanted: str = "") -> HttpResponseBase:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if not hasattr(default_storage, "part"):
        return FileResponse(default_storage.open(path), content_type=kind)
    part: Any = default_storage.part(path, wanted)
    headers = {"Accept-Ranges": "bytes", **part.headers, "Content-Type": kind}
    return StreamingHttpResponse(part.body, status=part.status, headers=headers)


def _instead(path: str) -> HttpResponseBase:
    """410 for what was withdrawn; for what is to come, or was replaced, the picture as it is now, kept by nobody."""
    named = _PICTURE.fullmatch(path)
    photo = _photo_of(named["stem"]) if named else None
    if photo is None or named is None:
        raise Http404("No such file.")
    if photo.withdrawn_at:
        return HttpResponse("This photo was withdrawn.\n", status=HTTPStatus.GONE, content_type="text/plain")
    if photo.stem != named["stem"]:
        response: HttpResponseBase = HttpResponseRedirect(photo.url)
    elif named["rendition"] in {one.name for one in photo.renditions}:
        response = _file(str(photo.image.name))
    else:
        raise Http404("No such rendition.")
    patch_cache_control(response, no_store=True)
    return response


def _photo_of(stem: str) -> Photo | None:
    found = Photo.objects.filter(image__startswith=f"{stem}.").first()
    return found or Photo.objects.filter(former__contains=[stem]).first()
