import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from articles.media import markup


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>One</p>", "<p>One</p>"),
        ("Plain", "<p>Plain</p>"),
        ("", ""),
        ("<p></p><p> <br> </p>", ""),
        ("\xa0", ""),
        ("<b>b</b> <i>i</i> <strike>s</strike>", "<p><strong>b</strong> <em>i</em> <s>s</s></p>"),
        ("<h1>Big</h1>", "<h3>Big</h3>"),
        ("<p style='x' class=y id=z onclick=w>Text</p>", "<p>Text</p>"),
        ("<a href='https://a.example/?b=1&amp;c=2'>x</a>", '<p><a href="https://a.example/?b=1&amp;c=2" rel="noopener">x</a></p>'),  # noqa: E501
        ("<a href='javascript:alert(1)'>x</a>", '<p><a rel="noopener">x</a></p>'),
        ("<a href='data:text/html,x'>x</a>", '<p><a rel="noopener">x</a></p>'),
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ("<svg onload=alert(1)><p>x</p></svg>", "<p>x</p>"),
        ("<ul><li>One</li><li></li></ul>", "<ul><li>One</li></ul>"),
        ("a\x00b", "<p>ab</p>"),
        ("<p>unclosed <strong>bold", "<p>unclosed <strong>bold</strong></p>"),
        ("<a href='https://a.example/'>x<h3>y", '<p><a href="https://a.example/" rel="noopener">x</a></p><h3><a href="https://a.example/" rel="noopener">y</a></h3>'),  # noqa: E501
        ("</h1><b> <li></li><h1><p>", "<p><strong></strong></p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ],
)  # fmt: skip
def test_clean(html: str, clean: str) -> None:
    assert markup.clean(html) == clean


def test_too_much_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="longer than 200 KB"):
        markup.clean("x" * 2_000_000)


PIECES = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<li>",
    "</li>",
    "<h1>",
    "</h1>",
    "<ul>",
    "<a href='https://a.example/'>",
    "</a>",
]
PIECES += [" ", "\xa0", "&nbsp;", "a", "<br>", "<blockquote>", "</blockquote>", "<div>", "<script>", "</script>"]


@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = markup.clean(html)
    assert markup.clean(once) == once
    assert "<script" not in once.lower()


COSTLY = {
    "emphasis that is never closed": "".join(f"<strong x={number}><p>y" for number in range(9_000)),
    "and is written in other ways": "".join(f"<B/x={number}><p>y<i\nx={number}>" for number in range(6_000)),
    "lists within lists": "<ul><li>" * 25_000,
    "elements of all names": "".join(f"<x{number}>" for number in range(20_000)),
    "and other ends": "<ul><li></b>" * 16_000,
    "quotes of nothing": "<blockquote>" * 8_000 + "</blockquote>" * 8_000,
    "paragraphs of nothing": "<p>&nbsp;</p>" * 15_000,
    "words between headings": "x<h3>" * 40_000,
    "links in links": "".join(f"<a href=//{number}>" for number in range(10_000)),
}


@pytest.mark.parametrize("html", COSTLY.values(), ids=COSTLY.keys())
def test_no_text_takes_long_or_grows_beyond_measure(html: str) -> None:
    assert len(html) <= markup.MAX_BYTES
    began = time.process_time()
    try:
        cleaned = markup.clean(html)
    except ValidationError as refused:
        assert refused.code == "too_deep"
    else:
        assert len(cleaned) < 6 * markup.MAX_BYTES
    assert time.process_time() - began < 5
