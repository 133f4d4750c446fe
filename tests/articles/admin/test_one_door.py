"""Nothing in the admin writes past publishing, and nothing stands around publishing's transactions."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client

from articles import admin as articles_admin
from articles.admin.base import PublishingAdmin
from articles.models import Author, Coverage, Photo, Update
from articles.publishing import edition

from .browser import send

WRITING = {
    "save",
    "delete",
    "update",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "save_m2m",
    "set",
    "add",
    "remove",
    "clear",
    "atomic",
}
ON_OTHERS = {
    ("__dict__", "update"),  # a plain dict
    ("self", "remove"),  # the admin's own, which calls publishing
    ("coverages", "create"),  # publishing's
    ("event", "set"),  # asyncio's
    ("event", "clear"),
}


def calls(path: Path) -> list[tuple[str, str, int]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = getattr(owner, "attr", None) or getattr(owner, "id", "?")
            found.append((name, node.func.attr, node.lineno))
    return found


def test_no_model_is_written_to() -> None:
    folder = Path(articles_admin.__file__).parent
    wrong = [
        f"{path.name}:{line}: {owner}.{name}()"
        for path in sorted(folder.rglob("*.py"))
        for owner, name, line in calls(path)
        if name in WRITING and (owner, name) not in ON_OTHERS
    ]
    assert not wrong


@pytest.mark.parametrize("model", [Update, Coverage, Photo, Author])
def test_no_way_of_djangos_around_it(model: Any) -> None:
    registered = admin.site.get_model_admin(model)
    assert isinstance(registered, PublishingAdmin)
    assert not registered.list_editable, "Django would save such lists in a transaction of its own"


def test_no_transaction_stands_around(chief: Client, coverage: Coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction is the only one outside of publishing's."""
    depths = []
    clock = edition.clock
    monkeypatch.setattr(edition, "clock", lambda: (depths.append(len(connection.atomic_blocks)), clock())[1])
    outside = len(connection.atomic_blocks)
    send(chief, "/admin/articles/update/add/", "_publish", {"headline": "x"})
    update = Update.objects.get()
    send(chief, f"/admin/articles/update/{update.pk}/change/", "_save", {"headline": "y"})
    chief.post(f"/admin/articles/update/{update.pk}/delete/", {"post": "yes", "reason": "z"})
    assert depths == [outside + 1] * 3
