"""Names of accounts: what differs in capital letters alone is one name, for signing in does not tell them apart."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from articles.access.names import check_names

from .conftest import PASSWORD, member, signed_in


@pytest.fixture
def chief() -> Client:
    User.objects.create_superuser("chief", password=PASSWORD)
    return signed_in("chief")


def test_a_form_refuses_a_second_account_in_other_letters(anna: User, chief: Client) -> None:
    new = {"username": "ANNA", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert chief.post("/admin/auth/user/add/", new).status_code == 200
    other = member("bertha")
    address = f"/admin/auth/user/{other.pk}/change/"
    kept = {"is_active": "on", "is_staff": "on", "date_joined_0": "2026-01-01", "date_joined_1": "12:00"}
    refused = chief.post(address, {**kept, "username": "Anna"})
    assert "There is an account “anna” already" in refused.content.decode()
    assert chief.post(address, {**kept, "username": "Bertha"}).status_code == 302
    assert set(User.objects.values_list("username", flat=True)) == {"anna", "Bertha", "chief"}


def test_so_does_a_command(anna: User) -> None:
    with pytest.raises(CommandError, match="There is an account “anna” already"):
        call_command("createsuperuser", username="Anna", email="", interactive=False)
    with pytest.raises(ValidationError):
        User.objects.create_user("aNNa")


def test_those_that_there_are_already_are_named(anna: User) -> None:
    assert check_names(databases=["default"]) == []
    User.objects.bulk_create([User(username="Anna")])
    (said,) = check_names(databases=["default"])
    assert (said.id, "called ANNA" in said.msg) == ("liveblog.W007", True)
    anna.refresh_from_db()
    anna.first_name = "Anna"
    anna.save()
