"""Atom feeds (RFC 4287) of one coverage and of the whole site."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed

from articles import changes
from articles.changes import reading
from articles.delivery.pages import Page
from articles.models import Update
from articles.models.querysets import UpdateQuerySet


def coverage_feed(pk: int) -> Page:
    """The newest updates of a coverage, in its own language."""
    with reading():
        coverage = changes.public_coverage(pk)
        path = reverse("feed", args=[coverage.slug])
        with translation.override(coverage.language):
            feed = Atom1Feed(
                title=coverage.headline,
                link=settings.SITE_URL + coverage.get_absolute_url(),
                description=coverage.summary,
                language=coverage.language,
                feed_url=settings.SITE_URL + path,
                author_name=", ".join(author.name for author in coverage.authors) or settings.PUBLICATION_NAME,
            )
            _add(feed, Update.objects.filter(coverage=pk))
        return Page(feed.writeString("utf-8").encode(), coverage.version, coverage.state, path)


def site_feed() -> bytes:
    """The newest updates of all coverage."""
    with reading(), translation.override(settings.LANGUAGE_CODE):
        feed = Atom1Feed(
            title=settings.PUBLICATION_NAME,
            link=f"{settings.SITE_URL}/",
            description=settings.PUBLICATION_TAGLINE,
            language=settings.LANGUAGE_CODE,
            feed_url=settings.SITE_URL + reverse("site_feed"),
        )
        _add(feed, Update.objects.all())
        return str(feed.writeString("utf-8")).encode()


def _add(feed: Atom1Feed, updates: UpdateQuerySet) -> None:
    for update in updates.published().newest_first().with_content()[: settings.PAGE_UPDATES]:
        feed.add_item(
            title=update.title,
            link=settings.SITE_URL + update.get_absolute_url(),
            description=update.body,
            # Without the headline's words, so that it stays the same when they change.
            unique_id=settings.SITE_URL + reverse("update", args=[update.coverage.slug, str(update.pk)]),
            author_name=", ".join(author.name for author in update.authors) or None,
            pubdate=update.published_at,
            updateddate=update.edited_at or update.published_at,
        )
