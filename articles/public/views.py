"""What readers and machines are answered. Thin: find the coverage, ask delivery for the page of its version."""

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from articles import changes
from articles.changes import BadCursor, Place
from articles.delivery import find, pages
from articles.delivery.find import Found
from articles.models import Coverage, Update

from . import feeds
from .responses import ATOM, JSON, error, plain, public, versioned
from .snapshot import snapshot_page


def for_people(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of a coverage: old slugs lead on, a withdrawn coverage is gone, what is unknown is not found."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, find.coverage(slug), **kwargs)
        except find.Moved as moved:
            return _moved(request, moved, kwargs)
        except changes.Withdrawn:
            return plain(pages.gone_page(None), status=410)
        except Coverage.DoesNotExist as unknown:
            raise Http404("There is no such coverage.") from unknown
        except BadCursor as bad:
            return plain(pages.bad_request_page(str(bad)), status=400)

    return public(answer)


def for_machines(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for what scripts ask: errors are JSON."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, find.coverage(slug), **kwargs)
        except find.Moved as moved:
            return _moved(request, moved, kwargs)
        except changes.Withdrawn:
            return error("This coverage was withdrawn.", 410)
        except (Http404, Coverage.DoesNotExist):
            return error("There is no such coverage.", 404)
        except ValueError as bad:
            return error(str(bad), 400)

    return public(answer)


def _moved(request: HttpRequest, moved: find.Moved, kwargs: dict[str, Any]) -> HttpResponse:
    match = request.resolver_match
    address = reverse(match.view_name, kwargs={"slug": moved.slug, **kwargs}) if match else "/"
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


@public
def front(request: HttpRequest) -> HttpResponse:
    return plain(pages.front_page())


@for_people
def coverage(request: HttpRequest, found: Found) -> HttpResponse:
    before = _before(request, needed=False)
    if before:
        return versioned(request, found, lambda _: pages.older_page(found.pk, before))
    return versioned(request, found, partial(pages.coverage_page, found.pk))


@for_people
def update(request: HttpRequest, found: Found, which: str) -> HttpResponse:
    """One update as an article. Its number finds it; other words than its headline's lead to the right address."""
    number = re.match(r"[0-9]{1,18}(?=-|$)", which)
    try:
        one = Update.objects.select_related("coverage").get(pk=int(number[0]) if number else 0, coverage=found.pk)
    except Update.DoesNotExist as unknown:
        raise Http404("There is no such update.") from unknown
    if one.state == Update.State.WITHDRAWN:
        return plain(pages.gone_page(one.coverage), status=410)
    if not one.is_published:
        raise Http404("There is no such update.")
    if one.get_absolute_url() != reverse("update", args=[found.slug, which]):
        return HttpResponsePermanentRedirect(one.get_absolute_url())
    return versioned(request, found, partial(pages.article_page, found.pk, update_id=one.pk))


@for_people
def key_updates(request: HttpRequest, found: Found) -> HttpResponse:
    return versioned(request, found, lambda _: pages.key_updates_page(found.pk))


@for_machines
def older(request: HttpRequest, found: Found) -> HttpResponse:
    before = _before(request, needed=True)
    return versioned(request, found, lambda _: pages.older_fragment(found.pk, before))


@for_machines
def delta(request: HttpRequest, found: Found) -> HttpResponse:
    after = find.parse_version(request.GET.get("after"))
    return versioned(request, found, partial(pages.delta, found.pk, after=after), JSON)


@for_machines
def stream(request: HttpRequest, found: Found) -> HttpResponse:
    """Where a server that cannot stream is asked for the stream; articles.delivery.stream answers otherwise."""
    return error("This server does not stream; ask …/changes?after= instead.", 503)


@for_machines
def snapshot(request: HttpRequest, found: Found) -> HttpResponse:
    before = _before(request, needed=False)
    return versioned(request, found, lambda _: snapshot_page(found.pk, before), JSON)


@for_machines
def feed(request: HttpRequest, found: Found) -> HttpResponse:
    return versioned(request, found, lambda _: feeds.coverage_feed(found.pk), ATOM)


@public
def site_feed(request: HttpRequest) -> HttpResponse:
    return plain(feeds.site_feed(), content_type=ATOM)


def _before(request: HttpRequest, *, needed: bool) -> Any:
    text = request.GET.get("before")
    if text is None and not needed:
        return None
    return Place.parse(text or "")
