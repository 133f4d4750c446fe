"""The desk over HTTP: each answer, each refusal, and who may do what."""

import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from articles.models import Author, Coverage, Update
from articles.publishing import KeyPointContent, coverages, sources, updates

JSON = "application/json"


class Desk:
    """One editor's desk, as its script talks to the server."""

    def __init__(self, client: Client, coverage: Coverage) -> None:
        self.client = client
        self.base = f"/admin/articles/coverage/{coverage.pk}/desk/"

    def get(self, path: str) -> Any:
        return self.client.get(self.base + path, headers={"Accept": JSON})

    def post(self, path: str, status: int = 200, **sent: Any) -> Any:
        answer = self.client.post(self.base + path, json.dumps(sent), JSON, headers={"Accept": JSON})
        assert answer.status_code == status, answer.content
        return answer.json()

    def create(self, status: int = 200, **sent: Any) -> Any:
        return self.post("updates/", status, **({"token": str(uuid.uuid4()), "do": "publish"} | sent))

    def save(self, update: Update, status: int = 200, **sent: Any) -> Any:
        began = {"expected": update.revision, "token": str(uuid.uuid4())}
        return self.post(f"updates/{update.pk}/", status, **(began | sent))

    def changes(self, after: int) -> Any:
        answer = self.get(f"changes?after={after}")
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def open_desk(coverage: Coverage) -> Callable[[Client], Desk]:
    return lambda client: Desk(client, coverage)


@pytest.fixture
def desk_of(editor: Client, coverage: Coverage) -> Desk:
    return Desk(editor, coverage)


# ── Posting ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_goes_out_and_the_answer_says_how_it_stands(desk_of: Desk, author: Author) -> None:
    said = desk_of.create(headline="Talks begin", body="<p>They met.</p>", authors=[author.pk], key_event=True)
    update = Update.objects.get()
    assert (update.state, update.headline, update.authors, update.key_event) == (
        "published",
        "Talks begin",
        [author],
        True,
    )
    assert (said["id"], said["version"], said["created"]) == (update.pk, update.version, True)
    assert said["url"] == update.get_absolute_url()
    assert "Talks begin" in said["entry"]["html"]
    assert update.created_by is not None
    assert LogEntry.objects.get().object_id == str(update.pk)


def test_sent_twice_it_is_posted_once(desk_of: Desk) -> None:
    token = str(uuid.uuid4())
    first = desk_of.create(token=token, headline="Once")
    again = desk_of.create(token=token, headline="Once")
    assert (again["id"], again["created"]) == (first["id"], False)
    assert Update.objects.count() == 1


def test_what_was_typed_before_the_answer_came_is_not_lost(desk_of: Desk) -> None:
    """The draft was kept, the answer was lost, and the editor went on writing and published."""
    token = str(uuid.uuid4())
    desk_of.create(token=token, do="draft", headline="Half")
    desk_of.create(token=token, headline="Half a sentence more")
    update = Update.objects.get()
    assert (update.state, update.headline) == ("published", "Half a sentence more")


def test_nor_is_what_another_made_of_it(desk_of: Desk, chief: Client, open_desk: Callable[[Client], Desk]) -> None:
    token = str(uuid.uuid4())
    made = desk_of.create(token=token, do="draft", headline="Half")
    update = Update.objects.get(pk=made["id"])
    open_desk(chief).save(update, headline="Hers")
    said = desk_of.create(409, token=token, headline="Mine")
    assert said["current"]["headline"] == "Hers"
    assert Update.objects.get().headline == "Hers"


