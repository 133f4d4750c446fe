"""What other sites and machines are given: cards, JSON-LD, feeds, sitemaps, oEmbed, frames, and the story in order."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as project
from django.test import Client
from django.utils import timezone

from articles.changes import iso
from articles.models import Coverage, Update
from articles.public import sitemaps
from articles.publishing import PlacedPhoto, coverages, sources, updates

type Post = Callable[..., Update]

pytestmark = pytest.mark.django_db
SITE = project.SITE_URL
AWKWARD = [
    """He said "stop" & it's <over>""",
    "</script><script>alert(1)</script><!--",
    "]]>&amp; &#0; {{ hole }} \\u003c",
    "Fire 🔥👩‍🚒 at dawn",
    "עברית: \u202eשלום\u202c & <חדשות>",  # noqa: RUF001
    "\u2028line\u2029 ends",
]
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
}


def soup(client: Client, address: str) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == 200, (address, response.content[:500])
    return BeautifulSoup(response.content, "html.parser")


def tree(client: Client, address: str) -> ElementTree.Element:
    response = client.get(address)
    assert response.status_code == 200, (address, response.content[:500])
    assert "xml" in response["Content-Type"]
    return ElementTree.fromstring(response.content)  # noqa: S314


def texts(element: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(path, NAMES)]


def blog(client: Client, address: str) -> dict[str, Any]:
    """The page's JSON-LD, of which there must be one."""
    (script,) = soup(client, address).select('script[type="application/ld+json"]')
    found: dict[str, Any] = json.loads(script.string or "")
    return found


def card(page: BeautifulSoup) -> dict[str, str]:
    return {
        str(meta.get("property") or meta.get("name")): str(meta["content"]) for meta in page.select("meta[content]")
    }


# ── Escaping ────────────────────────────────────────────────────────────────────────────────────────────


def test_awkward_headlines_are_text_everywhere(live: Coverage, post: Post, client: Client) -> None:
    coverages.edit(live, headline=" ".join(AWKWARD)[:200], summary=AWKWARD[0])
    posted = [
        post(headline=headline, key_event=True, authors=[sources.author_named('A "B" <C>')]) for headline in AWKWARD
    ]
    posted.append(post(headline="With a control \x0b character"))
    wanted = [update.headline for update in reversed(posted)]
    live.refresh_from_db()
    for address in ("/live/the-day/", "/embed/the-day/"):
        page = soup(client, address)
        assert [h2.get_text() for h2 in page.select("ol.feed h2")] == wanted, address
        assert not [
            script for script in page.select("script") if script.get("type") not in {"module", "application/ld+json"}
        ]
    assert [posting["headline"] for posting in blog(client, "/live/the-day/")["liveBlogUpdate"]] == wanted
    for update in posted:
        page = soup(client, update.get_absolute_url())
        assert card(page)["og:title"] == update.headline
        assert page.select_one("h1").get_text() == update.headline
        assert blog(client, update.get_absolute_url())["liveBlogUpdate"][0]["headline"] == update.headline
    in_xml = [headline.replace("\x0b", "") for headline in wanted]
    for address in ("/live/the-day/feed.atom", "/feed.atom"):
        assert texts(tree(client, address), "atom:entry/atom:title") == in_xml
    assert set(texts(tree(client, "/news-sitemap.xml"), ".//news:title")) == {*in_xml, live.headline}
    answer = json.loads(client.get("/oembed", {"url": f"{SITE}/live/the-day/"}).content)
    assert answer["title"] == live.headline
    frame = BeautifulSoup(answer["html"], "html.parser")
    assert frame.select_one("iframe")["title"] == live.headline
    assert [tag.name for tag in frame.find_all(recursive=False)] == ["iframe", "script"]
    for address in ("/live/the-day/", "/embed/the-day/"):
        assert b"alert(1)</script>" not in client.get(address).content.replace(b"&lt;/script", b"")


# ── Structured data and cards ───────────────────────────────────────────────────────────────────────────


