"""A photo from its upload to its withdrawal: renditions, corrections, and what its addresses answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from PIL import Image

from articles.models import Coverage, Photo, Update
from articles.publishing import PlacedPhoto, coverages, renditions, sources

pytestmark = pytest.mark.django_db(transaction=True)

Picture = Callable[..., Any]
Post = Callable[..., Update]


@pytest.fixture
def photo(db: None, picture: Picture) -> Photo:
    return sources.add_photo(image=picture((900, 600)), alt="A bridge", caption="The bridge", credit="Ann/Agency")


def work() -> None:
    """What the worker of the queue does."""
    call_command("run_tasks", batch=True)


def test_addresses_answer_from_the_beginning_and_stay(photo: Photo, post: Post, client: Client) -> None:
    post(photos=[PlacedPhoto(photo)])
    html = client.get("/live/the-day/").content
    for address in photo.addresses[1:]:
        early = client.get(address)
        assert (early.status_code, early["Content-Type"]) == (
            200,
            "image/png" if photo.suffix == ".png" else "image/jpeg",
        )
        assert "no-store" in early["Cache-Control"]
    work()
    assert client.get("/live/the-day/").content == html
    for address in photo.addresses[1:]:
        made = client.get(address)
        kind = "jpeg" if address.endswith("jpg") else address.rpartition(".")[2]
        assert made["Content-Type"] == f"image/{kind}"
        assert "s-maxage=60" in made["Cache-Control"]
    assert client.get(photo.url.removesuffix(photo.suffix) + "/41.avif").status_code == 404
    photo.refresh_from_db()
    assert photo.rendered_at is not None


def test_the_markup_names_what_is_made(photo: Photo, post: Post, client: Client) -> None:
    post(photos=[PlacedPhoto(photo, "Here it is")])
    work()
    page = BeautifulSoup(client.get("/live/the-day/").content, "html.parser")
    image = page.select_one("picture img")
    assert (image["width"], image["height"], image["alt"]) == ("900", "600", "A bridge")
    assert {"tone-" + photo.tone, "x-50", "y-40"} == set(image["class"])
    named = [part.split() for one in page.select("picture [srcset]") for part in one["srcset"].split(", ")]
    assert len(named) == 9
    for address, width in named:
        with Image.open(default_storage.open(address.removeprefix("/media/"))) as opened:
            assert f"{opened.width}w" == width
    assert page.select_one("figcaption").get_text(" ", strip=True) == "Here it is (Ann/Agency)"


def test_the_original_is_kept_where_no_address_leads(photo: Photo, client: Client) -> None:
    assert storages["originals"].exists(photo.original.name)
    assert not default_storage.exists(photo.original.name)


def test_what_is_refused_leaves_no_file(photo: Photo, picture: Picture) -> None:
    def files() -> set[Path]:
        roots = (Path(storages[name].location) for name in ("default", "originals"))  # type: ignore[attr-defined]
        return {path for root in roots for path in root.rglob("*.*")}

    before = files()
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        sources.add_photo(image=picture(), caption="x" * 1001)
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        sources.edit_photo(photo, image=picture(), caption="x" * 1001)
    assert files() == before


def by_the_queue(photo: Photo) -> None:
    renditions.queue_anew(photo)
    work()


def by_the_command(_photo: Photo) -> None:
    with pytest.raises(CommandError, match="0 photos done; 1 failed"):
        call_command("make_renditions", all=True)


@pytest.mark.parametrize("render", [by_the_queue, by_the_command])
def test_a_failed_rendition_is_seen_and_tried_again(
    photo: Photo, render: Callable[[Photo], None], admin_client: Client
) -> None:
    """Made anew when the picture's file is cut off, as by a disk that went bad."""
    work()
    path = Path(photo.image.path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    render(photo)
    failed = admin_client.get("/admin/articles/photo/?renditions=failed").content.decode()
    assert "failed: DecoderFailed: OSError: image file is truncated" in failed
    page = f"/admin/articles/photo/{photo.pk}/change/"
    assert "failed: DecoderFailed: OSError: image file is truncated" in admin_client.get(page).content.decode()
    waiting = DBTaskResult.objects.get(status="READY")
    assert waiting.run_after > timezone.now()
    path.write_bytes(whole)
    DBTaskResult.objects.update(run_after=timezone.now())
    work()
    assert "failed: " not in admin_client.get(page).content.decode()
    assert default_storage.exists(f"{photo.stem}/{photo.renditions[-1].name}")


def test_withdrawn_it_is_gone_everywhere(photo: Photo, post: Post, live: Coverage, client: Client) -> None:
    coverages.edit(live, lead=PlacedPhoto(photo))
    shown, alone = post(headline="Seen", photos=[PlacedPhoto(photo)]), post(headline="", photos=[PlacedPhoto(photo)])
    work()
    before = Coverage.objects.get().version
    with pytest.raises(ValidationError, match="Say why"):
        sources.withdraw_photo(photo, "")
    sources.withdraw_photo(photo, "No rights")
    for address in photo.addresses:
        gone = client.get(address)
        assert (gone.status_code, gone["Cache-Control"]) == (410, "public, max-age=0, s-maxage=20")
    for page in ("/", "/live/the-day/", "/live/the-day.json", "/live/the-day/feed.atom", shown.get_absolute_url()):
        assert photo.stem not in client.get(page).content.decode()
    assert str(shown.pk) in client.get(f"/live/the-day/changes?after={before}").content.decode()
    alone.refresh_from_db()
    assert alone.state == "withdrawn"
    assert not default_storage.exists(photo.image.name)
    assert not default_storage.exists(photo.stem)
    assert storages["originals"].exists(photo.original.name)
    with pytest.raises(ValidationError, match="Withdrawn, so it may stand nowhere: photo 1 of"):
        post(photos=[PlacedPhoto(photo)])
    with pytest.raises(ValidationError, match="was withdrawn"):
        sources.edit_photo(photo, caption="x")


def render_in_a_thread(photo: Photo) -> None:
    try:
        renditions.render(photo)
    finally:
        connection.close()


def test_a_withdrawal_while_renditions_are_made_leaves_none(photo: Photo, client: Client) -> None:
    stale = Photo.objects.get()
    name, data = photo.image.name, default_storage.open(photo.image.name).read()
    sources.withdraw_photo(photo, "No rights")
    default_storage.save(name, ContentFile(data))  # as the worker had it in its hands
    with ThreadPoolExecutor() as pool:
        rendering = pool.submit(render_in_a_thread, stale)
        while not rendering.done():
            renditions.forget_files([f"{photo.stem}/"])  # its folder, again and again, but not the picture
    rendering.result()
    assert not default_storage.exists(photo.stem)
    assert [client.get(address).status_code for address in photo.addresses] == [410] * len(photo.addresses)


def test_another_picture_in_its_place(photo: Photo, post: Post, picture: Picture, client: Client) -> None:
    post(photos=[PlacedPhoto(photo)])
    work()
    old = photo.addresses
    now = sources.edit_photo(photo, image=picture((500, 300)))
    html = client.get("/live/the-day/").content.decode()
    assert photo.stem not in html
    assert now.stem in html
    assert {client.get(address).get("Location") for address in old} == {now.url}
    sources.withdraw_photo(now, "No rights")
    assert {client.get(address).status_code for address in old} == {410}


def test_another_focus_has_other_addresses(photo: Photo) -> None:
    work()
    before = photo.share.url
    now = sources.edit_photo(photo, focus=(10, 90))
    assert now.share.url != before
    assert "x-10 y-90" in now.look
    work()
    assert default_storage.exists(now.share.url.removeprefix("/media/"))
