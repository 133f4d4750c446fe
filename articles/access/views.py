"""Where one is signed in, and signing out everywhere else."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import powers, sessions


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Those of the user, and with POST the end of the others."""
    if request.method == "POST":
        powers.end_sessions(request, request.user)
        messages.success(request, _("You are signed out everywhere else."))
        return HttpResponseRedirect(request.path)
    here = request.session.session_key
    shown = {"title": _("Sessions"), "sessions": sessions.of(request.user), "here": here}
    return TemplateResponse(request, "account/sessions.html", shown)


def no_first_password(request: HttpRequest) -> HttpResponse:
    """Where allauth sends those without a password who want to change it: they have none because somebody said so."""
    raise PermissionDenied
