"""Publishing what was scheduled, on time, once across all processes."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils import timezone

from articles.models import Update

from .updates import publish_due

logger = logging.getLogger(__name__)
LOCK = 0x11FEB106
"""The advisory lock of the one process that publishes what is due."""
INTERVAL = 0.4
"""Seconds between two looks; an update must be out within a second of its time."""


def due() -> list[Update]:
    """Everything whose time has come, earliest first."""
    waiting = Update.objects.due(timezone.now()).filter(coverage__state__in=["live", "ended"])
    return list(waiting.select_related("coverage"))


def publish_all_due() -> list[Update]:
    """Publish everything whose time has come; those that could be."""
    return [done for update in due() if (done := _publish(update))]


def _publish(update: Update) -> Update | None:
    """One that cannot be published must not keep the others waiting: it stays scheduled, and the log says why."""
    try:
        return publish_due(update)
    except ValidationError as error:
        logger.error("Scheduled update %s cannot be published: %s", update.pk, " ".join(error.messages))
        return None


def watch(stop: threading.Event) -> None:
    """Publish what is due until `stop` is set; while another process does so, stand by to take over."""
    while not stop.is_set():
        try:
            with _only_one() as chosen:
                while chosen and not stop.is_set():
                    for update in publish_all_due():
                        logger.info("Published scheduled update %s of %s.", update.pk, update.coverage.slug)
                    stop.wait(INTERVAL)
        except DatabaseError as error:
            logger.warning("Cannot publish what is scheduled (%s); trying again.", str(error).strip())
        finally:
            connection.close()
        stop.wait(INTERVAL)


@contextmanager
def _only_one() -> Iterator[bool]:
    """Whether this process got the lock, which is its own until the block ends or its connection does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (chosen,) = cursor.fetchone()
    try:
        yield chosen
    finally:
        if chosen and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
