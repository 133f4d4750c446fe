"""Signing in, at the admin's own addresses. What allauth offers beyond (signing up, e-mail) has none."""

from allauth.account import views as account
from django.urls import include, path

from . import views

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password_change/", account.password_change, name="account_change_password"),
    path("password_set/", views.no_first_password, name="account_set_password"),
    path("two-factor/", include("allauth.mfa.urls")),
    path("sessions/", views.own_sessions, name="account_sessions"),
]
