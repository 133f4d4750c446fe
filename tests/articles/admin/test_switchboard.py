"""The switchboard: who may use it, what it does, and that what makes no sense is said."""

import pytest
from django.test import Client
from django.urls import reverse

from articles.models import Coverage

ADDRESS = reverse("admin:switchboard")


def switch(client: Client, coverage: Coverage, mode: str, seconds: str = "") -> str:
    named = {f"{coverage.pk}-mode": mode, f"{coverage.pk}-poll_seconds": seconds, "coverage": coverage.slug}
    return client.post(ADDRESS, named, follow=True).content.decode()


def test_it_switches_one_coverage_and_remembers_who(editor: Client, coverage: Coverage) -> None:
    before = coverage.version
    assert "open pages follow at once" in switch(editor, coverage, "frozen", "60")
    now = Coverage.objects.get(pk=coverage.pk)
    assert (now.mode, now.poll_seconds, now.version > before) == ("frozen", 60, True)
    assert now.history.latest().history_user.username == "editor"
    version = now.version
    switch(editor, coverage, "frozen", "60")
    assert Coverage.objects.get(pk=coverage.pk).version == version, "the same again changes nothing"


@pytest.mark.parametrize(("mode", "seconds"), [("loud", "60"), ("poll", "1"), ("poll", "301"), ("poll", "soon")])
def test_what_makes_no_sense_is_said(editor: Client, coverage: Coverage, mode: str, seconds: str) -> None:
    assert "errorlist" in switch(editor, coverage, mode, seconds)
    assert Coverage.objects.get(pk=coverage.pk).mode == "stream"


def test_not_for_everybody(viewer: Client, writer: Client, coverage: Coverage, client: Client) -> None:
    for somebody in (viewer, writer):
        assert somebody.get(ADDRESS).status_code == 403
        assert somebody.post(ADDRESS, {"coverage": coverage.slug}).status_code == 403
    assert client.get(ADDRESS).status_code == 302
