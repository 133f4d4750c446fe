"""The ASGI layer that answers the hot addresses from memory and passes everything else to Django.

Django is asked once for an address. Its answer is compressed once and kept under the coverage's version,
which the hub knows; for the next version only the page is made again, with the headers that Django gave.
What Django redirects is passed on and not kept; that there is nothing is kept until something is published.
"""

import asyncio
import re
import time
from contextlib import suppress
from functools import cache, lru_cache
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlencode

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.http.request import split_domain_port, validate_host
from django.template.loader import render_to_string
from django.urls import reverse

from articles.changes import BadCursor, Withdrawn
from articles.models import Coverage

from . import find, metrics
from .allowance import Allowance
from .answers import App, Kept, Receive, Reply, Scope, Send, ask, refusal
from .hub import DOUBT, PATIENCE, hub, in_thread
from .memory import Memory
from .negotiation import encoding, matches

type Key = tuple[str, str]
"""An address: its path, and of its query what means something."""

_OF_COVERAGE = r"(?:live|embed)/([-\w]+)(?:\.json|/(?:|changes|older|feed\.atom|key-updates/|in-order/|\d[-\w]*/))"
HOT = re.compile(rf"/(?:{_OF_COVERAGE}|feed\.atom|sitemap\.xml|)")
"""Addresses of one coverage, and of those of the whole site what only publishing changes."""
READING = frozenset({"GET", "HEAD"})
ASKED = re.compile(r"/live/[-\w]+(?:(?P<before>/|\.json|/older)|(?P<after>/changes|/in-order/))")
"""Addresses that a parameter means something to, and which one; others neither miss nor fill the memory."""
LONG = 300
"""Bytes of a query that are not remembered as understood."""
NOTHING = (-1, 0)
"""A coverage that is not there, and its version."""
STALE = 45
"""Seconds without confirmation after which what is served may no longer be kept by anybody."""


