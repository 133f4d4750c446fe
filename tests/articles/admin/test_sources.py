"""Photos and authors."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.models import DBTaskResult
from PIL import ExifTags, Image

from articles.models import Author, Coverage, Photo, Update
from articles.publishing import PlacedPhoto, sources, updates

from .browser import form_of, send, text_of

Picture = Callable[..., SimpleUploadedFile]
PHOTO = "/admin/articles/photo/"
AUTHOR = "/admin/articles/author/"


def test_add_a_photo(chief: Client, picture: Picture) -> None:
    assert (
        send(chief, f"{PHOTO}add/", "_save", {"picture": picture(), "alt": "Blue", "credit": "Us"}).status_code == 302
    )
    photo = Photo.objects.get()
    assert (photo.width, photo.alt, photo.credit) == (60, "Blue", "Us")


def test_what_the_file_says_is_shown_to_be_confirmed(chief: Client, picture: Picture) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription], exif[ExifTags.Base.Artist] = "The bridge at dawn", "A. Photographer"
    answer = send(chief, f"{PHOTO}add/", "_save", {"picture": picture(exif=exif), "credit": "Our own"})
    photo = Photo.objects.get()
    assert answer["Location"] == f"{PHOTO}{photo.pk}/change/"
    page = chief.get(answer["Location"])
    assert "Look at what is known of it: caption, credit, creator. It has no alt text yet." in text_of(page)
    shown = form_of(page, "photo_form").fields
    assert (shown["caption"], shown["credit"], shown["creator"]) == (
        ["The bridge at dawn"], ["Our own"], ["A. Photographer"],
    )  # fmt: skip


def test_a_photo_is_withdrawn_from_its_own_page(chief: Client, coverage: Coverage, picture: Picture) -> None:
    photo = sources.add_photo(image=picture(), caption="x")
    update = updates.post(coverage, headline="x", photos=[PlacedPhoto(photo)]).update
    page = f"{PHOTO}{photo.pk}/change/"
    asks = send(chief, page, "_withdraw")
    assert "vanish from every page" in text_of(asks)
    assert not Photo.objects.get().withdrawn_at
    fields = {"action": "withdraw", "confirmed": "yes", "_selected_action": str(photo.pk)}
    assert "This field is required" in text_of(chief.post(page, {**fields, "reason": ""}))
    done = chief.post(page, {**fields, "reason": "No rights"})
    assert done["Location"] == f"/admin/takedown/photo/{photo.pk}/"
    assert Photo.objects.get().withdrawn_reason == "No rights"
    assert not update.photo_captions.exists()
    left = chief.get(page)
    assert "/admin/takedown/photo/" in left.content.decode()
    assert 'name="_withdraw"' not in left.content.decode()
    assert "No rights" in text_of(left)
    assert chief.post(page, {"_withdraw": "x"}).status_code == 403


def test_only_those_who_may_withdraw_are_offered_it(writer: Client, picture: Picture) -> None:
    photo = sources.add_photo(image=picture(), caption="x")
    page = f"{PHOTO}{photo.pk}/change/"
    assert b"_withdraw" not in writer.get(page).content
    for sent in ({"_withdraw": "x"}, {"action": "withdraw", "confirmed": "yes", "reason": "Mine"}):
        assert writer.post(page, sent).status_code == 403
    assert not Photo.objects.get().withdrawn_at


def test_failed_renditions_are_seen_and_queued_again(chief: Client, picture: Picture) -> None:
    photo = sources.add_photo(image=picture(), caption="x")
    DBTaskResult.objects.all().delete()
    Photo.objects.update(render_error="OSError: disk full")
    page = f"{PHOTO}{photo.pk}/change/"
    assert "failed: OSError: disk full" in text_of(chief.get(page))
    assert "no alt text, failed: OSError: disk full" in text_of(chief.get(f"{PHOTO}?renditions=failed"))
    send(chief, page, "_render")
    assert DBTaskResult.objects.filter(args_kwargs__args=[photo.pk]).count() == 1
    assert "being made" in text_of(chief.get(page))


@pytest.mark.parametrize("data", [b"<svg/>", b"\xff\xd8\xff\xe0 cut", b"BM" + b"\x00" * 60])
def test_no_picture(chief: Client, data: bytes) -> None:
    bad = SimpleUploadedFile("x.jpg", data, "image/jpeg")
    answer = send(chief, f"{PHOTO}add/", "_save", {"picture": bad, "caption": "Kept text"})
    assert re.search("not a|An SVG", answer.context["adminform"].form.errors["picture"][0])
    assert form_of(answer, "photo_form").fields["caption"] == ["Kept text"]
    assert "This field is required" in text_of(send(chief, f"{PHOTO}add/", "_save"))


def test_enormous_picture(chief: Client) -> None:
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    answer = send(chief, f"{PHOTO}add/", "_save", {"picture": SimpleUploadedFile("x.png", data.getvalue())})
    assert "megapixels" in text_of(answer)


def test_corrections_reach_where_it_stands(chief: Client, coverage: Coverage, picture: Picture) -> None:
    photo = sources.add_photo(image=picture(), caption="Before")
    update = updates.post(coverage, headline="x", photos=[PlacedPhoto(photo)]).update
    page = chief.get(f"{PHOTO}{photo.pk}/change/")
    assert f"/admin/articles/update/{update.pk}/change/" in page.content.decode()
    send(chief, f"{PHOTO}{photo.pk}/change/", "_save", {"caption": "After"})
    assert Photo.objects.get().caption == "After"
    assert Update.objects.get().version > update.version


def test_another_picture_says_what_its_own_file_says(chief: Client, picture: Picture) -> None:
    """What the editor types counts, then the file; no credit, alt text or date of the picture before is left."""
    old = {"alt": "A bridge", "credit": "Ann/Agency", "creator": "Ann", "copyright": "Agency", "taken": "2022"}
    photo = sources.add_photo(image=picture(), caption="The bridge", place="Kyiv", **old)  # type: ignore[arg-type]
    page, exif = f"{PHOTO}{photo.pk}/change/", Image.Exif()
    exif[ExifTags.Base.Copyright], exif[ExifTags.Base.ImageDescription] = "Another agency", "The square"
    answer = send(chief, page, "_save", {"picture": picture(size=(30, 20), exif=exif), "creator": "Bo"})
    assert answer["Location"] == page
    now = Photo.objects.get()
    assert now.image.name != photo.image.name
    assert {name: getattr(now, name) for name in sources.FACTS} == {
        "alt": "", "caption": "The square", "credit": "", "creator": "Bo", "taken": "", "place": "Kyiv",
        "copyright": "Another agency", "headline": "",
    }  # fmt: skip
    told = "known of it: caption, creator, copyright notice. As it was for the picture before: place. It has no alt"
    assert told in text_of(chief.get(page))
    logged = LogEntry.objects.latest("action_time").get_change_message()
    assert logged.endswith("Creator, Alt text, Caption, Credit, Taken and Copyright notice.")
    send(chief, page, "_save", {"picture": picture(size=(40, 20)), "alt": "The square", "credit": "Bo/Pool"})
    now = Photo.objects.get()
    assert (now.alt, now.credit, now.creator, now.caption) == ("The square", "Bo/Pool", "", "The square")


def test_another_picture_that_readers_see_needs_an_alt_text_of_its_own(
    chief: Client, coverage: Coverage, picture: Picture, settings: Any
) -> None:
    settings.REQUIRE_ALT_TEXT = True
    photo = sources.add_photo(image=picture(), alt="A bridge")
    updates.post(coverage, headline="x", photos=[PlacedPhoto(photo)])
    page = f"{PHOTO}{photo.pk}/change/"
    refused = send(chief, page, "_save", {"picture": picture(size=(30, 20))})
    assert "say in its alt text what the new picture shows" in text_of(refused)
    assert Photo.objects.get().alt == "A bridge"
    send(chief, page, "_save", {"picture": picture(size=(30, 20)), "alt": "The square"})
    assert (Photo.objects.get().alt, Photo.objects.get().width) == ("The square", 30)


def test_authors(chief: Client) -> None:
    send(chief, f"{AUTHOR}add/", "_save", {"name": "Kyiv desk", "slug": "kyiv-desk"})
    author = Author.objects.get()
    answer = send(chief, f"{AUTHOR}add/", "_save", {"name": "Kyiv desk", "slug": "kyiv"})
    assert "already exists" in answer.context["adminform"].form.errors["name"][0]
    send(chief, f"{AUTHOR}{author.pk}/change/", "_save", {"name": "The desk in Kyiv"})
    assert Author.objects.get().name == "The desk in Kyiv"
    assert author.history.first().history_user.username == "chief"


def test_renaming_makes_pages_anew(chief: Client, coverage: Coverage, desk: Author) -> None:
    updates.post(coverage, headline="x", authors=[desk])
    before = Coverage.objects.get().html_version
    send(chief, f"{AUTHOR}{desk.pk}/change/", "_save", {"name": "Renamed"})
    assert Coverage.objects.get().html_version > before


def test_a_photo_is_added_in_a_popup(chief: Client, picture: Picture) -> None:
    url = f"{PHOTO}add/?_popup=1"
    fields = form_of(chief.get(url), "photo_form").fields
    answer = chief.post(url, {**fields, "picture": picture(), "_save": "Save"})
    assert answer.status_code == 200
    assert str(Photo.objects.get().pk) in answer.context_data["popup_response_data"]


NAMES = [
    b"../../etc/passwd.jpg",
    b"..\\..\\boot.ini",
    b"a\x00b.j\x00pg",
    "\u202egpj.exe\u200f".encode(),
    b"%0d%0aX-Evil: 1.jpg",
    b'a\\"b.jpg',
    b"x" * 300 + b".jpg",
    b"." + b"x" * 300,
    b"\xff\xfe.jpg",
    b".",
]


def test_a_photo_may_be_called_whatever_it_is(chief: Client, coverage: Coverage, picture: Picture) -> None:
    photos = f"/admin/articles/coverage/{coverage.pk}/desk/photos/"
    data, kind = picture().read(), "multipart/form-data; boundary=edge"
    for name in NAMES:
        head = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="' + name + b'"\r\n\r\n'
        answer = chief.generic("POST", photos, head + data + b"\r\n--edge--\r\n", kind)
        says = answer.json()
        if answer.status_code != 200:
            assert (answer.status_code, says["error"]) == (400, "Choose a picture."), (name, says)
            continue
        kept = Photo.objects.get(pk=says["photo"]["id"]).original.name
        assert re.fullmatch(r"photos/\d{4}/\d\d/[0-9a-f]{32}(\.\w{1,7})?", kept, re.ASCII), (name, kept)
