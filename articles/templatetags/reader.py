"""What the reader's page needs beyond Django's own tags: times, bylines, minutes to listen, links.

Times are shown in the time zone that is active, so render under `timezone.override(coverage.zone)`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from articles.media.plurals import PLURALS
from articles.models import Author, Coverage, Photo, Update

register = template.Library()

WORDS_A_MINUTE = 180
"""How fast a voice reads news aloud."""

SCRIPTS_WITHOUT_FONT = {"ar", "be", "bg", "el", "fa", "he", "hi", "ja", "ko", "mk", "mr", "ne", "ru", "sr", "uk", "zh"}
"""Languages whose letters our own fonts lack; static/css/page.css names system families for them."""

FORMATS = {"dated": "moment", "updated": "within"}
"""What the script is told of styles of a moment that differ from another only in what the server writes."""

EMBEDS = {
    "youtube.com": "YouTube",
    "youtu.be": "YouTube",
    "youtube-nocookie.com": "YouTube",
    "vimeo.com": "Vimeo",
}
POSTS = {
    "x.com": "X",
    "twitter.com": "X",
    "bsky.app": "Bluesky",
    "mastodon.social": "Mastodon",
    "instagram.com": "Instagram",
}


# ── Times ───────────────────────────────────────────────────────────────────────────────────────────────
@register.filter
def iso(moment: datetime) -> str:
    """`moment` for machines: ISO 8601 in UTC with milliseconds, such as 2022-02-27T23:14:05.120Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.simple_tag
def moment(value: datetime | None, style: str = "moment") -> SafeString | str:
    """A <time> that is right without script: absolute, in the story's zone, "" for None.

    `style`: "time" is 9:13 a.m. EET, "moment" puts the day before it, "dated" the day and year,
    "day" is the day and year alone. "within" is a moment that follows a word, where the script writes "today"
    for its day and not "Today"; "updated" is such a one that the script moves on.
    """
    if value is None:
        return ""
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" data-format="{}"{}>{}</time>',
        iso(value),
        FORMATS.get(style, style),
        mark_safe(" data-updated") if style == "updated" else "",
        _in_words(local, style),
    )


@register.simple_tag
def moment_after(value: datetime | None, earlier: datetime | None) -> SafeString | str:
    """A `moment` that follows a word, with the day only where it is not the day of `earlier`."""
    same = value and earlier and timezone.localdate(value) == timezone.localdate(earlier)
    return moment(value, "time" if same else "within")


def _in_words(local: datetime, style: str) -> SafeString | str:
    day = _day(local.date(), get_language() or "en", year=style in {"dated", "day"})
    if style == "day":
        return day
    time = f"{format_date(local, get_format('TIME_FORMAT'))} {zone_name(local)}"
    if style == "time":
        return time
    if style != "dated":  # the script may write "Today" there
        day = format_html("<span data-day>{}</span>", day)
    return format_html(pgettext("day and time", "{}, {}"), day, time)


@lru_cache(maxsize=1000)
def _day(day: date, language: str, *, year: bool) -> str:
    return format_date(day, _day_format(language, year=year))


def _day_format(language: str, *, year: bool) -> str:
    """The language's own format; in English that of the Associated Press (Feb. 27)."""
    if language.partition("-")[0] == "en":
        return "N j, Y" if year else "N j"
    full = str(get_format("DATE_FORMAT"))
    chosen = full if year else str(get_format("MONTH_DAY_FORMAT"))
    if "E" in full:  # the month's name is inflected beside a day; Django's short formats forget it
        chosen = chosen.replace("F", "E")
    return re.sub(r"(?<!\\)d", "j", chosen)


def zone_name(local: datetime) -> str:
    """The zone's abbreviation at that moment; GMT+3 where the zone has none but its offset."""
    zone: tzinfo | None = local.tzinfo
    name = (zone.tzname(local) if zone else None) or "UTC"
    offset = re.fullmatch(r"([+-])(\d\d)(\d\d)?", name)
    if not offset:
        return name
    sign, hours, minutes = offset.groups()
    return f"GMT{sign}{int(hours)}" + (f":{minutes}" if minutes else "")


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def byline(authors: Iterable[Author]) -> SafeString | str:
    """ "By A, B and C" in the page's language; "" for nobody."""
    names = [format_html("<bdi>{}</bdi>", author.name) for author in authors]
    if not names:
        return ""
    joined = format_html_join(mark_safe(pgettext("between names", ", ")), "{}", ((name,) for name in names[:-1]))  # noqa: S308
    listed = format_html(pgettext("names", "{} and {}"), joined, names[-1]) if len(names) > 1 else names[-1]
    return format_html(pgettext("byline", "By {}"), listed)


