"""The takedown promise, through nginx with its cache: gone from every address after 60 s, from open pages after 2 s."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Browser, Page

from articles.admin.takedown import addresses, addresses_of_coverage
from articles.changes import iso
from articles.models import Coverage, Photo, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, renditions, sources, updates
from tests.articles.media.test_audio import sound
from tests.browser.waiting import until

from .conftest import SHOWN, Behind, Newsroom
from .crawl import ENCODINGS, Seen, crawl
from .nginx import Nginx

MARK = "Zebrafish"
"""Stands in everything that shall go."""
PROMISE = 60
"""Seconds."""
OTHERS = re.compile(r"^/oembed|/changes\?after=")
"""What is asked in as many ways as one likes: the report asks for one of them."""
AT_ONCE = 2_000
"""Milliseconds."""
WATCH = f"""() => {{
    const shows = () => (document.title + document.body.innerHTML).includes('{MARK}');
    if (!shows()) throw new Error('It is not there.');
    new MutationObserver(() => (window.lostAt ||= shows() ? 0 : Date.now()))
        .observe(document, {{ childList: true, subtree: true, characterData: true, attributes: true }});
}}"""

type Site = tuple[Nginx, list[Behind]]


@dataclass
class Doomed:
    """What will be taken down, all of it marked, in coverage of which the rest stays."""

    withdrawn: Update
    pictured: Update
    """Stays, without its photo."""
    photo: Photo
    erased: Update
    its_photo: Photo
    coverage: Coverage
    former: str
    """The address that it once had."""

    def take_down(self) -> None:
        updates.withdraw(self.withdrawn, "Not so")
        sources.withdraw_photo(self.photo, "Not ours")
        updates.erase(self.erased)
        coverages.withdraw(self.coverage, "Not so")

    def own(self, slug: str) -> re.Pattern[str]:
        """Matches the addresses that are of it alone."""
        ways = [
            rf"/live/{slug}/(?:{self.withdrawn.pk}|{self.erased.pk})(?:-|/)",
            rf"/live/{slug}/card-(?:{self.withdrawn.pk}|{self.erased.pk})-",
            rf"/(?:live|embed)/{self.coverage.slug}(?:/|\.)",
            *(f"/media/{one.stem}[./]" for one in (self.photo, self.its_photo)),
            *(f"/media/{one.audio.name}" for one in (self.withdrawn, self.erased, self.coverage)),
        ]
        return re.compile("|".join(ways))


def heard() -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{MARK}.wav", sound(1))


@pytest.fixture
def doomed(newsroom: Newsroom, picture: Callable[..., SimpleUploadedFile]) -> Doomed:
    newsroom.fill(10)

    def pictured(name: str, minute: int, **content: Any) -> tuple[Update, Photo]:
        shown = sources.add_photo(image=picture((400, 300)), alt=f"{MARK} alt", credit=f"{MARK} credit")
        renditions.render(shown)
        placed = [PlacedPhoto(shown, f"{MARK} caption")]
        return newsroom.post(name, photos=placed, published_at=newsroom.at(minute), key_event=True, **content), shown

    text = {"body": f"<p>{MARK} body</p>", "correction": f"{MARK} correction"}
    withdrawn = newsroom.post(f"{MARK} headline", key_event=True, published_at=newsroom.at(9.5), audio=heard(), **text)
    kept, its = pictured("Stays, without its photo", 8)
    erased, gone = pictured(f"{MARK} erased", 3, audio=heard(), **text)  # beyond the first page
    points = [KeyPointContent("A point", withdrawn), KeyPointContent("Another", erased)]
    coverages.set_key_points(newsroom.coverage, points)
    other = coverages.create(
        headline=f"{MARK} day", slug=f"zebrafish-{newsroom.coverage.slug}", summary=f"{MARK} summary", audio=heard()
    )
    other = coverages.start(other)
    former = other.get_absolute_url()
    coverages.edit(other, slug=f"{other.slug}-2")
    updates.post(other, headline=f"{MARK} inside", key_event=True, **text)
    return Doomed(withdrawn, kept, its, erased, gone, Coverage.objects.get(pk=other.pk), former)


def shows(doomed: Doomed, slug: str, seen: list[Seen]) -> list[tuple[str, int]]:
    """The addresses, and their status, that show something of it or are still there for it alone."""
    own = doomed.own(slug)
    return [
        (one.address, one.status)
        for one in seen
        # without the words of the very address that was asked for
        if MARK.lower() in one.text.replace(one.address, "").lower() or (own.match(one.address) and one.status < 400)
    ]


def test_nothing_of_it_is_left(doomed: Doomed, newsroom: Newsroom, site: Site, settings: Any) -> None:
    """A minute passes by making nginx's cache a minute older; test_a_real_minute_later waits for one."""
    nginx, _ = site
    before = warmed(nginx, doomed, newsroom.coverage.slug)
    settings.PAGE_UPDATES = int(SHOWN["PAGE_UPDATES"])
    by_path: dict[str, Callable[[], list[str]]] = {
        f"{newsroom.path}{one.pk}": partial(addresses, Update.objects.select_related("coverage").get(pk=one.pk))
        for one in (doomed.withdrawn, doomed.erased)
    }
    by_path[doomed.coverage.get_absolute_url()[:-1]] = partial(addresses_of_coverage, doomed.coverage)
    sounds = {one.audio.url for one in (doomed.withdrawn, doomed.erased)}
    assert sounds <= {address for looked_at in by_path.values() for address in looked_at()}
    seen = crawl(nginx)
    for path, looked_at in by_path.items():
        own = re.compile(re.escape(path) + r"(?=[-/.\"'<?#])")
        showing = {one.address for one in seen if own.search(one.text) and one.status == HTTPStatus.OK}
        missed = sorted(one for one in showing - set(looked_at()) if not OTHERS.search(one))
        assert missed == [], "the report would call it gone, and it was there"
    doomed.take_down()
    until(lambda: heard_of(nginx, doomed))
    nginx.age(PROMISE)
    expect_nothing(doomed, newsroom.coverage.slug, crawl(nginx, before))


