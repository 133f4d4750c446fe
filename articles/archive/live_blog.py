"""What others saved: a page or JSON with schema.org's LiveBlogPosting, read without asking any network.

https://schema.org/LiveBlogPosting; in a page it stands in <script type="application/ld+json"> (JSON-LD 1.1, §7).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.utils.html import escape

_MARKUP = re.compile(r"<(?:p|br|ul|ol|li|blockquote|h\d|strong|em|a)\b", re.IGNORECASE)
_POSTINGS = {"BlogPosting", "LiveBlogPosting", "NewsArticle", "Article", "SocialMediaPosting"}


class Image(NamedTuple):
    url: str
    caption: str
    credit: str
    alt: str


class Posting(NamedTuple):
    """One update as it was saved."""

    key: str
    """Names it, the same each time the same is read."""
    headline: str
    body: str
    published_at: datetime | None
    edited_at: datetime | None
    authors: list[str]
    images: list[Image]
    embed: str
    correction: str


class LiveBlog(NamedTuple):
    """A whole coverage as it was saved."""

    url: str
    headline: str
    summary: str
    section: str
    language: str
    authors: list[str]
    started_at: datetime | None
    ended_at: datetime | None
    images: list[Image]
    postings: list[Posting]


def read(text: str) -> LiveBlog:
    """The LiveBlogPosting in a page or in JSON. Raises ValidationError when there is none."""
    blocks = [text] if text.lstrip()[:1] in {"{", "["} else _blocks(text)
    for block in blocks:
        try:
            said = json.loads(block)
        except (ValueError, RecursionError):
            continue
        for thing in _things(said):
            if "LiveBlogPosting" in _types(thing):
                return _live_blog(thing)
    raise ValidationError("There is no schema.org LiveBlogPosting in it, neither as JSON nor in a page’s JSON-LD.")


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").partition(";")[0].strip().lower()
        self._within = tag == "script" and kind == "application/ld+json"
        if self._within:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.found[-1] += data


def _blocks(html: str) -> list[str]:
    parser = _Scripts()
    parser.feed(html)
    parser.close()
    return parser.found


def _things(said: Any) -> Iterator[dict[str, Any]]:
    """Every object that stands at the top, in a list or in a graph."""
    for thing in _list(said):
        if isinstance(thing, dict):
            yield thing
            yield from _things(thing.get("@graph"))


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _types(thing: dict[str, Any]) -> set[str]:
    return {str(kind).rpartition("/")[2] for kind in _list(thing.get("@type"))}


def _live_blog(thing: dict[str, Any]) -> LiveBlog:
    updates = [one for one in _list(thing.get("liveBlogUpdate")) if isinstance(one, dict)]
    return LiveBlog(
        url=_address(thing),
        headline=_text(thing, "headline", "name"),
        summary=_text(thing, "description"),
        section=_text(thing, "articleSection"),
        language=_text(thing, "inLanguage"),
        authors=_people(thing.get("author")),
        started_at=_moment(thing, "coverageStartTime", "datePublished"),
        ended_at=_moment(thing, "coverageEndTime"),
        images=_images(thing.get("image")),
        postings=[_posting(one) for one in updates if _types(one) & _POSTINGS or not _types(one)],
    )


def _posting(thing: dict[str, Any]) -> Posting:
    published, edited = _moment(thing, "datePublished", "dateCreated"), _moment(thing, "dateModified")
    headline = _text(thing, "headline", "name")
    videos = [_address(video, "embedUrl", "url", "contentUrl") for video in _list(thing.get("video"))]
    return Posting(
        key=_address(thing) or f"{published} {headline or _text(thing, 'articleBody')[:80]}",
        headline=headline,
        body=_body(_text(thing, "articleBody", "text", "description", keep_lines=True)),
        published_at=published,
        edited_at=edited if edited and published and edited > published else None,
        authors=_people(thing.get("author")),
        images=_images(thing.get("image")),
        embed=next(filter(None, videos), ""),
        correction=next((_text(one, "text") for one in _list(thing.get("correction")) if isinstance(one, dict)), ""),
    )


def _text(thing: dict[str, Any], *names: str, keep_lines: bool = False) -> str:
    """The first of the properties that says something: a text, or an object with a name."""
    for name in names:
        for value in _list(thing.get(name)):
            said = value.get("name") or value.get("@value") if isinstance(value, dict) else value
            if isinstance(said, str) and said.strip():
                return said.strip() if keep_lines else " ".join(said.split())
    return ""


def _body(text: str) -> str:
    """HTML as it is (publishing sanitises it); plain text as paragraphs."""
    if _MARKUP.search(text):
        return text
    paragraphs = filter(str.strip, re.split(r"\n\s*\n|\r?\n", text))
    return "".join(f"<p>{escape(' '.join(paragraph.split()))}</p>" for paragraph in paragraphs)


def _people(value: Any) -> list[str]:
    """Names of those who wrote; a publication that stands in for nobody is no author."""
    names = [
        _text(one, "name") if isinstance(one, dict) else " ".join(str(one).split())
        for one in _list(value)
        if not (isinstance(one, dict) and _types(one) & {"Organization", "NewsMediaOrganization"})
    ]
    return list(dict.fromkeys(filter(None, names)))


def _images(value: Any) -> list[Image]:
    found: list[Image] = []
    for one in _list(value):
        about = one if isinstance(one, dict) else {}
        url = _address(one, "contentUrl", "url")
        if url and not any(_is_crop(url, whole.url) for whole in found):
            found.append(Image(url, _text(about, "caption"), _text(about, "creditText"), _text(about, "description")))
    return found


def _is_crop(url: str, whole: str) -> bool:
    """Whether it is cut out of our picture `whole`: such lie in a folder of its name."""
    return url.rpartition("/")[0] == whole.rpartition(".")[0]


def _address(thing: Any, *names: str) -> str:
    if isinstance(thing, str):
        return thing
    if not isinstance(thing, dict):
        return ""
    said = (thing.get(name) for name in names or ("url", "@id", "mainEntityOfPage"))
    return next((_address(one) for one in said if isinstance(one, str | dict) and _address(one)), "")


def _moment(thing: dict[str, Any], *names: str) -> datetime | None:
    for name in names:
        try:
            moment = datetime.fromisoformat(str(thing.get(name) or ""))
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def picture(url: str, saved: Path | None) -> Path | None:
    """The file of a picture that was saved beside the page `saved`; None where there is none. No network is asked."""
    if saved is None:
        return None
    path = unquote(urlsplit(url).path)
    name = Path(path).name
    folders = [saved.parent, *(saved.parent / f"{saved.stem}{ending}" for ending in ("_files", "_Files", ".files"))]
    near = [saved.parent / path.lstrip("/"), *(folder / name for folder in folders if name)]
    # Above the page's own folder nothing is looked for, whatever the address says.
    inside = (one for one in near if one.resolve().is_relative_to(saved.parent.resolve()))
    return next((one for one in inside if one.is_file()), None)
