"""What may be seen, and in which order. Readers see only what `published()` lets through."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, Max, Q, When
from django.db.models.functions import Greatest

if TYPE_CHECKING:
    from .coverage import Coverage  # noqa: F401
    from .update import Update  # noqa: F401


def _credited() -> "list[models.Prefetch[str]]":
    """Authors and photos, in the order in which they stand: a query each."""
    return [_joined("bylines", "Byline", "author"), _joined("photo_captions", "PhotoCaption", "photo")]


def _joined(related: str, model: str, to: str) -> "models.Prefetch[str]":
    rows = apps.get_model("articles", model)._default_manager.select_related(to)
    return models.Prefetch(related, rows)


IN_FEED = Q(state="published", pinned=False)
"""Of updates of a coverage that is known to be public: which of them stand in its feed."""


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def public(self) -> Self:
        """Started and not withdrawn: what has an address that answers."""
        return self.filter(state__in=["live", "ended"])

    def live(self) -> Self:
        return self.filter(state="live")

    def as_on_the_front(self) -> Self:
        """What is live before what has ended, each with what began last first."""
        return self.order_by(Case(When(state="live", then=0), default=1), "-started_at", "-id")

    def with_content(self) -> Self:
        """With all that its own page shows apart from updates, in a constant number of queries."""
        return self.select_related("successor", "previous").prefetch_related(
            *_credited(), _joined("key_points", "KeyPoint", "update__coverage")
        )

    def with_updated_at(self) -> Self:
        """With `updated_at`: when something was last published or edited in each. Grouped, it must be ordered anew."""
        last = Max(Greatest("updates__published_at", "updates__edited_at"), filter=Q(updates__state="published"))
        return self.annotate(updated_at=last)


class UpdateQuerySet(models.QuerySet["Update"]):
    def published(self) -> Self:
        """The one gate between drafts and readers: published, in a coverage that is public."""
        return self.filter(state="published", coverage__state__in=["live", "ended"])

    def feed(self) -> Self:
        """Published updates as the feed holds them: newest first, without the pinned one."""
        return self.published().filter(IN_FEED).newest_first()

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-id")

    def before(self, published_at: datetime, pk: int) -> Self:
        """Those that stand below the place (published_at, id)."""
        return self.filter(Q(published_at__lt=published_at) | Q(published_at=published_at, id__lt=pk))

    def after(self, published_at: datetime, pk: int) -> Self:
        """Those that stand above the place (published_at, id)."""
        return self.filter(Q(published_at__gt=published_at) | Q(published_at=published_at, id__gt=pk))

    def key_events(self) -> Self:
        return self.published().filter(key_event=True).newest_first()

    def due(self, now: datetime) -> Self:
        """Scheduled, their time come, earliest first."""
        return self.filter(state="scheduled", published_at__lte=now).order_by("published_at", "id")

    def had_number(self, number: int, coverage: int, slug: str) -> Self:
        """What had another number, at this slug or in this coverage, before it was taken back from an archive."""
        here = Q(former_numbers__slug=slug) | Q(coverage=coverage)
        return self.filter(here, former_numbers__number=number, coverage__state__in=["live", "ended"])

    def with_content(self) -> Self:
        """With all that their HTML shows, in a constant number of queries."""
        return self.select_related("coverage").prefetch_related(*_credited())
