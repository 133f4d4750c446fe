"""What operators are told while something is wrong: /readyz and /metrics, of a real server and through nginx."""

import asyncio
import json
import random
import re
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.browser.waiting import until
from tests.deploy.conftest import Behind

from .disk import FOLDERS
from .editors import Editor
from .site import Site

HEALED = 5


def asked(server: Behind, path: str) -> tuple[int, str]:
    connection = HTTPConnection("localhost", server.port, timeout=30)
    connection.request("GET", path, headers={"X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
    said = answer.status, answer.read().decode()
    connection.close()
    return said


def ready(server: Behind) -> tuple[int, dict[str, Any]]:
    status, said = asked(server, "/readyz")
    return status, json.loads(said)["checks"]


def sent_much(server: Behind, cookie: str) -> int:
    """The answer to a photo that is larger than strangers may send."""
    connection = HTTPConnection("localhost", server.port, timeout=30)
    headers = {"X-Forwarded-Proto": "https", "Cookie": cookie, "Content-Type": "multipart/form-data; boundary=edge"}
    connection.request("POST", "/admin/articles/photo/add/", bytes(2_000_000), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def number(server: Behind, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", asked(server, "/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else 0


def test_the_database_is_away(site: Site) -> None:
    server, way = site.servers[1], site.ways[1]
    assert ready(server) == (200, {"database": "ok", "listener": "ok", "disk": "ok"})
    errors = number(server, "liveblog_errors_total")
    way.cut()
    try:
        status, checks = ready(server)
        assert (status, checks["disk"]) == (503, "ok")
        assert checks["database"].startswith("no answer")
        assert number(server, "liveblog_errors_total") > errors
        assert sent_much(server, site.cookies[0]) == 503, "who sends much cannot be looked up: a fault that passes"
        until(lambda: number(server, "liveblog_listener_silence_seconds") > 3, 20)
    finally:
        way.heal()
    until(lambda: ready(server)[0] == 200, HEALED)
    until(lambda: number(server, "liveblog_listener_silence_seconds") < 3, HEALED)


def test_the_disk_is_full(site: Site) -> None:
    if not site.disk.is_there:
        pytest.skip("mount namespaces are not allowed here")
    before = site.disk.names()
    editor = Editor("full", site.nginx.port, site, site.cookies[0], random.Random(1), lambda *_: None)
    try:
        for number_full, folder in enumerate(reversed(FOLDERS), 1):
            site.disk.free()
            site.disk.fill(folder)
            asyncio.run(editor.photograph())
            assert (editor.photos, editor.full) == (0, number_full), folder
            # What was uploaded is closed, and with that gone, once the answer is sent.
            until(lambda: site.disk.names() == before, HEALED)
        status, checks = ready(site.servers[1])
        assert (status, checks["database"]) == (503, "ok")
        assert checks["disk"].startswith("0 MB are free")
    finally:
        site.disk.free()
    assert ready(site.servers[1])[0] == 200


@pytest.mark.soak
def test_nobody_can_confirm_the_versions(site: Site) -> None:
    """After 45 s what is served may no longer be kept, and the process says that it should not be sent readers."""
    server, way = site.servers[1], site.ways[1]
    asked(server, f"/live/{site.slug}/")
    way.cut()
    try:
        until(lambda: ready(server)[1]["listener"] != "ok", 60)
        assert asked(server, f"/live/{site.slug}/")[0] == 200
    finally:
        way.heal()
    until(lambda: ready(server)[0] == 200, HEALED)


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/./metrics", "/%6detrics", "/live/../metrics", "/metrics/"])
def test_the_numbers_are_nobodys_through_nginx(site: Site, path: str) -> None:
    """Though nginx asks from this machine."""
    assert "liveblog_readers" in asked(site.servers[1], "/metrics")[1]
    for claimed in ({}, {"X_Forwarded_For": "127.0.0.1"}, {"X_Real_IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}):
        answer = site.nginx.get(path, **claimed)
        assert answer.status in {400, 404}
        assert b"liveblog_" not in answer.body
