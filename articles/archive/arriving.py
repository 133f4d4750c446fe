"""Post what others saved, through publishing like everything else. Doing it twice changes nothing."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.text import slugify

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import PlacedPhoto, Refused, coverages, sources, updates
from articles.publishing.updates import Content

from .live_blog import Image, LiveBlog, Posting, picture

_TOKENS = uuid.uuid5(uuid.NAMESPACE_URL, "https://schema.org/LiveBlogPosting")


class Arrived(NamedTuple):
    coverage: Coverage
    created: bool
    posted: int
    known: int
    """Updates that an earlier run had taken."""
    notes: list[str]
    """What could not be taken, and why; and which photos have no alt text."""


def arrive(blog: LiveBlog, saved: Path | None, slug: str, progress: Callable[[int], object]) -> Arrived:
    """Take a saved live blog in. `saved`: the page's file, beside which its pictures may lie.

    Raises Refused when something else has its slug, and ValidationError for what no coverage can be.
    """
    if not blog.headline:
        raise ValidationError("It has no headline, without which there is no coverage.")
    return _Arriving(blog, saved, slug or _slug(blog), progress).run()


def _slug(blog: LiveBlog) -> str:
    last = urlsplit(blog.url).path.rstrip("/").rpartition("/")[2].removesuffix(".html")
    return (slugify(last, allow_unicode=True) or slugify(blog.headline, allow_unicode=True))[:120].strip("-")


class _Arriving:
    def __init__(self, blog: LiveBlog, saved: Path | None, slug: str, progress: Callable[[int], object]) -> None:
        self.blog, self.saved, self.slug, self.progress = blog, saved, slug, progress
        self.notes: list[str] = []

    def run(self) -> Arrived:
        coverage, created = self._coverage()
        posted = known = 0
        for number, posting in enumerate(sorted(self.blog.postings, key=_order), 1):
            if Update.objects.filter(token=self._token(posting)).exists():
                known += 1
            else:
                posted += self._posted(coverage, posting)
            if number % 100 == 0:
                self.progress(number)
        current = Coverage.objects.get(pk=coverage.pk)
        if created and self.blog.ended_at:
            current = coverages.end(current, at=self.blog.ended_at)
        return Arrived(current, created, posted, known, self.notes)

    # ── The coverage ────────────────────────────────────────────────────────────────────────────────────

    def _coverage(self) -> tuple[Coverage, bool]:
        standing = Coverage.objects.filter(slug=self.slug).first()
        if standing is None:
            return self._created(), True
        tokens = [self._token(posting) for posting in self.blog.postings]
        ours = standing.updates.filter(token__in=tokens).exists()
        begun = standing.headline == self.blog.headline and not standing.updates.exists()  # and stopped midway
        if not ours and not begun:
            raise Refused(
                f"The slug “{self.slug}” belongs to “{standing}”, which is not this one. Give another with --slug."
            )
        return standing, False

    def _created(self) -> Coverage:
        lead = self._pictures(self.blog.images[:1], "the coverage")
        try:
            made = coverages.create(
                headline=self.blog.headline[:250],
                slug=self.slug,
                summary=self.blog.summary[:600],
                section=self.blog.section[:60],
                language=self._language(),
                authors=self._authors(self.blog.authors),
                lead=lead[0] if lead else None,
            )
        finally:
            _discard_unused(lead)
        times = [posting.published_at for posting in self.blog.postings if posting.published_at]
        began = [moment for moment in (self.blog.started_at, *times) if moment]
        return coverages.start(made, at=min(began, default=None), taken_over=True)

    def _language(self) -> str:
        wanted = self.blog.language.replace("_", "-").partition("-")[0].lower()
        if wanted in dict(settings.LANGUAGES):
            return wanted
        if wanted:
            self.notes.append(
                f"The language “{self.blog.language}” is not offered; it is {settings.LANGUAGE_CODE} now."
            )
        return settings.LANGUAGE_CODE

    # ── Updates ─────────────────────────────────────────────────────────────────────────────────────────

    def _token(self, posting: Posting) -> uuid.UUID:
        """Names the post by where it came from and where it goes, so that it is never posted twice."""
        return uuid.uuid5(_TOKENS, f"{self.slug} {posting.key}")

    def _posted(self, coverage: Coverage, posting: Posting) -> bool:
        what = f"“{posting.headline or posting.key}”"
        if posting.published_at is None:
            self.notes.append(f"{what} says no time and was left out.")
            return False
        photos = self._pictures(posting.images, what)
        try:
            content = self._content(posting, photos)
            return updates.post(coverage, token=self._token(posting), taken_over=True, **content).created
        except ValidationError as error:
            self.notes.append(f"{what} was left out: {' '.join(error.messages)}")
            return False
        finally:
            _discard_unused(photos)

    def _content(self, posting: Posting, photos: list[PlacedPhoto]) -> Content:
        content: Content = {
            "headline": posting.headline[:250],
            "body": posting.body,
            "published_at": posting.published_at,
            "authors": self._authors(posting.authors),
            "photos": photos,
            "embed": posting.embed if posting.embed.startswith(("https://", "http://")) else "",
            "correction": posting.correction[:600],
        }
        if posting.edited_at:
            content |= {"edited_at": posting.edited_at, "corrected_at": posting.edited_at}
        return content

    def _authors(self, names: list[str]) -> list[Author]:
        return [sources.author_named(name[:120]) for name in names]

    def _pictures(self, images: list[Image], of: str) -> list[PlacedPhoto]:
        return [PlacedPhoto(photo) for image in images if (photo := self._picture(image, of))]

    def _picture(self, image: Image, of: str) -> Photo | None:
        path = picture(image.url, self.saved)
        if path is None:
            self.notes.append(f"A picture of {of} is not here as a file: {image.url}")
            return None
        try:
            with path.open("rb") as file:
                words = {"caption": image.caption[:1000], "credit": image.credit[:200], "alt": image.alt[:500]}
                photo = sources.add_photo(image=File(file), **words)  # type: ignore[arg-type]
        except (OSError, ValidationError) as error:
            self.notes.append(f"A picture of {of} cannot be used: {path.name} ({error})")
            return None
        if not photo.alt:
            self.notes.append(f"A picture of {of} has no alt text: {path.name}")
        return photo


def _order(posting: Posting) -> str:
    return posting.published_at.isoformat() if posting.published_at else ""


def _discard_unused(placed: list[PlacedPhoto]) -> None:
    for one in placed:
        if not one.photo.places.exists():
            sources.discard_photo(one.photo)
