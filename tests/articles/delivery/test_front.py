"""The front must answer as Django does, only quicker: compared over HTTP-like requests, header by header."""

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from django.core.asgi import get_asgi_application

from articles.delivery import allowance, find, pages
from articles.delivery.front import Front
from articles.delivery.hub import hub
from articles.delivery.negotiation import encoding, matches
from articles.models import Coverage, Update
from articles.publishing import coverages, updates

type Post = Callable[..., Update]
pytestmark = pytest.mark.django_db(transaction=True)


class Application:
    """Django behind a door that counts."""

    def __init__(self) -> None:
        self.django = get_asgi_application()
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        await self.django(scope, receive, send)


@pytest.fixture
def django() -> Application:
    return Application()


@pytest.fixture
def front(django: Application) -> Front:
    hub.confirmed_at = float("inf")
    hub._watched.clear()
    return Front(django)


async def ask(
    app: Any, path: str, method: str = "GET", *, by: str = "127.0.0.1", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    path, _, query = path.partition("?")
    sent = {"host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": (by, 1), "server": ("localhost", 80),
    }  # fmt: skip
    said: dict[str, Any] = {"body": b""}
    waits = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if said.setdefault("asked", 0):
            await waits.wait()
        said["asked"] = 1
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.update(status=message["status"], headers=message["headers"])
        else:
            said["body"] += message.get("body", b"")

    await app(scope, receive, send)
    got = {name.decode().lower(): value.decode() for name, value in said["headers"]}
    got.pop("x-request-id", None)  # another for each request
    return said["status"], got, said["body"]


def run(question: Any) -> Any:
    """One question in an event loop of its own; what the hub began is ended with it."""

    async def asked() -> Any:
        try:
            return await question
        finally:
            for watched in hub._watched.values():
                if watched.sender:
                    watched.sender.cancel()
                    watched.sender = None

    return asyncio.run(asked())


ODD = [
    ("/live/the-day/", {}),
    ("/live/the-day/?utm_source=x&fbclid=y", {}),
    ("/live/the-day/changes?after=0", {}),
    ("/live/the-day/changes?after=1&after=0", {}),
    ("/live/the-day/changes?x=1&after=%30", {}),
    ("/live/the-day/changes?after=", {}),
    ("/live/the-day/changes?after=%00", {}),
    ("/live/the-day/changes?after=0%26before", {}),
    ("/live/the-day/changes", {}),
    ("/live/the-day/changes?after=junk", {}),
    ("/live/the-day/changes?after=99999999999999999999999", {}),
    ("/live/the-day/older?before=2999-01-01T00:00:00.000Z_999", {}),
    ("/live/the-day/older?before=%FF", {}),
    ("/live/the-day/older", {}),
    ("/live/the-day/?before=rubbish", {}),
    ("/live/the-day.json", {}),
    ("/live/the-day/feed.atom", {}),
    ("/live/the-day/key-updates/", {}),
    ("/live/the-day/stream?after=0", {}),
    ("/live/the-day", {}),
    ("/live/the-day/9999/", {}),
    ("/live/the-day/9x9/", {}),
    ("/live/nothing/", {}),
    ("/live/draft/", {}),
    ("/live/gone/", {}),
    ("/live/gone/changes?after=0", {}),
    ("/live/old-name/", {}),
    ("/live/old-name/changes?after=3", {}),
    ("/live/the-day/", {"host": "evil.example"}),
    ("/live/the-day/", {"host": ""}),
    ("/live/the-day/", {"host": "localhost:99"}),
    ("/live/the-day/", {"if_none_match": '"x", W/"y"'}),
    ("/live/the-day/", {"if_none_match": "*"}),
    ("/live/the-day/", {"cookie": "sessionid=x", "accept_language": "uk"}),
    ("/", {}),
    ("/?after=1", {}),
    ("/feed.atom", {}),
    ("/sitemap.xml", {}),
    ("/sitemap-1.xml", {}),
    ("/news-sitemap.xml", {}),
    ("/nowhere", {}),
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_the_same_answers_as_django(front: Front, django: Application, live: Coverage, post: Post, method: str) -> None:
    post(headline="Hello", body="<p>" + "word " * 100 + "</p>")
    coverages.create(headline="Draft", slug="draft")
    coverages.withdraw(coverages.start(coverages.create(headline="Gone", slug="gone")), "wrong")
    coverages.edit(coverages.start(coverages.create(headline="Old", slug="old-name")), slug="newer-name")
    for path, headers in ODD:
        direct = run(ask(django.django, path, method, **headers))
        for _ in range(2):  # from Django, and from memory
            through = run(ask(front, path, method, **headers))
            assert through[0] == direct[0], (path, headers)
            ignored = {"content-length"} if through[0] == 304 or method == "HEAD" else set()
            for name in (direct[1].keys() | through[1].keys()) - ignored:
                assert through[1].get(name) == direct[1].get(name), (path, headers, name)
            if method != "HEAD":  # the server cuts off what Django gives
                assert through[2] == direct[2], (path, headers)


def test_django_is_asked_once(
    front: Front, django: Application, live: Coverage, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    coverage_page = pages.coverage_page

    def counted(pk: int, version: int) -> pages.Page:
        made.append(version)
        return coverage_page(pk, version)

    monkeypatch.setattr(pages, "coverage_page", counted)
    post()

    async def many(path: str) -> set[bytes]:
        return {answer[2] for answer in await asyncio.gather(*(ask(front, path) for _ in range(50)))}

    assert len(run(many("/live/the-day/"))) == 1
    assert len(django.asked) == len(made) == 1, "fifty at the same time"
    run(ask(front, "/live/the-day/?utm_source=somewhere"))
    run(ask(front, "/live/the-day/", host="localhost:8000"))
    assert len(django.asked) == len(made) == 1, "what means nothing does not miss"
    tell(post(headline="New"))
    assert all(b"New" in body for body in run(many("/live/the-day/")))
    assert (len(django.asked), len(made)) == (1, 2), "the next version's page is made by itself, once"


def tell(update: Update) -> None:
    """What a notification would say."""
    for pk, version in find.versions([update.coverage_id]).items():
        if pk in hub._watched:
            hub._watched[pk].version = version


def test_what_is_not_there_is_asked_for_once(front: Front, django: Application, live: Coverage, post: Post) -> None:
    """As often as somebody asks, until something is published: then it may be there."""
    update = post(headline="One")
    paths = ["/live/the-day/changes?after=0", update.get_absolute_url(), "/live/nothing/"]

    def statuses() -> list[int]:
        return [run(ask(front, path, method))[0] for path in paths for method in ("GET", "HEAD", "GET")]

    assert statuses() == [200] * 6 + [404] * 3
    coverages.withdraw(live, "wrong")
    tell(update)
    django.asked.clear()
    assert statuses() == [410] * 6 + [404] * 3
    assert len(django.asked) == len(paths)
    coverages.restore(live)
    tell(update)
    assert statuses() == [200] * 6 + [404] * 3


@pytest.mark.parametrize("path", ["/", "/feed.atom", "/sitemap.xml"])
def test_what_shows_all_coverage_is_made_once(
    front: Front, django: Application, live: Coverage, post: Post, path: str
) -> None:
    post(headline="One", key_event=True)
    first = run(ask(front, path))
    assert run(ask(front, path, accept_encoding="br"))[1]["content-encoding"] == "br"
    assert run(ask(front, path, if_none_match=first[1]["etag"]))[0] == 304
    tell(post(headline="Two", key_event=True))
    second = run(ask(front, path))
    assert second[2] != first[2]
    assert django.asked == [path]


def test_the_next_version_is_what_django_gives(front: Front, django: Application, live: Coverage, post: Post) -> None:
    first, second = post(headline="One"), post(headline="Two")
    paths = [live.get_absolute_url(), first.get_absolute_url(), second.get_absolute_url(), "/live/the-day.json"]
    paths += [f"/live/the-day/{name}" for name in ("changes?after=0", "feed.atom", "key-updates/")]
    paths += ["/", "/feed.atom", "/sitemap.xml"]

    def compared() -> None:
        for path in paths:
            through, direct = run(ask(front, path)), run(ask(django.django, path))
            assert through[0] == direct[0], path
            assert through[2] == direct[2], path
            assert through[1] == {"content-length": str(len(direct[2]))} | direct[1], path

    compared()
    for change in (
        lambda: post(headline="Three", key_event=True),
        lambda: updates.edit(first, body="<p>Other words.</p>"),
        lambda: updates.edit(second, headline="Deux"),  # its address is another one now
        lambda: updates.pin(second),
        lambda: updates.withdraw(first, "wrong"),
        lambda: updates.restore(first),
        lambda: coverages.end(live),
        lambda: coverages.edit(live, slug="another-day"),
        lambda: coverages.withdraw(live, "wrong"),
    ):
        change()
        live.refresh_from_db()
        hub._watched[live.pk].version = live.version
        hub._watched[find.SITE].version = find.site().version
        compared()


def test_compressed_once_and_negotiated(front: Front, live: Coverage, post: Post) -> None:
    post(body="<p>" + "word " * 500 + "</p>")
    _, headers, plain = run(ask(front, "/live/the-day/"))
    assert "content-encoding" not in headers
    assert headers["vary"] == "Accept-Encoding"
    for accept, name, unpack in (
        ("br, gzip", "br", brotli.decompress),
        ("gzip;q=1, br;q=0.5", "gzip", gzip.decompress),
    ):
        _, headers, body = run(ask(front, "/live/the-day/", accept_encoding=accept))
        assert headers["content-encoding"] == name
        assert int(headers["content-length"]) == len(body) < len(plain)
        assert unpack(body) == plain


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (b"", ""), (b"gzip", "gzip"), (b"gzip, deflate, br, zstd", "br"), (b"br;q=0", ""), (b"*", "br"),
        (b"*;q=0", ""), (b"identity, gzip;q=0.5", ""), (b"GZIP", "gzip"), (b"gzip;q=x", ""), (b"br;q=0, *", "gzip"),
        (b"deflate", ""), (b",,;", ""),
    ],
)  # fmt: skip
def test_encodings(accept: bytes, given: str) -> None:
    assert encoding(accept) == given


def test_tags() -> None:
    assert matches(b'W/"a-1"', b'W/"a-1"')
    assert matches(b'"x", "a-1"', b'W/"a-1"')
    assert matches(b"*", b'W/"a-1"')
    assert not matches(b'W/"a-2"', b'W/"a-1"')
    assert not matches(b"", b'W/"a-1"')


def test_a_silent_listener_is_doubted(front: Front, live: Coverage, post: Post) -> None:
    post(headline="One")
    assert b"One" in run(ask(front, "/live/the-day/"))[2]
    updates.post(live, headline="Two")
    assert b"Two" not in run(ask(front, "/live/the-day/"))[2], "nobody has told"
    hub.confirmed_at = float("-inf")
    assert b"Two" in run(ask(front, "/live/the-day/"))[2], "the database is asked beside the listener"


def test_what_cannot_be_confirmed_is_served_but_not_to_be_kept(
    front: Front, live: Coverage, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(headline="One")
    run(ask(front, "/live/the-day/"))
    hub.confirmed_at = float("-inf")
    monkeypatch.setattr(front, "_doubted_at", float("inf"))  # asked within this second already
    status, headers, body = run(ask(front, "/live/the-day/"))
    assert (status, headers["cache-control"], b"One" in body) == (200, "no-store", True)


# ── What an address may cost ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/live/the-day/", "/embed/the-day/", "/live/the-day/feed.atom", "/feed.atom"])
def test_a_parameter_that_means_nothing_there_makes_no_page(
    front: Front, django: Application, post: Post, path: str
) -> None:
    """Else whoever counts up fills the memory, and everybody's pages go from it."""
    post()

    async def asked() -> None:
        for query in ("", "?after=1", "?after=2", "?after=3&utm_source=x", f"?q={'x' * 5000}"):
            assert (await ask(front, path + query))[0] == 200

    run(asked())
    assert django.asked == [path]


def test_an_address_has_an_allowance_and_pages_from_memory_cost_nothing(
    front: Front, django: Application, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "AT_ONCE", 3)
    monkeypatch.setattr(allowance, "A_SECOND", 0.01)
    stranger, neighbour, carrier = "203.0.113.7", "203.0.113.8", ["2001:db8:1:2::1", "2001:db8:1:2::2"]
    post()

    async def asked() -> None:
        await ask(front, "/live/the-day/")  # somebody else has read it
        said = [(await ask(front, f"/live/unknown-{number}/", by=stranger))[0] for number in range(5)]
        assert said == [404, 404, 404, 429, 429]
        for path in ("/oembed", "/live/the-day/older?before=x", "/nowhere"):
            status, headers, body = await ask(front, path, by=stranger)
            assert (status, headers["retry-after"], headers["cache-control"]) == (429, "10", "no-store")
            assert b"Wait a minute" in body
        assert (await ask(front, "/live/the-day/", by=stranger))[0] == 200
        assert (await ask(front, "/admin/login/", by=stranger))[0] == 200
        assert (await ask(front, "/live/unknown-9/", by=neighbour))[0] == 404
        assert [(await ask(front, f"/live/un-{n}/", by=carrier[n % 2]))[0] for n in range(4)] == [404, 404, 404, 429]
        assert {(await ask(front, f"/live/here-{n}/"))[0] for n in range(9)} == {404}, "this machine itself"

    run(asked())


def test_who_asks_for_the_same_at_once_pays_once(
    front: Front, django: Application, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "AT_ONCE", 2)
    monkeypatch.setattr(allowance, "A_SECOND", 0.01)
    post()

    async def asked() -> list[int]:
        answers = await asyncio.gather(*(ask(front, "/live/the-day/", by="203.0.113.7") for _ in range(50)))
        return [status for status, _headers, _body in answers]

    assert set(run(asked())) == {200}
    assert django.asked == ["/live/the-day/"]
