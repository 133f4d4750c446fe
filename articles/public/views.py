"""What readers and machines are answered. Thin: find the coverage, ask delivery for the page of its version."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from articles import changes
from articles.changes import BadCursor, Place
from articles.delivery import cards, find, framed, pages
from articles.delivery.find import Found
from articles.delivery.in_order import in_order_page
from articles.delivery.pieces import voice
from articles.models import Coverage, Update

from . import feeds, sitemaps
from . import oembed as embedding
from .responses import (
    ATOM,
    FRAMED,
    HTML,
    JSON,
    POLICY,
    TEXT,
    XML,
    View,
    elsewhere,
    error,
    hashed,
    picture,
    plain,
    public,
    versioned,
)
from .snapshot import snapshot_page

type Refusal = Callable[[str, int], HttpResponse]


def _refuse_people(message: str, status: int) -> HttpResponse:
    if status == HTTPStatus.NOT_FOUND:
        raise Http404(message)
    page = pages.bad_request_page() if status == HTTPStatus.BAD_REQUEST else pages.gone_page(None)
    return plain(page, status=status)


def _refuse_frames(message: str, status: int) -> HttpResponse:
    return plain(framed.gone_page(), status=status) if status == HTTPStatus.GONE else _refuse_people(message, status)


def _of_coverage(refuse: Refusal, policy: dict[str, Any] = POLICY) -> Callable[[Callable[..., HttpResponse]], View]:
    """A page of a coverage: old slugs lead on, a withdrawn coverage is gone, what is unknown is not found."""

    def decorated(view: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        def answer(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, find.coverage(slug), **kwargs)
            except find.Moved as moved:
                return _moved(request, moved, kwargs)
            except changes.Withdrawn:
                return refuse("This coverage was withdrawn.", 410)
            except (Coverage.DoesNotExist, Update.DoesNotExist):
                return refuse("There is no such coverage.", 404)
            except Http404 as unknown:
                return refuse(str(unknown), 404)
            except BadCursor as bad:
                return refuse(str(bad), 400)

        return public(answer, policy)

    return decorated


for_people = _of_coverage(_refuse_people)
for_machines = _of_coverage(error)
"""The same for what scripts ask: errors are JSON."""
for_frames = _of_coverage(_refuse_frames, FRAMED)
"""The same for what stands in other sites' pages."""


def _moved(request: HttpRequest, moved: find.Moved, kwargs: dict[str, Any]) -> HttpResponse:
    match = request.resolver_match
    address = reverse(match.view_name, kwargs={"slug": moved.slug, **kwargs}) if match else "/"
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


@public
def front(request: HttpRequest) -> HttpResponse:
    return _of_site(request, pages.front_page, HTML)


def _of_site(request: HttpRequest, make: Callable[[], bytes], content_type: str) -> HttpResponse:
    """What shows all coverage, and only publishing changes."""
    return versioned(request, find.site(), lambda _: pages.site_page(request.path, make), content_type)


@for_people
def coverage(request: HttpRequest, found: Found) -> HttpResponse:
    before = _place(request, "before")
    if before:
        return versioned(request, found, lambda _: pages.older_page(found.pk, before))
    return versioned(request, found, partial(pages.coverage_page, found.pk))


@for_people
def update(request: HttpRequest, found: Found, which: str) -> HttpResponse:
    """One update as an article. Other words than its headline's lead to the right address."""
    one = _update(found, which)
    if one.state == Update.State.WITHDRAWN:
        return plain(pages.gone_page(one.coverage), status=410)
    if one.get_absolute_url() != reverse("update", args=[found.slug, which]):
        return HttpResponsePermanentRedirect(one.get_absolute_url())
    return versioned(request, found, partial(pages.article_page, found.pk, update_id=one.pk))


@for_people
def card(request: HttpRequest, found: Found, mark: str, number: int = 0) -> HttpResponse:
    """The share card of an update, or of the coverage. The address of what it said before leads to what it says."""
    of = _update(found, str(number)) if number else changes.public_coverage(found.pk)
    if isinstance(of, Update) and of.state == Update.State.WITHDRAWN:
        return plain(pages.gone_page(of.coverage), status=410)
    with voice(of.coverage if isinstance(of, Update) else of):
        shown, address = cards.card(of), cards.address(of)
    return picture(cards.png(shown), mark) if shown.mark == mark else elsewhere(address)


