"""The units for systemd: hardened, and with commands that this server knows. They are not run here.

`deploy/liveblog`, for what is typed beside them, is.
"""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

TYPED = Path(settings.BASE_DIR, "deploy", "liveblog")
UNITS = sorted(Path(settings.BASE_DIR, "deploy", "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_they_are_hardened(unit: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert exposure and float(exposure[1]) < 3, said.stdout + said.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_their_commands_can_be_typed(unit: Path) -> None:
    text = re.sub(r"\$\(.*?\)", "x", unit.read_text())
    called = re.findall(r"manage\.py ([^\"\n]+)", text)
    assert called
    for name, *words in (shlex.split(line) for line in called):
        app = "django.core" if name == "migrate" else "articles"
        load_command_class(app, name).create_parser("manage.py", name).parse_args(words)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_is_typed_has_their_user_settings_and_data(unit: Path) -> None:
    theirs, typed = unit.read_text(), TYPED.read_text()
    for name, ours in (
        ("User", "user="),
        ("Group", "user="),
        ("EnvironmentFile", "settings="),
        ("Environment", "export "),
        ("WorkingDirectory", "project="),
        ("UMask", "umask "),
    ):
        (value,) = re.findall(rf"^{name}=(.*)$", theirs, re.MULTILINE)
        assert f"\n{ours}{value}\n" in typed


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another")
def test_what_is_typed_is_run_as_the_units_would() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)  # for others than root
        python = place / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(
            '#!/bin/sh\nid -un; umask; cat; printf "%s\\n" "$LIVEBLOG_DATA" "$SITE_URL" "$SECRET_KEY" "$@"\n'
        )
        python.chmod(0o755)
        env = place / "env"
        env.write_text('# comment=1\n\nSITE_URL="https://news.example"\nSECRET_KEY=a b$c\'d`e=\\f#g')
        env.chmod(0o600)
        script = place / "liveblog"
        typed = TYPED.read_text().replace("/etc/liveblog.env", str(env)).replace("/srv/liveblog", folder)
        script.write_text(typed.replace("user=liveblog", "user=daemon"))
        said = subprocess.run(
            ["sh", script, "post_update", "--headline", "Costs $5 or 6%"],
            input="From stdin\n",
            capture_output=True,
            text=True,
            check=True,
        )
    assert said.stdout.splitlines() == [
        "daemon",
        "0027",
        "From stdin",
        "/var/lib/liveblog",
        "https://news.example",
        "a b$c'd`e=\\f#g",
        f"{folder}/manage.py",
        "post_update",
        "--headline",
        "Costs $5 or 6%",
    ]
