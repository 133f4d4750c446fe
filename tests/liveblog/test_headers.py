"""What every answer says to browsers, whoever gives it."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from articles.models import Coverage, Update
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


def test_all_parts_of_a_server_say_it(database_url: str, data: Path, live: Coverage) -> None:
    server = Server(database_url, data)
    server.start()
    try:
        page = live.get_absolute_url()
        for path in ("/", page, f"{page}stream?after={live.version}", "/static/css/page.css"):
            connection = http.client.HTTPConnection("localhost", server.port, timeout=20)
            connection.request("GET", path)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            assert {name: said.get(name.lower()) for name in settings.SAFE_HEADERS} == settings.SAFE_HEADERS, path
            connection.close()
    finally:
        server.stop()


def test_nginx_says_the_same() -> None:
    said = dict(re.findall(r'^add_header ([\w-]+) "?(.*?)"? always;$', NGINX.read_text(), re.MULTILINE))
    hsts = said.pop("Strict-Transport-Security")
    assert said == settings.SAFE_HEADERS, "here without TLS"
    assert hsts == "max-age=31536000; includeSubDomains; preload"
