"""Signing in and second factors in a real browser, with a passkey of Chromium's virtual authenticator."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.articles.access.conftest import code_of

from .conftest import Newsroom
from .desk import PASSWORD, member
from .test_accessibility import SCROLLS, faults

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Visitor:
    """Anna at the door. Each page that she sees is looked at, narrow and wide."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        page.emulate_media(reduced_motion="reduce")

    def see(self, selector: str) -> None:
        expect(self.page.locator(selector).first).to_be_visible()
        for width in (320, 1280):
            self.page.set_viewport_size({"width": width, "height": 800})
            self.found += [f"{self.page.url} scrolls sideways at {width}"] if self.page.evaluate(SCROLLS) else []
        self.found += faults(self.page)

    def enter(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)
        self.page.keyboard.press("Enter")

    def is_in(self) -> None:
        expect(self.page.locator("#user-tools")).to_be_visible()

    def sign_in(self) -> None:
        self.page.goto("/admin/login/")
        self.page.fill("#id_login", "anna")
        self.enter("#id_password", PASSWORD)

    def sign_out(self) -> None:
        self.page.goto("/admin/")
        self.page.locator("#logout-form button").click()
        expect(self.page.locator("#passkey_login")).to_be_visible()

    def set_up_app(self) -> str:
        """The secret that the app has from the picture."""
        self.page.goto("/admin/two-factor/")
        self.see("section")
        self.page.get_by_role("button", name="Activate").click()
        self.enter("#id_password", PASSWORD)
        self.see(".qr")
        secret = self.page.locator("#authenticator_secret").input_value()
        self.enter("#id_code", code_of(secret))
        expect(self.page.locator("#recovery_codes")).to_have_value(re.compile(r"(\d{8}\s?){10}"))
        return secret

    def set_up_passkey(self) -> None:
        self.page.goto("/admin/two-factor/webauthn/add/")
        self.enter("#id_password", PASSWORD)
        self.page.check("#id_passwordless")
        self.page.locator("#mfa_webauthn_add").click()
        expect(self.page.get_by_text("You have added 1 security key.")).to_be_visible()


@pytest.fixture
def anna(newsroom: Newsroom, page: Page) -> Visitor:
    member("anna", "Reporter", "Anna")
    return Visitor(page)


def test_an_app_and_a_passkey(anna: Visitor, page: Page) -> None:
    """Set up, and used to come in: the app's code as a second factor, the passkey as one and alone."""
    anna.sign_in()
    anna.is_in()
    page.goto("/admin/sessions/")
    anna.see("table")
    secret = anna.set_up_app()
    anna.sign_out()
    anna.sign_in()
    anna.see("#id_code")
    anna.enter("#id_code", code_of(secret))
    anna.is_in()

    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
    anna.set_up_passkey()
    anna.sign_out()
    anna.sign_in()
    page.locator("#mfa_webauthn_authenticate").click()
    anna.is_in()

    anna.sign_out()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.locator("#passkey_login").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    anna.see("[role=alert]")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.locator("#passkey_login").click()
    anna.is_in()
    assert not anna.found
