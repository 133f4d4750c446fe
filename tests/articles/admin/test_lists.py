"""Lists, the index, and histories."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Author, Coverage, Update
from articles.publishing import KeyPointContent, PlacedPhoto, coverages, sources, updates

from .browser import send, text_of

Picture = Callable[..., SimpleUploadedFile]


def queries(client: Client, url: str) -> int:
    client.get(url)  # what is asked once a process
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.fixture
def fill(coverage: Coverage, author: Author, desk: Author, picture: Picture) -> Callable[[int], None]:
    def filled(many: int) -> None:
        for number in range(many):
            photos = [PlacedPhoto(sources.add_photo(image=picture(), caption=f"Photo {number}"))]
            updates.post(coverage, headline=f"No. {number}", authors=[author, desk], photos=photos)
            other = coverages.create(
                headline=f"Coverage {number}", slug=f"c-{coverage.updates.count()}", authors=[desk]
            )
            coverages.edit(other, lead=photos[0])
            sources.author_named(f"Author {coverage.updates.count()}")

    return filled


@pytest.mark.parametrize("kind", ["update", "coverage", "photo", "author"])
def test_lists_ask_the_same_however_long(chief: Client, fill: Callable[[int], None], kind: str) -> None:
    fill(2)
    few = queries(chief, f"/admin/articles/{kind}/")
    fill(8)
    assert queries(chief, f"/admin/articles/{kind}/") == few


def test_forms_ask_the_same_however_much_stands_in_them(
    chief: Client, coverage: Coverage, update: Update, picture: Picture
) -> None:
    def asked() -> tuple[int, int]:
        return tuple(queries(chief, url) for url in urls)  # type: ignore[return-value]

    urls = [f"/admin/articles/update/{update.pk}/change/", f"/admin/articles/coverage/{coverage.pk}/change/"]
    photos = [sources.add_photo(image=picture()) for _ in range(4)]
    updates.edit(update, photos=[PlacedPhoto(photo) for photo in photos[:2]])
    coverages.set_key_points(coverage, [KeyPointContent(str(number), update) for number in range(2)])
    few = asked()
    updates.edit(update, photos=[PlacedPhoto(photo) for photo in photos])
    coverages.set_key_points(coverage, [KeyPointContent(str(number), update) for number in range(6)])
    # Django's autocomplete asks for what is chosen, once a field.
    assert asked() == (few[0] + 2, few[1] + 4)


def test_list_of_updates(chief: Client, coverage: Coverage, author: Author, draft: Update) -> None:
    updates.post(coverage, headline="Pinned one", pinned=True, authors=[author], body="<p>Unusual words</p>")
    url = "/admin/articles/update/"
    said = text_of(chief.get(url))
    for words in ("Pinned one", "pinned", "Anna Reporter", "EE", "Not yet", "draft", "The day"):
        assert words in said
    for query, found in (
        ("q=unusual", ["Pinned one"]),
        ("q=anna", ["Pinned one"]),
        ("state__exact=draft", ["Not yet"]),
        ("pinned__exact=1", ["Pinned one"]),
        (f"coverage={coverage.pk}", ["Not yet", "Pinned one"]),
        ("coverage=0", []),
    ):
        assert [str(row) for row in chief.get(f"{url}?{query}").context["cl"].result_list] == found, query


@pytest.mark.parametrize(
    "query", ["coverage=junk", "coverage=" + "9" * 40, "coverage=²", "state__exact=x", "p=zz", "q=%00"]
)
def test_junk_in_addresses_of_lists(chief: Client, update: Update, query: str) -> None:
    assert chief.get(f"/admin/articles/update/?{query}").status_code in {200, 302}


def test_index(chief: Client) -> None:
    page = chief.get("/admin/")
    assert page.context["site_header"] == "The Meridian"
    app = page.context["app_list"][0]
    assert app["app_label"] == "articles"
    assert [model["object_name"] for model in app["models"]] == ["Coverage", "Update", "Photo", "Author"]


def test_history_of_an_update(
    chief: Client, coverage: Coverage, author: Author, desk: Author, picture: Picture
) -> None:
    update = updates.post(coverage, headline="It began", body="<p>Five were seen.</p>", authors=[desk]).update
    photo = sources.add_photo(image=picture(), caption="Harbour")
    url = f"/admin/articles/update/{update.pk}/change/"
    rows = {"photo_captions-TOTAL_FORMS": "1", "photo_captions-0-photo": str(photo.pk)}
    send(chief, url, "_save", {"body": "<p>Seven were seen.</p>", "authors": [str(author.pk)], **rows})
    updates.withdraw(update, "Not so")
    page = chief.get(f"/admin/articles/update/{update.pk}/history/")
    html, said = page.content.decode(), text_of(page)
    assert "<del>Five</del> <ins>Seven</ins> were seen." in html
    assert "Clara Chief" in said
    assert "“Not so”" in said
    assert "<del>Kyiv desk</del> <ins>Anna Reporter</ins>" in html
    assert "<ins>Harbour</ins>" in html
    assert "Europe/Kyiv" in said
    assert "<p>Five" not in html


def test_history_of_a_coverage_with_its_key_points(chief: Client, coverage: Coverage) -> None:
    coverages.set_key_points(coverage, [KeyPointContent("Old point")])
    coverages.set_key_points(coverage, [])
    coverages.edit(coverage, headline="The <long> day")
    html = chief.get(f"/admin/articles/coverage/{coverage.pk}/history/").content.decode()
    assert "Key point deleted: Old point" in html
    assert "The <ins>&lt;long&gt;</ins> day" in html


def test_history_asks_the_same_however_long(chief: Client, update: Update) -> None:
    def asked() -> int:
        return queries(chief, f"/admin/articles/update/{update.pk}/history/")

    updates.edit(update, headline="One")
    few = asked()
    for number in range(10):
        updates.edit(update, headline=f"Headline {number}")
    assert asked() == few


def test_a_long_text_is_compared_in_no_time(chief: Client, update: Update) -> None:
    for word in ("one", "two"):
        updates.edit(update, body=f"<p>{(word + ' x y z ') * 12_000}</p>")
    assert chief.get(f"/admin/articles/update/{update.pk}/history/").status_code == 200


def test_zone_of_a_coverage(chief: Client, coverage: Coverage) -> None:
    assert chief.get(f"/admin/articles/coverage/{coverage.pk}/zone/").json() == {"zone": "Europe/Kyiv"}