def _update(found: Found, which: str) -> Update:
    """The published or withdrawn update that the number in its address names, or named elsewhere. Raises Http404."""
    number = re.match(r"[0-9]{1,18}(?=-|$)", which)
    pk = int(number[0]) if number else 0
    known = Update.objects.select_related("coverage")
    one = known.filter(pk=pk, coverage=found.pk).first() or known.had_number(pk, found.pk, found.slug).first()
    if one is None or not (one.is_published or one.state == Update.State.WITHDRAWN):
        raise Http404("There is no such update.")
    return one


@for_people
def key_updates(request: HttpRequest, found: Found) -> HttpResponse:
    return versioned(request, found, lambda _: pages.key_updates_page(found.pk))


@for_people
def in_order(request: HttpRequest, found: Found) -> HttpResponse:
    """Oldest first: for ended coverage, but its address goes on answering when that is reopened."""
    after = _place(request, "after")
    return versioned(request, found, lambda _: in_order_page(found.pk, after))


@for_frames
def embed(request: HttpRequest, found: Found) -> HttpResponse:
    return versioned(request, found, partial(framed.embed_page, found.pk))


@for_machines
def older(request: HttpRequest, found: Found) -> HttpResponse:
    before = _place(request, "before") or Place.parse("")
    return versioned(request, found, lambda _: pages.older_fragment(found.pk, before))


@for_machines
def delta(request: HttpRequest, found: Found) -> HttpResponse:
    after = _version(request)
    return versioned(request, found, partial(pages.delta, found.pk, after=after), JSON)


@for_machines
def stream(request: HttpRequest, found: Found) -> HttpResponse:
    """Where a server that cannot stream is asked for the stream; articles.delivery.stream answers otherwise."""
    if request.method != "GET":
        refused = error("A stream is for GET alone.", 405)
        refused.headers["Allow"] = "GET"
        return refused
    return error("This server does not stream; ask …/changes?after= instead.", 503)


@for_machines
def snapshot(request: HttpRequest, found: Found) -> HttpResponse:
    before = _place(request, "before")
    return versioned(request, found, lambda _: snapshot_page(found.pk, before), JSON)


@for_machines
def feed(request: HttpRequest, found: Found) -> HttpResponse:
    return versioned(request, found, lambda _: feeds.coverage_feed(found.pk), ATOM)


@public
def site_feed(request: HttpRequest) -> HttpResponse:
    return _of_site(request, feeds.site_feed, ATOM)


@public
def sitemap(request: HttpRequest) -> HttpResponse:
    return _of_site(request, sitemaps.sitemap, XML)


@public
def sitemap_part(request: HttpRequest, number: int) -> HttpResponse:
    body = sitemaps.part(number)
    if body is None:
        raise Http404("There is no such part.")
    return hashed(request, body, XML)


@public
def news_sitemap(request: HttpRequest) -> HttpResponse:
    return hashed(request, sitemaps.news_sitemap(), XML)


@public
def robots(request: HttpRequest) -> HttpResponse:
    return plain(sitemaps.robots(), content_type=TEXT)


@public
def oembed(request: HttpRequest) -> HttpResponse:
    if request.GET.get("format", "json") != "json":
        return error("Only format=json is answered here.", 501)
    try:
        named = embedding.named(request.GET.get("url", ""))
        most = [_pixels(request, name) for name in ("maxwidth", "maxheight")]
    except ValueError as bad:
        return error(str(bad), 400)
    if named is None:
        return error("url must be the address of live coverage on this site.", 404)
    return _oembed(request, slug=_slug_now(named.kwargs["slug"]), which=named.kwargs.get("which"), most=most)


@for_machines
def _oembed(request: HttpRequest, found: Found, which: str | None, most: list[int | None]) -> HttpResponse:
    if which and _update(found, which).state == Update.State.WITHDRAWN:
        return error("This update was withdrawn.", 410)
    return versioned(request, found, lambda _: embedding.oembed(found.pk, *most), JSON)


def _slug_now(slug: str) -> str:
    with suppress(changes.Withdrawn, Coverage.DoesNotExist):
        try:
            find.coverage(slug)
        except find.Moved as moved:
            return moved.slug
    return slug


def _pixels(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if text and not re.fullmatch("[1-9][0-9]{0,4}", text):
        raise ValueError(f"{name} must be a number of pixels.")
    return int(text) if text else None


def _place(request: HttpRequest, name: str) -> Place | None:
    text = request.GET.get(name)
    return None if text is None else Place.parse(text)


def _version(request: HttpRequest) -> int:
    try:
        return find.parse_version(request.GET.get("after"))
    except ValueError as bad:
        raise BadCursor(str(bad)) from bad
