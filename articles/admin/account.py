"""The admin of accounts: roles are given as groups, and nobody gives more than they have."""

from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401 (these register what is taken away below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

if TYPE_CHECKING:
    Base = UserAdmin[Any]
else:
    Base = UserAdmin

for shown_elsewhere_or_nowhere in (User, EmailAddress, Authenticator):
    admin.site.unregister(shown_elsewhere_or_nowhere)


@admin.register(User)
class AccountAdmin(Base):
    """Only a superuser makes superusers, changes them, or gives single permissions."""

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
