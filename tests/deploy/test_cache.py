"""nginx with the shipped configuration, before two processes: what it keeps, for whom, and for how long."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import settings

from articles.delivery.allowance import AT_ONCE
from articles.publishing import coverages, updates
from tests.browser.waiting import until

from .conftest import Behind, Newsroom
from .nginx import Answer, Nginx

KEPT = {"HIT", "STALE", "UPDATING"}
type Site = tuple[Nginx, list[Behind]]


def test_a_hundred_ask_and_the_application_is_asked_once(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    newsroom.fill(3)
    together = Barrier(100)

    def ask(_: int) -> Answer:
        connection = nginx.connect()
        together.wait(60)
        connection.request("GET", newsroom.path)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    with ThreadPoolExecutor(100) as readers:
        answers = list(readers.map(ask, range(100)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert sorted(answer.cache for answer in answers)[-2:] == ["HIT", "MISS"]


def test_three_encodings(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    newsroom.fill(1)
    for encoding in ("br", "gzip", None):
        first = nginx.get(newsroom.path, Accept_Encoding=encoding or "identity")
        assert (first.cache, first.headers["Vary"]) == ("MISS", "Accept-Encoding")
    wanted = {
        "gzip, deflate, br, zstd": "br",
        "br;q=1.0, gzip;q=0.8, *;q=0.1": "br",
        "deflate, gzip": "gzip",
        "br;q=0, gzip": "gzip",
        "br; q=0.0,GZIP": "gzip",
        "gzip;q=0": None,
        "": None,
        "zebra, x-gzip-like": None,
    }
    answers = {accepted: nginx.get(newsroom.path, Accept_Encoding=accepted) for accepted in wanted}
    assert {accepted: answer.headers["Content-Encoding"] for accepted, answer in answers.items()} == wanted
    assert "MISS" not in {answer.cache for answer in answers.values()}


def test_what_is_unknown_in_a_query_neither_misses_nor_poisons(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    newsroom.fill(8)
    page, delta = newsroom.path, f"{newsroom.path}changes?after={newsroom.coverage.version}"
    newest = nginx.get(page)
    cursor = re.search(r'data-older="([^"]+)"', newest.body.decode())
    assert cursor
    older = nginx.get(f"{page}?utm=1&before={cursor[1]}&x")
    nginx.get(delta)
    for junk in ("utm_source=x", "fbclid=1&after2=3", "%61fter=1", "&", f"before2={cursor[1]}"):
        assert nginx.get(f"{page}?{junk}").cache in KEPT
    assert nginx.get(f"{delta}&nonsense=1").cache in KEPT
    assert nginx.get(f"{page}older?before=1&before={cursor[1]}").status == 200  # of two the last counts, as in Django
    # Django would understand this, but nginx does not take it for the parameter: so it must not reach Django.
    nginx.get(f"{page}?%62efore={cursor[1]}", Accept_Encoding="gzip")
    assert shown(gzip.decompress(nginx.get(page, Accept_Encoding="gzip").body)) == shown(newest.body)
    assert shown(newest.body) != shown(older.body) == shown(nginx.get(f"{page}?before={cursor[1]}").body)


def shown(html: bytes) -> list[bytes]:
    """The ids of the updates on a page; between processes it differs in the moment at which it was made."""
    return re.findall(rb'id="update-(\d+)"', html)


def test_other_ways_to_write_an_address_do_not_poison_it(newsroom: Newsroom, site: Site) -> None:
    """nginx finds its location by the address put right; the application is asked for it as it was written."""
    nginx, _ = site
    newsroom.fill(1)
    slug = newsroom.coverage.slug
    for odd in (f"//live/{slug}/", f"/live/./{slug}/", f"/admin/../live/{slug}/", f"/admin/%2e%2e/live/{slug}/"):
        assert nginx.get(odd).status != 200, odd
    page = nginx.get(newsroom.path)
    assert (page.status, page.cache) == (200, "MISS")
    assert nginx.get("/live/..%2fadmin/login/").cache is None  # it is the admin's, and nobody keeps it


def test_only_our_name_is_answered(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    own = nginx.get(newsroom.path)
    assert nginx.get(newsroom.path, Host="evil.example").status == 421
    connection = nginx.connect()
    connection.putrequest("GET", f"https://localhost{newsroom.path}", skip_host=True, skip_accept_encoding=True)
    connection.putheader("Accept-Encoding", "gzip")  # what is not kept yet
    connection.putheader("Host", "evil.example")  # RFC 9112 §3.2.2: the address's own host counts
    connection.endheaders()
    answer = Answer(connection.getresponse())
    assert (answer.status, answer.cache, answer.headers["ETag"]) == (200, "MISS", own.headers["ETag"])
    connection.close()
    plain = HTTPConnection("localhost", nginx.plain_port, timeout=30)
    plain.request("GET", newsroom.path, headers={"Host": "evil.example"})
    assert plain.getresponse().headers["Location"] == f"{nginx.origin}{newsroom.path}"
    plain.close()


def test_no_store_is_obeyed_and_what_is_not_there_costs_one_question(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    refused = [nginx.get(f"{newsroom.path}changes?after=bad") for _ in range(2)]
    assert [(one.status, one.cache, one.headers["Cache-Control"]) for one in refused] == [(400, "MISS", "no-store")] * 2
    unknown = [nginx.get("/live/there-is-none/") for _ in range(2)]
    assert [(one.status, one.cache) for one in unknown] == [(404, "MISS"), (404, "HIT")]
    assert nginx.get("/admin/login/").cache is None


def test_withdrawn_text_is_gone(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    (update,) = newsroom.fill(1)
    addresses = [newsroom.path, update.get_absolute_url(), f"/live/{newsroom.coverage.slug}.json"]
    assert all(b"Event 1" in nginx.get(path).body for path in addresses)
    updates.withdraw(update, "It is wrong.")
    until(lambda: not any(b"Event 1" in nginx.get(path).body for path in addresses), 60)
    assert nginx.get(update.get_absolute_url()).status == 410


def test_out_of_date_pages_are_fetched_behind_the_readers_back(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    newsroom.fill(1)
    before = nginx.get(newsroom.path)
    newsroom.post("The newest")
    nginx.age(5)
    stale = nginx.get(newsroom.path)
    assert (stale.cache, stale.body) == ("STALE", before.body)
    assert stale.headers["Cache-Control"] == "public, max-age=0, s-maxage=1"  # it must not grow old twice
    until(lambda: b"The newest" in nginx.get(newsroom.path).body)
    nginx.age(20)  # too old for that: the reader waits for the new one
    fresh = nginx.get(newsroom.path)
    assert (fresh.cache, fresh.headers["Cache-Control"]) == (
        "EXPIRED",
        "public, max-age=0, s-maxage=1, stale-while-revalidate=10, stale-if-error=45",
    )


def test_files_are_served_as_the_application_serves_them(newsroom: Newsroom, site: Site, data: Path) -> None:
    nginx, servers = site
    style = re.search(r'href="(/static/css/page\.[^"]+)"', nginx.get(newsroom.path).body.decode())
    assert style
    (data / "media").mkdir(exist_ok=True)
    (data / "media" / "kyiv.webp").write_bytes(b"RIFF")
    names = ["Cache-Control", "X-Content-Type-Options", "Content-Security-Policy", "Content-Type"]
    for path, same in ((style[1], [names[0], "Access-Control-Allow-Origin"]), ("/media/kyiv.webp", names)):
        answer = nginx.get(path, Accept_Encoding="gzip")
        asked = HTTPConnection("localhost", servers[0].port, timeout=30)
        asked.request("GET", path, headers={"X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"})
        direct = Answer(asked.getresponse())
        asked.close()
        assert (answer.status, answer.body) == (direct.status, direct.body)
        assert [answer.headers[name] for name in same] == [direct.headers[name] for name in same]
        assert answer.headers["Content-Encoding"] == direct.headers["Content-Encoding"]
    assert nginx.get("/media/../liveblog.conf").status in {400, 404}
    assert nginx.get("/static/../../secret-key").status in {400, 404}


def test_every_answer_has_the_safe_headers_once(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    addresses = "/ /static/none /media/none /metrics /admin/ /admin/login/ /nowhere/ /live/nowhere/stream?after=1"
    for path in (newsroom.path, *addresses.split()):
        assert not _lacks(nginx.get(path)), path


@pytest.mark.soak  # at least three hundred questions in ten seconds
def test_who_asks_for_too_much_is_put_off_and_nobody_else(site: Site) -> None:
    """By the address that nginx tells of."""
    _, (one, _other) = site
    asking = HTTPConnection("localhost", one.port, timeout=30)

    def ask(number: int, by: str) -> Answer:
        told = {"X-Forwarded-For": by, "X-Forwarded-Proto": "https", "Accept-Encoding": "identity"}
        asking.request("GET", f"/live/none-{number}/", headers=told)
        return Answer(asking.getresponse())

    answers = (ask(number, "203.0.113.9") for number in range(20 * AT_ONCE))
    asked, put_off = next((number, answer) for number, answer in enumerate(answers) if answer.status != 404)
    assert asked >= AT_ONCE
    assert put_off.status == 429
    assert b"Wait a minute" in put_off.body
    assert (put_off.headers["Retry-After"], put_off.headers["Cache-Control"]) == ("10", "no-store")
    assert not _lacks(put_off)
    assert ask(0, "203.0.113.10").status == 404
    asking.close()


def _lacks(answer: Answer) -> set[str]:
    """Headers of safety that it does not have, or has twice."""
    wanted = {*settings.SAFE_HEADERS, "Content-Security-Policy", "Strict-Transport-Security"}
    return {name for name in wanted if len(answer.headers.get_all(name, [])) != 1}


def test_streams_pass_at_once(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    connection = nginx.connect(timeout=10)
    connection.request("GET", f"{newsroom.path}stream?after={newsroom.coverage.version}")
    stream = connection.getresponse()
    assert stream.readline() == b"event: heartbeat\n"  # held back, it would fill a buffer first
    newsroom.post("Just in")
    until(lambda: b"Just in" in stream.readline())
    connection.close()


def _timeless(page: bytes) -> bytes:
    """Without the moment at which it was made: each of two processes makes its own."""
    return re.sub(rb'data-now="[^"]*"', b"", page)


def test_the_application_is_down(newsroom: Newsroom, site: Site) -> None:
    """Readers go on reading, for 45 seconds; one process of two is not missed."""
    nginx, servers = site
    newsroom.fill(1)
    page = nginx.get(newsroom.path)
    servers[0].kill()
    for _ in range(4):  # whichever of the two is asked
        nginx.age(60)
        assert nginx.get(newsroom.path).status == 200
    servers[1].kill()
    try:
        nginx.age(20)
        stale = nginx.get(newsroom.path)
        assert (stale.cache, _timeless(stale.body)) == ("STALE", _timeless(page.body))
        assert stale.headers["Cache-Control"] == "public, max-age=0, s-maxage=1"
        nginx.age(27)
        unanswered = nginx.get(newsroom.path)
        assert (unanswered.status, unanswered.headers["Cache-Control"]) == (502, "no-store")
        assert not _lacks(unanswered)
    finally:
        for server in servers:
            server.start()
    until(lambda: nginx.get(newsroom.path).status == 200, 5)


def test_an_ended_coverage_keeps_the_promise_too(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    newsroom.fill(1)
    coverages.end(newsroom.coverage)
    told = nginx.get(newsroom.path).headers["Cache-Control"]
    seconds = {name: int(value) for name, value in re.findall(r"([a-z-]+)=(\d+)", told)}
    behind = seconds["s-maxage"] + max(seconds["stale-while-revalidate"], seconds["stale-if-error"])
    # In a cache before nginx it is kept as long once more, if it was still fresh here.
    assert seconds["s-maxage"] + behind <= 60