def test_scheduling_takes_a_clock_of_the_story(desk_of: Desk, coverage: Coverage) -> None:
    at = timezone.localtime(timezone.now() + timedelta(hours=3), coverage.zone).replace(second=0, microsecond=0)
    desk_of.create(headline="Later", published_at=at.strftime("%Y-%m-%dT%H:%M"))
    update = Update.objects.get()
    assert (update.state, update.published_at) == ("scheduled", at)


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"headline": "x", "published_at": "2020-01-01T00:00"}, "published_at", "has passed"),
        ({"headline": "x", "published_at": "soon"}, "published_at", "valid date"),
        ({"headline": "x", "published_at": "2027-03-28T03:30"}, "published_at", "put forward"),
        ({"headline": "", "body": "<script>alert(1)</script>"}, "", "is empty"),
        ({"headline": "x" * 300}, "headline", "250"),
        ({"headline": "x", "body": "<p>" + "y" * 1_000_000 + "</p>"}, "", "longer than 200 KB"),
        ({"headline": 5}, "headline", "a text"),
        ({"headline": "nul \x00"}, "headline", "U+0000"),
        ({"headline": "x", "authors": [999_999]}, "authors", "gone"),
        ({"headline": "x", "authors": "me"}, "authors", "list"),
        ({"headline": "x", "photos": [{"id": True}]}, "photos", "list of ids"),
        ({"headline": "x", "key_event": "yes"}, "key_event", "true or false"),
        ({"headline": "x", "do": "shout"}, "do", "publish, submit"),
        ({"headline": "x", "token": "me"}, "token", "UUID"),
        ({"headline": "x", "embed": "javascript:alert(1)"}, "embed", "URL"),
    ],
)
def test_bad_input_is_told_in_a_sentence(desk_of: Desk, sent: dict[str, Any], field: str, words: str) -> None:
    said = desk_of.create(400, **sent)
    assert words in said["error"]
    assert said.get("field", "") == field
    assert not Update.objects.exists()


def test_rubbish_is_refused(desk_of: Desk) -> None:
    send = desk_of.client.post
    for body in (b"", b"[]", b"{", b"\xff", b'"x"'):
        answer = send(f"{desk_of.base}updates/", body, JSON, headers={"Accept": JSON})
        assert answer.status_code == 400, body
    assert desk_of.get("changes?after=x").status_code == 400
    assert desk_of.get("changes?after=").status_code == 400
    assert desk_of.get("feed?before=junk").status_code == 400
    assert desk_of.get("updates/999999999999999999999/").status_code == 404
    assert desk_of.client.get("/admin/articles/coverage/999999/desk/", headers={"Accept": JSON}).status_code == 404


def test_an_emoji_is_a_post(desk_of: Desk) -> None:
    desk_of.create(body="<p>🎉</p>")
    assert Update.objects.get().state == "published"


# ── Editing together ────────────────────────────────────────────────────────────────────────────────────


def test_who_saves_second_is_shown_both_texts(desk_of: Desk, update: Update) -> None:
    updates.edit(update, headline="Hers", body="<p>Her words.</p>")
    said = desk_of.save(update, 409, headline="Mine", body="<p>My words.</p>")
    assert (said["current"]["headline"], said["current"]["body"]) == ("Hers", "<p>Her words.</p>")
    labels = {row["label"]: row["theirs"] for row in said["differences"]}
    assert labels == {"Headline": "Hers", "Text": "Her words."}
    mine = desk_of.save(update, headline="Mine", expected=said["current"]["revision"], confirmed=True)
    assert Update.objects.get().headline == "Mine"
    assert mine["revision"] > said["current"]["revision"]


def test_ones_own_save_sent_again_is_no_conflict(desk_of: Desk, update: Update) -> None:
    token = str(uuid.uuid4())
    first = desk_of.save(update, headline="Mine", token=token, confirmed=True)
    assert desk_of.save(update, headline="Mine", token=token, confirmed=True)["revision"] == first["revision"]


def test_other_words_ask_for_a_note(desk_of: Desk, update: Update) -> None:
    said = desk_of.save(update, 422, body="<p>They have not met.</p>")
    assert said["code"] == "correction"
    assert Update.objects.get().body == update.body
    desk_of.save(update, body="<p>They have not met.</p>", correction="They had not met yet.")
    now = Update.objects.get()
    assert (now.correction, now.body) == ("They had not met yet.", "<p>They have not met.</p>")


@pytest.mark.parametrize("body", ["<p>they have met</p>", "<p>They  have met!</p>", "<p>They <b>have</b> met.</p>"])
def test_case_punctuation_and_space_ask_for_none(desk_of: Desk, update: Update, body: str) -> None:
    desk_of.save(update, body=body)


