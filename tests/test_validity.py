"""The HTML of every page passes the Nu validator (validator.github.io), all pages in one run.

A Java program of 32 MB, fetched once with npm. Where there is no Java or no npm the check is skipped, and says so.
"""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.template.loader import render_to_string
from django.test import Client

from articles.publishing import coverages, updates

from .scenes import LONG, photo, pseudo_scene, scene

RELEASE = "vnu-jar@26.9.27"
SHA256 = "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47"
KEPT = Path(project.BASE_DIR) / ".venv" / "vnu.jar"


@pytest.fixture(scope="session")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("java", "npm"):
        if not shutil.which(program):
            pytest.skip(f"The Nu validator needs {program}, which is not installed.")
    if not KEPT.exists() or hashlib.sha256(KEPT.read_bytes()).hexdigest() != SHA256:
        folder = tmp_path_factory.mktemp("vnu")
        subprocess.run(["npm", "pack", "--silent", RELEASE], cwd=folder, check=True, timeout=300)
        with tarfile.open(next(folder.glob("*.tgz"))) as packed:
            packed.extract("package/build/dist/vnu.jar", folder, filter="data")
        jar = folder / "package/build/dist/vnu.jar"
        assert hashlib.sha256(jar.read_bytes()).hexdigest() == SHA256
        shutil.copy(jar, KEPT)
    return KEPT


@pytest.fixture
def folder(transactional_db: None, settings: Any, client: Client, tmp_path: Path) -> Path:
    """Every page, a file each."""
    picture = photo()
    live, ended = scene("live", picture=picture, headline=LONG), scene("ended", picture=picture)
    coverages.end(ended.coverage, successor=live.coverage)
    arabic = pseudo_scene("arabic", picture)
    updates.withdraw(arabic.posted[1], "wrong")
    coverages.create(headline="Draft", slug="draft")
    place = f"?before={live.posted[4].published_at:%Y-%m-%dT%H:%M:%S.000Z}_{live.posted[4].pk}"
    paths = ["/", live.path, live.article, live.path + place, live.path + "key-updates/", live.path + "?before=x"]
    paths += [ended.path, ended.article, ended.path + "in-order/", "/embed/live/", arabic.path, arabic.article]
    paths += [arabic.posted[1].get_absolute_url()]
    for number, path in enumerate(paths):
        (tmp_path / f"{number}.html").write_bytes(client.get(path).content)
    for status in (400, 403, 404, 500):
        (tmp_path / f"{status}.html").write_text(render_to_string(f"{status}.html"))
    return tmp_path


def test_every_page_is_valid(folder: Path, validator: Path) -> None:
    command = ["java", "-Xss1m", "-jar", str(validator), "--format", "gnu", "--skip-non-html", str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stderr
    assert not said