@pytest.mark.soak
def test_a_real_minute_later(doomed: Doomed, newsroom: Newsroom, site: Site) -> None:
    """With readers who go on asking for all of it, in every encoding, so that caches renew what they have."""
    nginx, _ = site
    before = warmed(nginx, doomed, newsroom.coverage.slug, ENCODINGS)
    doomed.take_down()
    gone = time.monotonic()
    while time.monotonic() < gone + PROMISE:
        crawl(nginx, before, ENCODINGS)
    expect_nothing(doomed, newsroom.coverage.slug, crawl(nginx, before, ENCODINGS))


def test_open_pages_lose_it_at_once(doomed: Doomed, newsroom: Newsroom, site: Site, chromium: Browser) -> None:
    nginx, _ = site
    slug, newest = newsroom.coverage.slug, newsroom.posted[0]
    assert newest.published_at
    context = chromium.new_context(base_url=nginx.origin, ignore_https_errors=True)
    addresses = [
        newsroom.path,
        f"/embed/{slug}/",
        *(one.get_absolute_url() for one in (doomed.withdrawn, doomed.pictured)),
        doomed.coverage.get_absolute_url(),
        f"{newsroom.path}in-order/",
        f"{newsroom.path}key-updates/",
        f"{newsroom.path}?before={iso(newest.published_at)}_{newest.pk}",
    ]
    pages = [opened(context.new_page(), address) for address in addresses]
    doomed.take_down()
    gone = time.time() * 1000
    times = {page.url: lost_at(page) - gone for page in pages}
    context.close()
    assert max(times.values()) < AT_ONCE, times


def opened(page: Page, address: str) -> Page:
    """The address in a page that notes when it shows the mark no more."""
    page.goto(address)
    page.wait_for_function("() => (document.querySelector('.page') ?? document.body).matches(':defined')")
    page.evaluate(WATCH)
    return page


def lost_at(page: Page) -> float:
    """When nothing of it stood in the page any more: milliseconds since 1970."""
    return float(page.wait_for_function("() => window.lostAt", timeout=30_000).json_value())


def warmed(nginx: Nginx, doomed: Doomed, slug: str, encodings: Sequence[str] = ENCODINGS[:1]) -> set[str]:
    """All addresses, with what is doomed in the cache, and headers that keep the promise."""
    nginx.age(PROMISE)  # what others before us asked for is not what there is
    before = crawl(nginx, [doomed.former], encodings)
    bare = re.compile(r"/live/[^/]+/(?:changes|older)$")  # what scripts put their questions after
    lost = {(one.address, one.status) for one in before if one.status not in {200, 301}}
    assert {one for one in lost if not bare.match(one[0])} == set()
    assert len({address for address, _ in shows(doomed, slug, before)}) > 60, "else nothing could be left"
    assert [one for one in before if _longest(one) > PROMISE] == []
    return {one.address for one in before}


def heard_of(nginx: Nginx, doomed: Doomed) -> bool:
    asked = nginx.get(f"{doomed.withdrawn.coverage.get_absolute_url()}changes?after={doomed.withdrawn.version}")
    return b'"removed":[]' not in asked.body and nginx.get(doomed.coverage.get_absolute_url()).status == HTTPStatus.GONE


def expect_nothing(doomed: Doomed, slug: str, after: list[Seen]) -> None:
    assert shows(doomed, slug, after) == []
    assert {one.status for one in after} <= {200, 301, 302, 400, 404, 410}
    assert f"/live/{slug}/" in {one.address for one in after if one.status == HTTPStatus.OK}, "what stays is there"


def _longest(seen: Seen) -> int:
    """Seconds for which caches may show it: nginx's, and one before nginx that was given it at the last moment."""
    told = {name: int(value) for name, value in re.findall(r"([a-z-]+)=(\d+)", seen.cache_control)}
    if "no-store" in seen.cache_control or not told:
        return 0
    fresh = told.get("s-maxage", told.get("max-age", 0))
    stale = max(told.get("stale-while-revalidate", 0), told.get("stale-if-error", 0))
    return fresh + stale + (fresh if seen.kept_by else 0)
