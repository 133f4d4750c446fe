"""A page of ours as it stands in a folder: its links lead to files beside it, and no script looks for a server."""

import posixpath
import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

_LINK = re.compile(r'(?P<before>\s(?P<name>href|src|srcset|imagesrcset|data-src)=")(?P<value>[^"]*)(?=")')
_SRCSETS = {"srcset", "imagesrcset"}
_STYLE_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)[\"']?\s*\)")


class _Page(HTMLParser):
    """Echoes a document, with each link as `lead` gives it and without scripts that are run."""

    def __init__(self, lead: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=False)
        self.lead = lead
        self.out: list[str] = []
        self.skipping = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and dict(attrs).get("type") != "application/ld+json":
            self.skipping = True
        else:
            self.out.append(_LINK.sub(self._relinked, self.get_starttag_text() or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def _relinked(self, found: "re.Match[str]") -> str:
        value = unescape(found["value"])
        led = _each(value, self.lead) if found["name"] in _SRCSETS else self.lead(value)
        return found["before"] + escape(led)

    def handle_endtag(self, tag: str) -> None:
        if self.skipping:
            self.skipping = False
        else:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")


def _each(srcset: str, lead: Callable[[str], str]) -> str:
    candidates = (candidate.split() for candidate in srcset.split(","))
    return ", ".join(" ".join([lead(address), *rest]) for address, *rest in filter(None, candidates))


def page(html: str, lead: Callable[[str], str]) -> str:
    """The document with each link (also of srcset) as `lead` says."""
    parser = _Page(lead)
    parser.feed(html)
    parser.close()
    return "".join(parser.out)


def links(html: str) -> list[str]:
    """All that the document links to, as it says it."""
    found: list[str] = []
    page(html, lambda link: found.append(link) or link)  # type: ignore[func-returns-value]
    return found


def style_links(css: str) -> Iterator[str]:
    """What a style sheet fetches, apart from what it holds itself."""
    return (link for link in _STYLE_URL.findall(css) if not link.startswith(("data:", "#")))


def relative(to: str, page_file: str) -> str:
    """The way from one file of the folder to another."""
    return posixpath.relpath(to, posixpath.dirname(page_file) or ".")


def without_fragment(link: str) -> tuple[str, str]:
    """The link, and what stands after its #, with the #."""
    address, hash_, fragment = link.partition("#")
    return address, hash_ + fragment


def is_own(link: str) -> bool:
    """Whether the link is a path on this site."""
    parts = urlsplit(link)
    return not parts.scheme and not parts.netloc and parts.path.startswith("/")
