"""Which share card a page has, and where. The address changes with whatever stands on the card.

All of it speaks the language and zone that are active: call it in the coverage's `pieces.voice`.
"""

from html import unescape

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags

from articles.media import cards
from articles.media.cards import Card
from articles.models import Coverage, Update

from .memory import Memory

_drawn = Memory(16 * 1024 * 1024)


def address(of: Coverage | Update) -> str:
    """Where the card of a coverage, or of an update, is: from the root."""
    coverage, mark = _coverage(of), card(of).mark
    if isinstance(of, Update):
        return reverse("update_card", args=[coverage.slug, of.pk, mark])
    return reverse("coverage_card", args=[coverage.slug, mark])


def card(of: Coverage | Update) -> Card:
    """What readers may see of it, in the words of its page."""
    coverage = _coverage(of)
    said = {"coverage": coverage, "update": of if isinstance(of, Update) else None}
    badge, time = (
        " ".join(unescape(strip_tags(render_to_string(f"articles/{name}.html", said))).split())
        for name in ("_badge", "_card_time")
    )
    return Card(
        headline=(of.title if isinstance(of, Update) else "") or coverage.headline,
        publication=settings.PUBLICATION_NAME,
        badge=badge,
        is_live=coverage.is_live,
        time=time,
        section=coverage.section,
        language=coverage.language,
        is_rtl=coverage.direction == "rtl",
    )


def png(shown: Card) -> bytes:
    """The picture, drawn once a process."""
    return _drawn.get(shown.mark, lambda: cards.png(shown), len)


def _coverage(of: Coverage | Update) -> Coverage:
    return of.coverage if isinstance(of, Update) else of
