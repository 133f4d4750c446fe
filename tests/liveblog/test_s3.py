"""Media in a bucket: a real server that speaks S3, asked over HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.test import Client
from moto.server import ThreadedMotoServer

from articles.publishing import sources

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


def test_a_photo_lives_and_goes_in_the_bucket(bucket: Any, client: Client, picture: Callable[..., Any]) -> None:
    photo = sources.add_photo(image=picture((500, 300)))
    assert photo.url == f"/media/{photo.image.name}"
    rendition = f"{photo.url.removesuffix(photo.suffix)}/400.avif"
    assert "no-store" in client.get(rendition)["Cache-Control"]
    call_command("run_tasks", batch=True)
    made = client.get(rendition)
    assert (made["Content-Type"], b"".join(made)[4:12]) == ("image/avif", b"ftypavif")
    assert storages["originals"].exists(photo.original.name)
    sources.withdraw_photo(photo, "No rights")
    assert client.get(rendition).status_code == client.get(photo.url).status_code == 410
    assert bucket.listdir(photo.stem)[1] == []


def test_sound_is_given_in_parts(bucket: Any, client: Client) -> None:
    name = bucket.save("audio/news.mp3", ContentFile(bytes(range(100))))
    part = client.get(f"/media/{name}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part["Content-Range"], b"".join(part)) == (206, "bytes 10-19/100", bytes(range(10, 20)))
    assert client.get(f"/media/{name}", headers={"Range": "bytes=500-"}).status_code == 416
    assert client.get("/media/audio/other.mp3").status_code == 404
