"""The page that other sites put in a frame: the newest updates, live."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from .pages import Page
from .pieces import render, shown, voice

UPDATES = 10
"""Shown at most: the frame is as high as its content, in a page that is not ours."""


def embed_page(pk: int, version: int) -> Page:
    """The coverage as it stands at `version`, or later, for a frame."""
    now = shown(pk, version)
    coverage = now.coverage
    most = min(UPDATES, settings.PAGE_UPDATES)
    with voice(coverage):
        html = render(
            "embed",
            coverage=coverage,
            version=coverage.version,
            slots=now.slots,
            updates=list(now.articles.values())[:most],
            most=most,
        )
    return Page(html.encode(), coverage.version, coverage.state, reverse("embed", args=[coverage.slug]))


def gone_page() -> bytes:
    """For the frame of a coverage that was withdrawn."""
    with translation.override(settings.LANGUAGE_CODE):
        return render("embed", coverage=None).encode()
