"""Whatever a reader sends: no error of ours, nothing of it comes back as markup, and nothing hidden is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Coverage, Update

from .test_leaks import SECRET, hidden_updates

NAMES = ("before", "after", "url", "format", "maxwidth", "maxheight", "q", "page")
MARK = "<i>fuzz</i>\"'>"
ODD = st.sampled_from(
    [MARK, "\x00", "\ud7ff", "9" * 40, "-1", "1e9", "%", "%00", "../..", "٣", "2022-02-27T23:14:05.120Z_1"]
)
TEXT = st.one_of(ODD, st.text(max_size=30), st.integers().map(str)).map(
    lambda text: text.encode(errors="ignore").decode()
)
HEADERS = (
    "If-None-Match",
    "If-Modified-Since",
    "Accept-Encoding",
    "Accept",
    "Accept-Language",
    "Last-Event-ID",
    "Cookie",
    "Range",
    "X-Request-ID",
    "X-Forwarded-For",
    "Authorization",
)
LINE = TEXT.map(
    lambda text: "".join(sign for sign in text if sign.isprintable()).encode("latin-1", "ignore").decode("latin-1")
)
OF_SITE = ("/", "/feed.atom", "/sitemap.xml", "/news-sitemap.xml", "/robots.txt", "/oembed", "/healthz", "/metrics")
OF_COVERAGE = ("", "changes", "older", "stream", "feed.atom", "in-order/", "key-updates/")


def paths(slug: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(OF_SITE),
        st.sampled_from(OF_COVERAGE).map(f"/live/{slug}/".__add__),
        st.sampled_from([f"/live/{slug}.json", f"/embed/{slug}/"]),
        TEXT.map(lambda text: f"/live/{quote(text)}/"),
        TEXT.map(lambda text: f"/live/{slug}/{quote(text)}/"),
        TEXT.map(lambda text: f"/media/{quote(text)}"),
        TEXT.map(lambda text: f"/sitemap-{quote(text)}.xml"),
    )


@pytest.mark.django_db
def test_whatever_is_sent(live: Coverage, post: Callable[..., Update], client: Client) -> None:
    post(headline="Seen by all", key_event=True)
    hidden_updates(live, post)

    @settings(max_examples=settings().max_examples * 10)
    @given(data=st.data())
    def fuzzed(data: st.DataObject) -> None:
        _send(data, client)

    fuzzed()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["%00", "a%00.jpg", "x" * 300, "photos", "photos/a.jpg/b", "%2e%2e/%2e%2e/etc/passwd", "%0a"]
)
def test_names_that_no_file_has(name: str, client: Client, settings: Any) -> None:
    """Found by the test above: a NUL in the name was an error of ours."""
    file = Path(settings.MEDIA_ROOT, "photos", "a.jpg")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    assert client.get(f"/media/{name}").status_code == 404


def _send(data: st.DataObject, client: Client) -> None:
    path = data.draw(paths("the-day"), "path")
    query = data.draw(st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=3), "query")
    headers = data.draw(st.dictionaries(st.sampled_from(HEADERS), LINE, max_size=3), "headers")
    method = data.draw(st.sampled_from(["get", "get", "get", "head", "post", "put", "options"]), "method")
    answer = getattr(client, method)(path, query_params=query, headers=headers)
    body = b"".join(answer) if answer.streaming else answer.content
    expected = (path.endswith("/stream") and 503, path == "/oembed" and 501)  # a format that we do not speak
    assert answer.status_code < 500 or answer.status_code in expected
    assert MARK.encode() not in body, "what was sent comes back as markup"
    assert SECRET.lower().encode() not in body.lower()
