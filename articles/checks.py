"""What operators get wrong, found before readers do: `manage.py check`, and with `--deploy` what production needs."""

import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.db import DatabaseError, connections
from django.http.request import validate_host

from liveblog import postgres

ID = "liveblog"
SKEW = 2
"""Seconds by which this machine's clock may differ from the database's."""
SHORT_KEY = 32
SHORT_TOKEN = 16
LOCALTIME = Path("/etc/localtime")


@checks.register(Tags.security)
def check_site(**_options: Any) -> list[CheckMessage]:
    """The address, the hosts and the key, which must fit each other wherever the site runs."""
    found: list[CheckMessage] = []
    host = str(urlsplit(settings.SITE_URL).hostname)
    if settings.DEBUG and not settings.LOCAL:
        found.append(
            Error(
                f"DEBUG is on, and SITE_URL is public ({settings.SITE_URL}): errors would show our settings.",
                hint="Unset DEBUG; look into the log instead.",
                id=f"{ID}.E001",
            )
        )
    if not validate_host(host, settings.ALLOWED_HOSTS):
        found.append(
            Error(
                f"ALLOWED_HOSTS does not name {host}, the host of SITE_URL: every reader would be refused.",
                hint=f"Add it: ALLOWED_HOSTS={','.join([host, *settings.ALLOWED_HOSTS])}, or unset ALLOWED_HOSTS.",
                id=f"{ID}.E002",
            )
        )
    if not settings.LOCAL and len(settings.SECRET_KEY) < SHORT_KEY:
        found.append(
            Error(
                f"SECRET_KEY has {len(settings.SECRET_KEY)} characters: whoever guesses it can sign in as anybody.",
                hint="Make a long one: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id=f"{ID}.E003",
            )
        )
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORT_TOKEN:
        found.append(
            Error(
                f"METRICS_TOKEN has {len(settings.METRICS_TOKEN)} characters: whoever guesses it reads our numbers.",
                hint="Make a long one: python -c 'import secrets; print(secrets.token_urlsafe())'; or unset it.",
                id=f"{ID}.E006",
            )
        )
    return found


@checks.register(Tags.files)
def check_folders(**_options: Any) -> list[CheckMessage]:
    """Pictures that cannot be kept are found by an editor, in the middle of the news, if not here."""
    folders = {"media": settings.MEDIA_ROOT, "static files": settings.STATIC_ROOT}
    return [
        Error(
            f"The folder of {name}, {folder}, cannot be written: {why}.",
            hint=f"Give it to the user who runs this (number {os.getuid()}), or name another place in LIVEBLOG_DATA.",
            id=f"{ID}.E004",
        )
        for name, folder in folders.items()
        if (why := _why_not_writable(Path(folder)))
    ]


def _why_not_writable(folder: Path) -> str:
    """Why no file can be made in it; empty when one can. What does not exist yet must be possible to make."""
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return str(error.strerror)


@checks.register(Tags.database)
def check_clocks(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Versions and times are the database's; what this machine's clock says of them must agree."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        try:
            skew = _skew(alias)
        except DatabaseError as error:
            hint = "Start PostgreSQL, or correct DATABASE_URL; without it, an embedded PostgreSQL is used."
            found.append(Error(postgres.sentence(error, alias), hint=hint, id=f"{ID}.E007"))
            continue
        if abs(skew) > SKEW:
            found.append(
                Error(
                    f"This machine’s clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the database’s.",
                    hint="Have both set by NTP (timedatectl set-ntp true): scheduled updates come out at wrong times.",
                    id=f"{ID}.E005",
                )
            )
    return found


def _skew(alias: str) -> float:
    """Seconds by which our clock is ahead."""
    with connections[alias].cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs = float(cursor.fetchone()[0])
    # The answer was made between the two, so what lies there is no difference.
    return min(0.0, time.time() - theirs) or max(0.0, before - theirs)


@checks.register(Tags.security, deploy=True)
def check_production(**_options: Any) -> list[CheckMessage]:
    """What is right on a newcomer's own machine and wrong where readers come from."""
    found: list[CheckMessage] = []
    if settings.LOCAL:
        found.append(
            Warning(
                f"SITE_URL is {settings.SITE_URL}: every link in feeds and shares leads to the reader’s own machine.",
                hint="Set it to the public address, such as SITE_URL=https://news.example.",
                id=f"{ID}.W001",
            )
        )
    elif not settings.SITE_URL.startswith("https:"):
        found.append(
            Warning(
                "SITE_URL has no https: passwords and what is posted can be read on the way.",
                hint="Put TLS in front (deploy/nginx), and set SITE_URL=https://…",
                id=f"{ID}.W002",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "ALLOWED_HOSTS lets every host name through.",
                hint="Name yours, separated by commas, or unset it: then it is the host of SITE_URL.",
                id=f"{ID}.W003",
            )
        )
    return [*found, *_check_proxy(), *_check_machine()]


def _check_proxy() -> list[CheckMessage]:
    trusted = settings.TRUSTED_PROXIES
    if "*" in trusted:
        return [
            Warning(
                "FORWARDED_ALLOW_IPS trusts everybody: whoever reaches the application can claim any address.",
                hint="Name the proxy’s own address, such as FORWARDED_ALLOW_IPS=127.0.0.1.",
                id=f"{ID}.W004",
            )
        ]
    if trusted or not settings.SITE_URL.startswith("https:"):
        return []
    return [
        Warning(
            "FORWARDED_ALLOW_IPS names no proxy, so everybody seems to be the proxy: limits would hit all at once.",
            hint="Name the address from which the proxy that does TLS asks, such as FORWARDED_ALLOW_IPS=127.0.0.1.",
            id=f"{ID}.W005",
        )
    ]


def _check_machine() -> list[CheckMessage]:
    offset = _offset()
    if not offset:
        return []
    return [
        Warning(
            f"This machine’s clock is set to a zone that is {offset} from UTC: its logs repeat or skip an hour.",
            hint="Set it to UTC (timedatectl set-timezone UTC); readers’ and editors’ zones do not depend on it.",
            id=f"{ID}.W006",
        )
    ]


def _offset() -> str:
    """The machine's own zone, which Django hides from this process; empty when it is UTC all year."""
    try:
        with LOCALTIME.open("rb") as file:
            local = ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return ""  # without that file, it is UTC (localtime(5))
    offsets = {datetime(2026, month, 1, tzinfo=UTC).astimezone(local).strftime("%z") for month in (1, 7)}
    return " or ".join(sorted(offsets)) if offsets != {"+0000"} else ""
