"""One name, one account: signing in does not tell capital letters from small ones, and so nobody else may."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core import checks
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import Count
from django.db.models.functions import Upper
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _


def expect_free(name: str, of: User | None = None) -> None:
    """Raises ValidationError when the name is another account's than `of`, in whatever letters."""
    others = User.objects.exclude(pk=of.pk) if of else User.objects.all()
    if there := others.filter(username__iexact=name).first():
        raise ValidationError(
            _("There is an account “%(name)s” already; capital and small letters make no other name of it."),
            code="unique",
            params={"name": there.username},
        )


def doubled() -> list[str]:
    """Names, in capital letters, that several accounts have: none of those can sign in with a password."""
    shared = User.objects.values(name=Upper("username")).annotate(accounts=Count("pk")).filter(accounts__gt=1)
    return sorted(shared.values_list("name", flat=True))


@receiver(pre_save, sender=settings.AUTH_USER_MODEL)
def _begins(instance: Any, raw: bool, **_more: Any) -> None:
    """Accounts begin in forms, in commands and in scripts."""
    if instance._state.adding and not raw:
        expect_free(instance.username)


@checks.register(checks.Tags.database)
def check_names(databases: Sequence[str] | None = None, **_options: Any) -> list[checks.CheckMessage]:
    """Accounts of an earlier version, or made beside the project's own code."""
    if not databases:
        return []
    try:
        shared = doubled()
    except DatabaseError:  # whoever needs the database says so
        return []
    return [
        checks.Warning(
            f"Several accounts are called {name}, in capital or small letters: none of them can sign in.",
            hint="Rename all but one, in the admin or with manage.py shell.",
            id="liveblog.W007",
        )
        for name in shared
    ]
