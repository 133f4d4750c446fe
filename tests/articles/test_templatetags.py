"""Times, bylines, minutes and links as readers see them, in several languages."""

# ruff: noqa: RUF001

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from articles.models import Author, Coverage, Update
from articles.publishing import coverages, updates
from articles.publishing.coverages import KeyPointContent
from articles.templatetags import reader

MORNING = datetime(2022, 2, 27, 7, 13, 5, 120_000, tzinfo=UTC)
KYIV = "Europe/Kyiv"


def words(moment: datetime, zone: str = KYIV, style: str = "moment", language: str = "en") -> str:
    with translation.override(language), timezone.override(zone):
        html = str(reader.moment(moment, style))
    return html.partition(">")[2].removesuffix("</time>").replace("<span data-day>", "").replace("</span>", "")


def render(source: str, **context: Any) -> str:
    return Template("{% load reader %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("moment", "Feb. 27, 9:13 a.m. EET"),
        ("updated", "Feb. 27, 9:13 a.m. EET"),
        ("time", "9:13 a.m. EET"),
        ("dated", "Feb. 27, 2022, 9:13 a.m. EET"),
        ("day", "Feb. 27, 2022"),
    ],
)
def test_times_in_english_are_those_of_the_associated_press(style: str, expected: str) -> None:
    assert words(MORNING, style=style) == expected


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "midnight"), (9, "9 a.m."), (12, "noon"), (21, "9 p.m.")],
)
def test_full_hours(hour: int, expected: str) -> None:
    moment = datetime(2022, 9, 1, hour, tzinfo=ZoneInfo(KYIV))
    assert words(moment) == f"Sept. 1, {expected} EEST"


@pytest.mark.parametrize(
    ("language", "moment", "dated"),
    [
        ("uk", "27 лютого, 09:13 EET", "27 лютого 2022 р., 09:13 EET"),
        ("de", "27. Februar, 09:13 EET", "27. Februar 2022, 09:13 EET"),
        ("es", "27 de febrero, 09:13 EET", "27 de febrero de 2022, 09:13 EET"),
        ("fr", "27 février, 09:13 EET", "27 février 2022, 09:13 EET"),
        ("pl", "27 lutego, 09:13 EET", "27 lutego 2022, 09:13 EET"),
        ("ru", "27 февраля, 9:13 EET", "27 февраля 2022 г., 9:13 EET"),
    ],
)
def test_times_in_other_languages(language: str, moment: str, dated: str) -> None:
    assert words(MORNING, language=language) == moment
    assert words(MORNING, style="dated", language=language) == dated


def test_a_day_of_one_digit_has_no_zero_before_it() -> None:
    assert words(datetime(2022, 3, 1, 12, tzinfo=UTC), style="day", language="uk") == "1 березня 2022 р."


@pytest.mark.parametrize(
    ("zone", "abbreviation"),
    [
        ("America/New_York", "EST"),
        ("Asia/Riyadh", "GMT+3"),
        ("America/Sao_Paulo", "GMT-3"),
        ("Asia/Kathmandu", "GMT+5:45"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_without_a_name_is_shown_by_its_offset(zone: str, abbreviation: str) -> None:
    assert words(MORNING, zone).endswith(f" {abbreviation}")


def test_the_abbreviation_is_that_of_the_moment_across_the_change_to_summer_time() -> None:
    before, after = datetime(2022, 3, 27, 0, 59, tzinfo=UTC), datetime(2022, 3, 27, 1, tzinfo=UTC)
    assert words(before) == "March 27, 2:59 a.m. EET"
    assert words(after) == "March 27, 4 a.m. EEST"


def test_machines_get_milliseconds_in_utc() -> None:
    assert reader.iso(MORNING.astimezone(ZoneInfo(KYIV))) == "2022-02-27T07:13:05.120Z"
    assert 'datetime="2022-02-27T07:13:05.120Z" data-format="time"' in reader.moment(MORNING, "time")


def test_the_script_may_write_today_and_knows_whether_it_begins_a_line() -> None:
    assert "<span data-day>Feb. 27</span>" in reader.moment(MORNING)
    assert 'data-format="moment"' in reader.moment(MORNING)
    assert "data-day" not in reader.moment(MORNING, "dated")
    for style in ("within", "updated"):
        assert 'data-format="within"' in reader.moment(MORNING, style)
        assert "<span data-day>Feb. 27</span>" in reader.moment(MORNING, style)
    assert "data-updated" in reader.moment(MORNING, "updated")


def test_no_moment_is_nothing() -> None:
    assert reader.moment(None) == ""
    assert reader.moment_after(None, MORNING) == ""


def test_an_edit_shows_its_day_only_where_it_is_another_in_the_story_s_zone() -> None:
    evening = datetime(2022, 2, 27, 21, 30, tzinfo=UTC)
    with timezone.override(KYIV):
        assert ">11:30 p.m. EET<" in reader.moment_after(evening, MORNING)
        assert "Feb. 28</span>, 12:30 a.m. EET<" in reader.moment_after(evening + timedelta(hours=1), MORNING)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["A"], "By <bdi>A</bdi>"),
        (["A", "B"], "By <bdi>A</bdi> and <bdi>B</bdi>"),
        (["A", "B", "C"], "By <bdi>A</bdi>, <bdi>B</bdi> and <bdi>C</bdi>"),
        (["<b>", "{}"], "By <bdi>&lt;b&gt;</bdi> and <bdi>{}</bdi>"),
    ],
)
def test_bylines(names: list[str], expected: str) -> None:
    assert reader.byline([Author(name=name) for name in names]) == expected


