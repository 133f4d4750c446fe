"""A crawler of everything that the site says to everybody, as readers and caches get it from nginx."""

import gzip
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import unescape
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import brotli

from .nginx import Answer, Nginx

BEGINNINGS = ("/", "/robots.txt", "/sitemap.xml", "/news-sitemap.xml", "/feed.atom")
ENCODINGS = ("br", "gzip", "identity")
"""nginx keeps an answer in each of them."""
UNPACK: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}
_ADDRESS = re.compile(
    r"(?<=[\"'>\s,=])(?:https://[\w.:]+)?/(?:live/|embed/|media/|oembed\?|feed\.atom|sitemap|news-sitemap)[^\s\"'<>\\(),]*"
)
_LINK = re.compile(r'(?:href|src)="([^"]+)"')
_OF_COVERAGE = re.compile(r"^/live/[^/]+/$")


class Seen(NamedTuple):
    address: str
    encoding: str
    status: int
    cache_control: str
    kept_by: str
    """What nginx's cache had to do with it; empty where it has none."""
    text: str
    """The headers and the body; of pictures the headers alone."""


def crawl(nginx: Nginx, beginnings: Iterable[str] = (), encodings: Sequence[str] = ENCODINGS[:1]) -> list[Seen]:
    """Every address that can be reached from the site's own beginnings and these, in each encoding."""
    found: dict[str, list[Seen]] = {}
    wanted = {*BEGINNINGS, *beginnings}
    with ThreadPoolExecutor(6) as readers:
        while wanted:
            for some in readers.map(partial(_read, nginx, encodings), sorted(wanted)):
                found[some[0].address] = some
            wanted = {link for some in found.values() for link in _links(nginx, some[-1])} - found.keys()
    return [seen for some in found.values() for seen in some]


def _read(nginx: Nginx, encodings: Sequence[str], address: str) -> list[Seen]:
    return [_seen(address, encoding, nginx.get(address, Accept_Encoding=encoding)) for encoding in encodings]


def _seen(address: str, encoding: str, answer: Answer) -> Seen:
    body = UNPACK.get(answer.headers["Content-Encoding"] or "", bytes)(answer.body)
    is_text = not answer.headers["Content-Type"].startswith(("image/", "audio/")) if answer.body else False
    text = f"{answer.headers}\n{body.decode() if is_text else ''}"
    return Seen(address, encoding, answer.status, answer.headers["Cache-Control"] or "", answer.cache or "", text)


def _links(nginx: Nginx, seen: Seen) -> set[str]:
    text = unescape(seen.text).replace("\\/", "/")
    links = {*_ADDRESS.findall(text), *_LINK.findall(text), *_asked_by_scripts(seen.address, text)}
    whole = {urljoin(nginx.origin + seen.address, link) for link in links}
    own = {urlsplit(link)._replace(fragment="") for link in whole if link.startswith(f"{nginx.origin}/")}
    public = [
        link for link in own if not link.path.startswith(("/admin", "/static")) and not link.path.endswith("/stream")
    ]
    return {link._replace(scheme="", netloc="").geturl() for link in public}


def _asked_by_scripts(address: str, text: str) -> set[str]:
    """What a page's script asks for, and machines to whom the documentation was read."""
    path = urlsplit(address).path
    found = set()
    for changes in re.findall(r'data-changes="([^"]+)"', text):
        found |= {f"{changes}?after={version}" for version in (0, *re.findall(r'data-version="(\d+)"', text))}
        for cursor in re.findall(r'data-older="([\d:.TZ_-]+)"', text):
            found |= {urljoin(changes, f"older?before={cursor}")}
    if _OF_COVERAGE.match(path):
        found |= {
            f"{path[:-1]}.json",
            f"{path}feed.atom",
            f"{path}key-updates/",
            f"{path}in-order/",
            path.replace("/live/", "/embed/"),
        }
    return found
