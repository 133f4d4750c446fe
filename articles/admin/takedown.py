"""Take down now: withdraw, and see that text and media are gone from every public address, as readers get them."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Min, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.access.told import record
from articles.changes import Place
from articles.delivery import cards
from articles.delivery.pieces import voice
from articles.models import Coverage, Photo, Update
from articles.models.querysets import IN_FEED
from articles.publishing import coverages, updates

from .base import Link
from .permissions import may

WITHDRAWN = Update.State.WITHDRAWN
"""Of a coverage the same word."""
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
PATIENCE = 5
"""Seconds that an address may take to answer."""
AGAIN = 2
"""Seconds after which the page looks again, until all is gone."""
ARTICLES = 200
"""Pages of other updates that are looked at, those of the newest. All show the same list, made anew with the coverage's
version, and none may be kept for longer than 60 s; to ask five thousand of them would take minutes."""
TELLING = 12
"""Letters that a text must have to be looked for: shorter ones stand elsewhere too."""
MOST = 8 * 1024 * 1024

type Key = tuple[Any, int]
"""`published_at` and id of an update."""


class Seen(NamedTuple):
    """What one public address says now."""

    address: str
    status: int
    """0 when it did not answer."""
    shows: bool

    @property
    def is_known(self) -> bool:
        """Whether its answer tells: of what is refused, or broken, nobody knows what it gives the next reader."""
        return self.shows or self.status in GONE or HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def way(user: Any, thing: Update | Coverage) -> Link | None:
    """Where the user may take it down, or see that it is gone; None for drafts, and for roles that may not."""
    name = thing._meta.model_name
    is_public = thing.is_public if isinstance(thing, Coverage) else thing.is_published
    if not may(user, f"publish_{name}") or not (is_public or thing.state == WITHDRAWN):
        return None
    label = _("Take down now…") if is_public else _("See that it is gone")
    return Link(reverse(f"admin:takedown_{name}", args=[thing.pk]), label)


def takedown(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for the reason, withdraws the update with POST, and then reports until nothing shows it."""
    update = get_object_or_404(Update.objects.select_related("coverage"), pk=number)
    if way(request.user, update) is None:
        raise PermissionDenied
    photos = Photo.objects.usable().filter(places__update=update).distinct()
    if update.is_published:
        return _ask(request, update, photos, updates.withdraw)
    return _report(request, update, update.withdrawn_at, _seen(addresses(update), _traces(update)), photos)


def takedown_coverage(request: HttpRequest, number: int) -> HttpResponse:
    """The same for a whole coverage."""
    coverage = get_object_or_404(Coverage.objects.select_related("previous", "successor"), pk=number)
    if way(request.user, coverage) is None:
        raise PermissionDenied
    photos = Photo.objects.usable().standing_in(coverage)
    if coverage.is_public:
        return _ask(request, coverage, photos, coverages.withdraw)
    seen = _seen(addresses_of_coverage(coverage), _traces_of_coverage(coverage))
    return _report(request, coverage, _withdrawn_at(coverage), seen, photos)


def photo_gone(request: HttpRequest, number: int) -> HttpResponse:
    """Reports until no address of a withdrawn photo gives a picture."""
    photo = get_object_or_404(Photo, pk=number, withdrawn_at__isnull=False)
    if not request.user.has_perm("articles.view_photo"):
        raise PermissionDenied
    return _report(request, photo, photo.withdrawn_at, _seen(photo.addresses, re.compile(rb"(?!)")))


def _ask(
    request: HttpRequest, thing: Update | Coverage, photos: "QuerySet[Photo]", withdraw: Callable[..., Model]
) -> HttpResponse:
    if request.method != "POST":
        return TemplateResponse(request, "admin/articles/takedown.html", _context(request, thing, photos))
    try:
        withdrawn = withdraw(thing, request.POST.get("reason", ""), by=request.user)
        record(request.user, withdrawn, _("Withdrawn"))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(request.path)


def _report(
    request: HttpRequest,
    thing: Update | Coverage | Photo,
    since: datetime | None,
    seen: list[Seen],
    photos: Iterable[Photo] = (),
) -> HttpResponse:
    still, unknown = sum(one.shows for one in seen), sum(not one.is_known for one in seen)
    context = _context(request, thing, photos) | {
        "seen": sorted(seen, key=lambda one: (not one.shows, one.is_known)),
        "left": still + unknown,
        "still": still,
        "unknown": unknown,
        "seconds": round((timezone.now() - since).total_seconds()) if since else None,
    }
    response = TemplateResponse(request, "admin/articles/takedown.html", context)
    if context["left"]:
        response["Refresh"] = str(AGAIN)
    return response


def _context(request: HttpRequest, thing: Update | Coverage | Photo, photos: Iterable[Photo]) -> dict[str, object]:
    page = reverse(f"admin:articles_{thing._meta.model_name}_change", args=[thing.pk])
    own = {"title": _("Take down now"), "thing": thing, "page": page, "photos": photos}
    return {**admin.site.each_context(request), **own}


def _withdrawn_at(coverage: Coverage) -> datetime | None:
    """When it was withdrawn last, as its history has it."""
    shown = coverage.history.exclude(state=WITHDRAWN).aggregate(last=Max("history_id"))["last"] or 0
    since: datetime | None = coverage.history.filter(history_id__gt=shown).aggregate(first=Min("history_date"))["first"]
    return since