@pytest.mark.parametrize("body", ["<p>3.5 dead</p>", "<p>35 dead,</p>", "<p>5 dead</p>"])
def test_numbers_are_words_too(desk_of: Desk, coverage: Coverage, body: str) -> None:
    update = updates.post(coverage, body="<p>35 dead</p>").update
    desk_of.save(update, 200 if "," in body else 422, body=body)


def test_an_older_text_comes_back(desk_of: Desk, update: Update) -> None:
    updates.edit(update, headline="Wrong")
    html = desk_of.get(f"updates/{update.pk}/history/").json()["html"]
    assert "Wrong" in html
    first = update.history.earliest("history_id")
    desk_of.post(f"updates/{update.pk}/revert/", record=first.history_id)
    assert Update.objects.get().headline == "Talks begin"
    assert desk_of.post(f"updates/{update.pk}/revert/", 400, record=999)["error"]


# ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_whole_life_of_an_update(desk_of: Desk, coverage: Coverage) -> None:
    pk = desk_of.create(do="draft", headline="A life")["id"]
    for name, state in [
        ("submit", "submitted"),
        ("return", "draft"),
        ("publish", "published"),
        ("pin", "published"),
        ("unpin", "published"),
        ("key", "published"),
    ]:
        said = desk_of.post(f"updates/{pk}/{name}/")
        assert said["entry"]["state"] == state
        assert desk_of.post(f"updates/{pk}/{name}/")["revision"] == said["revision"], "once more changes nothing"
    assert desk_of.post(f"updates/{pk}/withdraw/", 400)["field"] == "reason"
    desk_of.post(f"updates/{pk}/withdraw/", reason="Wrong")
    desk_of.post(f"updates/{pk}/restore/")
    at = timezone.localtime(timezone.now() - timedelta(hours=2), coverage.zone)
    desk_of.post(f"updates/{pk}/retime/", published_at=at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert Update.objects.get().published_at == at.replace(microsecond=0)
    assert desk_of.post(f"updates/{pk}/retime/", 400, published_at="2099-01-01T00:00")["error"]
    desk_of.post(f"updates/{pk}/discard/", 403)
    desk_of.post(f"updates/{pk}/erase/", 403, confirm="erase")


def test_erasing_is_said_twice(chief: Client, open_desk: Callable[[Client], Desk], update: Update) -> None:
    desk = open_desk(chief)
    assert desk.post(f"updates/{update.pk}/erase/", 422)["code"] == "erase"
    assert Update.objects.get().headline
    desk.post(f"updates/{update.pk}/erase/", confirm="erase")
    assert (Update.objects.get().headline, Update.objects.get().state) == ("", "withdrawn")


def test_approving_publishes_what_was_seen(desk_of: Desk, coverage: Coverage) -> None:
    submitted = updates.post(coverage, state="submitted", headline="Seen").update
    updates.edit(submitted, headline="Changed behind one's back")
    assert desk_of.post(f"updates/{submitted.pk}/publish/", 409, expected=submitted.revision)["current"]
    assert Update.objects.get().state == "submitted"


def test_a_discarded_draft_is_gone_for_all(desk_of: Desk, draft: Update) -> None:
    desk_of.post(f"updates/{draft.pk}/discard/")
    assert desk_of.save(draft, 404, headline="x")["code"] == "gone"


# ── What desks are told ─────────────────────────────────────────────────────────────────────────────────


def test_changes_tell_what_is_new_and_only_that(desk_of: Desk, update: Update, draft: Update) -> None:
    before = Coverage.objects.get().revision
    assert desk_of.changes(before)["entries"] == []
    updates.edit(draft, headline="Still not")
    said = desk_of.changes(before)
    assert [entry["id"] for entry in said["entries"]] == [draft.pk]
    assert said["unpublished"] == [draft.pk]
    updates.discard(draft)
    after = desk_of.changes(said["revision"])
    assert (after["entries"], after["unpublished"]) == ([], [])
    assert after["revision"] > said["revision"]


def test_too_many_changes_are_the_list_anew(desk_of: Desk, coverage: Coverage) -> None:
    for number in range(101):
        updates.post(coverage, headline=f"Number {number}")
    said = desk_of.changes(0)
    assert (said["reset"], len(said["entries"])) == (True, 30)
    below = desk_of.get(f"feed?before={said['older']}").json()
    assert "Number 70" in below["html"]
    assert "Number 71" not in below["html"]
    assert desk_of.changes(2**50)["reset"], "a restored backup"


def test_finding_and_filtering(desk_of: Desk, coverage: Coverage, author: Author, draft: Update) -> None:
    updates.post(coverage, headline="Grain prices", authors=[author], key_event=True)
    updates.post(coverage, headline="Oil prices")
    for query, count in [("q=prices", 2), ("q=prices+grain", 1), ("state=draft", 1), ("key=1", 1), ("state=junk", 0)]:
        assert desk_of.get(f"feed?{query}").json()["count"] == count, query
    assert desk_of.get(f"feed?author={author.pk}").json()["count"] == 1


def test_order_is_what_waits_and_then_the_newest(desk_of: Desk, coverage: Coverage, draft: Update) -> None:
    updates.post(coverage, headline="Out")
    submitted = updates.post(coverage, state="submitted", headline="Please").update
    entries = desk_of.changes(0)["entries"]
    ordered = sorted(entries, key=lambda entry: entry["order"], reverse=True)
    assert [entry["state"] for entry in ordered] == ["submitted", "draft", "published"]
    assert ordered[0]["id"] == submitted.pk


def test_who_is_there(desk_of: Desk, chief: Client, open_desk: Callable[[Client], Desk], author: Author) -> None:
    hers, tab = open_desk(chief), str(uuid.uuid4())
    assert hers.post("presence/", tab=tab, editing=0)["people"][0]["name"] == "Anna Reporter"
    assert desk_of.changes(0)["people"] == hers.changes(0)["people"] != []
    hers.client.post(f"{hers.base}presence/", {"tab": tab, "leaving": "1"})
    assert desk_of.changes(0)["people"] == []
    assert desk_of.post("presence/", 400, tab="x")["error"]


# ── Beside the list ─────────────────────────────────────────────────────────────────────────────────────


def test_key_points(desk_of: Desk, coverage: Coverage, update: Update) -> None:
    began = Coverage.objects.get().key_points_version
    wanted = [{"text": "One", "update": update.pk}, {"text": "Two"}]
    said = desk_of.post("key-points/", expected=began, points=wanted)
    assert [point["text"] for point in said["points"]] == ["One", "Two"]
    one, two = said["points"]
    coverages.set_key_points(coverage, [KeyPointContent("Hers")])
    conflict = desk_of.post("key-points/", 409, expected=said["expected"], points=[two, one])
    assert [point["text"] for point in conflict["conflict"]["points"]] == ["Hers"]
    desk_of.post("key-points/", 400, expected=0, points=[{"text": str(n)} for n in range(8)])
    desk_of.post("key-points/", 400, expected=0, points="x")
    other = coverages.start(coverages.create(headline="Other", slug="other"))
    foreign = updates.post(other, headline="x").update
    desk_of.post("key-points/", 404, expected=0, points=[{"text": "x", "update": foreign.pk}])


def test_the_same_list_sent_again_keeps_its_ids(desk_of: Desk) -> None:
    began = Coverage.objects.get().key_points_version
    first = desk_of.post("key-points/", expected=began, points=[{"text": "One"}])
    assert desk_of.post("key-points/", expected=began, points=[{"text": "One"}])["points"] == first["points"]


def test_the_course_of_a_coverage(desk_of: Desk, coverage: Coverage, author: Author) -> None:
    coverages.edit(coverage, authors=[author], section="World")
    said = desk_of.post("coverage/end/", create="Monday’s live updates")
    assert said["state"] == "ended"
    successor = Coverage.objects.get(pk=said["successor"]["pk"])
    assert (successor.headline, successor.state, successor.section) == ("Monday’s live updates", "draft", "World")
    assert (successor.time_zone, successor.authors) == (coverage.time_zone, [author])
    assert desk_of.post("coverage/end/", create="Monday’s live updates")["state"] == "ended", "sent again"
    assert Coverage.objects.count() == 2
    desk_of.post("coverage/reopen/")
    desk_of.post("coverage/end/", create="Once more", start=True)
    assert Coverage.objects.get(pk=successor.pk).state == "live"
    desk_of.post("coverage/withdraw/", 400)
    desk_of.post("coverage/withdraw/", reason="Wrong")
    desk_of.post("coverage/restore/")
    assert Coverage.objects.get(pk=coverage.pk).state == "ended"
    desk_of.post("coverage/explode/", 404)


def test_a_mistaken_start_is_undone(editor: Client, draft_coverage: Coverage) -> None:
    desk = Desk(editor, draft_coverage)
    desk.post("coverage/start/")
    desk.post("coverage/undo-start/")
    assert Coverage.objects.get().state == "draft"


def test_its_head(desk_of: Desk, coverage: Coverage, picture: Callable[..., SimpleUploadedFile]) -> None:
    photo = desk_of.client.post(
        f"{desk_of.base}photos/", {"image": picture(), "alt": "A map"}, headers={"Accept": JSON}
    ).json()["photo"]
    began = Coverage.objects.get().header_version
    said = desk_of.post("coverage/", expected=began, summary="In short.", lead={"id": photo["id"], "caption": "Here"})
    now = Coverage.objects.get()
    assert (now.summary, now.lead.text, now.lead.photo.alt) == ("In short.", "Here", "A map")  # type: ignore[union-attr]
    assert desk_of.post("coverage/", 409, expected=began, summary="Mine")["current"]["summary"] == "In short."
    said = desk_of.post("coverage/", expected=said["expected"], lead=None)
    assert Coverage.objects.get().lead is None
    desk_of.post("coverage/", 400, expected=said["expected"], headline="")


def test_photos(desk_of: Desk, picture: Callable[..., SimpleUploadedFile]) -> None:
    send = desk_of.client.post
    for file in (SimpleUploadedFile("x.svg", b"<svg/>"), SimpleUploadedFile("x.jpg", b"\xff\xd8junk"), picture().name):
        answer = send(f"{desk_of.base}photos/", {"image": file}, headers={"Accept": JSON})
        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")
    photo = send(f"{desk_of.base}photos/", {"image": picture()}, headers={"Accept": JSON}).json()["photo"]
    assert desk_of.post(f"photos/{photo['id']}/", alt="A bridge", credit="Agency")["photo"]["alt"] == "A bridge"
    assert desk_of.post(f"photos/{photo['id']}/", focus=[20, 0])["photo"]["focus"] == [20, 0]
    for wrong in ([20], [20, 101], [-1, 0], ["20", 0], "20", None, [1.5, 2], [True, 2]):
        desk_of.post(f"photos/{photo['id']}/", 400, focus=wrong)
    desk_of.create(body="", photos=[{"id": photo["id"], "caption": "There"}])
    place = Update.objects.get().photo_captions.get()
    assert (place.text, place.photo.credit) == ("There", "Agency")


def test_a_photo_without_alt_text_is_marked_and_can_be_refused(
    desk_of: Desk, picture: Callable[..., SimpleUploadedFile], settings: Any
) -> None:
    photo = sources.add_photo(image=picture(), caption="A bridge")
    sent = {"headline": "Seen", "photos": [{"id": photo.pk, "caption": ""}]}
    assert "No alt text" in desk_of.create(**sent)["entry"]["html"]
    settings.REQUIRE_ALT_TEXT = True
    refused = desk_of.create(400, **sent)
    assert "A photo has no alt text: A bridge." in json.dumps(refused, ensure_ascii=False)
    desk_of.post(f"photos/{photo.pk}/", alt="A bridge over a river")
    assert "No alt text" not in desk_of.create(**sent)["entry"]["html"]


@pytest.mark.parametrize(("kind", "size"), [("HEIF", (400, 300)), ("JPEG", (8660, 5774))])
def test_pictures_of_phones_and_of_large_cameras_simply_work(desk_of: Desk, kind: str, size: tuple[int, int]) -> None:
    photo = send_picture(desk_of, kind, size)
    assert photo.status_code == 200, photo.content
    shown = photo.json()["photo"]
    assert shown["width"] / shown["height"] == pytest.approx(size[0] / size[1], abs=0.01)


def test_a_picture_of_200_megapixels_is_refused_in_a_sentence(desk_of: Desk) -> None:
    refused = send_picture(desk_of, "PNG", (16_000, 12_500), mode="1")
    assert refused.status_code == 400
    assert "megapixels" in refused.json()["error"]


def send_picture(desk: Desk, kind: str, size: tuple[int, int], mode: str = "RGB") -> Any:
    import pillow_heif

    pillow_heif.register_heif_opener()
    data = io.BytesIO()
    Image.new(mode, size).save(data, kind)
    file = SimpleUploadedFile(f"IMG_0001.{kind.lower()}", data.getvalue())
    return desk.client.post(f"{desk.base}photos/", {"image": file}, headers={"Accept": JSON})


def test_preview_keeps_nothing(desk_of: Desk, author: Author) -> None:
    sent = {"headline": "Soon", "body": "<p>Words<script>x</script></p>", "authors": [author.pk]}
    page = desk_of.client.post(f"{desk_of.base}preview/", {"payload": json.dumps(sent)})
    text = page.content.decode()
    assert page.status_code == 200
    assert "Soon" in text
    assert "Anna Reporter" in text
    assert "<script>x" not in text
    assert "no-store" in page["Cache-Control"]
    assert not Update.objects.exists()
    assert desk_of.client.post(f"{desk_of.base}preview/", {"payload": "x"}, headers={"Accept": JSON}).status_code == 400


# ── Who may do what ─────────────────────────────────────────────────────────────────────────────────────


def test_the_signed_out_are_told_where_to_sign_in(desk_of: Desk) -> None:
    desk_of.client.logout()
    said = desk_of.create(401, headline="Lost?")
    assert said["login"].startswith("/admin/login/")
    page = desk_of.client.get(desk_of.base)
    assert page.status_code == 302
    desk_of.client.force_login(User.objects.create_user("reader"))
    assert desk_of.get("changes?after=0").status_code == 401


def test_what_one_wrote_goes_out_under_no_other_name(desk_of: Desk, chief: Client, coverage: Coverage) -> None:
    """The session ended, and a colleague signed in at the same browser before the text was sent."""
    headers = {"Accept": JSON, "X-Desk-User": str(User.objects.get(username="editor").pk)}
    sent = json.dumps({"token": str(uuid.uuid4()), "do": "publish", "headline": "Mine"})
    assert chief.post(f"{desk_of.base}updates/", sent, JSON, headers=headers).status_code == 401
    assert not Update.objects.exists()
    assert desk_of.client.post(f"{desk_of.base}updates/", sent, JSON, headers=headers).status_code == 200


def test_without_its_token_a_post_is_refused(coverage: Coverage, chief_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(chief_user)
    answer = client.post(f"/admin/articles/coverage/{coverage.pk}/desk/updates/", "{}", JSON, headers={"Accept": JSON})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_what_is_offered_follows_the_role(
    writer: Client, viewer: Client, desk_of: Desk, draft: Update, coverage: Coverage
) -> None:
    update = updates.post(coverage, headline="Out").update

    def offered(desk: Desk, one: Update) -> list[str]:
        found: list[str] = desk.get(f"updates/{one.pk}/").json()["actions"]
        return found

    assert offered(Desk(writer, coverage), draft) == ["edit", "submit", "key", "history", "discard"]
    assert offered(Desk(writer, coverage), update) == ["history"]
    assert offered(Desk(viewer, coverage), draft) == ["history"]
    assert "publish" in offered(desk_of, draft)
    assert "withdraw" in offered(desk_of, update)


def test_the_page_has_what_its_script_needs(desk_of: Desk, update: Update) -> None:
    page = desk_of.client.get(desk_of.base)
    text = page.content.decode()
    assert page.status_code == 200
    assert 'id="desk-config"' in text
    assert f'id="entry-{update.pk}"' in text
    assert "csrftoken" in page.cookies or "csrfmiddlewaretoken" in text
    assert "nonce" in page["Content-Security-Policy"]
