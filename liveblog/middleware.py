"""Middleware of our own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse


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
