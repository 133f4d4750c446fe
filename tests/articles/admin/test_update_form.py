"""The form of an update, as an editor uses it."""

from typing import Any

from django.test import Client

from articles.models import Author, Coverage, Update
from articles.publishing import updates

from .browser import form_of, post, send, text_of

ADD = "/admin/articles/update/add/"


def change(update: Update) -> str:
    return f"/admin/articles/update/{update.pk}/change/"


def test_a_new_update_begins_with_the_live_coverage_and_the_own_name(
    chief: Client, coverage: Coverage, author: Author
) -> None:
    form = form_of(chief.get(ADD), "update_form")
    assert form.fields["coverage"] == [str(coverage.pk)]
    assert form.fields["authors"] == [str(author.pk)]
    assert list(form.buttons) == ["_publish", "_submit", "_draft"]
    assert "Europe/Kyiv" in text_of(chief.get(ADD))


def test_publish(chief: Client, coverage: Coverage, author: Author, chief_user: Any) -> None:
    answer = send(chief, ADD, "_publish", {"headline": " It  is done ", "body": "<p>Yes.</p>", "key_event": "on"})
    assert answer.status_code == 302
    update = Update.objects.get()
    assert (update.headline, update.body, update.state, update.key_event) == (
        "It is done",
        "<p>Yes.</p>",
        "published",
        True,
    )
    assert update.authors == [author]
    assert update.history.get().history_user == chief_user
