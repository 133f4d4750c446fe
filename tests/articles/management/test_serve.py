"""`manage.py serve` as a process: it answers, and whatever happens to it, nothing is left behind."""

import errno
import http.client
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from PIL import Image

from articles.management.demo import editor
from bench.readers import Readers
from liveblog.postgres.cluster import Cluster
from liveblog.postgres.server import address

from .conftest import PROJECT, Place, Served, until

LIVE = "/live/ukraine-monday-february-28/"


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def reading(served: Served) -> Iterator[http.client.HTTPResponse]:
    """A reader's open stream."""
    parts = urllib.parse.urlsplit(served.url)
    with closing(http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)) as connection:
        connection.request("GET", f"{LIVE}stream?after=1", headers={"Host": parts.netloc})
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.readline().startswith(b"event: ")
        yield answer


def two_workers(served: Served) -> list[int]:
    until(lambda: len(served.workers()) == 2)
    return served.workers()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


# ── A newcomer ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_start_says_what_it_does(place: Place) -> None:
    words = place.first_words
    for step in ("Preparing the database …", "Collecting and compressing the static files", "Loading "):
        assert step in words
    assert words.index("Loading ") < words.index("A live coverage")


def test_the_three_addresses_answer(place: Place) -> None:
    with place.served("--demo", "--port", "0") as served:
        assert "Loading" not in served.said, "a second start keeps the data"
        ended, live, admin = re.findall(r"^  \S.*?(http://\S+)", served.said, re.MULTILINE)
        for address in (ended, live):
            status, page = get(address)
            assert status == 200
            assert f'<link rel="canonical" href="{address}"' in page
        assert sign_in(admin, *re.findall(r"user (\S+), password (\S+)\)", served.said)[0])