def test_each_posting_is_its_own(live: Coverage, post: Post, picture: Any, client: Client) -> None:
    author = sources.author_named("Ann")
    rights = {"credit": "Ann/Agency", "creator": "Ann", "copyright": "© Agency"}
    photo = sources.add_photo(image=picture(), alt="A bridge", **rights)
    first = post(
        headline="First", body="<p>One <b>two</b>.</p>", authors=[author], photos=[PlacedPhoto(photo, "The bridge")]
    )
    second = post(headline="", body="<p>Only a few words.</p>")
    updates.edit(first, correction="It was two, not one.", headline="First, mended")
    first.refresh_from_db()
    live.refresh_from_db()
    data = blog(client, "/live/the-day/")
    assert (data["@context"], data["@type"]) == ("https://schema.org", "LiveBlogPosting")
    assert (data["url"], data["headline"]) == (f"{SITE}/live/the-day/", "The day")
    assert data["coverageStartTime"] == data["datePublished"] == iso(live.started_at)
    assert data["dateModified"] == iso(first.edited_at)
    assert "coverageEndTime" not in data
    newest, oldest = data["liveBlogUpdate"]
    assert newest == {
        "@type": "BlogPosting",
        "headline": "Only a few words.",
        "url": f"{SITE}/live/the-day/{second.pk}/",
        "mainEntityOfPage": f"{SITE}/live/the-day/{second.pk}/",
        "datePublished": iso(second.published_at),
        "dateModified": iso(second.published_at),
        "author": [data["publisher"]],
        "articleBody": "Only a few words.",
    }
    assert oldest["headline"] == "First, mended"
    assert oldest["url"] == SITE + first.get_absolute_url()
    assert (oldest["datePublished"], oldest["dateModified"]) == (iso(first.published_at), iso(first.edited_at))
    assert oldest["author"] == [{"@type": "Person", "name": "Ann"}]
    assert oldest["correction"] == {
        "@type": "CorrectionComment", "text": "It was two, not one.", "datePublished": iso(first.corrected_at)
    }  # fmt: skip
    image, *crops = oldest["image"]
    assert [(crop["width"], crop["height"]) for crop in crops] == [(60, 33), (53, 40), (40, 40)]
    assert (image["width"], image["height"], image["caption"]) == (photo.width, photo.height, "The bridge")
    assert image["url"] == image["contentUrl"] == SITE + photo.image.url
    for one in (image, *crops):
        assert (one["creditText"], one["copyrightNotice"]) == ("Ann/Agency", "© Agency")
        assert one["creator"] == {"@type": "Person", "name": "Ann"}
    sources.edit_photo(photo, creator="")
    assert "creator" not in blog(client, "/live/the-day/")["liveBlogUpdate"][1]["image"][0]
    assert blog(client, second.get_absolute_url())["liveBlogUpdate"][0] == newest


def test_the_end_is_known_only_when_it_has_come(live: Coverage, post: Post, client: Client) -> None:
    post()
    assert "coverageEndTime" not in blog(client, "/live/the-day/")
    ended = coverages.end(live)
    assert blog(client, "/live/the-day/")["coverageEndTime"] == iso(ended.ended_at)
    coverages.reopen(ended)
    assert "coverageEndTime" not in blog(client, "/live/the-day/")


def test_structured_data_follows_what_is_shown(live: Coverage, post: Post, client: Client) -> None:
    """The pinned one included; what was withdrawn is gone, a renamed author has the new name."""
    author = sources.author_named("Ann")
    kept, gone = post(headline="Kept", authors=[author]), post(headline="Gone")
    pinned = post(headline="Pinned", pinned=True)

    def headlines() -> list[str]:
        return [posting["headline"] for posting in blog(client, "/live/the-day/")["liveBlogUpdate"]]

    assert headlines() == ["Pinned", "Gone", "Kept"]
    updates.withdraw(gone, "Wrong")
    updates.pin(pinned, pinned=False)
    author.name = "Beth"
    sources.save_author(author)
    assert headlines() == ["Pinned", "Kept"]
    assert blog(client, "/live/the-day/")["liveBlogUpdate"][1]["author"][0]["name"] == "Beth"
    assert blog(client, kept.get_absolute_url())["liveBlogUpdate"][0]["headline"] == "Kept"


