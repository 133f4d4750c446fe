"""The public pages of one coverage as a folder that any static server can host, under any path.

What is in it was asked for as a reader asks, so nothing else can be: pages, permalinks, feed, JSON, embed, and the
files that those link to. Scripts are left out: they keep a page fresh, and a copy is not.
"""

import io
import json
import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import storages
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.urls import reverse
from django.utils.html import format_html

from articles.changes import reading
from articles.delivery.answers import FROM_DISK, PRIVATE
from articles.models import Coverage, Update

from . import relinked

_STUB = (
    '<!doctype html><html lang="{}"><meta charset="utf-8"><title>{}</title>'
    '<meta http-equiv="refresh" content="0; url={}"><link rel="canonical" href="{}"><a href="{}">{}</a></html>\n'
)


class Written(NamedTuple):
    pages: int
    files: int
    """Pictures, fonts and whatever else pages link to."""


class Missing(Exception):
    """A file that a page links to is not where it should be."""


def write(coverage: Coverage, folder: Path, progress: Callable[[int], None]) -> Written:
    """Write the folder, which must not exist. `progress` is told the number of pages, now and then.

    Raises Missing, and OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True)
    with reading():
        current = Coverage.objects.public().get(pk=coverage.pk)
        return _Folder(current, folder, progress).write()


class _Folder:
    def __init__(self, coverage: Coverage, folder: Path, progress: Callable[[int], None]) -> None:
        self.coverage = coverage
        self.folder = folder
        self.progress = progress
        self.slug = coverage.slug
        self.pages: dict[str, str] = {}
        """The file of each address that is a page."""
        self.bodies: dict[str, bytes] = {}
        self.files: dict[str, str] = {}
        """The file of each address that is a picture, a font, …"""
        self._handler = BaseHandler()
        self._handler.load_middleware()

    def write(self) -> Written:
        for address, file in self._addresses():
            self._fetch(address, file)
        for address, file in list(self.pages.items()):
            self._put(file, self._page(self.bodies[address], file))
        self._write_json()
        self._put(self._file(reverse("feed", args=[self.slug])), self._ask(reverse("feed", args=[self.slug])))
        stubs = dict(self._stubs())
        for file, to in stubs.items():
            self._put(file, self._stub(file, to))
        return Written(len(self.pages) + len(stubs), len(self.files))

    # ── What is asked for ───────────────────────────────────────────────────────────────────────────────

    def _addresses(self) -> Iterator[tuple[str, str]]:
        """Each page's address and the file that it becomes."""
        for name in ("coverage", "key_updates", "in_order", "embed"):
            address = reverse(name, args=[self.slug])
            yield address, self._file(address)
        for update in self._updates():
            yield update.get_absolute_url(), self._file(update.get_absolute_url())

    def _updates(self) -> Iterator[Update]:
        found = Update.objects.published().filter(coverage=self.coverage).select_related("coverage")
        return found.order_by("pk").iterator(chunk_size=500)

    def _fetch(self, address: str, file: str) -> None:
        """A page, and those that go on where it ends: a static server knows no `?before=`."""
        base, number = file, 1
        while address not in self.pages:
            self.pages[address] = file
            self.bodies[address] = body = self._ask(address)
            if len(self.pages) % 100 == 0:
                self.progress(len(self.pages))
            following = [link for link in relinked.links(body.decode()) if _goes_on(link, base, self._file)]
            if following:
                number += 1
                address, file = following[0], f"{posixpath.dirname(base)}/page-{number}/index.html"

    def _ask(self, address: str) -> bytes:
        """What a reader is answered. Raises Missing when that is not a page."""
        parts, site = urlsplit(address), urlsplit(settings.SITE_URL)
        request = WSGIRequest(
            {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": unquote(parts.path).encode().decode("latin-1"),
                "QUERY_STRING": parts.query,
                "SERVER_NAME": site.hostname,
                "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
                "HTTP_HOST": site.netloc,
                "HTTP_X_FORWARDED_PROTO": site.scheme,
                "wsgi.url_scheme": site.scheme,
                "wsgi.input": io.BytesIO(),
            }
        )
        response = self._handler.get_response(request)
        if response.status_code != 200:  # noqa: PLR2004
            raise Missing(f"{address} answers {response.status_code}.")
        if named := response.headers.get(FROM_DISK):
            with storages["originals"].open(named.removeprefix(PRIVATE)) as file:
                return bytes(file.read())
        return b"".join(response)

    # ── What is written ─────────────────────────────────────────────────────────────────────────────────

    def _put(self, file: str, body: bytes) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def _page(self, body: bytes, file: str) -> bytes:
        return relinked.page(body.decode(), lambda link: self._lead(link, file)).encode()

    def _lead(self, link: str, file: str) -> str:
        """Where a link of the page in `file` leads in the folder; to the site itself where that has no copy."""
        address, fragment = relinked.without_fragment(link)
        own = address.removeprefix(settings.SITE_URL) if address.startswith(f"{settings.SITE_URL}/static/") else address
        if not relinked.is_own(own):
            return link
        target = self.pages.get(own) or self.pages.get(own.partition("?")[0]) or self._others(own)
        if target is None:
            return urljoin(f"{settings.SITE_URL}/", link)
        return relinked.relative(target, file) + fragment

    def _others(self, address: str) -> str | None:
        if address == "/":
            return "index.html"
        if address.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
            return self._copied(address)
        beside = {reverse(name, args=[self.slug]) for name in ("feed", "snapshot")}
        return self._file(address) if address in beside else None

    def _file(self, address: str) -> str:
        """The file that a static server answers the address with."""
        path = unquote(urlsplit(address).path).lstrip("/")
        return f"{path}index.html" if path.endswith("/") or not path else path

    def _copied(self, address: str) -> str:
        """The file of a picture, style sheet or font, copied once, with what a style sheet fetches."""
        if address not in self.files:
            file = self.files[address] = self._file(address)
            body = _static(unquote(address)) if address.startswith(settings.STATIC_URL) else self._ask(address)
            self._put(file, body)
            if file.endswith(".css"):
                for link in relinked.style_links(body.decode()):
                    self._copied(urlsplit(urljoin(address, link)).path)
        return self.files[address]

    def _write_json(self) -> None:
        """The snapshot and those that go on where it ends, each under a name of its own."""
        address, number = reverse("snapshot", args=[self.slug]), 1
        while address:
            said: dict[str, Any] = json.loads(self._ask(address))
            older, number = said["older"], number + 1
            file = f"live/{self.slug}.json" if number == 2 else f"live/{self.slug}/page-{number - 1}.json"  # noqa: PLR2004
            if older:
                said["older"] = f"{settings.SITE_URL}/live/{self.slug}/page-{number}.json"
            self._put(file, json.dumps(said, ensure_ascii=False).encode())
            address = older and older.removeprefix(settings.SITE_URL)

    # ── Old addresses ───────────────────────────────────────────────────────────────────────────────────

    def _stubs(self) -> Iterator[tuple[str, str]]:
        """Files at addresses that lead on, and where to."""
        page = self._file(self.coverage.get_absolute_url())
        yield "index.html", page
        for former in self.coverage.former_slugs.all():
            yield f"live/{former.slug}/index.html", page
        for update in self._updates():
            target = self._file(update.get_absolute_url())
            for words in self._former_words(update):
                file = f"live/{self.slug}/{words}/index.html"
                if file != target:
                    yield file, target

    def _former_words(self, update: Update) -> set[str]:
        """The last part of each address at which readers could once find it."""
        headlines = update.history.filter(state=Update.State.PUBLISHED).values_list("headline", flat=True)
        return {str(update.pk), *(_last_part(update, headline) for headline in headlines)}

    def _stub(self, file: str, to: str) -> bytes:
        address = settings.SITE_URL + "/" + to.removesuffix("index.html")
        link = relinked.relative(to, file)
        words = self.coverage.headline
        return format_html(_STUB, self.coverage.language, words, link, address, link, words).encode()


def _goes_on(link: str, base: str, file: Callable[[str], str]) -> bool:
    """Whether the link leads to what follows the page, which is the same address with a place in it."""
    return relinked.is_own(link) and urlsplit(link).query.startswith(("before=", "after=")) and file(link) == base


def _last_part(update: Update, headline: str) -> str:
    former = Update(pk=update.pk, headline=headline, coverage=update.coverage)
    return unquote(former.get_absolute_url().rstrip("/").rpartition("/")[2])


def _static(path: str) -> bytes:
    name = path.removeprefix(settings.STATIC_URL)
    collected = Path(settings.STATIC_ROOT, name)
    found = collected if collected.is_file() else finders.find(name)
    if not found:
        raise Missing(f"The static file {name} is not there: manage.py collectstatic")
    return Path(str(found)).read_bytes()
