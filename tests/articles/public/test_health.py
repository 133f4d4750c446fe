"""What /readyz says of a database that is behind, and of a process that hears nothing; tests/chaos cuts real ones."""

import time
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from articles.delivery import mode
from articles.delivery.front import STALE
from articles.delivery.hub import hub

pytestmark = pytest.mark.django_db


def checks() -> tuple[int, dict[str, str]]:
    answer = Client().get("/readyz")
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()["checks"]


def test_all_is_well() -> None:
    assert checks() == (200, {"database": "ok", "listener": "ok", "disk": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_who_watches_asks_a_process_and_no_name(path: str, settings: Any) -> None:
    """The container's own check, a load balancer, Prometheus: by address, over plain HTTP, where the site has https."""
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://news.example", ["news.example"]
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert Client().get("/", headers={"Host": "10.0.0.7:8000"}).status_code == 400
    assert Client().get("/", headers={"Host": "news.example"}).status_code == 301


def test_a_migration_is_missing() -> None:
    MigrationRecorder.Migration.objects.filter(app="articles").latest("id").delete()
    status, said = checks()
    assert (status, said["database"]) == (503, "1 migrations are not applied: manage.py migrate")


def test_nobody_has_confirmed_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mode, "streaming", True)
    monkeypatch.setattr(hub, "confirmed_at", time.monotonic() - STALE - 5)
    status, said = checks()
    assert (status, said["listener"]) == (503, "the versions were last confirmed 50 s ago")


def test_too_little_is_free(settings: Any) -> None:
    settings.DISK_FREE = 2**60
    status, said = checks()
    assert (status, "MB are free" in said["disk"]) == (503, True)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_numbers_are_not_given_through_a_proxy(header: str) -> None:
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", headers={header: "203.0.113.5"}).status_code == 404
