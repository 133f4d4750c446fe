"""Share cards: any script, any length, both directions."""

import io

import pytest
from PIL import Image, ImageChops

from articles.media import cards, typesetting
from articles.media.cards import HEIGHT, WIDTH, Card
from articles.media.typesetting import SERIF, Paragraph, readable, typeface

PLAIN = Card("Talks at the border", "The Meridian", "Live", True, "Feb. 28, 2022", "World", "en", False)
HEADLINES = {
    "en": "Talks at the border",
    "pl": "Żółta łódź płynie ku granicy",
    "uk": "Делегації прибули на переговори",
    "el": "Συνομιλίες στα σύνορα",
    "ar": "البنك المركزي يضاعف سعر الفائدة إلى 20 في المئة",
    "he": "שיחות ראשונות בגבול",
    "hi": "दोनों पक्ष सीमा पर बातचीत के लिए सहमत हुए",
}


def drawn(card: Card) -> Image.Image:
    with Image.open(io.BytesIO(cards.png(card))) as image:
        assert (image.format, image.size) == ("PNG", (1200, 630))
        return image.convert("RGB")


def ink(image: Image.Image, box: tuple[int, int, int, int] = (0, 150, WIDTH, 530)) -> tuple[int, int, int, int]:
    """What the headline covers, or what something else does."""
    part = image.crop(box)
    found = (
        ImageChops.difference(part, Image.new("RGB", part.size, "white")).convert("L").point(lambda v: v > 40 and 255)
    )
    covered = found.getbbox()
    assert covered
    return covered


@pytest.mark.parametrize(("language", "headline"), HEADLINES.items())
def test_our_own_fonts_have_every_letter(language: str, headline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no fontconfig to ask
    typesetting._of_system.cache_clear()
    face = typeface(SERIF, 60, language, headline)
    assert readable(headline, face) == headline
    is_rtl = language in {"ar", "he"}
    left, _top, right, _bottom = ink(drawn(PLAIN._replace(headline=headline, language=language, is_rtl=is_rtl)))
    assert (abs(WIDTH - right - 72) if is_rtl else abs(left - 72)) <= 8
    typesetting._of_system.cache_clear()


@pytest.mark.parametrize("headline", ["Talks", "word " * 50, "W" * 250, "国境" * 125, "Ὀδυσσεύς " * 27])
def test_however_long_a_headline_it_stays_in_its_place(headline: str) -> None:
    image = drawn(PLAIN._replace(headline=headline.strip()[:250]))
    left, top, right, bottom = ink(image, (0, 134, WIDTH, 543))
    assert left >= 64
    assert right <= WIDTH - 64
    assert (top, bottom) >= (8, 40)
    assert bottom <= 543 - 134 - 8


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    face = typeface(SERIF, 48, "en", "word…")
    paragraph = Paragraph("word " * 60, face, 1000, is_rtl=False)
    paragraph.cut(3, 1000)
    assert len(paragraph.lines) == 3
    assert paragraph.lines[-1][-1].text == "word…"
    assert all(paragraph.length(line) <= 1000 for line in paragraph.lines)


def test_letters_that_no_font_has_are_never_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "_of_system", lambda sign, language: None)
    unknown = drawn(PLAIN._replace(headline="ᚠᛇᚻ᛫ᛒᛦᚦ"))
    assert not ImageChops.difference(unknown, drawn(PLAIN._replace(headline="The Meridian"))).getbbox()
    happy = drawn(PLAIN._replace(headline="Talks 🎉 at the border"))
    assert not ImageChops.difference(happy, drawn(PLAIN)).getbbox()


@pytest.mark.parametrize(
    ("text", "is_rtl", "seen"),
    [
        ("Talks at noon", False, "Talks at noon"),
        ("سعر الفائدة", True, "الفائدة سعر"),
        ("محادثات NATO في New York", True, "New York في NATO محادثات"),
        ("They said سعر الفائدة today", False, "They said الفائدة سعر today"),
        ("إلى 20 في", True, "في 20 إلى"),
        ("20 talks", False, "20 talks"),
    ],
)
def test_words_stand_as_both_directions_ask(text: str, is_rtl: bool, seen: str) -> None:
    paragraph = Paragraph(text, typeface(SERIF, 40, "en", text), 5000, is_rtl=is_rtl)
    (line,) = paragraph.lines
    assert " ".join(word.text for _, word in paragraph._visual(line)) == seen


def test_ideographs_break_anywhere_but_before_a_full_stop() -> None:
    pieces = [word.text for word in typesetting.words("国境で「協議」。", is_rtl=False)]
    assert pieces == ["国", "境", "で", "「協", "議」。"]


def test_letters_are_joined_and_marks_stay_with_theirs() -> None:
    """Shaped by raqm: an Arabic word is shorter than its letters by themselves, and a mark has no width."""
    face = typeface(SERIF, 60, "ar", "الفائدة")
    assert face.width("الفائدة", is_rtl=True) < sum(face.width(sign, is_rtl=True) for sign in "الفائدة") * 0.95
    assert typeface(SERIF, 60, "uk", "й").width("и\u0306") == pytest.approx(
        typeface(SERIF, 60, "uk", "и").width("и"), 0.1
    )


def test_the_mark_changes_with_everything_on_the_card() -> None:
    others = [
        PLAIN._replace(headline="Others"),
        PLAIN._replace(publication="Another"),
        PLAIN._replace(badge="Live coverage ended", is_live=False),
        PLAIN._replace(time="Feb. 27, 2022"),
        PLAIN._replace(section="Home"),
    ]
    assert len({card.mark for card in [PLAIN, *others]}) == len(others) + 1
    live, ended = drawn(PLAIN), drawn(PLAIN._replace(is_live=False))
    assert ImageChops.difference(live, ended).getbbox()
    assert HEIGHT == 630