@register.simple_tag
def listen(item: Coverage | Update) -> str:
    """What the button says: how many minutes its audio is, or takes to be read aloud; at least 1."""
    seconds = item.audio_seconds or len(_words(item).split()) * 60 / WORDS_A_MINUTE
    minutes = max(1, round(seconds / 60))
    return ngettext("Listen %(minutes)s min", "Listen %(minutes)s min", minutes) % {"minutes": minutes}


@register.filter
def spoken(update: Update) -> str:
    """The selector of what is read aloud of an update in the feed."""
    return f"#title-{update.pk}:not(.when), #update-{update.pk} .text"


def _words(item: Coverage | Update) -> str:
    """What the page reads aloud of it: an update whole, of a coverage the headline, summary and key points."""
    if isinstance(item, Update):
        return f"{item.headline} {item.text}"
    return " ".join([item.headline, item.summary, *(point.text for point in item.key_points.all())])


@register.filter
def raised(html: str) -> SafeString:
    """Sanitised `html` with its headings one level up: for a text that stands right under the h1."""
    return mark_safe(re.sub(r"(</?h)([34])>", lambda tag: f"{tag[1]}{int(tag[2]) - 1}>", html))  # noqa: S308


@register.simple_tag
def counted_words() -> SafeString:
    """data-new-one="%s new update" and so on, one a plural category, for Intl.PluralRules to choose from."""
    forms = [
        (
            category,
            ngettext("%s new update", "%s new updates", n),
            ngettext("Resume (%s new update)", "Resume (%s new updates)", n),
        )
        for category, n in PLURALS.items()
    ]
    return format_html_join(" ", 'data-new-{0}="{1}" data-resume-{0}="{2}"', forms)


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────────────
SIZES = {
    "column": "40rem",
    "card": "(max-width: 77.99rem) 48rem, 20rem",
    "main": "(max-width: 77.99rem) 60rem, 52rem",
}
"""How wide static/css/page.css shows a picture from 40 rem on."""
COLUMN = 640
"""Pixels of the column, which a narrower picture does not fill."""
PHONE = (
    "(max-width: 30rem) and (min-resolution: 2.5dppx) 240px, "
    "(max-width: 30rem) and (min-resolution: 1.5dppx) 360px, "
    "(max-width: 39.99rem) 100vw"
)
"""Below that. Phones of 2× and of 3× are both led to the rendition 720 pixels wide, which is a column's width twice:
nobody sees what a third pixel would add, and it weighs as much again."""


@register.simple_tag
def picture(photo: Photo, room: str = "column", eager: bool = False, alt: str | None = None) -> SafeString:
    """The photo in all formats and sizes; made of what was settled at upload, without asking a storage.

    What it says of loading, delivery/pages.py replaces where a picture comes first.
    """
    is_small = room == "column" and photo.width < COLUMN
    sizes = f"{photo.width}px" if is_small else f"{PHONE}, {SIZES[room]}"  # by its end the style sheet knows which
    sources = "".join(
        f'<source type="image/{kind}" srcset="{photo.srcset(kind)}" sizes="{sizes}">' for kind in photo.MODERN
    )
    alt = photo.alt or _("Photo") if alt is None else alt
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    own_files = escape(photo.srcset(photo.suffix[1:]))
    return mark_safe(  # noqa: S308
        f'<picture>{sources}<img class="{photo.look}" src="{photo.url}" srcset="{own_files}" sizes="{sizes}"'
        f' width="{photo.width}" height="{photo.height}" alt="{escape(alt)}" {loading}></picture>'
    )


# ── Links ───────────────────────────────────────────────────────────────────────────────────────────────
@register.simple_tag
def permalink(update: Update | None, coverage: Coverage) -> str:
    """The address of an update of `coverage`, without a query; "" for None and for another coverage's."""
    if update is None or update.coverage_id != coverage.pk:
        return ""
    update.coverage = coverage
    return update.get_absolute_url()


@register.filter
def embed_title(address: str) -> str:
    """What a link to the embedded address says."""
    host = (urlsplit(address).hostname or address).removeprefix("www.").removeprefix("m.")
    if host in EMBEDS:
        return _("Watch on %(host)s") % {"host": EMBEDS[host]}
    if host in POSTS:
        return _("See the post on %(host)s") % {"host": POSTS[host]}
    return _("Open the page at %(host)s") % {"host": host}


@register.filter
def has_own_font(language: str) -> bool:
    """Whether our fonts have the letters of `language`, so that preloading them pays."""
    return language.partition("-")[0] not in SCRIPTS_WITHOUT_FONT


@register.simple_tag
def publication_language() -> str:
    """The language of the publication's name, which stands on pages of other languages too."""
    return settings.LANGUAGE_CODE


@register.simple_tag
def publication() -> dict[str, Any]:
    """The facts of the site for error pages, which are rendered with no context of ours."""
    return {"name": settings.PUBLICATION_NAME, "tagline": settings.PUBLICATION_TAGLINE, "url": settings.SITE_URL}
