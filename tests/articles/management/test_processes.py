"""Commands as operators run them: exit codes, and what goes to stdout and what to stderr."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from liveblog.postgres.server import address

from .conftest import PROJECT, Place, until

HOLD = """
import sys
from pathlib import Path
from liveblog.postgres.server import ensure
print(ensure(Path(sys.argv[1]), "liveblog"), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def _awake(place: Place) -> Iterator[None]:
    """Keeps PostgreSQL running from one command to the next."""
    command = [sys.executable, "-c", HOLD, str(place.data / "postgres")]
    with subprocess.Popen(
        command, cwd=PROJECT, env=place.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdout.readline()
        yield
        holder.kill()


def let_its_time_come(place: Place, update: int) -> None:
    with psycopg.connect(dbname="liveblog", **address(place.data / "postgres")) as database:
        database.execute("UPDATE articles_update SET published_at = now() WHERE id = %s", [update])


def test_json_stands_alone_on_stdout(place: Place) -> None:
    started = place.manage("start_coverage", "storm", "--headline", "Storm Ylva", "--json")
    assert (started.code, started.err) == (0, "")
    assert started.out.count("\n") == 1
    body = "<p>Fähren bleiben im Hafen – “bis Dienstag”.</p>"
    posted = place.manage("post_update", "storm", "--body", "-", "--json", stdin=body)
    assert (posted.code, posted.err) == (0, "")
    fact = json.loads(posted.out)
    assert fact["url"].startswith("http://localhost:8000/live/storm/")
    assert fact["version"] > json.loads(started.out)["version"]
    withdrawn = place.manage("withdraw_update", str(fact["id"]), "--reason", "A test", "--json")
    assert json.loads(withdrawn.out)["version"] > fact["version"]
    loaded = place.manage("demo", "--play", "--speed", "1000", "--json")
    assert json.loads(loaded.out)["played"] is True
    assert "Posted" in loaded.err, "progress is for people, and has another way out"


def test_what_is_wrong_is_said_on_stderr(place: Place) -> None:
    for words, why, code in [
        (["post_update", "nowhere", "--headline", "H", "--json"], "There is no coverage “nowhere”", 1),
        (["post_update", "storm-2"], "There is no coverage", 1),
        (["withdraw_update", "1"], "required: --reason", 2),
        (["withdraw_update", "one", "--reason", "R"], "invalid int value", 2),
        (["serve", "--port", "65536"], "'65536' is no whole number from 0 to 65535", 2),
        (["serve", "--workers", "2", "--reload"], "--reload goes with one worker", 1),
    ]:
        said = place.manage(*words)
        assert (said.code, said.out) == (code, "")
        assert why in said.err
        assert "Traceback" not in said.err


def test_what_is_not_text_is_refused(place: Place) -> None:
    place.manage("start_coverage", "latin", "--headline", "Latin")
    for words, stdin in ((["--body", "-"], "Straße".encode("latin-1")), (["--headline", "Stra\udcdfe"], "")):
        said = place.manage("post_update", "latin", *words, stdin=stdin)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("CommandError: This is not UTF-8 text")


@pytest.mark.parametrize(
    "words", [["end_coverage", "storm"], ["serve", "--port=0"], ["migrate"], ["check", "--database=default"], ["shell"]]
)
def test_a_database_that_does_not_answer(place: Place, words: list[str]) -> None:
    """Whoever types what is told which it is, which setting says so, and why; Django's own commands too."""
    away = {"DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:9/none", "DATABASE_PATIENCE": "1"}
    said = place.manage(*words, stdin="from articles.models import Update; Update.objects.count()", **away)
    assert said.code == 1
    assert re.search(r"Cannot use the database “none” at 127\.0\.0\.1:9 \(DATABASE_URL\): .*refused\. Is", said.err)
    assert [word for word in ("Traceback", "hidden") if word in said.out + said.err] == []
    assert ("(liveblog.E007)" in said.err) is (words[0] in {"migrate", "check"})


def test_playing_stops_cleanly(place: Place) -> None:
    with place.served("--play", "--speed", "5", name="demo", ready="1/") as playing:
        assert playing.stop(signal.SIGINT) == 0
        assert playing.said.endswith("Stopped.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watching_publishes_what_becomes_due_and_stops(place: Place, number: signal.Signals) -> None:
    place.manage("start_coverage", "watched", "--headline", "Watched")
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    fact = json.loads(place.manage("post_update", "watched", "--headline", "H", "--at", at, "--json").out)
    assert fact["state"] == "scheduled"
    with place.served("--watch", name="publish_scheduled") as watching:
        let_its_time_come(place, fact["id"])
        until(lambda: f"Published scheduled update {fact['id']} " in watching.said)
        assert watching.stop(number) == 0
        assert watching.said.endswith("Stopped.\n")
