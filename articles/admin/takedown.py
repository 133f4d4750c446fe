"""Take down now: withdraw, and see that text and media are gone from every public address, as readers get them."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
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
from articles.models import Photo, Update
from articles.models.querysets import IN_FEED
from articles.publishing import updates

from .permissions import may_remove_update

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


class Seen(NamedTuple):
    """What one public address says now."""

    address: str
    status: int
    """0 when it did not answer."""
    shows: bool


def takedown(request: HttpRequest, number: int) -> HttpResponse:
    """Asks for the reason, withdraws with POST, and then reports until nothing shows it."""
    update = get_object_or_404(Update.objects.select_related("coverage"), pk=number)
    if update.state == Update.State.WITHDRAWN:
        if not request.user.has_perm("articles.publish_update"):
            raise PermissionDenied
        return _report(request, update, addresses(update), _look(_traces(update)))
    if not update.is_published or not may_remove_update(request.user, update):
        raise PermissionDenied
    if request.method == "POST":
        return _withdraw(request, update)
    return TemplateResponse(request, "admin/articles/takedown.html", _context(request, update))


def _withdraw(request: HttpRequest, update: Update) -> HttpResponse:
    reason = " ".join(request.POST.get("reason", "").split())
    try:
        if not reason:
            raise ValidationError(_("Say why, in a few words; the history keeps it."))
        record(request.user, updates.withdraw(update, reason, by=request.user), _("Withdrawn"))  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(request.path)


def photo_gone(request: HttpRequest, number: int) -> HttpResponse:
    """Reports until no address of a withdrawn photo gives a picture."""
    photo = get_object_or_404(Photo, pk=number, withdrawn_at__isnull=False)
    if not request.user.has_perm("articles.view_photo"):
        raise PermissionDenied
    return _report(request, photo, photo.addresses, _look(re.compile(rb"(?!)")))


def _report(
    request: HttpRequest, thing: Update | Photo, addresses: list[str], look: Callable[[str], Seen]
) -> HttpResponse:
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(look, addresses))
    context = _context(request, thing) | {
        "seen": sorted(seen, key=lambda one: not one.shows),
        "left": sum(one.shows or not one.status for one in seen),
        "seconds": round((timezone.now() - thing.withdrawn_at).total_seconds()) if thing.withdrawn_at else 0,
    }
    response = TemplateResponse(request, "admin/articles/takedown.html", context)
    if context["left"]:
        response["Refresh"] = str(AGAIN)
    return response


def _context(request: HttpRequest, thing: Update | Photo) -> dict[str, object]:
    page = reverse(f"admin:articles_{thing._meta.model_name}_change", args=[thing.pk])
    return {**admin.site.each_context(request), "title": _("Take down now"), "thing": thing, "page": page}


def addresses(update: Update) -> list[str]:
    """Every public path at which its text stood or may stand, in a cache too."""
    slug = update.coverage.slug
    named = ("coverage", "key_updates", "in_order", "embed", "snapshot", "feed")
    ways = [update.get_absolute_url(), reverse("update", args=[slug, str(update.pk)])]
    after = f"{reverse('changes', args=[slug])}?after={update.version - 1}"
    whole = [reverse(name) for name in ("front", "site_feed", "news_sitemap", "sitemap")]
    parts = [reverse("sitemap_part", args=[1])]
    with voice(update.coverage):
        card = cards.address(update)
    sound = [update.audio.url] if update.audio else []
    own = [*ways, card, *sound, *(reverse(name, args=[slug]) for name in named), after, *_pages(update)]
    return list(dict.fromkeys([*own, *whole, *parts]))


def _pages(update: Update) -> list[str]:
    """The pages of its coverage as they lead from one to the next, and its other updates' own: they show the newest."""
    slug = update.coverage.slug
    others = Update.objects.published().filter(coverage=update.coverage_id).exclude(pk=update.pk).newest_first()
    older = _cursors(update, list(others.filter(IN_FEED).values_list("published_at", "id")), newest_first=True)
    later = _cursors(update, list(others.values_list("published_at", "id")), newest_first=False)
    paged = [reverse(name, args=[slug]) for name in ("coverage", "older", "snapshot")]
    return [  # links have the cursor's colons escaped, and scripts and machines not: to a cache these are two addresses
        *(f"{path}?before={cursor}" for plain in older for cursor in (plain, quote(plain)) for path in paged),
        *(f"{reverse('in_order', args=[slug])}?after={quote(cursor)}" for cursor in later),
        *(one.get_absolute_url() for one in others.select_related("coverage")[:ARTICLES]),
    ]


def _cursors(update: Update, others: list[tuple[Any, ...]], *, newest_first: bool) -> list[str]:
    """What each page but the first is asked with, as long as the update stands among the others, and without it."""
    chains = [others, [*others, (update.published_at, update.pk)]] if update.published_at else [others]
    step = settings.PAGE_UPDATES
    ends = {Place(*row) for chain in chains for row in sorted(chain, reverse=newest_first)[step - 1 :: step]}
    return [str(place) for place in sorted(ends)]


def _traces(update: Update) -> "re.Pattern[bytes]":
    """Its permalink, or the beginning of its text, gives it away."""
    words = [re.escape(text[:60].encode()) for text in (update.headline, update.text) if len(text) >= TELLING]
    link = re.escape(quote(f"/live/{update.coverage.slug}/{update.pk}").encode()) + rb"(?=[-/\"'<?#])"
    return re.compile(b"|".join([link, *words]))


def _look(traces: "re.Pattern[bytes]") -> Callable[[str], Seen]:
    """Asks an address as a reader does. A picture or a sound that is there shows it."""

    def look(path: str) -> Seen:
        try:
            with urllib.request.urlopen(settings.SITE_URL + path, timeout=PATIENCE) as answer:  # noqa: S310
                is_media = answer.headers.get_content_maintype() in {"image", "audio"}
                return Seen(path, answer.status, is_media or bool(traces.search(answer.read(MOST))))
        except urllib.error.HTTPError as refused:
            return Seen(path, refused.code, bool(traces.search(refused.read(MOST))))
        except OSError:
            return Seen(path, 0, shows=False)

    return look
