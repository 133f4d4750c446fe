"""oEmbed (oembed.com): how other sites put a coverage into their pages."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from articles import changes
from articles.changes import reading
from articles.delivery.pages import Page
from articles.models import Coverage
from articles.models.addresses import absolute

WIDTH, HEIGHT = 640, 720
"""Pixels, where a site does not say how many it has."""


def embed_code(coverage: Coverage, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The HTML to paste into another site's page: a frame, and the few lines that make it as high as its content."""
    context = {"coverage": coverage, "width": width, "height": height, "origin": settings.SITE_URL}
    return render_to_string("articles/_embed_code.html", context).strip()


def named(url: str) -> ResolverMatch | None:
    """What of a coverage stands at an absolute address of this site; None: nothing."""
    parts = urlsplit(url)
    if parts.netloc != urlsplit(settings.SITE_URL).netloc or parts.scheme not in {"http", "https"}:
        return None
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        return None
    return match if match.view_name in {"coverage", "update", "in_order", "key_updates", "embed"} else None


def oembed(pk: int, most_width: int | None, most_height: int | None) -> Page:
    """The answer of type "rich", no larger than that many pixels."""
    with reading():
        coverage = changes.public_coverage(pk)
    width, height = min(WIDTH, most_width or WIDTH), min(HEIGHT, most_height or HEIGHT)
    body = {
        "version": "1.0",
        "type": "rich",
        "title": coverage.headline,
        "author_name": ", ".join(author.name for author in coverage.authors) or settings.PUBLICATION_NAME,
        "provider_name": settings.PUBLICATION_NAME,
        "provider_url": f"{settings.SITE_URL}/",
        "html": embed_code(coverage, width, height),
        "width": width,
        "height": height,
        **_thumbnail(coverage, most_width, most_height),
    }
    return Page(json.dumps(body, ensure_ascii=False).encode(), coverage.version, coverage.state, reverse("oembed"))


def _thumbnail(coverage: Coverage, most_width: int | None, most_height: int | None) -> dict[str, Any]:
    """The lead photo, where it is not larger than the site allows: the standard forbids larger ones."""
    photo = coverage.lead.photo if coverage.lead else None
    if photo is None or photo.width > (most_width or photo.width) or photo.height > (most_height or photo.height):
        return {}
    url = absolute(photo.url)
    return {"thumbnail_url": url, "thumbnail_width": photo.width, "thumbnail_height": photo.height}
