"""A coverage's switch reaches every open page at once, by each way of asking."""

import http.client
import json
from typing import Any

import pytest

from articles.models import Coverage
from articles.publishing import coverages
from tests.browser.waiting import until

from .streams import EventStream

pytestmark = pytest.mark.django_db(transaction=True)


def asked(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def delta(port: int, slug: str, after: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked(port, f"/live/{slug}/changes?after={after}")[1])
    return found


@pytest.mark.parametrize("mode", ["poll", "frozen"])
def test_streams_are_told_and_sent_away(port: int, live: Coverage, mode: str) -> None:
    began = Coverage.objects.get(pk=live.pk).version
    with EventStream(port, f"/live/{live.slug}/stream?after={began}") as reader:
        assert reader.next()[1]["mode"] == "stream"  # type: ignore[index]
        now = coverages.switch(live, mode, 120)
        said = reader.changes()
        assert (said["mode"], said["poll"]) == (mode, 120)
        assert reader.next() is None
    with EventStream(port, f"/live/{live.slug}/stream?after={now.version}") as refused:
        assert refused.status == 204, "the page asks then, and hears why"
    assert (delta(port, live.slug, now.version)["mode"], delta(port, live.slug, began)["poll"]) == (mode, 120)
    assert f'data-mode="{mode}" data-poll="120"' in asked(port, f"/live/{live.slug}/")[1]


def test_back_again(port: int, live: Coverage) -> None:
    page = f"/live/{live.slug}/"
    until(lambda: 'data-mode="stream"' in asked(port, page)[1])
    coverages.switch(live, "frozen")
    until(lambda: 'data-mode="frozen"' in asked(port, page)[1])
    now = coverages.switch(live, "stream", 30)
    until(lambda: 'data-mode="stream" data-poll="30"' in asked(port, page)[1])
    with EventStream(port, f"/live/{live.slug}/stream?after={now.version}") as reader:
        name, said = reader.next() or ("", {})
        assert (name, said["mode"], said["poll"]) == ("heartbeat", "stream", 30)


def test_others_go_on(port: int, live: Coverage) -> None:
    other = coverages.start(coverages.create(headline="Other", slug=f"other-{live.slug}"))
    with EventStream(port, f"/live/{other.slug}/stream?after={other.version}") as reader:
        reader.next()
        coverages.switch(live, "poll")
        edited = coverages.edit(other, headline="Another")
        assert reader.changes()["version"] == edited.version
