"""Settings come from the environment alone, stand in one table, and stop the start when they make no sense."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import checks

from articles import checks as ours
from liveblog import environment

ROOT = Path(settings.BASE_DIR)
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PRODUCTION = {
    "SITE_URL": "https://news.example",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "FORWARDED_ALLOW_IPS": "127.0.0.1",
}
READ = re.compile(r"""(?:env\.read|environ\.get|getenv)\(\s*"([A-Z0-9_]+)"|"([A-Z0-9_]+)" in os\.environ""")
ELSEWHERE = {"DJANGO_SETTINGS_MODULE", "CHROMIUM"}


@cache
def read_names() -> set[str]:
    """Every variable that the server's own code reads."""
    files = [ROOT / "manage.py", *(path for part in ("liveblog", "articles") for path in (ROOT / part).rglob("*.py"))]
    return {name for path in files for found in READ.findall(path.read_text()) for name in found if name} - ELSEWHERE


def table_names() -> set[str]:
    rows = [line.split("|")[1] for line in OPERATIONS.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall("`([A-Z0-9_]+)`", row)}


def test_the_table_names_what_is_read() -> None:
    assert table_names() == read_names()


def manage(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return run("manage.py", *words, **environment)


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if name not in read_names()}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=plain | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_documented_production_settings_are_clean(tmp_path: Path) -> None:
    said = manage("check", "--deploy", "--fail-level", "WARNING", LIVEBLOG_DATA=str(tmp_path), **PRODUCTION)
    assert said.returncode == 0, said.stderr
    block = OPERATIONS.partition("Production")[2]
    assert [name for name in PRODUCTION if name not in block] == []


NO_SENSE = [
    ("SITE_URL", "news.example"),
    ("SITE_URL", "https://user:hidden@news.example"),
    ("DATABASE_PATIENCE", "0"),
    ("DATABASE_POOL", "0"),
    ("DATABASE_URL", "nonsense://"),
    ("DATABASE_URL", "postgresql://liveblog@db.example:99999/liveblog"),
    ("DEBUG", "perhaps"),
    ("DISK_FREE_MB", "half"),
    ("FORWARDED_ALLOW_IPS", "127.0.0.1, nginx"),
    ("LANGUAGE_CODE", "xx"),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "LOUD"),
    ("NCHAN_URL", "127.0.0.1:8081"),
    ("PAGE_MEMORY_MB", "-1"),
    ("PAGE_UPDATES", "many"),
    ("POLL_SECONDS", "1"),
    ("PORT", "99999"),
    ("REQUIRE_ALT_TEXT", "sometimes"),
    ("S3_ENDPOINT_URL", "s3.example"),
    ("S3_ENDPOINT_URL", "https://s3.example"),  # and no bucket
    ("SECURE_SSL_REDIRECT", "2"),
    ("SENDFILE", "nginx"),
    ("SESSION_HOURS", "0"),
    ("TIME_ZONE", "Mars/Base"),
    ("TWO_FACTOR_ROLES", "Editor,Chief"),
]


def test_no_setting_is_forgotten_here() -> None:
    text = (ROOT / "liveblog" / "settings.py").read_text()
    of_a_kind = re.findall(r"""env\.read\(["']([A-Z0-9_]+)["'], env\.(?!words\b)""", text)
    assert set(of_a_kind) <= {name for name, _value in NO_SENSE}


@pytest.mark.parametrize(("name", "value"), NO_SENSE)
def test_what_makes_no_sense_is_named(name: str, value: str, tmp_path: Path) -> None:
    said = run("-c", "import liveblog.settings", LIVEBLOG_DATA=str(tmp_path), **{name: value})
    assert said.returncode != 0
    assert name in said.stderr.splitlines()[-1], said.stderr
    assert "hidden" not in said.stderr


@pytest.mark.parametrize(
    "senseless",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://user:pw@news.example",
        "https://user@news.example",
        "https://news.example/path",
        "https://news.example//",
        "https://news.example?q",
        "https://news.example#x",
        "https://news.example:abc",
        "https://news.example:99999",
        "https://news.example:",
        "https://news example",
        'https://news".example',
        "https://news..example",
        "https://-news.example",
        "https://новини.example",
        "https://[::g]",
        "https://[1:2]",
        "https://news.example\n",
    ],
)
def test_no_origin(senseless: str) -> None:
    with pytest.raises(ValueError, match=r"such as https://a\.example is needed"):
        environment.origin("https://a.example")(senseless)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("HTTPS://News.Example/", "https://news.example"),
        ("https://news.example:443", "https://news.example"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://push_server:80", "http://push_server"),
        ("https://xn--b1amarcd.example", "https://xn--b1amarcd.example"),
    ],
)
def test_an_origin_is_written_as_browsers_do(written: str, understood: str) -> None:
    assert environment.origin("https://a.example")(written) == understood


def test_a_public_site_needs_a_key(tmp_path: Path) -> None:
    said = run("-c", "import liveblog.settings", LIVEBLOG_DATA=str(tmp_path), SITE_URL="https://news.example")
    assert "SECRET_KEY is not set" in said.stderr.splitlines()[-1]


def ids(found: list[checks.CheckMessage]) -> set[str]:
    assert all(one.hint for one in found)
    return {str(one.id).removeprefix("liveblog.") for one in found}


WRONG: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("E001", ours.check_site, {"DEBUG": True, "LOCAL": False}),
    ("E002", ours.check_site, {"ALLOWED_HOSTS": ["other.example"], "SITE_URL": "https://news.example"}),
    ("E003", ours.check_site, {"SECRET_KEY": "short", "LOCAL": False}),
    ("E006", ours.check_site, {"METRICS_TOKEN": "abc"}),
    ("E004", ours.check_folders, {"MEDIA_ROOT": Path("/proc/nowhere")}),
    ("W001", ours.check_production, {"LOCAL": True}),
    ("W002", ours.check_production, {"LOCAL": False, "SITE_URL": "http://news.example"}),
    ("W003", ours.check_production, {"ALLOWED_HOSTS": ["*"]}),
    ("W005", ours.check_production, {"SITE_URL": "https://news.example", "LOCAL": False}),
]


@pytest.mark.parametrize(("id", "check", "wrong"), WRONG)
def test_what_operators_get_wrong_is_found(
    id: str, check: Callable[..., Any], wrong: dict[str, Any], settings: Any
) -> None:
    settings.TRUSTED_PROXIES = []
    settings.LOCAL, settings.SITE_URL, settings.ALLOWED_HOSTS = False, "http://news.example", ["news.example"]
    if id == "W002":
        settings.SITE_URL = "https://news.example"
    assert id not in ids(check())
    for name, value in wrong.items():
        setattr(settings, name, value)
    assert id in ids(check())


def test_a_clock_that_is_not_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = Path(str(find_spec("tzdata").submodule_search_locations[0]), "zoneinfo")  # type: ignore[union-attr,index]
    for zone, found in (("Etc/UTC", False), ("Europe/Kyiv", True), ("Europe/London", True)):
        monkeypatch.setattr(ours, "LOCALTIME", zones / zone)
        assert ("W006" in ids(ours.check_production())) is found


def test_a_proxy_that_is_everybody(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["*"]
    assert "W004" in ids(ours.check_production())


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [-60, 60])
def test_clocks_that_differ(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    assert ours.check_clocks(databases=["default"]) == []
    now = time.time
    monkeypatch.setattr("articles.checks.time.time", lambda: now() + seconds)
    (found,) = ours.check_clocks(databases=["default"])
    assert f"60 s {'ahead of' if seconds > 0 else 'behind'}" in found.msg