@pytest.mark.parametrize(("seconds", "minutes"), [(5, 1), (95, 2), (600, 10)])
def test_listening_takes_as_long_as_the_audio(seconds: int, minutes: int) -> None:
    assert reader.listen(Update(audio_seconds=seconds, body="<p>word</p>" * 900)) == f"Listen {minutes} min"


@pytest.mark.parametrize(("count", "minutes"), [(0, 1), (180, 1), (360, 2), (1800, 10)])
def test_without_audio_as_long_as_the_words(count: int, minutes: int) -> None:
    assert reader.listen(Update(body="<p>word</p>" * count)) == f"Listen {minutes} min"


@pytest.mark.django_db(transaction=True)
def test_a_coverage_is_listened_to_by_its_key_points() -> None:
    coverage = coverages.create(headline="Four words of headline", slug="spoken", summary="word " * 100)
    assert reader.listen(coverage) == "Listen 1 min"
    coverages.set_key_points(coverage, [KeyPointContent("word " * 59) for _ in range(5)])
    assert reader.listen(Coverage.objects.get(pk=coverage.pk)) == "Listen 2 min"


def test_an_article_s_headings_stand_right_under_its_h1() -> None:
    assert reader.raised("<h3>One</h3><p>h3</p><h4>Two</h4>") == "<h2>One</h2><p>h3</p><h3>Two</h3>"


def test_the_script_gets_every_plural_form() -> None:
    html = render("{% counted_words %}")
    assert 'data-new-one="%s new update"' in html
    assert 'data-new-many="%s new updates"' in html
    assert 'data-resume-few="Resume (%s new updates)"' in html
    assert html.count("data-new-") == len(reader.PLURALS)


@pytest.mark.django_db(transaction=True)
def test_a_permalink_asks_no_query(
    live: Coverage, post: Callable[..., Update], django_assert_num_queries: Callable[[int], Any]
) -> None:
    update = Update.objects.get(pk=post(headline="What happened").pk)
    elsewhere = coverages.create(headline="Another", slug="another")
    with django_assert_num_queries(0):
        assert reader.permalink(update, live) == f"/live/the-day/{update.pk}-what-happened/"
        assert reader.permalink(update, elsewhere) == ""
        assert reader.permalink(None, live) == ""


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://www.youtube.com/watch?v=1", "Watch on YouTube"),
        ("https://youtu.be/1", "Watch on YouTube"),
        ("https://vimeo.com/1", "Watch on Vimeo"),
        ("https://x.com/a/status/1", "See the post on X"),
        ("https://bsky.app/profile/a/post/1", "See the post on Bluesky"),
        ("https://youtube.com.example.org/1", "Open the page at youtube.com.example.org"),
    ],
)
def test_an_embed_is_a_titled_link(address: str, title: str) -> None:
    assert reader.embed_title(address) == title


def test_our_fonts_are_preloaded_only_where_they_have_the_letters() -> None:
    assert [code for code in ("en", "en-gb", "pl", "uk", "ar", "he") if reader.has_own_font(code)] == [
        "en",
        "en-gb",
        "pl",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("started", "weekday"),
    [(datetime(2022, 2, 27, 21, tzinfo=UTC), "Sunday"), (datetime(2022, 2, 27, 23, tzinfo=UTC), "Monday")],
)
def test_the_notice_names_the_weekday_of_the_successor_in_its_own_zone(
    live: Coverage, started: datetime, weekday: str
) -> None:
    following = coverages.create(headline="The next day", slug="next", time_zone=KYIV)
    coverages.start(following, at=started)
    coverages.end(live, successor=following)
    html = Template('{% include "articles/_notice.html" %}').render(
        Context({"coverage": Coverage.objects.with_content().get(pk=live.pk)})
    )
    assert f'This live coverage has ended. For {weekday}’s live updates, <a href="/live/next/">click here</a>.' in html


@pytest.mark.django_db(transaction=True)
def test_slots_without_content_are_nothing(live: Coverage) -> None:
    coverage = Coverage.objects.with_content().get(pk=live.pk)
    for slot in ("notice", "key_points", "key_events"):
        source = f'{{% include "articles/_{slot}.html" %}}'
        assert not Template(source).render(Context({"coverage": coverage, "key_events": []})).strip()


@pytest.mark.django_db(transaction=True)
def test_what_editors_write_cannot_break_out_of_the_page(live: Coverage, post: Callable[..., Update]) -> None:
    attack = "\"'><script>alert(1)</script>"
    update = updates.edit(post(), headline=attack, correction=attack)
    html = Template('{% include "articles/_update.html" %}').render(Context({"update": update, "coverage": live}))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize("name", ["400", "403", "404", "500"])
def test_error_pages_need_no_context_and_no_database(name: str) -> None:
    from django.template.loader import render_to_string

    html = render_to_string(f"{name}.html")
    assert "The Meridian" in html
    assert 'href="/"' in html


def test_the_facts_of_the_site(settings: SimpleNamespace) -> None:
    settings.PUBLICATION_NAME = "The Courier"
    assert "The Courier" in render("{% publication as site %}{{ site.name }}")
