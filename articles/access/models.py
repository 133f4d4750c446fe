"""Where somebody is signed in."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A session that knows whose it is, so that all of one person's can be shown and ended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_constraint=False)
    """None: nobody has signed in yet. Django takes a row that the database refuses for a key that is taken, and tries
    for ever: who signs in while the account is deleted would keep a thread busy until the server stops."""
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200)
    begun_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore
