"""Sessions in the database (SESSION_ENGINE), each of a known person."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from .address import address_of

if TYPE_CHECKING:
    from .models import Session

ORIGIN = "origin"
"""Key of what a session is told of its beginning: address, browser, time."""
UNKNOWN = timedelta(hours=1)
"""How long a session is kept of somebody who has not signed in: there are as many as anybody likes."""


class SessionStore(db.SessionStore):
    """Django's; the row also says whose it is and where it began."""

    @classmethod
    def get_model_class(cls) -> "type[Session]":
        from .models import Session

        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie can hold a NUL, which no text of PostgreSQL's does."""
        return bool(super()._validate_session_key(key)) and str(key).isalnum()  # type: ignore[misc]

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        made.user_id = data.get(SESSION_KEY)
        if made.user_id is None:
            made.expire_date = min(made.expire_date, timezone.now() + UNKNOWN)
        elif ORIGIN in data:
            made.address, made.browser, begun = data[ORIGIN]
            made.begun_at = datetime.fromisoformat(begun)
        return made


def begin(request: HttpRequest) -> None:
    """Somebody has signed in. What has expired goes: nothing else takes it away."""
    request.session[ORIGIN] = address_of(request), request.headers.get("User-Agent", "")[:200], str(timezone.now())
    SessionStore.clear_expired()


def of(user: Any) -> "QuerySet[Session]":
    """Where they are signed in, newest first."""
    found = SessionStore.get_model_class().objects.filter(user=user, expire_date__gt=timezone.now())
    return found.order_by("-begun_at", "session_key")


def end(user: Any, but: str | None = None) -> int:
    """End their sessions, except the one with the key `but`; how many that were.

    Open desks hear of it with their next heartbeat.
    """
    others = of(user) if but is None else of(user).exclude(session_key=but)
    return int(others.delete()[0])


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def _end_with(instance: Any, created: bool, **_more: Any) -> None:
    """With a new password, and with the account. Who changed their own goes on: Django begins that session anew."""
    is_new_password = instance._password is not None
    if not created and (is_new_password or not (instance.is_active and instance.is_staff)):
        end(instance)
