"""What every answer says to browsers, whoever gives it."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from articles.models import Coverage, Update
from articles.public.responses import CACHE_LIVE
from articles.publishing import coverages
from tests.browser.server import Server

pytestmark = pytest.mark.django_db(transaction=True)
NGINX = Path(settings.BASE_DIR) / "deploy" / "nginx" / "liveblog" / "headers.conf"


PATHS = ["/", "/nowhere/", "/live/the-day/", "/embed/the-day/", "/admin/login/", "/healthz", "/oembed"]


@pytest.mark.parametrize("path", PATHS)
def test_django_says_it(client: Client, live: Coverage, post: Callable[..., Update], path: str) -> None:
    headers = client.get(path).headers
    for name, value in settings.SAFE_HEADERS.items():
        expected = "same-origin" if name == "Cross-Origin-Resource-Policy" and path.startswith("/admin") else value
        assert headers[name] == expected, name
    assert "default-src 'none'" in headers["Content-Security-Policy"]


WALKED = """
200 GET /
200 HEAD /
200 GET /live/the-day/
200 GET /live/the-day/stream?after=1
200 GET /embed/the-day/
200 GET /static/css/page.css
200 GET /admin/login/
200 GET /healthz
301 GET /live/the-day
301 GET /live/that-day/stream?after=1
302 GET /admin/
400 GET /live/the-day/changes?after=x
400 GET /live/the-day/stream?after=x
400 GET /?host
400 GET /live/the-day/stream?host
400 GET /oembed?maxwidth=x
403 POST /admin/login/
404 GET /nowhere/
404 GET /nowhere/ once more, from memory
404 GET /live/nowhere/
404 GET /live/nowhere/
404 GET /live/nowhere/stream?after=1
302 GET /admin/nowhere
404 GET /static/nowhere.css
404 GET /media/nowhere.jpg
405 POST /
405 POST /media/nowhere.jpg
501 GET /oembed?format=xml
"""
"""Status, method and address of an answer of each kind; ?host: for a host that is not ours."""


def test_all_parts_of_a_server_say_it(
    database_url: str, data: Path, live: Coverage, post: Callable[..., Update]
) -> None:
    post()
    coverages.edit(live, slug="that-day")
    coverages.edit(live, slug="the-day")
    server = Server(database_url, data)
    server.start()
    wrong = []
    try:
        for line in WALKED.strip().splitlines():
            status, method, path, *_remark = line.split()
            connection = http.client.HTTPConnection("localhost", server.port, timeout=20)
            connection.request(method, path, headers={"Host": "evil.example"} if "?host" in path else {})
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            assert answer.status == int(status), line
            lacks = [name for name in settings.SAFE_HEADERS if name.lower() not in said]
            if lacks or "default-src 'none'" not in said.get("content-security-policy", ""):
                wrong.append((line, lacks, said.get("content-security-policy")))
            if status == "404" and said.get("cache-control") not in {CACHE_LIVE, "no-store"}:
                wrong.append((line, "what is published there later would be missing", said.get("cache-control")))
            connection.close()
    finally:
        server.stop()
    assert not wrong


def test_nginx_says_the_same() -> None:
    said = dict(re.findall(r'^add_header ([\w-]+) "?(.*?)"? always;$', NGINX.read_text(), re.MULTILINE))
    hsts, policy = said.pop("Strict-Transport-Security"), said.pop("Content-Security-Policy")
    assert said == settings.SAFE_HEADERS, "here without TLS"
    assert hsts == "$hsts", "tests/deploy/test_refusals.py sees what that is"
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
