"""The units for systemd: hardened, and with commands that this server knows. They are not run here."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

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
