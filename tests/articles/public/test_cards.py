"""The picture that other sites show of a page without a photo."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as project
from django.test import Client
from PIL import Image

from articles.models import Coverage, Update
from articles.publishing import PlacedPhoto, coverages, sources, updates

type Post = Callable[..., Update]

pytestmark = pytest.mark.django_db
ADDRESS = "/live/the-day/"


def card(client: Client, address: str) -> str:
    """The path of the picture that a page names."""
    page = BeautifulSoup(client.get(address).content, "html.parser")
    found: Any = page.select_one('meta[property="og:image"]')
    assert page.select_one('meta[name="twitter:card"]')["content"] == "summary_large_image"  # type: ignore[index]
    return str(found["content"]).removeprefix(project.SITE_URL)


def test_a_page_without_a_photo_has_a_card(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="Talks begin")
    for page in (ADDRESS, update.get_absolute_url()):
        answer = client.get(card(client, page))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/png"
        assert "s-maxage=20" in answer["Cache-Control"]
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (1200, 630)


def test_a_photo_is_better_than_a_card(live: Coverage, post: Post, picture: Any, client: Client) -> None:
    placed = [PlacedPhoto(sources.add_photo(image=picture(), alt="A bridge"))]
    coverages.edit(live, lead=placed[0])
    assert card(client, ADDRESS).startswith("/media/")
    assert card(client, post(photos=placed).get_absolute_url()).startswith("/media/")
    assert "/card-" in card(client, post(headline="Without").get_absolute_url())


def test_its_address_changes_with_the_text_and_the_old_one_leads_on(live: Coverage, post: Post, client: Client) -> None:
    update = post(headline="Talks begin")
    first = card(client, update.get_absolute_url())
    update = updates.edit(update, headline="Talks have begun")
    second = card(client, update.get_absolute_url())
    assert second != first
    moved = client.get(first)
    assert (moved.status_code, moved["Location"]) == (302, second)
    of_coverage = card(client, ADDRESS)
    post(headline="More")
    assert card(client, ADDRESS) == of_coverage  # which a post leaves as it was
    coverages.end(live)
    assert card(client, ADDRESS) != of_coverage
    assert card(client, update.get_absolute_url()) != second
    assert client.get(of_coverage).status_code == 302


def test_drafts_have_none_and_what_is_withdrawn_is_gone(live: Coverage, post: Post, client: Client) -> None:
    draft = post(headline="Secret", state=Update.State.DRAFT)
    update = post(headline="Talks begin")
    address = card(client, update.get_absolute_url())
    assert client.get(address.replace(str(update.pk), str(draft.pk))).status_code == 404
    updates.withdraw(update, "Wrong")
    gone = client.get(address)
    assert gone.status_code == 410
    assert b"Talks" not in gone.content
    of_coverage = card(client, ADDRESS)
    coverages.edit(live, slug="the-night")
    assert client.get(of_coverage)["Location"].startswith("/live/the-night/card-")
    coverages.withdraw(live, "Rights")
    assert client.get(of_coverage.replace("the-day", "the-night")).status_code == 410


def test_the_words_are_the_pages(live: Coverage, post: Post, client: Client) -> None:
    """The address of a card in another language is another one."""
    update = post(headline="Talks begin")
    english = card(client, update.get_absolute_url())
    coverages.edit(live, language="uk")
    assert card(client, update.get_absolute_url()) != english
