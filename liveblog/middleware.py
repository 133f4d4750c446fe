"""Middleware of our own."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from articles.public.media import SANDBOX


def watchers_know_no_name(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Who watches a process asks it by its own address, not by the site's name; SECURE_REDIRECT_EXEMPT lets them."""
    watched = {reverse(name) for name in ("healthz", "readyz", "metrics")}
    host = urlsplit(settings.SITE_URL).netloc

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path in watched:
            request.META["HTTP_HOST"] = host
        return get_response(request)

    return answer


def public_pages_know_nobody(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Outside the admin no cookie is read, so none is answered and no page can differ by who asks.

    Without this an outdated session's cookie would be deleted by, and shared caches told to vary on, a public page.
    """
    admin = reverse("admin:index")

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(admin):
            request.COOKIES = {}
        return get_response(request)

    return answer


def admin_speaks(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """The admin, in one language: half of it would be English where the site's is one that only readers' pages have."""
    admin = reverse("admin:index")

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_CODE in settings.ADMIN_LANGUAGES or not request.path.startswith(admin):
            return get_response(request)
        with translation.override("en"):
            return get_response(request)

    return answer


def safe_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """What every answer says to browsers, redirects and refusals too; the admin is for its own pages alone."""
    admin = reverse("admin:index")

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in settings.SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", SANDBOX)
        if request.path.startswith(admin):
            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return answer
