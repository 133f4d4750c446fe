"""Takes the pictures in docs/screenshots anew: `.venv/bin/pytest tests/browser/screenshots.py`.

No part of the tests: its name keeps it out of what pytest collects by itself.
"""

import io
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings as project
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from articles.management.demo import data as demo
from articles.management.demo import loader
from articles.models import Coverage
from articles.publishing import KeyPointContent, coverages, sources, updates
from tests.scenes import ARABIC, LONG, SHORT, UKRAINIAN, photo, scene

from .desk import Desk, member, sign_in
from .server import Server

FOLDER = Path(project.BASE_DIR) / "docs" / "screenshots"
SIZES = {390: 844, 1280: 900}
COLOURS = 256
"""Enough for maps and type, and a quarter of the bytes: by octree, which tints nothing."""

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
    keep(page, f"{name}-{width}-{scheme}")
    context.close()


def keep(page: Page, name: str) -> None:
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = taken.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)


def shoot(chromium: Browser, server: Server, paths: Mapping[str, str]) -> None:
    """Each page by the name of its pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, path in paths.items():
        for width, scheme in ((390, "light"), (1280, "dark")) if name in TWO else FOUR:
            take(chromium, f"http://localhost:{server.port}{path}", name, width=width, scheme=scheme)


def test_take(transactional_db: None, settings: Any, data: Path, chromium: Browser, server: Server) -> None:
    settings.MEDIA_ROOT = data / "media"
    loader.load(print)
    live, ended = loader.standing(demo.live()), loader.standing(demo.ended())
    assert live
    assert ended
    shoot(chromium, server, {"front": "/"})  # before coverage that nobody would print side by side
    picture = photo("airspace.png", "A map of Europe")
    arabic = scene("arabic", ARABIC, language="ar", picture=photo("kyiv.png", "خريطة", "خريطة: ميريديان"))
    arabic_ended = scene("arabic-ended", ARABIC, language="ar")
    coverages.end(arabic_ended.coverage, successor=arabic.coverage)
    article = live.updates.filter(photo_captions__isnull=False, pinned=False).latest("published_at")
    paths = {
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
    shoot(chromium, server, paths)


# ── The desk ────────────────────────────────────────────────────────────────────────────────────────────

POSTED = [
    ("What we know, what we don’t", "Kyiv desk"),
    ("Oil rises above $100 again", "Brussels desk"),
    ("Delegations arrive for talks near Gomel", "Kyiv desk"),
]
POINTS = [
    "The first talks since the invasion began are due today on the border with Belarus.",
    "Russia’s central bank more than doubled its key rate to 20 percent.",
    "More than 500,000 people have left Ukraine.",
]
WRITTEN = (
    "Brent crude gained more than 5 percent in London. Traders pointed to the exclusion of Russian banks from the "
    "SWIFT messaging system"
)


def day() -> Coverage:
    """A morning's work: published, waiting for approval, unfinished."""
    created = coverages.create(
        headline="Sanctions bite as Ukraine and Russia prepare to talk", slug="sanctions-bite", time_zone="Europe/Kyiv"
    )
    begun = timezone.now() - timedelta(hours=5)
    coverage = coverages.start(created, at=begun)
    for number, (headline, author) in enumerate(POSTED):
        by = [sources.author_named(author)]
        at = begun + timedelta(minutes=100 * number + 7)
        updates.post(coverage, headline=headline, body=f"<p>{headline}.</p>", authors=by, published_at=at)
    updates.pin(coverage.updates.get(headline=POSTED[0][0]))
    updates.set_key_event(coverage.updates.get(headline=POSTED[2][0]))
    talks = coverage.updates.get(headline=POSTED[2][0])
    coverages.set_key_points(coverage, [KeyPointContent(POINTS[0], talks), *map(KeyPointContent, POINTS[1:])])
    return coverage


def write(desk: Desk) -> None:
    desk.composer.locator(".headline").fill("What the SWIFT exclusion means for gas")
    desk.type(WRITTEN)
    picture = Path(project.BASE_DIR) / "articles" / "management" / "demo" / "photos" / "key-rate.png"
    desk.composer.locator("[data-file]").set_input_files(picture)
    row = desk.composer.locator(".photo-row[data-id]")
    row.locator("[data-field=caption]").fill("The key rate, which the central bank more than doubled.")
    row.locator("[data-field=credit]").fill("Chart: The Meridian")
    desk.page.evaluate("document.activeElement.blur()")


def test_take_the_desk(transactional_db: None, settings: Any, data: Path, chromium: Browser, server: Server) -> None:
    settings.MEDIA_ROOT = data / "media"
    coverage, key = day(), (data / "secret-key").read_text()
    people = {name: member(name.lower(), "Editor", f"{name} desk") for name in ("Markets", "Odesa")}
    anna = member("anna", "Reporter", "Anna Reporter")
    draft = updates.post(coverage, headline="Why the ruble fell by a third", state="draft", by=people["Odesa"]).update
    street = {"headline": "Queues at cash machines in Moscow", "authors": [anna.author]}
    updates.post(coverage, state="submitted", by=anna, **street)

    def opened(who: Any, width: int = 1280, scheme: Any = "light") -> Desk:
        context = chromium.new_context(
            base_url=f"http://localhost:{server.port}",
            viewport={"width": width, "height": SIZES[width]},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        sign_in(context, who, server.port, key)
        return Desk(context.new_page(), coverage).open()

    other = opened(people["Odesa"])
    other.edit(draft)
    for width, scheme in FOUR:
        desk = opened(people["Markets"], width, scheme)
        write(desk)
        expect(desk.entry(draft)).to_contain_text("Odesa desk is editing now")
        keep(desk.page, f"desk-{width}-{scheme}")
        desk.page.context.close()
    desk = opened(people["Markets"])
    desk.edit(draft)
    desk.page.keyboard.type("It lost more in one night than in the year before.")
    other.page.keyboard.type("It fell because nobody in Moscow wanted to hold it over the weekend.")
    other.page.keyboard.press("Control+s")
    expect(other.entry(draft).locator(".composer")).to_have_count(0)
    desk.page.keyboard.press("Control+s")
    expect(desk.dialog).to_be_visible()
    keep(desk.page, "desk-conflict-1280-light")
    phone = opened(people["Markets"], 390)
    phone.page.route("**/desk/updates/", lambda route: route.abort())
    phone.publish(WRITTEN)
    expect(phone.outbox).to_contain_text("Waiting for the network")
    phone.outbox.scroll_into_view_if_needed()
    phone.page.evaluate("scrollBy(0, 200)")
    keep(phone.page, "desk-offline-390-light")
    for one in (other, desk, phone):
        one.page.context.close()