def addresses(update: Update) -> list[str]:
    """Every public path at which its text stood or may stand, in a cache too."""
    ways = [update.get_absolute_url(), reverse("update", args=[update.coverage.slug, str(update.pk)])]
    after = f"{reverse('changes', args=[update.coverage.slug])}?after={update.version - 1}"
    with voice(update.coverage):
        card = cards.address(update)
    sound = [update.audio.url] if update.audio else []
    own = [*ways, card, *sound, *_named(update.coverage), after, *_pages(update)]
    return list(dict.fromkeys([*own, *_whole_site()]))


def addresses_of_coverage(coverage: Coverage) -> list[str]:
    """Every public path that led to it or named it, in a cache too. Wants its neighbours."""
    slug = coverage.slug
    standing = list(Update.objects.filter(coverage=coverage.pk, state=Update.State.PUBLISHED).newest_first())
    neighbours = filter(None, (coverage.public_previous, coverage.public_successor))
    named = [path for one in (coverage, *neighbours) for path in _named(one)]
    after = f"{reverse('changes', args=[slug])}?after={coverage.version - 1}"
    former = [reverse("coverage", args=[one]) for one in coverage.former_slugs.values_list("slug", flat=True)]
    pages = [
        *_paged(slug, [[(one.published_at, one.pk) for one in standing if not one.pinned]], newest_first=True),
        *_paged(slug, [[(one.published_at, one.pk) for one in standing]], newest_first=False),
    ]
    return list(dict.fromkeys([*named, after, *former, *pages, *_parts(coverage, standing), *_whole_site()]))


def _parts(coverage: Coverage, standing: list[Update]) -> list[str]:
    """The articles, the cards and the sounds of a coverage and of these updates."""
    before = copy(coverage)  # as it was when its cards were made: they say so
    before.state = Coverage.State.ENDED if coverage.ended_at else Coverage.State.LIVE
    heard: list[Coverage | Update] = [coverage, *standing]
    parts = [one.audio.url for one in heard if one.audio]
    with voice(before):
        parts.append(cards.address(before))
        for update in standing[:ARTICLES]:
            update.coverage = before
            parts += [update.get_absolute_url(), cards.address(update)]
    return parts


def _named(coverage: Coverage) -> list[str]:
    """The pages of a coverage that have but one address."""
    names = ("coverage", "key_updates", "in_order", "embed", "snapshot", "feed")
    return [reverse(name, args=[coverage.slug]) for name in names]


def _whole_site() -> list[str]:
    names = ("front", "site_feed", "news_sitemap", "sitemap")
    return [*(reverse(name) for name in names), reverse("sitemap_part", args=[1])]


def _pages(update: Update) -> list[str]:
    """The pages of its coverage as they lead from one to the next, and its other updates' own: they show the newest."""
    others = Update.objects.published().filter(coverage=update.coverage_id).exclude(pk=update.pk).newest_first()
    slug = update.coverage.slug
    return [
        *_paged(slug, _with(update, others.filter(IN_FEED)), newest_first=True),
        *_paged(slug, _with(update, others), newest_first=False),
        *(one.get_absolute_url() for one in others.select_related("coverage")[:ARTICLES]),
    ]


def _with(update: Update, others: "QuerySet[Update]") -> list[list[Key]]:
    """The places as long as the update stands among the others, and without it."""
    rest: list[Key] = list(others.values_list("published_at", "id"))
    return [rest, [*rest, (update.published_at, update.pk)]] if update.published_at else [rest]


def _paged(slug: str, chains: list[list[Key]], *, newest_first: bool) -> list[str]:
    """The pages but the first, newest first or in order, of updates at these places."""
    step = settings.PAGE_UPDATES
    ends = {Place(*row) for chain in chains for row in sorted(chain, reverse=newest_first)[step - 1 :: step]}
    cursors = [str(place) for place in sorted(ends)]
    if not newest_first:
        return [f"{reverse('in_order', args=[slug])}?after={quote(cursor)}" for cursor in cursors]
    paths = [reverse(name, args=[slug]) for name in ("coverage", "older", "snapshot")]
    # links have the cursor's colons escaped, and scripts and machines not: to a cache these are two addresses
    return [f"{path}?before={one}" for cursor in cursors for one in (cursor, quote(cursor)) for path in paths]


def _traces(update: Update) -> "re.Pattern[bytes]":
    """Its permalink, or the beginning of its text, gives it away."""
    words = [re.escape(text[:60].encode()) for text in (update.headline, update.text) if len(text) >= TELLING]
    link = _link_to(update.coverage.slug) + rb"/%d(?=[-/\"'<?#])" % update.pk
    return re.compile(b"|".join([link, *words]))


def _traces_of_coverage(coverage: Coverage) -> "re.Pattern[bytes]":
    """Links to it; not its headline, which the next day's may be too."""
    return re.compile(_link_to(coverage.slug) + rb"(?=[/.\"'<?#])")


def _link_to(slug: str) -> bytes:
    return re.escape(quote(f"/live/{slug}").encode())


def _seen(addresses: Iterable[str], traces: "re.Pattern[bytes]") -> list[Seen]:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(_look(traces), addresses))


def _look(traces: "re.Pattern[bytes]") -> Callable[[str], Seen]:
    """Asks an address as a reader does. A picture or a sound that is there shows it."""

    def look(path: str) -> Seen:
        try:
            with _answer(settings.SITE_URL + path) as answer:
                is_media = answer.headers.get_content_maintype() in {"image", "audio"}
                return Seen(path, answer.status, is_media or bool(traces.search(answer.read(MOST))))
        except (OSError, HTTPException):
            return Seen(path, 0, shows=False)

    return look


def _answer(address: str) -> Any:
    """Whatever is answered, refusals too."""
    try:
        return urllib.request.urlopen(address, timeout=PATIENCE)  # noqa: S310
    except urllib.error.HTTPError as refused:
        return refused
