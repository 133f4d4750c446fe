"""What happens at the door, told twice: a line in the log, and what a person changed in the admin's history of them."""

import json
import logging
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.mfa import signals as factors
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import sessions
from .address import address_of

logger = logging.getLogger("liveblog.access")


def tell(what: str, request: HttpRequest | None, user: Any = None, **more: Any) -> None:
    """One line: `what`, and facts as name=value, which a JSON log has as members. Never a password or a code."""
    facts = {"user": user and user.get_username(), "address": request and address_of(request), **more}
    facts = {name: value for name, value in facts.items() if value not in {None, ""}}
    # As JSON, so that what somebody typed makes no line of its own, and moves nothing in a terminal.
    said = " ".join(
        f"{name}={json.dumps(value, ensure_ascii=not str(value).isprintable())}" for name, value in facts.items()
    )
    logger.info("%s %s", what, said, extra={"facts": facts})


def account(credentials: dict[str, Any]) -> str:
    """The account that was tried, if there is one: other things that people type there are passwords, now and then."""
    name = str(credentials.get("username", ""))
    return User.objects.filter(username__iexact=name).values_list("username", flat=True).first() or ""


def record(by: Any, what: Model, message: Any, flag: int = CHANGE) -> None:
    """In the admin's log, as its own pages do it: that somebody did this to an object."""
    LogEntry.objects.log_actions(by.pk, [what], flag, change_message=message, single_object=True)


# ── Signing in and out ──────────────────────────────────────────────────────────────────────────────────


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **_more: Any) -> None:
    sessions.begin(request)
    steps = [str(step.get("type") or step["method"]) for step in get_authentication_records(request, user)]
    tell("signed in", request, user, by=" and ".join(steps))


@receiver(user_login_failed)
def _not_signed_in(credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any) -> None:
    tell("sign-in failed", request, of=account(credentials))


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: Any, **_more: Any) -> None:
    if user is not None:
        tell("signed out", request, user)


@receiver(password_changed)
def _new_password(request: HttpRequest, user: Any, **_more: Any) -> None:
    tell("password changed", request, user)
    record(user, user, _("Changed the password"))


# ── Second factors ──────────────────────────────────────────────────────────────────────────────────────


@receiver(factors.authenticator_added)
def _added(request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    tell("second factor added", request, user, factor=authenticator.type)
    record(user, user, _("Added as second factor: %(factor)s") % {"factor": authenticator})


@receiver(factors.authenticator_removed)
def _removed(request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    tell("second factor removed", request, user, factor=authenticator.type, of=authenticator.user.get_username())
    record(user, authenticator.user, _("Removed as second factor: %(factor)s") % {"factor": authenticator})


@receiver(factors.authenticator_reset)
def _made_anew(request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    tell("second factor made anew", request, user, factor=authenticator.type)
    record(user, user, _("Made anew as second factor: %(factor)s") % {"factor": authenticator})


@receiver(factors.authentication_failed)
def _wrong_code(request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    tell("second factor failed", request, user, factor=authenticator.type)
