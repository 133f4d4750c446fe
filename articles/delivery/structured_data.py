"""What search engines are told: schema.org/LiveBlogPosting as JSON-LD, for a <script> that nobody runs.

An update's part is made once a version of it and joined here as text. Every text below is safe within
<script>: no `<`, `>` or `&` stands in it as such.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from articles.changes import iso
from articles.models import Author, Coverage, Photo, PhotoCaption, Update
from articles.models.addresses import absolute

SHAPES = ("16x9", "4x3", "1x1")
"""The crops that search engines show, of media.photos.CROPS."""
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def changed_at(update: Update) -> datetime:
    """When readers last saw something new in a published update."""
    moments: Iterable[datetime] = filter(None, (update.published_at, update.edited_at, update.corrected_at))
    return max(moments)


def posting(update: Update) -> str:
    """A published update as a BlogPosting. It needs what `UpdateQuerySet.with_content` brings."""
    url = absolute(update.get_absolute_url())
    return _text(
        {
            "@type": "BlogPosting",
            "headline": update.title,
            "url": url,
            "mainEntityOfPage": url,
            "datePublished": _moment(update.published_at),
            "dateModified": _moment(changed_at(update)),
            "author": _authors(update.authors),
            "articleBody": update.text,
            "image": _images(update.photo_captions.all()),
            "correction": _correction(update),
        }
    )


def live_blog(coverage: Coverage, updated_at: datetime | None) -> str:
    """The coverage as a LiveBlogPosting without its postings. It needs what `CoverageQuerySet.with_content` brings."""
    url = absolute(coverage.get_absolute_url())
    moments = filter(None, (coverage.started_at, coverage.ended_at, updated_at))
    return _text(
        {
            "@context": "https://schema.org",
            "@type": "LiveBlogPosting",
            "headline": coverage.headline,
            "description": coverage.summary,
            "url": url,
            "mainEntityOfPage": url,
            "inLanguage": coverage.language,
            "articleSection": coverage.section,
            "datePublished": _moment(coverage.started_at),
            "dateModified": _moment(max(moments, default=None)),
            "coverageStartTime": _moment(coverage.started_at),
            "coverageEndTime": _moment(coverage.ended_at),
            "author": _authors(coverage.authors),
            "publisher": _publisher(),
            "image": _images([coverage.lead] if coverage.lead else []),
        }
    )


def with_postings(live_blog: str, postings: Iterable[str]) -> SafeString:
    """What `live_blog` gave, with what `posting` gave for each update shown."""
    return mark_safe(f'{live_blog[:-1]},"liveBlogUpdate":[{",".join(postings)}]}}')


def _text(facts: dict[str, Any]) -> str:
    known = {name: value for name, value in facts.items() if value not in (None, "", [])}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def _moment(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def _authors(authors: list[Author]) -> list[dict[str, Any]]:
    return [{"@type": "Person", "name": author.name} for author in authors] or [_publisher()]


def _publisher() -> dict[str, Any]:
    logo = {"@type": "ImageObject", "url": absolute(static("icons/icon-180.png")), "width": 180, "height": 180}
    return {
        "@type": "NewsMediaOrganization",
        "name": settings.PUBLICATION_NAME,
        "url": f"{settings.SITE_URL}/",
        "logo": logo,
    }


def _images(placed: Iterable[PhotoCaption]) -> list[dict[str, Any]]:
    """All photos, and of the first those crops that search engines ask for; each says whose it is."""
    whole = list(placed)
    crops = [_picture(one.photo, *one.photo.crop(name)) for one in whole[:1] for name in SHAPES]
    return [*map(_image, whole), *crops]


def _image(placed: PhotoCaption) -> dict[str, Any]:
    photo = placed.photo
    words = {"caption": placed.text or photo.alt, "description": photo.alt}
    return _picture(photo, photo.url, photo.width, photo.height) | {name: text for name, text in words.items() if text}


def _picture(photo: Photo, url: str, width: int, height: int) -> dict[str, Any]:
    """Search engines take `contentUrl` for where the picture is whose rights these are."""
    address = absolute(url)
    facts = {
        "@type": "ImageObject",
        "url": address,
        "contentUrl": address,
        "width": width,
        "height": height,
        "creditText": photo.credit,
        "creator": {"@type": "Person", "name": photo.creator} if photo.creator else None,
        "copyrightNotice": photo.copyright,
    }
    return {name: value for name, value in facts.items() if value}


def _correction(update: Update) -> dict[str, Any] | None:
    if not update.correction:
        return None
    moment = _moment(update.corrected_at or update.published_at)
    return {"@type": "CorrectionComment", "text": update.correction, "datePublished": moment}
