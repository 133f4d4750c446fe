"""docs/openapi.yaml against a real server: schemathesis asks what it describes, and much that it does not allow."""

from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from django.conf import settings as project
from hypothesis import settings
from schemathesis import checks

from articles import changes
from articles.publishing import updates
from tests.scenes import Scene, photo, scene

pytestmark = pytest.mark.django_db(transaction=True)
api = schemathesis.openapi.from_path(Path(project.BASE_DIR, "docs", "openapi.yaml"))
OF_WHAT_IS_SAID = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def told(settings: Any, data: Path) -> Scene:
    """Coverage with everything."""
    settings.MEDIA_ROOT = data / "media"
    made = scene("told", picture=photo())
    updates.withdraw(made.posted[0], "Not so")
    return made


@api.parametrize()
@settings(max_examples=settings().max_examples * 2)
def test_it_answers_as_described(case: schemathesis.Case, port: int, told: Scene) -> None:
    server = f"http://localhost:{port}"
    refused = [checks.not_a_server_error] if case.path == "/oembed" else []  # 501: another format (oembed.com)
    case.call_and_validate(base_url=server, excluded_checks=refused)
    # What was made up names nothing that is here: the same question, of coverage that is.
    if case.path_parameters:
        case.path_parameters["slug"] = told.coverage.slug
    if case.path == "/oembed":
        case.query["url"] = server + told.article
    case.call_and_validate(base_url=server, checks=OF_WHAT_IS_SAID)


def test_each_kind_of_answer(port: int, told: Scene) -> None:
    """What is made up may never come to these."""
    server, older, slug = f"http://localhost:{port}", told.posted[3], told.coverage.slug
    assert older.published_at
    cursor = f"{changes.iso(older.published_at)}_{older.pk}"
    embedded = f"/oembed?url={server}/live/{slug}/"
    for operation, path, status in (
        ("snapshot", f"/live/{slug}.json", 200),
        ("snapshot", f"/live/{slug}.json?before={cursor}", 200),
        ("snapshot", f"/live/{slug}.json?before=never", 400),
        ("snapshot", "/live/there-is-none.json", 404),
        ("changes", f"/live/{slug}/changes?after=0", 200),
        ("changes", f"/live/{slug}/changes?after={told.coverage.version}", 200),
        ("changes", f"/live/{slug}/changes?after=-1", 400),
        ("oembed", embedded, 200),
        ("oembed", f"{embedded}{told.posted[0].pk}/", 410),
        ("oembed", f"{embedded}&format=xml", 501),
        ("oembed", f"{embedded}&maxwidth=0", 400),
        ("ready", "/readyz", 200),
    ):
        answer = requests.get(server + path, timeout=30)
        assert answer.status_code == status, path
        asked = api.find_operation_by_id(operation)
        asked.Case(path_parameters={"slug": slug}).validate_response(answer, checks=OF_WHAT_IS_SAID)
