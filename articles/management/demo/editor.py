"""The account with which a newcomer tries the admin."""

from django.conf import settings
from django.contrib.auth import get_user_model

NAME = "editor"
PASSWORD = "live-blog-demo"  # noqa: S105 - known to everybody: it opens only what is on this machine


def make() -> str:
    """Make the account unless there is one of its name; what to say about it. None is made for a public site."""
    users = get_user_model().objects
    if not settings.LOCAL:
        return "no account was made, because SITE_URL is public: manage.py createsuperuser makes one"
    if not (there := users.filter(username=NAME).exists()):
        users.create_superuser(NAME, "", PASSWORD)
    if not there or opens():
        return f"user {NAME}, password {PASSWORD}"
    return f"user {NAME}, with the password that it was given"


def opens() -> bool:
    """Whether the password that everybody knows lets anybody in."""
    account = get_user_model().objects.filter(username=NAME, is_active=True).first()
    return account is not None and account.check_password(PASSWORD)
