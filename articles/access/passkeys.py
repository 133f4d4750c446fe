"""The forms of passkeys (MFA_FORMS): anybody can send anything as a credential, and the library stumbles over some."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms

STUMBLES = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


class _Composed:
    """What makes no sense fits no more than a wrong one does."""

    def full_clean(self: Any) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except STUMBLES:
            self.add_error("credential", get_adapter().validation_error("incorrect_code"))


class Login(_Composed, forms.LoginWebAuthnForm):  # type: ignore[misc]
    pass


class Authenticate(_Composed, forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class Reauthenticate(_Composed, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class Add(_Composed, forms.AddWebAuthnForm):  # type: ignore[misc]
    pass
