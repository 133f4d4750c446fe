"""The public folder: every link in it leads to a file, every permalink answers, and nothing in it is hidden."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from articles.archive import folder, relinked
from articles.models import Coverage, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates
from tests.articles.media.test_audio import sound
from tests.articles.public.test_leaks import SECRET, hidden_updates

pytestmark = pytest.mark.django_db


@pytest.fixture
def coverage(
    live: Coverage, post: Callable[..., Update], picture: Callable[..., SimpleUploadedFile], settings: Any
) -> Coverage:
    """More than two pages, one headline that was changed, a slug that was, and everything that is hidden."""
    settings.PAGE_UPDATES = 5
    photo = sources.add_photo(image=picture(), alt="A pier")
    for number in range(settings.PAGE_UPDATES * 2 + 3):
        post(headline=f"Update {number}", body='<p>"Quoted" &amp; <a href="/elsewhere/">linked</a>.</p>')
    first = post(headline="At first", photos=[PlacedPhoto(photo, "The pier")], audio=ContentFile(sound(1)))
    updates.edit(first, headline="In the end")
    hidden_updates(live, post)
    successor = coverages.start(coverages.create(headline="Next day", slug="next-day"))
    return coverages.end(coverages.edit(live, slug="the-new-day"), successor=successor)


@pytest.fixture
def written(coverage: Coverage, tmp_path: Path) -> Path:
    folder.write(coverage, tmp_path / "public", lambda _pages: None)
    return tmp_path / "public"


class Answer(NamedTuple):
    body: str
    kind: str


def get(address: str) -> Answer:
    with urlopen(address) as answer:  # noqa: S310
        return Answer(answer.read().decode(errors="replace"), answer.headers["Content-Type"])


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def served(written: Path) -> Iterator[str]:
    """The folder under a path of a server that knows nothing but files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(written.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/public/"
        server.shutdown()


def test_every_link_in_it_answers(served: str, written: Path) -> None:
    seen: set[str] = set()
    todo = {served}
    while todo:
        seen |= todo
        todo = {link for address in todo for link in links(address) if link.startswith(served)} - seen
    ids = {int(found[1]) for link in seen if (found := re.search(r"/the-new-day/(\d+)", link))}
    assert ids == set(Update.objects.published().filter(coverage__slug="the-new-day").values_list("pk", flat=True))
    assert any("/media/" in link for link in seen)
    assert any("/static/" in link for link in seen)
    heard = Update.objects.get(headline="In the end").audio
    assert (written / heard.url.lstrip("/")).read_bytes() == sound(1)


def links(address: str) -> set[str]:
    """Where a page leads to, which must be in the folder or on the site."""
    page = get(address)
    if not page.kind.startswith("text/html"):
        return set()
    found = [*relinked.links(page.body), *re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page.body)]
    absolute = {urljoin(address, link).partition("#")[0] for link in found}
    assert not [link for link in absolute if "127.0.0.1" in link and "/public/" not in link]
    return absolute


def test_every_permalink_leads_to_its_article(served: str) -> None:
    for update in Update.objects.published().select_related("coverage").filter(coverage__slug="the-new-day"):
        page = get(served + update.get_absolute_url().lstrip("/")).body
        assert f"<title>{update.headline}" in page
        assert 'http-equiv="refresh"' in get(f"{served}live/the-new-day/{update.pk}/").body
    first = Update.objects.get(headline="In the end")
    for former in (f"live/the-new-day/{first.pk}-at-first/", "live/the-day/"):
        assert 'http-equiv="refresh"' in get(served + former).body


def test_nothing_hidden_is_in_it(written: Path, coverage: Coverage) -> None:
    hidden = {str(pk) for pk in coverage.updates.exclude(state="published").values_list("pk", flat=True)}
    assert hidden
    for path in written.rglob("*"):
        assert path.name.partition("-")[0] not in hidden
        assert SECRET.lower() not in path.name.lower()
        if path.is_file():
            assert SECRET.lower().encode() not in path.read_bytes().lower(), path


def test_a_withdrawn_update_has_no_address(served: str, coverage: Coverage) -> None:
    gone = coverage.updates.filter(state="withdrawn").first()
    assert gone
    with pytest.raises(HTTPError, match="404"):
        get(f"{served}live/the-new-day/{gone.pk}/")


def test_all_updates_are_in_the_json(written: Path, coverage: Coverage) -> None:
    said = json.loads((written / "live/the-new-day.json").read_text())
    ids = [one["id"] for one in said["updates"]]
    while said["older"]:
        path = said["older"].removeprefix(f"{settings.SITE_URL}/")
        said = json.loads((written / path).read_text())
        ids += [one["id"] for one in said["updates"]]
    assert ids == list(Update.objects.feed().filter(coverage=coverage).values_list("pk", flat=True))


def test_no_script_is_left_and_what_has_no_copy_leads_to_the_site(written: Path) -> None:
    page = (written / "live/the-new-day/index.html").read_text()
    assert re.findall(r"<script (?!type=\"application/ld)", page) == []
    assert f'href="{settings.SITE_URL}/live/next-day/"' in page
    assert f'href="{settings.SITE_URL}/elsewhere/"' in page


def test_relinking_changes_nothing_else() -> None:
    text = '<title>A &amp; B</title><p data-x="&quot;/a&quot;">href="/x" &#8230; <br><img src="/a"></p>'
    page = f"<!DOCTYPE html>\n{text}\n<!-- c --><svg><path d='M0'/></svg>"
    assert relinked.page(page, lambda link: link) == page
