"""What can be done to an account beside its fields: by its owner, or by an administrator."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import sessions
from .told import record, tell


def end_sessions(request: HttpRequest, of: Any) -> None:
    """All of them, but the one that asks."""
    count = sessions.end(of, but=request.session.session_key)
    tell("sessions ended", request, request.user, of=of.get_username(), count=count)
    record(request.user, of, _("Ended the sessions"))


def take_factors(request: HttpRequest, of: Any) -> None:
    """Take away every second factor with its recovery codes: they are lost, and their owner signs in without."""
    for authenticator in Authenticator.objects.filter(user=of):
        authenticator.delete()
        authenticator_removed.send(Authenticator, request=request, user=request.user, authenticator=authenticator)