def test_cards(live: Coverage, post: Post, picture: Any, client: Client) -> None:
    lead = sources.add_photo(image=picture(), alt='The "lead"')
    own = sources.add_photo(image=picture((90, 50)), alt="Its own")
    coverages.edit(live, summary="What happened.", lead=PlacedPhoto(lead))
    plain, illustrated = post(body="<p>Words</p>"), post(headline="Seen", photos=[PlacedPhoto(own)])
    updates.edit(plain, headline="Mended")
    plain.refresh_from_db()
    of_coverage = card(soup(client, "/live/the-day/"))
    assert of_coverage["og:type"] == "article"
    assert (of_coverage["og:title"], of_coverage["og:description"]) == ("The day", "What happened.")
    assert of_coverage["og:url"] == f"{SITE}/live/the-day/"
    assert of_coverage["og:image"].startswith(f"{SITE}/media/")
    assert (of_coverage["og:image:width"], of_coverage["og:image:height"]) == ("60", "31")
    assert (of_coverage["og:image:alt"], of_coverage["twitter:card"]) == ('The "lead"', "summary_large_image")
    live.refresh_from_db()
    assert of_coverage["article:published_time"] == iso(live.started_at)
    of_plain = card(soup(client, plain.get_absolute_url()))
    assert (of_plain["og:image:alt"], of_plain["og:description"]) == ("Mended", "Words")
    assert of_plain["article:published_time"] == iso(plain.published_at)
    assert of_plain["article:modified_time"] == iso(plain.edited_at)
    assert card(soup(client, illustrated.get_absolute_url()))["og:image:width"] == "90"
    canonical = soup(client, plain.get_absolute_url()).select_one("link[rel=canonical]")["href"]
    assert canonical == SITE + plain.get_absolute_url()


# ── Atom ────────────────────────────────────────────────────────────────────────────────────────────────


