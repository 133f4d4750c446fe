"""What an embedded address shows in a frame. Nothing is fetched: the frame's address follows from the words of it.

Every provider here can be framed without a script of its own on our page (docs/decisions tells which form does).
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

FRAME_HOSTS = (
    "www.youtube-nocookie.com",
    "player.vimeo.com",
    "platform.twitter.com",
    "embed.bsky.app",
    "mastodon.social",
    "www.instagram.com",
)
"""The hosts of all frames, for the content security policy of the pages."""

type Shape = Literal["wide", "tall", "post"]
"""The room that a frame needs: a film of 16:9, one of 9:16, or a square for a post, which scrolls in it."""

type Query = Mapping[str, str]


class Embed(NamedTuple):
    """`frame` is an address on one of FRAME_HOSTS; a film begins to play at once, for the reader has asked for it."""

    provider: str
    frame: str
    shape: Shape


def find(address: str) -> Embed | None:
    """What can be framed at an http(s) address, or None where it is just a link."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    fragment = parse_qs(parts.fragment)
    query = {name: values[0] for name, values in (fragment | parse_qs(parts.query)).items()}
    for hosts, pattern, make in _PROVIDERS:
        found = re.fullmatch(pattern, parts.path, re.ASCII) if host in hosts else None
        if found and (embed := make(found, query)):
            return embed
    return None


def hosts() -> list[str]:
    """The hosts of which something can be framed, without "www."."""
    return sorted({host for named, _pattern, _make in _PROVIDERS for host in named})


def seconds(time: str) -> int:
    """`90`, `90s` or `1h2m3s`, as players write the moment to begin at; 0 for anything else."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", time[:20], re.ASCII)
    hours, minutes, rest = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return hours * 3600 + minutes * 60 + rest


def _youtube(found: re.Match[str], query: Query) -> Embed | None:
    groups = found.groupdict()
    video = groups.get("id") or query.get("v", "")
    if not re.fullmatch(r"[\w-]{11}", video, re.ASCII):
        return None
    start = seconds(query.get("t") or query.get("start") or "")
    frame = f"https://www.youtube-nocookie.com/embed/{video}?autoplay=1" + (f"&start={start}" if start else "")
    return Embed("YouTube", frame, "tall" if groups.get("kind") == "shorts" else "wide")


def _vimeo(found: re.Match[str], query: Query) -> Embed:
    secret = found["secret"] or query.get("h", "")
    start = seconds(query.get("t", ""))
    options = (
        "?autoplay=1&dnt=1" + (f"&h={quote(secret, safe='')}" if secret else "") + (f"#t={start}s" if start else "")
    )
    return Embed("Vimeo", f"https://player.vimeo.com/video/{found['id']}{options}", "wide")


def _x(found: re.Match[str], query: Query) -> Embed:
    return Embed("X", f"https://platform.twitter.com/embed/Tweet.html?id={found['id']}&dnt=true", "post")


def _bluesky(found: re.Match[str], query: Query) -> Embed:
    frame = f"https://embed.bsky.app/embed/{found['who']}/app.bsky.feed.post/{found['id']}?colorMode=system"
    return Embed("Bluesky", frame, "post")


def _mastodon(found: re.Match[str], query: Query) -> Embed:
    return Embed("Mastodon", f"https://mastodon.social/@{found['who']}/{found['id']}/embed", "post")


def _instagram(found: re.Match[str], query: Query) -> Embed:
    kind = "reel" if found["kind"] == "reels" else found["kind"]
    return Embed("Instagram", f"https://www.instagram.com/{kind}/{found['id']}/embed/captioned/", "post")


_YOUTUBE = {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"}
_PROVIDERS: tuple[tuple[set[str], str, Callable[[re.Match[str], Query], Embed | None]], ...] = (
    (_YOUTUBE, r"/watch/?|/(?P<kind>shorts|live|embed|v)/(?P<id>[\w-]+)/?", _youtube),
    ({"youtu.be"}, r"/(?P<id>[\w-]+)/?", _youtube),
    ({"vimeo.com"}, r"/(?:channels/[\w-]+/|groups/[\w-]+/videos/)?(?P<id>\d+)(?:/(?P<secret>[0-9a-f]+))?/?", _vimeo),
    ({"player.vimeo.com"}, r"/video/(?P<id>\d+)(?P<secret>)/?", _vimeo),
    ({"x.com", "twitter.com", "mobile.twitter.com"}, r"/(?:i/web|\w+)/status(?:es)?/(?P<id>\d+)(?:/.*)?", _x),
    ({"bsky.app"}, r"/profile/(?P<who>[\w.:-]+)/post/(?P<id>[\w.~-]+)/?", _bluesky),
    # A name with a server of its own is a copy of a post that only its own server shows in a frame.
    ({"mastodon.social"}, r"/@(?P<who>\w+)/(?P<id>\d+)(?:/embed)?/?", _mastodon),
    ({"mastodon.social"}, r"/users/(?P<who>\w+)/statuses/(?P<id>\d+)/?", _mastodon),
    ({"instagram.com"}, r"/(?:[\w.]+/)?(?P<kind>p|reels?|tv)/(?P<id>[\w-]+)/?(?:embed/?(?:captioned/?)?)?", _instagram),
)
