"""What every public answer carries: caching that keeps the takedown promise, and a strict policy."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

from articles.delivery.answers import Remake
from articles.delivery.build import build
from articles.delivery.find import Found
from articles.delivery.pages import error_json
from articles.media.embeds import FRAME_HOSTS

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
# Withdrawn text is gone from every cache within 60 s: the three together stay below that.
CACHE_LIVE = "public, max-age=0, s-maxage=1, stale-while-revalidate=10, stale-if-error=45"
CACHE_ENDED = "public, max-age=0, s-maxage=15, stale-while-revalidate=15, stale-if-error=30"
CACHE_CARD = "public, max-age=3600, s-maxage=20"
POLICY: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [f"https://{host}" for host in FRAME_HOSTS],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
FRAMED = POLICY | {"frame-ancestors": ["*"]}
"""The policy of what other sites put in a frame."""

type View = Callable[..., HttpResponse]


def public(view: View, policy: dict[str, Any] = POLICY) -> View:
    """A page for everybody: the strict policy, GET and HEAD alone."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse("Only GET and HEAD.", status=405, headers={"Allow": "GET, HEAD"})
        response = view(request, *args, **kwargs)
        if policy is FRAMED:
            response.xframe_options_exempt = True
        return response

    wrapped: View = csrf_exempt(csp_override(policy)(answer))  # so that a POST is told 405, not about tokens
    return wrapped


def versioned(request: HttpRequest, found: Found, make: Remake, content_type: str = HTML) -> HttpResponse:
    """The page that `make` gives for the coverage's version, with its ETag, or 304 where the reader has it."""
    page = make(found.version)
    if isinstance(request, ASGIRequest):
        scope: Any = request.scope
        scope["page"] = page, make  # for the front, which makes the next version's page by itself
    etag = f'W/"{build()}-{page.version}"'
    response = HttpResponse(page.body, content_type=content_type)
    response["ETag"] = etag
    response["Cache-Control"] = CACHE_LIVE if page.state == "live" else CACHE_ENDED
    patch_vary_headers(response, ["Accept-Encoding"])
    return get_conditional_response(request, etag=etag, response=response) or response


def plain(body: bytes, *, status: int = 200, content_type: str = HTML) -> HttpResponse:
    """An answer without a version, kept as briefly as a live page."""
    response = HttpResponse(body, status=status, content_type=content_type)
    response["Cache-Control"] = CACHE_LIVE
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def picture(body: bytes, mark: str) -> HttpResponse:
    """A PNG whose address changes with it; it may be withdrawn, and caches stand one behind another."""
    headers = {"Cache-Control": CACHE_CARD, "ETag": f'"{mark}"'}
    return HttpResponse(body, content_type="image/png", headers=headers)


def elsewhere(address: str) -> HttpResponse:
    """For now, the answer is at another address."""
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = CACHE_LIVE
    return response


def hashed(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    """An answer without a version whose ETag is made of what it says, or 304 where that is known."""
    response = plain(body, content_type=content_type)
    response["ETag"] = etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    return get_conditional_response(request, etag=etag, response=response) or response


def error(message: str, status: int) -> HttpResponse:
    """An error as JSON: `{"error": "…"}`. What is gone may be kept as a page may: every open page asks for it."""
    response = plain(error_json(message), status=status, content_type=JSON)
    if status != HTTPStatus.GONE:
        response["Cache-Control"] = "no-store"
    return response