class Front:
    """Wraps Django's application."""

    def __init__(self, django: App) -> None:
        self.django = django
        self._memory = Memory(settings.PAGE_MEMORY // 2)
        self._refused = Memory(1_000_000)
        """By address: that nothing is there, and the site's version at which Django said so."""
        self._allowance = Allowance()
        self._uncounted = (reverse("admin:index"), settings.STATIC_URL)
        self._asking: dict[tuple[Key, int, str], asyncio.Future[Kept | Reply]] = {}
        self._doubted_at = 0.0
        self._failed_at = float("-inf")
        """time.monotonic() when the database last did not answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        reply = self._ready(scope, headers) or await self._look(scope, headers)
        if reply is None:
            return await (self.django(scope, receive, send) if self._may_ask(scope) else too_many().send(send))
        metrics.tally.asked += scope["path"].endswith("/changes")
        return await reply.send(send, with_body=scope["method"] == "GET")

    def at_once(self, scope: Scope) -> Reply | None:
        """The reply to a GET, if memory alone can give it."""
        reply = self._ready(scope, dict(scope["headers"])) if scope["method"] == "GET" else None
        metrics.tally.asked += reply is not None and scope["path"].endswith("/changes")
        return reply

    def _may_ask(self, scope: Scope) -> bool:
        """Whether Django shall be asked for whoever asks. In the admin it is the one who has signed in that counts."""
        return scope["path"].startswith(self._uncounted) or self._allowance.spend(scope.get("client"))

    def _ready(self, scope: Scope, headers: dict[bytes, bytes]) -> Reply | None:
        """What there is to say now, as far as memory knows."""
        kept: Kept | None = self._memory.peek((scope["path"], _query(scope["path"], scope["query_string"])))
        if kept is None or scope["method"] not in READING:
            return None
        if not kept.is_of(hub.version(kept.pk)) or hub.silence > DOUBT:
            return None
        reply = _chosen(kept, headers) if _is_ours(scope, headers) else None
        metrics.tally.hits += reply is not None
        return reply

    async def _look(self, scope: Scope, headers: dict[bytes, bytes]) -> Reply | None:
        """The reply to a request of any kind; None when Django shall give it."""
        found = HOT.fullmatch(scope["path"]) if scope["method"] in READING else None
        if found is None or not _is_ours(scope, headers):
            return None
        key = scope["path"], _query(scope["path"], scope["query_string"])
        if (refusal := self._refusal(key)) is not None:
            return refusal
        kept: Kept | None = self._memory.peek(key)
        pk, version = await self._version(found[1] or "", kept)
        if version is None:
            return None
        wanted = encoding(headers.get(b"accept-encoding", b""))
        if kept is None or not kept.is_of(version) or wanted not in kept.replies:
            metrics.tally.misses += 1
            answer = await self._ask(scope, pk, version, key, wanted)
            if isinstance(answer, Reply):
                return answer
            kept = answer
        reply = _chosen(kept, headers)
        return reply and (reply if hub.silence < STALE else _not_to_keep(reply))

    # ── Which version ───────────────────────────────────────────────────────────────────────────────────

    async def _version(self, slug: str, kept: Kept | None) -> tuple[int, int | None]:
        """The coverage at this slug and its version now; None when only Django can say.

        `kept`: what was last answered at this address. Making it anew will tell whether it has another one by now.
        """
        if hub.silence > DOUBT:
            await self._doubt()
        if kept and (version := hub.version(kept.pk)):
            return kept.pk, version
        known = hub.known(slug)
        if known is None:
            try:
                known = await hub.locate(slug)
            except (Withdrawn, Coverage.DoesNotExist):
                return NOTHING
            except (find.Moved, DatabaseError):
                return 0, None
        return known.pk, known.version

    def _refusal(self, key: Key) -> Reply | None:
        """What Django said of an address where nothing is: it holds until something is published anywhere."""
        site, reply = self._refused.peek(key) or (None, None)
        return reply if site == hub.version(find.SITE) and hub.silence < DOUBT else None

    def _refuse(self, key: Key, site: int | None, reply: Reply) -> Reply:
        if site and reply.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            self._refused.put(key, (site, reply.for_others()), len(reply.body) + 1000)
        return reply

    async def _site_version(self) -> int | None:
        with suppress(DatabaseError, TimeoutError):
            return hub.version(find.SITE) or (await hub.locate("")).version
        return None

    async def _doubt(self) -> None:
        """The listener is silent: ask the database, at most once a second; if it is too, go on with what we have."""
        if time.monotonic() - self._doubted_at < 1:
            return
        self._doubted_at = time.monotonic()
        with suppress(DatabaseError, TimeoutError):
            await asyncio.wait_for(hub.confirm(), PATIENCE)

    # ── What is not kept ────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, scope: Scope, pk: int, version: int, key: Key, wanted: str) -> Kept | Reply:
        """Make the answer, once for all who ask for the same at the same time."""
        what = key, version, wanted
        asking = self._asking.get(what)
        if asking is None:
            if self._memory.peek(key) is None and not self._may_ask(scope):
                return too_many()
            asking = self._asking[what] = asyncio.ensure_future(self._make(scope, pk, version, key, wanted))
            asking.add_done_callback(lambda _: self._asking.pop(what, None))
        return await asyncio.shield(asking)

    async def _make(self, scope: Scope, pk: int, version: int, key: Key, wanted: str) -> Kept | Reply:
        old: Kept | None = self._memory.peek(key)
        kept = await self._remade(old, version, key[0]) if old else None
        if kept is None:
            self._memory.drop(key)
            site = await self._site_version()
            answer = await ask(self.django, scope, key[1])
            if answer.page is None or answer.remake is None:
                return self._refuse(key, site, answer.reply)
            kept = Kept(pk, answer.page, answer.reply.headers, answer.remake)
        if wanted not in kept.replies:
            await asyncio.to_thread(kept.pack, wanted)
        hub.follow(pk, kept.version)
        self._memory.put(key, kept, kept.weight)
        return kept

    async def _remade(self, old: Kept, version: int, path: str) -> Kept | None:
        """The same address's answer at this version; None when Django must say what became of it.

        When the database does not answer: what there was, which is better than nothing, until the hub hears from it.
        """
        if old.is_of(version) or hub.confirmed_at < self._failed_at:
            return old
        try:
            return await asyncio.wait_for(in_thread(_of_version, old, version, path), PATIENCE)
        except (DatabaseError, TimeoutError):
            self._failed_at = time.monotonic()
            return old


def _of_version(old: Kept, version: int, path: str) -> Kept | None:
    try:
        page = old.remake(version)
    except (ObjectDoesNotExist, Withdrawn, BadCursor):
        return None
    if page.state != old.state or unquote(page.path) != path:
        return None
    return Kept(old.pk, page, old.headers, old.remake)


# ── One request ─────────────────────────────────────────────────────────────────────────────────────────


def _chosen(kept: Kept, headers: dict[bytes, bytes]) -> Reply | None:
    """The reply in the reader's encoding, or that nothing has changed; None when there is none in that encoding."""
    condition = headers.get(b"if-none-match")
    if condition is not None and matches(condition, kept.etag):
        return kept.unchanged
    return kept.replies.get(encoding(headers.get(b"accept-encoding", b"")))


def _not_to_keep(reply: Reply) -> Reply:
    headers = [header for header in reply.headers if header[0] != b"cache-control"]
    return Reply(reply.status, [*headers, (b"cache-control", b"no-store")], reply.body)


def _is_ours(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether Django would answer this host and scheme with a page; if not, Django shall say so."""
    if len(headers) < len(scope["headers"]) and sum(name == b"host" for name, _ in scope["headers"]) > 1:
        return False
    scheme = scope["scheme"]
    if settings.SECURE_PROXY_SSL_HEADER:  # a proxy's word, which settings say to believe
        scheme = headers.get(b"x-forwarded-proto", scheme.encode()).decode("latin-1")
    return _is_served(headers.get(b"host", b""), scheme)


@lru_cache(maxsize=1000)
def _is_served(host: bytes, scheme: str) -> bool:
    if settings.SECURE_SSL_REDIRECT and scheme != "https":
        return False
    domain, _port = split_domain_port(host.decode("latin-1"))
    allowed = settings.ALLOWED_HOSTS or (["localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    return bool(domain) and validate_host(domain, allowed)


def _query(path: str, query: bytes) -> str:
    """The query with only what means something at this path."""
    asked = ASKED.fullmatch(path) if query else None
    if asked is None or asked.lastgroup is None:
        return ""
    return (_chosen_of if len(query) < LONG else _chosen_of.__wrapped__)(asked.lastgroup, query)


@lru_cache(maxsize=10_000)
def _chosen_of(name: str, query: bytes) -> str:
    """Of a parameter given twice the last counts, as in Django."""
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return urlencode({name: given[name]}) if name in given else ""


@cache
def too_many() -> Reply:
    """What is said to an address that has used up its allowance."""
    policy = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'"
    page = render_to_string("429.html")
    return refusal(HTTPStatus.TOO_MANY_REQUESTS, page, "text/html", policy, retry_after="10")
