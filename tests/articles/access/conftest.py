"""People with passwords, and browsers at addresses."""

import base64
import hmac
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

PASSWORD = "correct horse battery"
HOME = "198.51.100.1"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes."""


def member(name: str, role: str = "Reporter", **more: Any) -> User:
    user: User = User.objects.create_user(name, password=PASSWORD, **{"is_staff": True, **more})
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def anna() -> User:
    return member("anna")


def sign_in(client: Client, name: str = "anna", password: str = PASSWORD, address: str = HOME, **more: str) -> Any:
    """The answer to the form of the sign-in page, redirects not followed."""
    sent = {"login": name, "password": password, **more}
    return client.post("/admin/login/", sent, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def signed_in(name: str, **more: Any) -> Client:
    client = Client()
    sign_in(client, name, **more)
    assert is_in(client)
    return client


def confirm(client: Client) -> None:
    """Say the password once more, as what changes second factors demands."""
    assert client.post("/admin/reauthenticate/", {"password": PASSWORD}).status_code == 302


def code_of(secret: str) -> str:
    """What an authenticator app shows (RFC 6238), for some seconds yet."""
    if (left := 30 - time.time() % 30) < 3:
        time.sleep(left)
    counter = struct.pack(">Q", int(time.time() // 30))
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def enrol(client: Client) -> str:
    """Set up an authenticator app; its secret."""
    confirm(client)
    secret = str(client.get("/admin/two-factor/totp/activate/").context["form"].secret)
    answer = client.post("/admin/two-factor/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was written down at the door."""
    caplog.set_level("INFO", "liveblog.access")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "liveblog.access"]