def test_feeds_are_what_the_standard_asks_for(live: Coverage, post: Post, picture: Any, client: Client) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: what feed and entry must have, once."""
    photo = sources.add_photo(image=picture(), alt="A bridge")
    post(headline="Old", published_at=timezone.now() - timedelta(hours=1))
    update = post(
        headline="New",
        body="<p>5 &lt; 6 &amp; <b>so</b></p>",
        authors=[sources.author_named("Ann"), sources.author_named("Bo")],
        photos=[PlacedPhoto(photo)],
        embed="https://example.org/?a=1&b=2",
        correction="Mended",
    )
    for address in ("/live/the-day/feed.atom", "/feed.atom"):
        feed = tree(client, address)
        for name in ("id", "title", "updated"):
            assert len(texts(feed, f"atom:{name}")) == 1, name
            assert all(len(texts(entry, f"atom:{name}")) == 1 for entry in feed.iterfind("atom:entry", NAMES))
        links = {link.get("rel"): link.get("href") for link in feed.iterfind("atom:link", NAMES)}
        assert links["self"] == SITE + address
        assert client.get(str(links["alternate"]).removeprefix(SITE)).status_code == 200
        assert texts(feed, "atom:author/atom:name"), "or else each entry would need one"
        assert texts(feed, "atom:updated") == [iso(update.published_at)]
        entry = feed.find("atom:entry", NAMES)
        assert entry is not None
        assert texts(entry, "atom:author/atom:name") == ["Ann", "Bo"]
        assert [link.get("href") for link in entry.iterfind("atom:link", NAMES)] == [SITE + update.get_absolute_url()]
        content = BeautifulSoup(texts(entry, "atom:content")[0], "html.parser")
        assert content.select_one("p").get_text() == "5 < 6 & so"
        assert content.select_one("img")["src"].startswith(f"{SITE}/media/")
        assert content.select_one("a")["href"] == "https://example.org/?a=1&b=2"
        assert "Mended" in content.get_text()


def test_ids_of_feeds_never_change(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="First words")

    def ids(address: str) -> list[str]:
        return texts(tree(client, address), ".//atom:id")

    before = [ids("/live/the-day/feed.atom"), ids("/feed.atom")]
    updates.edit(update, headline="Other words")
    coverages.edit(live, slug="another-slug", headline="Another day")
    assert [ids("/live/another-slug/feed.atom"), ids("/feed.atom")] == before
    assert len(set(before[0])) == 2


def test_what_a_feed_reader_has_is_not_sent_again(live: Coverage, post: Post, client: Client) -> None:
    for address in ("/feed.atom", "/live/the-day/feed.atom", "/sitemap.xml", "/news-sitemap.xml", "/embed/the-day/"):
        etag = client.get(address)["ETag"]
        assert client.get(address, headers={"if-none-match": etag}).status_code == 304, address
        post()
        assert client.get(address, headers={"if-none-match": etag}).status_code == 200, address


# ── Sitemaps ────────────────────────────────────────────────────────────────────────────────────────────


def test_sitemap(live: Coverage, post: Post, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = post(headline="Key", key_event=True), post(headline="Not key")
    other = coverages.end(coverages.start(coverages.create(headline="Other", slug="other")))
    coverages.create(headline="Draft", slug="draft")
    places = tree(client, "/sitemap.xml")
    found = dict(zip(texts(places, "map:url/map:loc"), [None, *texts(places, "map:url/map:lastmod")], strict=True))
    paths = [
        "/",
        "/live/the-day/",
        "/live/the-day/key-updates/",
        "/live/other/",
        "/live/other/in-order/",
        key.get_absolute_url(),
    ]
    assert list(found) == [SITE + path for path in paths]
    assert found[f"{SITE}/live/other/"] == iso(other.ended_at)
    assert found[SITE + key.get_absolute_url()] == iso(key.published_at)
    for path in paths:
        assert client.get(path).status_code == 200, path

    monkeypatch.setattr(sitemaps, "PART", 2)
    parts = texts(tree(client, "/sitemap.xml"), "map:sitemap/map:loc")
    assert parts == [f"{SITE}/sitemap-1.xml", f"{SITE}/sitemap-2.xml"]
    listed = [loc for part in parts for loc in texts(tree(client, part.removeprefix(SITE)), "map:url/map:loc")]
    assert sorted(listed) == sorted(SITE + path for path in paths)
    assert client.get("/sitemap-3.xml").status_code == client.get("/sitemap-0.xml").status_code == 404


def test_news_sitemap(live: Coverage, post: Post, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = post(headline="Fresh")
    post(headline="Two days old", published_at=timezone.now() - timedelta(hours=48, seconds=5))
    ukrainian = coverages.start(coverages.create(headline="День", slug="den", language="uk"))
    news = tree(client, "/news-sitemap.xml")
    assert texts(news, ".//news:title") == ["День", "Fresh", "The day"]
    assert texts(news, ".//news:language") == ["uk", "en", "en"]
    assert set(texts(news, ".//news:name")) == {project.PUBLICATION_NAME}
    assert texts(news, ".//map:loc")[1] == SITE + fresh.get_absolute_url()
    assert texts(news, ".//news:publication_date")[:2] == [iso(ukrainian.started_at), iso(fresh.published_at)]
    monkeypatch.setattr(sitemaps, "NEWS", 2)
    assert len(texts(tree(client, "/news-sitemap.xml"), ".//map:loc")) == 2


def test_robots(client: Client) -> None:
    said = client.get("/robots.txt").content.decode().splitlines()
    assert {"User-agent: *", "Disallow: /admin/", "Disallow: /live/*/changes", "Disallow: /live/*/stream"} <= set(said)
    assert f"Sitemap: {SITE}/sitemap.xml" in said
    assert f"Sitemap: {SITE}/news-sitemap.xml" in said


# ── Frames ──────────────────────────────────────────────────────────────────────────────────────────────


def test_oembed_is_discovered(live: Coverage, post: Post, client: Client) -> None:
    update = post()
    for address in ("/live/the-day/", update.get_absolute_url()):
        link = soup(client, address).select_one('link[type="application/json+oembed"]')
        found = json.loads(client.get(str(link["href"]).removeprefix(SITE)).content)
        assert (found["version"], found["type"], found["title"]) == ("1.0", "rich", "The day")
        frame = BeautifulSoup(found["html"], "html.parser").select_one("iframe")
        assert frame["src"] == f"{SITE}/embed/the-day/"
    small = json.loads(
        client.get("/oembed", {"url": f"{SITE}/embed/the-day/", "maxwidth": 300, "maxheight": 200}).content
    )
    assert (small["width"], small["height"]) == (300, 200)


def test_oembed_refuses(live: Coverage, post: Post, client: Client) -> None:
    gone = post(headline="Gone")
    updates.withdraw(gone, "Wrong")
    coverages.edit(live, slug="renamed")
    known = f"{SITE}/live/renamed/"
    for query, status in (
        ({"url": f"{SITE}/live/the-day/"}, 200),
        ({"url": known, "format": "json"}, 200),
        ({"url": known, "format": "xml"}, 501),
        ({"url": known, "maxwidth": "wide"}, 400),
        ({"url": "http://["}, 400),
        ({}, 404),
        ({"url": f"{SITE}/"}, 404),
        ({"url": f"{SITE}/admin/"}, 404),
        ({"url": f"{SITE}/live/unknown/"}, 404),
        ({"url": "https://elsewhere.example/live/renamed/"}, 404),
        ({"url": f"{known}999/"}, 404),
        ({"url": f"{known}{gone.pk}/"}, 410),
    ):
        response = client.get("/oembed", query)
        assert response.status_code == status, (query, response.content)
        assert response["Content-Type"].startswith("application/json")


def test_only_the_embed_may_be_framed(live: Coverage, post: Post, client: Client) -> None:
    update = post(pinned=True)
    for address, framed in (("/embed/the-day/", True), ("/live/the-day/", False), (update.get_absolute_url(), False)):
        response = client.get(address)
        assert ("frame-ancestors *" in response["Content-Security-Policy"]) is framed
        assert ("X-Frame-Options" not in response) is framed
    page = soup(client, "/embed/the-day/")
    assert page.select_one("base")["target"] == "_blank"
    assert page.select_one('[data-slot="pinned"] article')["data-id"] == str(update.pk)
    coverages.withdraw(live, "Wrong")
    response = client.get("/embed/the-day/")
    assert response.status_code == 410
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert "The day" not in response.content.decode()


# ── In order ────────────────────────────────────────────────────────────────────────────────────────────


def test_in_order(live: Coverage, post: Post, client: Client, settings: Any) -> None:
    settings.PAGE_UPDATES = 4
    posted = [post(headline=f"Update {number}", pinned=number == 2).pk for number in range(9)]
    coverages.end(live)
    assert soup(client, "/live/the-day/").select_one("a.in-order")["href"] == "/live/the-day/in-order/"
    seen: list[int] = []
    address: str | None = "/live/the-day/in-order/"
    while address:
        page = soup(client, address)
        seen += [int(str(article["data-id"])) for article in page.select("ol.feed > li > article")]
        link = page.select_one("a[rel=next]")
        address = urljoin("/live/the-day/in-order/", str(link["href"])) if link else None
    assert seen == posted
    assert client.get("/live/the-day/in-order/?after=rubbish").status_code == 400
    assert client.get("/live/the-day/in-order/?after=2022-02-27T23:14:05.120Z_999999").status_code == 400


def test_editors_copy_the_frame_from_the_admin(live: Coverage, admin_client: Client) -> None:
    def code() -> list[str]:
        page = soup(admin_client, f"/admin/articles/coverage/{live.pk}/change/")
        return [area.get_text() for area in page.select(".field-embed_code textarea")]

    offered = json.loads(admin_client.get("/oembed", {"url": f"{SITE}/live/the-day/"}).content)["html"]
    assert [text.strip() for text in code()] == [offered]
    coverages.withdraw(live, "Wrong")
    assert code() == []
