"""Every word of ours is in the catalogues, the catalogues are up to date, and no page says one that is not in them."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bs4 import BeautifulSoup, Comment, Doctype
from django.conf import settings as project
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from articles.admin.desk.words import words as desk_words
from articles.admin.desk.writing import STEPS
from articles.models import Coverage, Photo, Update
from articles.publishing import coverages, sources, updates
from articles.templatetags import reader

from .scenes import ARABIC, PSEUDO, UKRAINIAN, Scene, photo, pseudo_scene, scene

SPOKEN = ("aria-label", "aria-roledescription", "alt", "title", "placeholder", "data-title", "data-headline")
"""Attributes that people are told."""
NAMES = re.compile(r"YouTube|Enter|\bEES?T\b|https?://\S+|</?[a-z].*?>")
"""What is the same in every language."""


def _catalogues() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogues", Path(project.BASE_DIR) / "locale/catalogues.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


catalogues = _catalogues()


def test_the_catalogues_are_whole_and_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogues.check() == 0, capsys.readouterr().out


def test_a_catalogue_that_lacks_a_word_is_found_out() -> None:
    said = catalogues.template()
    path, catalog = next((path, catalog) for path, catalog in catalogues.catalogues() if path.parts[-3] == "uk")
    assert not list(catalogues.faults(path, catalog, said))
    catalog["Share"].string = ""
    catalog["%(time)s your time"].string = "за вашим часом"
    catalog.add("No longer said", "Більше не кажемо")
    assert [fault[:22] for fault in catalogues.faults(path, catalog, said)] == [
        "no translation of 'Sha",
        "other placeholders tha",
        "nothing says 'No longe",
    ]


@pytest.mark.parametrize(
    ("number", "words"), [(1, "нове повідомлення"), (3, "нові повідомлення"), (11, "нових повідомлень")]
)
def test_ukrainian_plurals(number: int, words: str) -> None:
    with translation.override("uk"):
        assert translation.ngettext("%s new update", "%s new updates", number) == f"%s {words}"
        forms = str(reader.counted_words())
    category = {1: "one", 3: "few", 11: "many"}[number]
    assert f'data-new-{category}="%s {words}"' in forms


def _said(html: str) -> Iterator[str]:
    """Every text of a page that somebody reads or hears."""
    page = BeautifulSoup(html, "html.parser")
    for tag in page.find_all(["script", "style"]) + page.select("[lang=en], .colophon, .credit, textarea"):
        tag.decompose()
    yield from (str(text) for text in page.find_all(string=True) if not isinstance(text, Comment | Doctype))
    for tag in page.find_all(True):
        attributes: dict[str, Any] = tag.attrs
        yield from (str(attributes[name]) for name in SPOKEN if name in attributes)
        if tag.get("id") == "words":
            yield from (str(value) for name, value in attributes.items() if name != "id")


def _latin(html: str) -> set[str]:
    return {text.strip() for text in _said(html) if re.search("[A-Za-z]{2,}", NAMES.sub("", text))}


@pytest.fixture
def told(transactional_db: None, settings: Any, client: Client) -> list[str]:
    """The HTML of every page, in the pseudo-locale."""
    settings.LANGUAGE_CODE, settings.PUBLICATION_NAME, settings.PUBLICATION_TAGLINE = PSEUDO, "الزوال", "أخبار"
    picture = photo("key-rate.png", "خريطة", "خريطة")
    made = pseudo_scene("live", picture)
    ended = _ended(made, picture)
    withdrawn = made.posted[-1]
    updates.withdraw(withdrawn, "خطأ")
    before = f"?before={made.posted[4].published_at:%Y-%m-%dT%H:%M:%S.000Z}_{made.posted[4].pk}"
    one = [made.path, made.article, made.path + before, made.path + "key-updates/", withdrawn.get_absolute_url()]
    paths = ["/", *one, ended.path, ended.article, ended.path + "in-order/", "/embed/live/", made.path + "?before=x"]
    with translation.override(PSEUDO):
        errors = [render_to_string(f"{status}.html") for status in (400, 403, 404, 500)]
    return [client.get(path).content.decode() for path in paths] + errors


def _ended(following: Scene, picture: Photo) -> Scene:
    ended = scene("ended", ARABIC, language="ar", picture=picture)
    coverages.end(ended.coverage, successor=following.coverage)
    Coverage.objects.filter(pk=ended.coverage.pk).update(language=PSEUDO)
    return ended


def test_no_page_says_a_word_that_is_not_in_the_catalogues(told: list[str]) -> None:
    assert _latin('<p>Share <b lang="en">X</b></p><img alt="Photo">') == {"Share", "Photo"}
    assert not {text for html in told for text in _latin(html)}
    assert all('dir="rtl"' in html for html in told)


@pytest.mark.django_db(transaction=True)
def test_the_coverage_decides_the_language_and_not_the_browser(client: Client) -> None:
    made = scene("kyiv", UKRAINIAN, language="uk")
    html = client.get(made.path, headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="uk" dir="ltr">' in html
    assert "Що варто знати" in html
    assert "Accept-Language" not in client.get(made.path).headers.get("Vary", "")
    author = sources.author_named(UKRAINIAN.author)
    assert f"Текст: <bdi>{author.name}</bdi>" in html
    assert Update.objects.filter(coverage=made.coverage).count() == 12


def test_the_desks_script_speaks_the_editors_language() -> None:
    """Each sentence that the script asks for is there, none is in vain, and Ukrainian has them all."""
    scripts = [path.read_text() for path in Path(project.BASE_DIR, "static/js/desk").glob("*.js")]
    asked = {name for text in scripts for name in re.findall(r"\b(?:word|plural)\('(\w+)'", text)}
    with translation.override("uk"):
        said = desk_words()
    given = {name.partition(".")[0] for name in said if not name.startswith(("step.", "error."))}
    table = re.search(r"const DONE = \{(.*)\}", "".join(scripts))
    done = set(re.findall(r": '(\w+)'", table[1] if table else ""))
    assert asked | done == given
    steps = {name.removeprefix("step.") for name in said if name.startswith("step.")}
    assert steps == {*STEPS, "revert"}
    assert [text for text in said.values() if text.isascii()] == []
    with translation.override("en"):
        english = desk_words()
    assert [name for name in said if said[name].count("%s") != english[name].count("%s")] == []


def test_the_admin_is_english_where_only_readers_pages_are_translated(db: None, client: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE = "ar"
    with translation.override("ar"):  # as every request begins
        page = client.get("/admin/login/").content.decode()
        assert translation.get_language() == "ar"
    assert '<html lang="en" dir="ltr"' in page.replace("en-us", "en")
    assert not re.search("[\u0600-\u06ff]", page)
    settings.LANGUAGE_CODE = "uk"
    with translation.override("uk"):
        assert 'lang="uk"' in client.get("/admin/login/").content.decode()
