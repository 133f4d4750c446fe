"""Before every address of the admin: a second factor where the role demands one, and refusals written down."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from .told import tell


def lacks_second_factor(user: Any) -> bool:
    """Whether the user's role demands one (TWO_FACTOR_ROLES) that they do not have. A superuser is an Administrator."""
    demanding = settings.TWO_FACTOR_ROLES
    if not demanding or not user.is_authenticated:
        return False
    held = ("Administrator" in demanding and user.is_superuser) or user.groups.filter(name__in=demanding).exists()
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(held) and not Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists()


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


class Gate:
    """Outside the admin it does nothing, and asks nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = reverse("admin:index")
        self.sign_in, self.factors = reverse("account_login"), reverse("mfa_index")
        self.sign_out = reverse("account_logout")
        doors = ("account_inactive", "account_reauthenticate")
        self.doors = (self.sign_in, self.sign_out, self.factors, *map(reverse, doors))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self.admin):
            return self.get_response(request)
        is_open = request.path.startswith(self.doors)
        response = (None if is_open else self._led(request)) or self.get_response(request)
        to = response.headers.get("Location", "").partition("?")[0]
        is_sent_to_sign_in = to == self.sign_in and request.path != self.sign_out
        if HTTPStatus(response.status_code).is_client_error or is_sent_to_sign_in:
            who = request.user if request.user.is_authenticated else None
            tell("refused", request, who, method=request.method, path=request.path, status=response.status_code)
        return response

    def _led(self, request: HttpRequest) -> HttpResponse | None:
        """To the page where a second factor is set up, from any that has nothing to do with that."""
        if not lacks_second_factor(request.user):
            return None
        if wants_json(request):
            says = _("Your role needs a second factor. Set it up, and this goes on.")
            return JsonResponse({"error": says, "code": "second_factor", "login": self.factors}, status=401)
        return HttpResponseRedirect(self.factors)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """allauth's pages stand in the admin, and show what its others show."""
        if request.path.startswith(self.admin) and "site_header" not in (response.context_data or {}):
            shown = admin.site.each_context(request)
            if lacks_second_factor(request.user):
                shown |= {"is_nav_sidebar_enabled": False, "demands_second_factor": True}
            response.context_data = {**shown, **(response.context_data or {})}
        return response
