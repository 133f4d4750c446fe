"""Which addresses are shown in a frame, and at which address."""

from urllib.parse import urlsplit

import pytest

from articles.media import embeds
from articles.media.embeds import FRAME_HOSTS, Embed

TUBE = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1"
VIMEO = "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1"
TWEET = "https://platform.twitter.com/embed/Tweet.html?id=20&dnt=true"
SKY = "https://embed.bsky.app/embed/danabra.mov/app.bsky.feed.post/3la62zxt4rs2j?colorMode=system"
TOOT = "https://mastodon.social/@Gargron/100254678717223630/embed"


@pytest.mark.parametrize(
    ("address", "embed"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", Embed("YouTube", TUBE, "wide")),
        ("http://youtube.com/watch?list=abc&v=dQw4w9WgXcQ&t=1m30s", Embed("YouTube", f"{TUBE}&start=90", "wide")),
        ("https://m.youtube.com/watch/?v=dQw4w9WgXcQ#t=75", Embed("YouTube", f"{TUBE}&start=75", "wide")),
        ("https://youtu.be/dQw4w9WgXcQ?t=43&si=x", Embed("YouTube", f"{TUBE}&start=43", "wide")),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", Embed("YouTube", TUBE, "tall")),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", Embed("YouTube", TUBE, "wide")),
        ("https://www.youtube.com/embed/dQw4w9WgXcQ?start=7", Embed("YouTube", f"{TUBE}&start=7", "wide")),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", Embed("YouTube", TUBE, "wide")),
        ("https://vimeo.com/76979871", Embed("Vimeo", VIMEO, "wide")),
        ("https://vimeo.com/channels/staffpicks/76979871#t=1h2s", Embed("Vimeo", f"{VIMEO}#t=3602s", "wide")),
        ("https://vimeo.com/76979871/0a1b2c3d4e", Embed("Vimeo", f"{VIMEO}&h=0a1b2c3d4e", "wide")),
        ("https://player.vimeo.com/video/76979871?h=0a1b", Embed("Vimeo", f"{VIMEO}&h=0a1b", "wide")),
        ("https://x.com/jack/status/20", Embed("X", TWEET, "post")),
        ("https://twitter.com/jack/status/20/photo/1?s=20", Embed("X", TWEET, "post")),
        ("https://mobile.twitter.com/i/web/status/20", Embed("X", TWEET, "post")),
        ("https://bsky.app/profile/danabra.mov/post/3la62zxt4rs2j", Embed("Bluesky", SKY, "post")),
        (
            "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3la62zxt4rs2j",
            Embed("Bluesky", SKY.replace("danabra.mov", "did:plc:z72i7hdynmk6r22z27h6tvur"), "post"),
        ),
        ("https://mastodon.social/@Gargron/100254678717223630", Embed("Mastodon", TOOT, "post")),
        ("https://mastodon.social/users/Gargron/statuses/100254678717223630", Embed("Mastodon", TOOT, "post")),
        (
            "https://www.instagram.com/someone/p/CxYz_-12/?hl=de",
            Embed("Instagram", "https://www.instagram.com/p/CxYz_-12/embed/captioned/", "post"),
        ),
        (
            "https://instagram.com/reels/CxYz_-12",
            Embed("Instagram", "https://www.instagram.com/reel/CxYz_-12/embed/captioned/", "post"),
        ),
    ],
)
def test_what_is_framed(address: str, embed: Embed) -> None:
    assert embeds.find(address) == embed
    assert urlsplit(embed.frame).hostname in FRAME_HOSTS


@pytest.mark.parametrize(
    "address",
    [
        "",
        "youtube.com/watch?v=dQw4w9WgXcQ",
        "https://example.org/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.example.org/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/@somebody",
        "https://www.youtube.com/watch?v=short",
        'https://www.youtube.com/watch?v="onload=x"',
        "https://vimeo.com/about",
        "https://x.com/jack",
        "https://x.com/jack/status/20x",
        "https://bsky.app/profile/danabra.mov",
        "https://mastodon.social/@someone@other.example/100254678717223630",
        "https://mastodon.online/@Gargron/100254678717223630",
        "https://www.instagram.com/someone/",
        "javascript:alert(1)",
        "https://[youtube.com/watch?v=dQw4w9WgXcQ",
    ],
)
def test_what_stays_a_link(address: str) -> None:
    assert embeds.find(address) is None


@pytest.mark.parametrize(
    ("time", "number"), [("90", 90), ("90s", 90), ("1h2m3s", 3723), ("2m", 120), ("", 0), ("x", 0)]
)
def test_the_moment_to_begin_at(time: str, number: int) -> None:
    assert embeds.seconds(time) == number
