"""The admin of accounts: roles are given as groups, and nobody gives more than they have."""

from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 (these register what is taken away below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from articles.access import names, powers, sessions

if TYPE_CHECKING:
    Base = UserAdmin[Any]
    Form = UserChangeForm[User]
else:
    Base = UserAdmin
    Form = UserChangeForm

for shown_elsewhere_or_nowhere in (User, EmailAddress, Authenticator):
    admin.site.unregister(shown_elsewhere_or_nowhere)


class AccountForm(Form):
    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        names.expect_free(name, self.instance)
        return name


@admin.register(User)
class AccountAdmin(Base):
    """Only a superuser makes superusers, changes them, or gives single permissions."""

    form = AccountForm
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or ("superuser" if user.is_superuser else "-")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else [*own, "is_superuser", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._within(request, obj)

    @staticmethod
    def _within(request: HttpRequest, obj: Any) -> bool:
        return obj is None or request.user.is_superuser or not obj.is_superuser

    # ── Second factor and sessions ──────────────────────────────────────────────────────────────────────

    def get_urls(self) -> list[Any]:
        access = self.admin_site.admin_view(self.access)
        return [path("<int:pk>/access/", access, name="auth_user_access"), *super().get_urls()]

    def access(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What lets the person in; with POST it is taken away: their second factors, or where they are signed in."""
        person = self.get_object(request, str(pk))
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if request.method == "POST":
            return self._take(request, person)
        shown = {
            "title": _("Second factor and sessions"),
            "subtitle": str(person),
            "opts": self.opts,
            "original": person,
            "factors": Authenticator.objects.filter(user=person),
            "sessions": sessions.of(person),
            "here": request.session.session_key,
        }
        return TemplateResponse(
            request, "admin/auth/user/access.html", {**self.admin_site.each_context(request), **shown}
        )

    def _take(self, request: HttpRequest, person: Any) -> HttpResponse:
        """One's own second factors are taken away where the password is asked for once more."""
        if "sessions" in request.POST:
            powers.end_sessions(request, person)
            messages.success(request, _("The sessions are ended."))
        elif "factors" in request.POST and person.pk != request.user.pk:
            powers.take_factors(request, person)
            messages.success(request, _("The second factors are taken away."))
        else:
            raise PermissionDenied
        return HttpResponseRedirect(request.path)