def sign_in(admin: str, name: str, password: str) -> bool:
    """Whether the admin lets this account in."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    form = browser.open(f"{admin}login/?next=/admin/", timeout=20).read().decode()
    hidden = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert hidden
    fields = {"csrfmiddlewaretoken": hidden[1], "login": name, "password": password, "next": "/admin/"}
    answer = browser.open(
        urllib.request.Request(  # noqa: S310
            f"{admin}login/", urllib.parse.urlencode(fields).encode(), {"Origin": admin.removesuffix("/admin/")}
        ),
        timeout=20,
    )
    return bool(answer.url == admin and "sessionid" in {cookie.name for cookie in cookies.cookiejar})


def test_static_files_are_served_compressed(place: Place) -> None:
    with place.served("--port", "0") as served:
        _status, page = get(f"{served.url}/")
        sheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
        assert sheet
        request = urllib.request.Request(f"{served.url}{sheet[1]}", headers={"Accept-Encoding": "br, gzip"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            assert answer.headers["Content-Encoding"] == "br"
            assert "max-age=315360000" in answer.headers["Cache-Control"]
            assert "server" not in answer.headers


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_int_and_term_end_everything(place: Place, number: signal.Signals, workers: str) -> None:
    with place.served("--port", "0", "--workers", workers) as served, reading(served) as stream:
        assert served.stop(number) == 0
        assert served.said.endswith("Stopped.\n")
        assert "exceeded" not in served.said, "readers were waited for"
        with suppress(http.client.IncompleteRead):
            stream.read()  # has an end
        until(lambda: not place.alive())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_kill_leaves_nothing_behind(place: Place, workers: str) -> None:
    with place.served("--port", "0", "--workers", workers) as served, reading(served):
        served.stop(signal.SIGKILL)
        until(lambda: not place.alive())


def test_a_killed_worker_is_replaced(place: Place) -> None:
    with place.served("--port", "0", "--workers", "2") as served:
        before = two_workers(served)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(now := served.workers()) == 2 and before[0] not in now)
        os.kill(before[1], signal.SIGKILL)  # so that it is the new ones that answer
        until(lambda: len(now := served.workers()) == 2 and before[1] not in now)
        assert get(f"{served.url}{LIVE}")[0] == 200
        assert served.stop(signal.SIGTERM) == 0


def test_hup_puts_a_new_build_in_the_place_of_the_old(place: Place, tmp_path: Path) -> None:
    """The workers are replaced one by one; meanwhile, and for a day, pages of either find their style sheets."""
    copy = copied(place, tmp_path)
    with copy.served("--port", "0", "--workers", "2") as served:
        before = two_workers(served)
        linked = {sheet_of(served)}
        for sheet in (copy.project / "static" / "css").glob("*.css"):
            _write(sheet, f"{sheet.read_text()}\n.another-build {{ color: red }}")
        served.process.send_signal(signal.SIGHUP)

        def is_replaced() -> bool:
            linked.add(sheet_of(served))
            assert {get(sheet)[0] for sheet in linked} == {200}
            return len(now := served.workers()) == 2 and not set(now) & set(before)

        until(is_replaced, 60)
        linked.add(sheet_of(served))
        assert len(linked) == 2
        assert all(get(sheet)[0] == 200 for sheet in [*linked] * 4)
        until(lambda: served.said.count("The worker of the queue ended (0)") == 1)
        assert served.stop(signal.SIGTERM) == 0


@pytest.mark.soak
def test_a_killed_worker_of_the_queue_has_a_successor_who_does_its_work(place: Place, picture: Path) -> None:
    with place.served("--port", "0") as served:
        killed = until(served.tasks)
        os.kill(killed[0], signal.SIGSTOP)  # it takes nothing more
        slug = LIVE.split("/")[2]
        said = place.manage("post_update", slug, "--photo", str(picture), "--alt", "A harbor", "--draft", "--json")
        lacking = missing(place)
        assert lacking, said
        os.kill(killed[0], signal.SIGKILL)
        until(lambda: missing(place) < lacking, 60)
        assert served.tasks() != killed
        assert "The worker of the queue ended (-9); starting it anew." in served.said


@pytest.mark.soak
def test_killed_while_it_renders_the_worker_leaves_no_decoder_and_no_file(place: Place, tmp_path: Path) -> None:
    large, slug = tmp_path / "large.jpg", LIVE.split("/")[2]
    Image.effect_noise((2400, 1600), 60).save(large)
    with place.served("--port", "0") as served:
        until(lambda: missing(place) == 0, 60)
        killed = until(served.tasks)
        place.manage("post_update", slug, "--photo", str(large), "--alt", "Noise", "--draft")
        begun = until(lambda: place.running("articles.media.decoder", "render"), 60)
        os.kill(killed[0], signal.SIGKILL)
        until(lambda: not set(begun) & set(place.running("articles.media.decoder")))
        until(lambda: missing(place) == 0, 120)
        assert served.tasks() != killed
        assert [*(place.data / "decoding").iterdir()] == []


def missing(place: Place) -> int:
    """How many photos lack renditions."""
    return int(json.loads(place.manage("make_renditions", "--missing", "--dry-run", "--json").out)["photos"])


def test_who_has_just_connected_is_still_answered(place: Place) -> None:
    with place.served("--port", "0") as served:
        listening = ("127.0.0.1", urllib.parse.urlsplit(served.url).port)
        with socket.create_connection(listening, timeout=20) as fresh:
            get(served.url)  # connected later, so by now the first is accepted
            served.process.send_signal(signal.SIGTERM)
            until(lambda: refuses(listening))
            fresh.sendall(f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            said = b"".join(iter(lambda: fresh.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close\r\n" in said
        assert served.process.wait(15) == 0


def test_who_still_waits_when_the_server_ends_is_told_so(place: Place) -> None:
    """Uvicorn says 500, as if there were a fault: so it did to a photo during a rolling restart."""
    with place.served("--port", "0") as served, ThreadPoolExecutor() as beside:
        with psycopg.connect(dbname="liveblog", **address(place.data / "postgres"), autocommit=True) as database:
            database.execute("BEGIN")
            database.execute("LOCK TABLE articles_coverage")
            asking = beside.submit(get, f"{served.url}/oembed?url={urllib.parse.quote(served.url + LIVE)}")
            until(lambda: database.execute(WAITING_FOR_IT).fetchone() == (True,))
            served.process.send_signal(signal.SIGTERM)
            until(lambda: "Cancel 1 running task" in served.said)
            database.execute("ROLLBACK")
            assert asking.result() == (503, "The server is being restarted. Ask again in a moment.")
        served.process.wait(15)
        assert "Traceback" not in served.said


WAITING_FOR_IT = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"


def refuses(address: tuple[str, int | None]) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(address) == errno.ECONNREFUSED


def sheet_of(served: Served) -> str:
    found = re.search(r'href="(/static/css/[^"]+\.[0-9a-f]{12}\.css)"', get(f"{served.url}{LIVE}")[1])
    assert found
    return f"{served.url}{found[1]}"


def test_hup_ends_a_server_of_one_worker_as_term_does(place: Place) -> None:
    with place.served("--port", "0") as served, reading(served):
        assert served.stop(signal.SIGHUP) == 0
        assert served.said.endswith("Stopped.\n")


def test_a_killed_servers_successor_goes_on(place: Place) -> None:
    port = str(free_port())
    with place.served("--port", port) as served:
        served.stop(signal.SIGKILL)
    with place.served("--port", port) as served:
        assert get(f"{served.url}{LIVE}")[0] == 200


# ── What cannot be ──────────────────────────────────────────────────────────────────────────────────────


def test_a_busy_port(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = place.manage("serve", "--port", str(port))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"CommandError: Port {port} is in use by another program")
    assert said.err.count("\n") == 1


def test_a_host_of_somebody_else(place: Place) -> None:
    said = place.manage("serve", "--host", "192.0.2.1", "--port", "0")
    assert (said.code, said.out) == (1, "")
    assert "--host takes an address of this machine" in said.err


def test_a_database_without_tables(tmp_path: Path) -> None:
    empty = Place(tmp_path / "empty")
    said = empty.manage("serve", "--port", "0")
    assert said.code == 1
    embedded = f"the embedded database in {empty.data}/postgres (DATABASE_URL is not set)"
    assert f"are to be applied in {embedded}. Type: manage.py migrate" in said.err
    said = empty.manage("start_coverage", "storm", "--headline", "Storm")
    assert said.err == f"CommandError: There are no tables yet in {embedded}. Make them: manage.py migrate\n"
    until(lambda: not empty.alive())


def test_an_application_that_cannot_start(place: Place) -> None:
    for workers in ("1", "2"):
        said = place.manage("serve", "--port", "0", "--workers", workers, DJANGO_SETTINGS_MODULE="tests.no_root_urls")
        assert said.code == 1


def test_a_public_site_with_a_known_password(place: Place) -> None:
    public = {"SITE_URL": "https://news.example", "SECRET_KEY": "k" * 50}
    said = place.manage("serve", "--port", "0", **public)
    assert said.code == 1
    assert f"manage.py changepassword {editor.NAME}" in said.err


# ── Developers ──────────────────────────────────────────────────────────────────────────────────────────


def test_postgresql_is_killed_under_two_hundred_readers(place: Place) -> None:
    """They stay, and have what is published next within five seconds."""
    with place.served("--port", "0") as served:
        many = Readers(urllib.parse.urlsplit(served.url).port or 0, f"{LIVE}stream?after=1", 200)
        many.open(b"event: changes")
        os.kill(Cluster(place.data / "postgres").postmaster(), signal.SIGKILL)
        posted = place.manage("post_update", LIVE.split("/")[2], "--headline", "After the fall", "--json")
        done = time.monotonic()
        assert posted.code == 0, posted.err
        assert max(many.receive()) - done < 5
        assert "After the fall" in get(f"{served.url}{LIVE}")[1]
        many.close()
        place.manage("withdraw_update", str(json.loads(posted.out)["id"]), "--reason", "a test")


def copied(place: Place, folder: Path) -> Place:
    """The project itself elsewhere, to be changed, on the same data."""
    copy = Place(place.data, folder / "project")
    for part in ("articles", "liveblog", "templates", "static", "locale"):
        shutil.copytree(PROJECT / part, copy.project / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "manage.py", copy.project)
    return copy


def test_reload(place: Place, tmp_path: Path) -> None:
    copy = copied(place, tmp_path)
    sheet = next((copy.project / "static" / "css").glob("*.css"))
    with copy.served("--port", "0", "--reload") as served:
        nothing = f"{served.url}/nothing-here"
        assert "A changed page" not in get(nothing)[1]
        _write(copy.project / "templates" / "404.html", "A changed page")
        until(lambda: _answers(nothing, 404) and "A changed page" in get(nothing)[1], 60)
        _write(sheet, ".a-changed-sheet { color: red }")
        until(lambda: "a-changed-sheet" in _newest(copy.data / "static" / "css", sheet.stem), 60)
        assert served.stop(signal.SIGINT) == 0
        until(lambda: not place.alive())


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (later := time.time() + 5, later))  # a file system may count in whole seconds


def _newest(folder: Path, stem: str) -> str:
    return max(folder.glob(f"{stem}.*.css"), key=lambda path: path.stat().st_mtime_ns).read_text()


def test_djangos_own_server_shows_the_pages(place: Place) -> None:
    port = free_port()
    with place.served("--noreload", str(port), name="runserver", ready="Quit the server"):
        address = f"http://localhost:{port}"
        until(lambda: _answers(address))
        status, page = get(address + LIVE)
        assert status == 200
        sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert sheet
        assert get(address + sheet[1])[0] == 200


def _answers(address: str, status: int = 200) -> bool:
    try:
        return get(address)[0] == status
    except OSError:
        return False
