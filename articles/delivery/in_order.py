"""A coverage in order, as it happened: what is offered once it has ended."""

from django.conf import settings
from django.urls import reverse

from articles import changes
from articles.changes import Place, reading

from .pages import Page
from .pieces import articles, render, voice


def in_order_page(pk: int, after: Place | None = None) -> Page:
    """The oldest updates, or those that came after the place `after`."""
    with reading():
        found = changes.chronicle(pk, settings.PAGE_UPDATES, after)
        coverage = found.coverage
        with voice(coverage):
            html = render(
                "in_order",
                coverage=coverage,
                version=coverage.version,
                now="",
                updates=articles(coverage, found.entries).values(),
                earlier=after is not None,
                later=str(found.rest or ""),
            )
    return Page(html.encode(), coverage.version, coverage.state, reverse("in_order", args=[coverage.slug]))
