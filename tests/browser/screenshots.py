"""Takes the pictures in docs/screenshots anew: `.venv/bin/pytest tests/browser/screenshots.py`.

No part of the tests: its name keeps it out of what pytest collects by itself.
"""

import io
from pathlib import Path
from typing import Any

from django.conf import settings as project
from PIL import Image
from playwright.sync_api import Browser

from articles.management.demo import data as demo
from articles.management.demo import loader
from articles.publishing import coverages
from tests.scenes import ARABIC, LONG, SHORT, UKRAINIAN, photo, scene

from .server import Server

FOLDER = Path(project.BASE_DIR) / "docs" / "screenshots"
SIZES = {390: 844, 1280: 900}
COLOURS = 128
"""Enough for maps and type, and a third of the bytes."""

TWO = {"front", "ukrainian", "right-to-left-article", "right-to-left-ended"}
"""Taken narrow and light, wide and dark; the others in all four ways."""
FOUR = [(width, scheme) for width in SIZES for scheme in ("light", "dark")]


def take(chromium: Browser, address: str, name: str, *, width: int, scheme: Any) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=scheme,
        reduced_motion="reduce",
        timezone_id="America/New_York",
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = taken.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}-{width}-{scheme}.png", optimize=True)
    context.close()


def test_take(transactional_db: None, settings: Any, data: Path, chromium: Browser, server: Server) -> None:
    settings.MEDIA_ROOT = data / "media"
    loader.load(print)
    live, ended = loader.standing(demo.live()), loader.standing(demo.ended())
    assert live
    assert ended
    picture = photo("airspace.png", "A map of Europe")
    arabic = scene("arabic", ARABIC, language="ar", picture=photo("kyiv.png", "خريطة", "خريطة: ميريديان"))
    arabic_ended = scene("arabic-ended", ARABIC, language="ar")
    coverages.end(arabic_ended.coverage, successor=arabic.coverage)
    article = live.updates.filter(photo_captions__isnull=False, pinned=False).latest("published_at")
    paths = {
        "front": "/",
        "coverage": live.get_absolute_url(),
        "ended": ended.get_absolute_url(),
        "article": article.get_absolute_url(),
        "four-words-no-photo": scene("four", headline=SHORT).path,
        "forty-words": scene("forty", headline=LONG, picture=picture).path,
        "ukrainian": scene("kyiv", UKRAINIAN, language="uk", picture=picture).path,
        "right-to-left": arabic.path,
        "right-to-left-ended": arabic_ended.path,
        "right-to-left-article": arabic.article,
    }
    FOLDER.mkdir(exist_ok=True)
    for name, path in paths.items():
        for width, scheme in ((390, "light"), (1280, "dark")) if name in TWO else FOUR:
            take(chromium, f"http://localhost:{server.port}{path}", name, width=width, scheme=scheme)
