"""How allauth lets people in here: staff alone, nobody locked out by others, and secrets that a backup does not give
away."""

import secrets
from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from .told import account, tell


class Staff(AuthenticationBackend):  # type: ignore[misc]
    """Only staff has sessions: who is no longer staff, or not active, is nobody at the next request."""

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(super().user_can_authenticate(user) and user.is_staff)


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in (ACCOUNT_ADAPTER)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What failed attempts are counted under: account and address together.

        allauth counts by account alone, and then whoever guesses at an account keeps its owner out; and by the Host
        header with its port, of which there are as many as a guesser likes.
        """
        return f"{str(credentials.get('username', '')).lower()}:{get_ip(request)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            tell("sign-in put off", request, of=account(credentials))
            raise

    def pre_login(self, request: HttpRequest, user: Any, **how: Any) -> Any:
        if user.is_active and user.is_staff:
            return super().pre_login(request, user, **how)
        clear_login(request)
        tell("sign-in refused", request, user, why="not active, or not staff")
        return self.respond_user_inactive(request, user)


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors (MFA_ADAPTER)."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": str(urlsplit(settings.SITE_URL).hostname), "name": settings.PUBLICATION_NAME}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was encrypted with another SECRET_KEY is as good as lost: a secret that no code fits."""
        try:
            return _cipher().decrypt(encrypted_text).decode()
        except InvalidToken:
            return b32encode(secrets.token_bytes(20)).decode()


def _cipher() -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(f"second factors {settings.SECRET_KEY}".encode()).digest()))
