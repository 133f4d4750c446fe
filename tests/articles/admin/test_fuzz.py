"""Whatever an editor's browser sends, or somebody in its name: no error of ours, and nothing comes back as markup."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.models import Coverage, Photo, Update
from articles.publishing import coverages
from tests.articles.public.test_fuzz import MARK, TEXT
from tests.scenes import photo

from .browser import form_of

HUGE = st.sampled_from([2**31, 2**63, 10**30, -1, 0, 1.5, 1e400])
NUMBERS = st.one_of(st.integers(1, 9), HUGE)
LEAF = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, st.just("\x00"), st.just("\ud800"))
NAMES = st.sampled_from(
    [
        "token", "do", "expected", "headline", "body", "authors", "key_event", "pinned", "published_at", "photos",
        "embed", "correction", "reason", "to", "points", "text", "update", "id", "photo", "caption", "alt", "credit",
        "summary", "section", "slug", "language", "time_zone", "successor", "lead", "at", "fields", "as", "tab",
    ]
)  # fmt: skip
VALUES = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
LIKELY = {
    "token": st.uuids().map(str),
    "do": st.sampled_from(["publish", "save", "submit", "draft"]),
    "expected": st.integers(0, 2**53),
    "authors": st.lists(NUMBERS, max_size=2),
    "published_at": st.sampled_from(
        ["2026-02-30T10:00", "2022-02-27T21:13", "0001-01-01T00:00Z", "9999-12-31T23:59+14:00"]
    ),
    "photos": st.lists(
        st.fixed_dictionaries({"id": NUMBERS, "caption": st.sampled_from(["\x00", "\ud800", MARK])}), max_size=2
    ),
    "points": st.lists(st.fixed_dictionaries({"text": TEXT, "update": NUMBERS}), max_size=2),
}
"""What is nearly right goes further than what is quite wrong."""
SENT = st.one_of(
    st.dictionaries(NAMES, VALUES, max_size=6),
    st.fixed_dictionaries({}, optional=LIKELY | {"headline": TEXT, "body": TEXT, "reason": TEXT, "embed": TEXT}),
    VALUES,
)
STEPS = (
    "publish",
    "withdraw",
    "restore",
    "erase",
    "pin",
    "unpin",
    "key",
    "unkey",
    "retime",
    "submit",
    "return",
    "revert",
)
MOVES = ("start", "end", "reopen", "undo", "withdraw", "restore", "x")


def places(coverage: Coverage, update: Update, picture: Photo) -> st.SearchStrategy[str]:
    one = f"updates/{update.pk}/"
    named = [
        "updates/",
        one,
        "key-points/",
        "coverage/",
        "presence/",
        "photos/",
        f"photos/{picture.pk}/",
        "updates/99999999999999999999/",
    ]
    asked = ["changes", "feed", "preview/", f"{one}history/", ""]
    steps = [f"{one}{step}/" for step in STEPS] + [f"coverage/{move}/" for move in MOVES]
    return st.sampled_from([*named * 3, *steps, *asked]).map(f"/admin/articles/coverage/{coverage.pk}/desk/".__add__)


@pytest.mark.django_db
def test_whatever_is_sent_to_the_desk(coverage: Coverage, update: Update, editor: Client) -> None:
    where = places(coverage, update, photo())

    @settings(max_examples=settings().max_examples * 8)
    @given(data=st.data())
    def fuzzed(data: st.DataObject) -> None:
        address, sent = data.draw(where, "address"), data.draw(SENT, "sent")
        query = data.draw(st.dictionaries(st.sampled_from(["after", "before", "tab", "q", "only"]), TEXT, max_size=2))
        raw = data.draw(st.one_of(st.none(), st.none(), st.none(), st.binary(max_size=12)), "raw")
        body = json.dumps(sent) if raw is None else raw
        headers = {"Accept": data.draw(st.sampled_from(["application/json", "text/html"]), "accept")}
        if data.draw(st.booleans(), "post"):
            check(editor.post(address, body, "application/json", headers=headers, query_params=query), address)
        else:
            check(editor.get(address, headers=headers, query_params=query), address)

    fuzzed()
    fresh = {"token": str(uuid.uuid4()), "do": "save", "headline": "Still here"}
    base = f"/admin/articles/coverage/{coverage.pk}/desk/"
    answer = editor.post(
        f"{base}updates/", json.dumps(fresh), "application/json", headers={"Accept": "application/json"}
    )
    assert answer.status_code in {200, 403, 409, 422}, answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("updates/", {"do": []}),
        ("updates/", {"published_at": False}),
        ("updates/", {"do": "publish", "headline": "\ud800"}),
        ("coverage/", {"headline": "\x00", "expected": 0}),
        ("coverage/", {"summary": "x", "expected": 10**30}),
        ("key-points/", {"points": [{"text": "\x00"}], "expected": 0}),
        ("coverage/withdraw/", {"reason": "\x00"}),
    ],
)
def test_what_fuzzing_found(path: str, sent: Any, coverage: Coverage, editor: Client) -> None:
    """Of these, some were faults of ours, and others were sent again for ever, as if the database had been away."""
    address = f"/admin/articles/coverage/{coverage.pk}/desk/{path}"
    sent |= {"token": str(uuid.uuid4())}
    answer = editor.post(address, json.dumps(sent), "application/json", headers={"Accept": "application/json"})
    assert (answer.status_code, bool(answer.json()["error"])) in {(400, True), (409, True)}, answer.content


@pytest.mark.django_db
def test_whatever_is_sent_to_forms(coverage: Coverage, update: Update, chief: Client) -> None:
    """The admin's forms, each field of which may hold anything; and the sign-in, by nobody."""
    coverages.create(headline="Next", slug="next")
    forms = {
        f"/admin/articles/update/{update.pk}/change/": "update_form",
        f"/admin/articles/coverage/{coverage.pk}/change/": "coverage_form",
        "/admin/articles/update/add/": "update_form",
        "/admin/articles/author/add/": "author_form",
        "/admin/switchboard/": None,
    }
    fields = {address: form_of(chief.get(address), form).fields for address, form in forms.items()}
    nobody = Client()

    @settings(max_examples=settings().max_examples * 2)
    @given(data=st.data())
    def fuzzed(data: st.DataObject) -> None:
        address = data.draw(st.sampled_from(sorted(fields)), "address")
        odd = data.draw(st.dictionaries(st.sampled_from(sorted(fields[address]) or ["x"]), TEXT, max_size=4), "odd")
        button = data.draw(st.sampled_from(["_save", "_continue", "_publish", "_submit", "_draft"]), "button")
        check(chief.post(address, {**fields[address], **odd, button: "1"}), address)
        login = data.draw(st.fixed_dictionaries({"username": TEXT, "password": TEXT, "next": TEXT}), "login")
        check(nobody.post("/admin/login/", login, query_params={"next": login["next"]}), "/admin/login/")

    fuzzed()
    assert chief.post("/admin/switchboard/", {"coverage": "\x00"}).status_code == 302


def check(answer: Any, address: str) -> None:
    body = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code < 500, (address, body)
    if "json" not in answer.headers.get("Content-Type", ""):
        assert MARK.encode() not in body, address
    assert "evil.example" not in answer.headers.get("Location", "")
