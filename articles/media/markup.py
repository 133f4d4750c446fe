"""The HTML that an update's text may hold. Everything else is taken out, on every way in."""

import re
from collections import Counter

import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

TAGS = {"a", "blockquote", "br", "em", "h3", "h4", "li", "ol", "p", "s", "strong", "sub", "sup", "ul"}
MAX_BYTES = 200_000
"""The longest text of one update, in bytes of UTF-8: about 30,000 words."""
MAX_DEPTH = 100
"""The most elements that may be open at once, of those that nothing but their own end closes."""

_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style", "title", "template", "noscript", "iframe"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
)
_SAME = (("b", "strong"), ("i", "em"), ("strike", "s"), ("del", "s"), ("h1", "h3"), ("h2", "h3"))
_ATTRIBUTES = re.compile(r"(</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u))[\s/][^>]*>", re.IGNORECASE)
"""What makes otherwise like elements differ. HTML opens each that is left open anew in every block that follows, all
but those that are the same three times (WHATWG HTML §13.2.4.3): 200 KB of others would become a gigabyte.
"""
_CONTAINER = re.compile(
    r"<(/?)(?!(?:p|li|d[dt]|h[1-6]|br|hr|img|input|link|meta|col|wbr|source|t[dhr]|option)[\s/>])([a-z][^\s/>]*)",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"<(p|h3|h4|li|blockquote|ul|ol)>(?:\s|&nbsp;|<br>)*</\1>")
_LOOSE = re.compile(r"^(?!<(?:p|h3|h4|ul|ol|li|blockquote)>).+?(?=<(?:p|h3|h4|ul|ol|li|blockquote)>|$)", re.DOTALL)
"""Words at the beginning that stand in no block."""


def clean(html: str) -> str:
    """`html` with only what an update's text may hold; safe to show as it is.

    Raises ValidationError when it is longer than MAX_BYTES, or nested deeper than MAX_DEPTH.
    """
    if len(html.encode(errors="replace")) > MAX_BYTES:
        raise ValidationError(
            _("The text is longer than %(most)d KB. Split it into several updates."),
            code="too_long",
            params={"most": MAX_BYTES // 1000},
        )
    for old, new in _SAME:
        html = re.sub(rf"(</?){old}(?=[\s>])", rf"\1{new}", html, flags=re.IGNORECASE)
    html = _ATTRIBUTES.sub(r"\1>", html.replace("\x00", ""))
    _expect_flat(html)
    while (cleaned := _in_blocks(_cleaner.clean(html).strip())) != html:
        html = cleaned  # a paragraph may have ended amid a link or emphasis, which the cleaner mends
    return html


def _expect_flat(html: str) -> None:
    """To read what is nested costs a look at all of it for each level, so this is before."""
    opened: Counter[str] = Counter()
    depth = 0
    for tag in _CONTAINER.finditer(html):
        ends, name = tag[1], tag[2].lower()
        change = 1 if not ends else -1 if opened[name] else 0
        opened[name] += change
        depth += change
        if depth > MAX_DEPTH:
            raise ValidationError(_("The text’s lists and quotes are nested too deeply."), code="too_deep")


def _in_blocks(html: str) -> str:
    """All words in blocks, and no block without words: either may be the outcome of the other."""
    while (shorter := _EMPTY.sub("", _LOOSE.sub(_paragraph, html, count=1)).strip()) != html:
        html = shorter
    return html


def _paragraph(words: re.Match[str]) -> str:
    return f"<p>{words[0].strip()}</p>"
