"""Every address under /admin/, derived from the URL conf, with ids of things that exist."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_tasks_db.models import DBTaskResult

from articles.access.models import Session
from articles.admin.desk.beside import MOVES
from articles.admin.desk.writing import STEPS
from articles.models import Author, Coverage, KeyPoint, Photo, PhotoCaption, Presence, Update

ROLES = ("Reporter", "Editor", "Administrator")
JSON, HTML, FORM = "application/json", "text/html", "application/x-www-form-urlencoded"

APP_INDEX = "admin/^(?P<app_label>auth|articles|django_tasks_database)/$"
ANYTHING = "admin/(?P<url>.*)$"


def client_of(role: str) -> Client:
    """Somebody who has this role, or none at all ("")."""
    user = User.objects.create_user(f"a-{role or 'guest'}".lower(), is_staff=bool(role))
    if role in ROLES:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each route of the URL conf, and its view."""
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, route)
        elif isinstance(one, URLPattern):
            yield route, one.callback


def _filled(route: str, things: dict[str, Any]) -> list[str]:
    """Its addresses. A KeyError: an address of a new kind; say below what shall stand in it."""
    head, bracket, rest = route.rpartition("<")
    if not bracket:
        assert not re.search(r"[\^(]", route), f"what stands in {route}?"
        return [f"/{route}"]
    parameter, _bracket, tail = rest.partition(">")
    before = head.rstrip("/").rpartition("/")[2]
    steps = {"coverage": MOVES, "<int:number>": STEPS}
    values = [*steps[before], "nonsense"] if parameter == "slug:name" else [things[before]]
    return [address for value in values for address in _filled(f"{head}{value}{tail}", things)]


def by_route(things: dict[str, Any]) -> dict[str, list[str]]:
    """Of each route under /admin/, the addresses."""
    update = things["update"]
    ids = {name: thing.pk for name, thing in things.items()}
    ids |= {
        "updates": update.pk,
        "photos": things["photo"].pk,
        "takedown": update.pk,
        "group": Group.objects.earliest("pk").pk,
    }
    ids |= {"user": User.objects.earliest("pk").pk, "dbtaskresult": _task(), "keys": 1}
    known = {APP_INDEX: ["/admin/articles/", "/admin/auth/"], ANYTHING: ["/admin/no/such/page"]}
    routes = [route for route, _view in patterns() if route.startswith("admin/")]
    return {route: known.get(route) or _filled(route, ids) for route in routes}


def addresses(things: dict[str, Any]) -> list[str]:
    return sorted({address for found in by_route(things).values() for address in found})


def _task() -> Any:
    return DBTaskResult.objects.values_list("pk", flat=True).first() or "00000000-0000-0000-0000-000000000000"


WATCHED = (Coverage, Update, Photo, Author, User, Authenticator, LogEntry, DBTaskResult)
WATCHED += (KeyPoint, PhotoCaption, Presence, User.groups.through, Group.permissions.through)  # type: ignore[assignment]


def state_of_all() -> list[Any]:
    """What an attacker would like to change."""
    tables = [list(model._default_manager.order_by("pk").values()) for model in WATCHED]  # type: ignore[attr-defined]
    tables.append(sorted(Session.objects.exclude(user=None).values_list("session_key", flat=True)))  # type: ignore[arg-type]
    return [[_without_login_time(row) for row in table] for table in tables]


def _without_login_time(row: Any) -> Any:
    return {name: value for name, value in row.items() if name != "last_login"} if isinstance(row, dict) else row


def refused(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was written down of refusals since it was last asked."""
    lines = [one.getMessage() for one in caplog.records if one.name == "liveblog.access"]
    caplog.clear()
    return [line for line in lines if line.startswith("refused ")]
