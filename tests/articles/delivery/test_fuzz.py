"""Whatever a reader sends to a real server, through the layer that answers before Django: no error, no markup, no leak.

Bytes are written as they are: what no client would send, too.
"""

import socket
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Coverage, Update
from articles.publishing import updates
from tests.articles.public.test_fuzz import HEADERS, LINE, MARK, NAMES, TEXT, paths
from tests.articles.public.test_leaks import SECRET, hidden_updates

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = st.lists(st.tuples(st.sampled_from(NAMES), TEXT), max_size=3).map(
    lambda pairs: "&".join(f"{name}={quote(text)}" for name, text in pairs)
)
RAW = st.binary(max_size=20).map(lambda some: some.translate(None, b" \r\n\x00#"))
"""In the place of a query: bytes of all kinds, as far as a request's first line can hold them."""
METHODS = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "get", "BREW"])


def test_whatever_is_sent_to_the_front(port: int, live: Coverage) -> None:
    def post(**content: object) -> Update:
        return updates.post(live, **content).update  # type: ignore[arg-type]

    post(headline="Seen by all", key_event=True)
    hidden_updates(live, post)

    @settings(max_examples=settings().max_examples * 20)
    @given(data=st.data())
    def fuzzed(data: st.DataObject) -> None:
        _send(data, port, live.slug)

    fuzzed()
    assert b" 200 " in ask(port, f"GET /live/{live.slug}/ HTTP/1.1\r\nHost: localhost\r\n".encode())


def _send(data: st.DataObject, port: int, slug: str) -> None:
    path, method = data.draw(paths(slug), "path"), data.draw(METHODS, "method")
    query = data.draw(st.one_of(QUERY.map(str.encode), RAW), "query")
    headers = data.draw(st.dictionaries(st.sampled_from(HEADERS), LINE, max_size=3), "headers")
    host = data.draw(st.sampled_from(["localhost", "localhost", "localhost:1", "evil.example", MARK, ""]), "host")
    lines = [f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    asked = f"{method} {path}?".encode() + query + b" HTTP/1.1\r\n"
    answer = ask(port, asked + "".join(f"{line}\r\n" for line in lines).encode("latin-1"))
    status = int(answer.split(b" ", 2)[1])
    # 501: another format (oembed.com)
    assert status < 500 or (path == "/oembed" and status == 501), answer
    assert MARK.encode() not in answer, "what was sent comes back as markup"
    assert SECRET.lower().encode() not in answer.lower()


def ask(port: int, request: bytes) -> bytes:
    """All that comes back, of a stream its beginning."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request + b"Connection: close\r\n\r\n")
        answer = b""
        while some := connection.recv(65536):
            answer += some
            if b"text/event-stream" in answer and b"\nevent: " in answer:
                break
    return answer
