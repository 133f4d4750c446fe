"""The arrows of docs/architecture.md: who may import whom."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
MAY_IMPORT = {
    "media": set(),
    "models": {"media"},
    "publishing": {"models", "media"},
    "changes": {"models"},
    # The name of the notification's channel is what joins the two wings.
    "delivery": {"changes", "models", "media", "publishing.edition.CHANNEL"},
    "public": {"delivery", "changes", "models", "media"},
    "templatetags": {"changes", "models", "media"},
    "access": set(),
    "admin": {"access", "templatetags", "public", "delivery", "publishing", "changes", "models", "media"},
    # Its public pages it asks for as a reader does, by address.
    "archive": {"delivery", "publishing", "changes", "models", "media"},
    "management": {"archive", "delivery", "publishing", "changes", "models", "media"},
    "migrations": {"models"},
    "apps": {"checks"},
    "checks": set(),
}


def imports_of(path: Path) -> set[str]:
    """What a file imports of articles, as "part" or "part.name.name"."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "articles":
            parts = (node.module or "").split(".")[1:]
            found |= {".".join([*parts, name.name]) for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            pytest.fail(f"{path}: import from articles by its whole name")
        elif isinstance(node, ast.Import):
            found |= {name.name.partition(".")[2] for name in node.names if name.name.startswith("articles.")}
    return found


def test_arrows() -> None:
    wrong = []
    for path in sorted((ROOT / "articles").rglob("*.py")):
        part = path.relative_to(ROOT / "articles").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for name in imports_of(path):
            to = name.split(".")[0]
            if to != part and to not in MAY_IMPORT[part] and name not in MAY_IMPORT[part]:
                wrong.append(f"{path.relative_to(ROOT)} imports articles.{name}")
    assert not wrong, "\n".join(wrong)


def test_articles_does_not_know_the_project() -> None:
    """Only the hub may ask the project, for the way to the database, and the checks, which database that is."""
    knowing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "articles").rglob("*.py")
        if "management" not in path.parts
        for line in path.read_text().splitlines()
        if line.startswith(("from liveblog", "import liveblog"))
    }
    assert knowing <= {"articles/delivery/hub.py", "articles/checks.py"}


ASKS = {"urllib.request", "urllib3", "http.client", "httpx", "requests", "aiohttp", "smtplib", "ftplib", "boto3"}
"""Modules with which a program asks others."""
MAY_ASK = {
    "articles/admin/takedown.py": "our own public addresses, at SITE_URL",
    "articles/management/relay.py": "nchan, at NCHAN_URL",
    "articles/management/commands/serve.py": "our own server, whether it answers by now",
}


def test_the_server_fetches_no_address_that_somebody_gave() -> None:
    """An embed's host, a link, a source of an import: nothing of what people type is ever asked for."""
    asking = set()
    for path in [*(ROOT / "articles").rglob("*.py"), *(ROOT / "liveblog").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if ASKS & {*names, getattr(node, "module", None)}:
                asking.add(str(path.relative_to(ROOT)))
    assert asking == set(MAY_ASK)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True)


def test_files_are_one_thing() -> None:
    """A file over 500 lines is two."""
    folders = ("articles", "liveblog", "tests", "templates", "static/js", "static/css", "bench")
    sources = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in {".py", ".js", ".css", ".html"}]
    long = {str(p): n for p in sources if "migrations" not in p.parts and (n := len(p.read_text().splitlines())) > 500}
    assert not long
