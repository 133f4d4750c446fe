"""Who is on a coverage's desk, and writes what there: nothing that readers see, and so without a version."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Coverage, Presence

from .edition import CHANNEL
from .errors import Refused

GONE = timedelta(seconds=40)
"""Silence after which somebody is taken to have left: an open desk speaks every 15 s."""
SOON = timedelta(seconds=1)
"""After a sign of life, for how long another that says the same is not written down."""
MOST = 20
"""Open desks of one person; of more, those that spoke last."""


def since() -> datetime:
    """When those who are there now spoke last, at the earliest."""
    return timezone.now() - GONE


def enter(coverage: Coverage, user: User, tab: UUID, editing: int | None) -> None:
    """Somebody is on the desk; the other desks are told when that is new, or what is written is.

    Raises Refused when the tab is somebody else's: all on the desk know its id, and nobody shall push others out.
    """
    own = Presence.objects.filter(user=user)
    known = own.filter(tab=tab, seen_at__gt=since()).first()
    now = {"coverage": coverage, "editing": editing, "seen_at": timezone.now()}
    is_news = known is None or (known.editing, known.coverage_id) != (editing, coverage.pk)
    if known and not is_news and timezone.now() - known.seen_at < SOON:
        return
    try:
        with transaction.atomic():
            own.update_or_create(tab=tab, defaults=now, create_defaults=now | {"user": user})
    except IntegrityError as taken:
        raise Refused(_("This tab is somebody else’s: reload the page.")) from taken
    if known is None:
        own.exclude(pk__in=own.order_by("-seen_at").values("pk")[:MOST]).delete()
    if is_news:
        _tell(coverage)


def leave(coverage: Coverage, user: User, tab: UUID) -> None:
    """The desk was closed. Those who went without a word a while ago are forgotten with it."""
    was_there, _rows = Presence.objects.filter(tab=tab, user=user).delete()
    Presence.objects.filter(seen_at__lt=timezone.now() - 10 * GONE).delete()
    if was_there:
        _tell(coverage)


def _tell(coverage: Coverage) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"people {coverage.pk}"])
