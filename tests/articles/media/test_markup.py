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
