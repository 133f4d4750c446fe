"""Photos behind nginx, which serves them itself as long as their files are there, and sound, for which it asks."""

import io
import re
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image

from articles.publishing import PlacedPhoto, coverages, renditions, sources, updates
from tests.articles.media.test_audio import sound
from tests.browser.waiting import until

from .conftest import Behind, Newsroom
from .nginx import Nginx

KEPT = "public, max-age=3600, s-maxage=60"
KINDS = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
type Site = tuple[Nginx, list[Behind]]


def card_of(nginx: Nginx, path: str) -> str:
    found = re.search(r'property="og:image" content="([^"]+)"', nginx.get(path).body.decode())
    assert found
    return found[1].removeprefix(nginx.origin)


def test_a_photo_from_its_upload_to_its_withdrawal(newsroom: Newsroom, site: Site, picture: Callable[..., Any]) -> None:
    nginx, _ = site
    photo = sources.add_photo(image=picture((900, 600)), alt="A street", caption="The street")
    update = newsroom.post("Seen", photos=[PlacedPhoto(photo)])
    path = update.get_absolute_url()
    early = [nginx.get(address) for address in photo.addresses[1:]]
    assert {(one.status, one.headers["Cache-Control"]) for one in early} == {(200, "no-store")}

    renditions.render(photo)
    for address in photo.addresses[1:]:
        made = nginx.get(address)
        assert (made.status, made.headers["Cache-Control"]) == (200, KEPT)
        kind = address.rpartition(".")[2]
        assert made.headers["Content-Type"] == {"jpg": "image/jpeg"}.get(kind, f"image/{kind}")
        assert Image.open(io.BytesIO(made.body)).format == KINDS.get(kind, "PNG")
    shared = card_of(nginx, path)
    assert shared in photo.addresses

    sources.withdraw_photo(photo, "No rights")
    assert {nginx.get(address).status for address in photo.addresses} == {410}
    until(lambda: photo.stem.encode() not in nginx.get(path).body)
    until(lambda: photo.stem.encode() not in nginx.get(newsroom.path).body)
    drawn = card_of(nginx, path)
    assert "/card-" in drawn
    assert nginx.get(drawn).headers["Content-Type"] == "image/png"
    updates.withdraw(update, "All of it")
    nginx.age(21)  # which is as long as a card is kept
    assert nginx.get(drawn).status == 410


def test_former_pictures_of_a_withdrawn_photo_are_gone_with_all_their_files(
    newsroom: Newsroom, site: Site, picture: Callable[..., Any]
) -> None:
    nginx, _ = site
    photo = sources.add_photo(image=picture((900, 600)), alt="A street")
    newsroom.post("Seen", photos=[PlacedPhoto(photo)])
    renditions.render(photo)
    known = set(photo.addresses)
    for change in ({"focus": (10, 90)}, {"image": picture((700, 500))}, {"image": picture((500, 300), "PNG")}):
        photo = sources.edit_photo(photo, **change)
        renditions.render(photo)
        known |= set(photo.addresses)
    folder = photo.url.removesuffix(photo.suffix)
    assert {nginx.get(f"{folder}/{one.name}").status for one in photo.renditions} == {200}
    former = {address for address in known if not address.startswith(folder)}
    assert {nginx.get(address).headers["Location"] for address in former} == {photo.url}
    sources.withdraw_photo(photo, "No rights")
    unknown = {address.rpartition("/")[2].partition(".")[0] for address in known - {*photo.addresses}}
    assert unknown <= {"900", "700"}, "but for widths of their own, nothing is forgotten"
    assert {address: status for address in known if (status := nginx.get(address).status) != 410} == {}


def test_sound_is_given_by_nginx_in_parts_while_it_is_published(newsroom: Newsroom, site: Site) -> None:
    nginx, _ = site
    data = sound(1)
    update = newsroom.post("The talks", state="draft", audio=ContentFile(data, "secret.wav"))
    address = update.audio.url
    assert {nginx.get(path).status for path in (address, "/media/audio/secret.wav")} == {404}
    updates.publish(update)
    whole, part = nginx.get(address), nginx.get(address, Range="bytes=10-19")
    assert (whole.status, whole.body, whole.headers["Cache-Control"]) == (200, data, KEPT)
    assert whole.headers["Content-Type"].startswith("audio/")
    assert "X-Accel-Redirect" not in whole.headers
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, data[10:20], f"bytes 10-19/{len(data)}")
    for gone, back in (
        (lambda: updates.withdraw(update, "Not so"), lambda: updates.restore(update)),
        (lambda: coverages.withdraw(newsroom.coverage, "Not so"), lambda: coverages.restore(newsroom.coverage)),
    ):
        gone()
        assert nginx.get(address).status == 410
        back()
        assert nginx.get(address).status == 200
    updates.erase(update)
    assert nginx.get(address).status == 404
    assert not storages["originals"].exists(update.audio.name)


def test_an_original_has_no_address(newsroom: Newsroom, site: Site, picture: Callable[..., Any]) -> None:
    nginx, _ = site
    photo = sources.add_photo(image=picture((900, 600)))
    name = str(photo.original.name)
    assert storages["originals"].exists(name)
    tried = (f"/media/{name}", f"/originals/{name}", f"/media/../originals/{name}", f"/media/%2e%2e/originals/{name}")
    assert {nginx.get(path).status for path in tried} <= {301, 302, 400, 404}
