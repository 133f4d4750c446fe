"""An editor who works through the desk's addresses, as its script does, over real HTTP."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from django.contrib.auth.models import User

from .desk import session


class Editor(threading.Thread):
    """Posts, edits, pins and reorders until told to stop; keeps what the server acknowledged."""

    def __init__(self, port: int, coverage: int, name: str, key: str) -> None:
        """`key`: the server's secret."""
        super().__init__(name=name, daemon=True)
        self._csrf = uuid.uuid4().hex
        self.cookie = f"sessionid={session(User.objects.create_superuser(name), key)}; csrftoken={self._csrf}"
        """What its requests are known by."""
        self.origin = f"http://localhost:{port}"
        self.base = f"/admin/articles/coverage/{coverage}/desk/"
        self.posted: dict[int, str] = {}
        """What each post of this editor's was acknowledged as, by its id: its headline."""
        self.written: list[tuple[int, str]] = []
        """Words that were acknowledged to stand in an update's text."""
        self.wrong: list[str] = []
        self.stop = threading.Event()
        self._chance = random.Random(name)  # noqa: S311

    def ask(self, path: str, **sent: Any) -> tuple[int, Any]:
        """Status and answer; a POST where anything is sent."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Cookie": self.cookie, "X-CSRFToken": self._csrf}
        body = json.dumps(sent).encode() if sent else None
        request = urllib.request.Request(f"{self.origin}{self.base}{path}", body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"{}")

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._chance.choice([self.post, self.post, self.edit, self.edit, self.pin, self.reorder])()
        except Exception as error:
            self.wrong.append(f"{self.name}: {error!r}")

    def post(self) -> None:
        headline = f"{self.name} {len(self.posted)}"
        sent = {"token": str(uuid.uuid4()), "do": "publish", "headline": headline, "body": "<p>begun</p>"}
        status, said = self.ask("updates/", **sent)
        again, same = self.ask("updates/", **sent)
        if (status, again) != (200, 200) or said["id"] != same["id"]:
            self.wrong.append(f"{self.name}: posted {status}, again {again}")
            return
        self.posted[said["id"]] = headline

    def edit(self) -> None:
        """Add a word to a post, of anybody's; whoever was first, the other adds to theirs."""
        _status, feed = self.ask("changes?after=0")
        shown = [entry["id"] for entry in feed["entries"]]
        if not shown:
            return
        pk, word, token = self._chance.choice(shown), uuid.uuid4().hex, str(uuid.uuid4())
        for _attempt in range(20):
            _status, now = self.ask(f"updates/{pk}/")
            body = now["body"].replace("</p>", f" {word}</p>")
            sent = {"expected": now["revision"], "token": token, "body": body, "confirmed": True}
            status, _said = self.ask(f"updates/{pk}/", **sent)
            if status == 200:
                self.written.append((pk, word))
                return
            if status != 409:
                self.wrong.append(f"{self.name}: saved {status}")
                return
            time.sleep(self._chance.random() / 50)

    def pin(self) -> None:
        if self.posted:
            pk = self._chance.choice(list(self.posted))
            status, _said = self.ask(f"updates/{pk}/{self._chance.choice(['pin', 'unpin'])}/", sent=True)
            if status not in {200, 403}:  # what is pinned already may be unpinned by another in between
                self.wrong.append(f"{self.name}: pinned {status}")

    def reorder(self) -> None:
        points = [{"text": f"Point {number}"} for number in self._chance.sample(range(5), 5)]
        status, said = self.ask("key-points/", expected=0, points=points)
        if status == 409:
            status, _said = self.ask("key-points/", expected=said["conflict"]["expected"], points=points)
        if status not in {200, 409}:
            self.wrong.append(f"{self.name}: reordered {status}")
