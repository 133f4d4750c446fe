"""Media in a bucket: a real server that speaks S3, asked over HTTP."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from asgiref.sync import async_to_sync
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.test import Client, RequestFactory
from moto.server import ThreadedMotoServer
from PIL import Image

from articles.models import Coverage, Photo
from articles.public.media import KEPT, media
from articles.publishing import PlacedPhoto, sources, updates
from tests.articles.media.test_audio import sound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="press")
    options = {"bucket_name": "press", "endpoint_url": address, "region_name": "us-east-1"}
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "liveblog.s3.Bucket", "OPTIONS": options | {"location": "media"}},
        "originals": {"BACKEND": "liveblog.s3.Bucket", "OPTIONS": options | {"location": "originals"}},
    }
    yield default_storage
    server.stop()


def test_a_photo_lives_and_goes_in_the_bucket(
    bucket: Any, client: Client, admin_client: Client, live: Coverage, picture: Callable[..., Any]
) -> None:
    """From the desk to the reader, another picture in its place, and withdrawn: nothing but the originals is left."""
    desk = f"/admin/articles/coverage/{live.pk}/desk/photos/"
    sent = admin_client.post(desk, {"image": picture((500, 300))}, headers={"Accept": "application/json"})
    first = Photo.objects.get(pk=sent.json()["photo"]["id"])
    updates.post(live, token=uuid4(), headline="Seen", photos=[PlacedPhoto(first)])
    known = set(first.addresses)
    assert {client.get(address).get("Cache-Control") for address in first.addresses[1:]} == {"no-store"}
    call_command("run_tasks", batch=True)
    page = BeautifulSoup(client.get("/live/the-day/").content, "html.parser")
    shown = {part.split()[0] for one in page.select("picture [srcset]") for part in one["srcset"].split(", ")}
    assert shown < known
    for address in first.addresses:
        made = client.get(address)
        assert (made.status_code, made["Cache-Control"]) == (200, KEPT)
        assert Image.open(io.BytesIO(b"".join(made))).size  # type: ignore[arg-type]
    photo = sources.edit_photo(first, image=picture((450, 300)))
    call_command("run_tasks", batch=True)
    known |= set(photo.addresses)
    assert {client.get(address).get("Location") for address in first.addresses} == {photo.url}
    assert list(storages["originals"].listdir(Path(photo.original.name).parent)[1]) == [Path(photo.original.name).name]
    assert client.get(f"/media/{photo.original.name}").status_code == 404
    sources.withdraw_photo(photo, "No rights")
    assert {client.get(address).status_code for address in known} == {410}
    assert [bucket.listdir(stem)[1] for stem in (first.stem, photo.stem)] == [[], []]
    assert bucket.listdir(Path(photo.stem).parent)[1] == []
    assert storages["originals"].exists(photo.original.name)


def test_sound_is_given_in_parts_while_it_is_published(bucket: Any, client: Client, live: Coverage) -> None:
    data = sound(1)
    update = updates.post(live, audio=ContentFile(data, "news.wav")).update
    address = update.audio.url
    assert address == f"/media/{update.audio.name}"
    part = client.get(address, headers={"Range": "bytes=10-19"})
    said = part.status_code, part["Content-Range"], b"".join(part)  # type: ignore[arg-type]
    assert said == (206, f"bytes 10-19/{len(data)}", data[10:20])
    assert client.get(address, headers={"Range": "bytes=50000-"}).status_code == 416
    assert client.get("/media/audio/other.mp3").status_code == 404
    updates.withdraw(update, "wrong")
    assert client.get(address).status_code == 410
    updates.erase(update)
    assert storages["originals"].listdir("audio")[1] == []


def test_of_a_large_file_one_part_at_a_time_is_read(bucket: Any) -> None:
    bucket.save("large.bin", ContentFile(bytes(2_000_000)))

    answer: Any = media(RequestFactory().get("/media/large.bin"), "large.bin")

    async def read() -> tuple[int, int, int]:
        parts = aiter(answer)
        first, kept = len(await anext(parts)), answer.file_to_stream.tell()
        return first, kept, sum([len(part) async for part in parts])

    assert async_to_sync(read)() == (64 * 1024, 64 * 1024, 2_000_000 - 64 * 1024)
