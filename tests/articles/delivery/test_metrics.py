"""What Prometheus and operators see of a server with several workers, and who may see it."""

import http.client
import json
import re
from pathlib import Path
from typing import Any

import pytest

from articles.models import Coverage
from articles.publishing import updates
from tests.browser.server import Server
from tests.browser.waiting import until

from .streams import EventStream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def workers(database_url: str, data: Path) -> Any:
    server = Server(database_url, data, 2, **{"METRICS_TOKEN": "a-token-of-theirs", "LOG_FORMAT": "json"})
    server.start()
    yield server
    server.stop()


def asked(port: int, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}


def number(port: int, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", asked(port, "/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else 0


def test_all_workers_are_counted(workers: Server, live: Coverage) -> None:
    port = workers.port
    readers = f'liveblog_readers{{coverage="{live.slug}"}}'
    streams = [EventStream(port, f"/live/{live.slug}/stream?after={live.version}") for _ in range(8)]
    until(lambda: number(port, readers) == 8)
    before = number(port, 'liveblog_deltas_total{by="stream"}')
    updates.post(live, headline="One")
    until(lambda: number(port, 'liveblog_deltas_total{by="stream"}') == before + 8)
    assert number(port, "liveblog_handed_seconds_count") >= 1
    for stream in streams:
        stream.__exit__(None, None, None)
    until(lambda: number(port, readers) == 0)
    asked(port, f"/live/{live.slug}/changes?after=0")
    until(lambda: number(port, 'liveblog_deltas_total{by="poll"}') >= 1)


def test_what_comes_from_memory_is_counted(workers: Server, live: Coverage) -> None:
    def counted(memory: str) -> float:
        return number(workers.port, f'liveblog_front_total{{memory="{memory}"}}')

    before = counted("hit"), counted("miss")
    for _ in range(8):
        asked(workers.port, f"/live/{live.slug}/")
    until(lambda: counted("miss") > before[1] and counted("hit") + counted("miss") >= sum(before) + 8)
    assert counted("hit") > before[0]


def test_errors_are_counted_and_what_is_refused_is_none(workers: Server) -> None:
    before = number(workers.port, "liveblog_errors_total")
    assert asked(workers.port, "/oembed?format=xml")[0] == 501
    assert number(workers.port, "liveblog_errors_total") == before


def test_who_may_see_the_numbers(workers: Server) -> None:
    by_proxy = {"X_Forwarded_For": "203.0.113.9"}
    assert asked(workers.port, "/metrics")[0] == 200
    assert asked(workers.port, "/metrics", **by_proxy)[0] == 404
    assert asked(workers.port, "/metrics", Authorization="Bearer wrong", **by_proxy)[0] == 404
    assert asked(workers.port, "/metrics", Authorization="Bearer a-token-of-theirs", **by_proxy)[0] == 200


def test_a_request_and_its_log_have_one_id(workers: Server) -> None:
    given = "0123456789abcdef"
    _status, _body, headers = asked(workers.port, "/nowhere/", X_Request_ID=given)
    assert headers["x-request-id"] == given
    (line,) = until(lambda: [line for line in workers.said.splitlines() if given in line])
    said = json.loads(line)
    assert said["request"] == given
    assert (said["level"], said["message"]) == ("WARNING", "Not Found: /nowhere/")
    assert asked(workers.port, "/nowhere/", X_Request_ID="a b")[2]["x-request-id"] != "a b"


def test_what_comes_from_memory_bears_nobodys_id(port: int, live: Coverage) -> None:
    page, nothing = f"/live/{live.slug}/", f"/live/{live.slug}-not/"
    assert ["x-request-id" in asked(port, page)[2] for _ in range(2)] == [False, False]
    assert ["x-request-id" in asked(port, nothing)[2] for _ in range(2)] == [True, False]
