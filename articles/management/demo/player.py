"""Plays a script on the live coverage, so that a newcomer sees the page move."""

import threading
import uuid
from collections.abc import Iterator

from articles.models import Update
from articles.publishing import Refused, updates

from . import data
from .data import Table
from .loader import Loader, Say, standing

State = Update.State
_WORDS = {
    "post": "Posted",
    "edit": "Edited",
    "correct": "Corrected",
    "pin": "Pinned",
    "unpin": "Unpinned",
    "key_event": "Marked as a key event:",
    "withdraw": "Withdrew",
    "restore": "Restored",
}


class Player:
    """One playing of the script, on a demo that has been loaded."""

    def __init__(self, say: Say) -> None:
        coverage = standing(data.live())
        if coverage is None or not coverage.is_live:
            raise Refused("The demo's coverage is not live any more, so nothing can be played on it; reopen it first.")
        self.coverage = coverage
        self.say = say
        self.loader = Loader(data.live(), say)
        self.loader.coverage = coverage
        self.steps = data.script()
        self.own = [step["key"] for step in self.steps if step["action"] == "post"]
        """Keys of the updates that the script posts; all others are those of the loaded demo."""
        self.number = len(list(self._earlier()))

    def play(self, speed: float, stopped: threading.Event) -> bool:
        """Take each step after its pause, `speed` times as fast as written; False when `stopped` before the end."""
        self._take_back()
        for number, step in enumerate(self.steps, 1):
            if stopped.wait(step["after"] / speed):
                return False
            self.say(f"{number:>3}/{len(self.steps)}  {self._take(step)}")
        return True

    # ── Steps ───────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, step: Table) -> str:
        """Do one step; what was done, in words."""
        if step["action"] == "key_points":
            self.loader.set_key_points(step["key_points"], self._update)
            return "Set new key points"
        done = self._change(step)
        return f"{_WORDS[step['action']]} “{done.title}”"

    def _change(self, step: Table) -> Update:
        if step["action"] == "post":
            return self.loader.post(step, self._token(step["key"], self.number))
        update = self._update(step["key"])
        match step["action"]:
            case "edit" | "correct":
                return updates.edit(update, **self.loader.content(step))
            case "pin" | "unpin":
                return updates.pin(update, pinned=step["action"] == "pin")
            case "key_event":
                return updates.set_key_event(update, key_event=step.get("value", True))
            case "withdraw":
                return updates.withdraw(update, step["reason"])
            case "restore":
                return updates.restore(update)
        raise ValueError(f"play.toml has an action that nobody knows: {step['action']}")

    def _update(self, key: str) -> Update:
        if key not in self.own:
            return self.loader.update(key)
        found: Update = Update.objects.get(token=self._token(key, self.number))
        return found

    # ── Playing again ───────────────────────────────────────────────────────────────────────────────────

    def _take_back(self) -> None:
        """Withdraw what earlier playings posted, and put right what they changed."""
        posted = [self._token(key, number) for number in self._earlier() for key in self.own]
        if not posted:
            return
        self.say("Taking back what was played before …")
        for update in Update.objects.filter(token__in=posted, state=State.PUBLISHED):
            updates.withdraw(update, "The demo is played again.")
        touched = {step["key"] for step in self.steps if "key" in step}
        for entry in self.loader.table["updates"]:
            if entry["key"] in touched:
                self._put_right(entry)
        self.loader.set_key_points(self.loader.table["key_points"], self.loader.update)

    def _put_right(self, entry: Table) -> None:
        update = self.loader.update(entry["key"])
        if update.state == State.WITHDRAWN and not update.erased_at:
            update = updates.restore(update)
        if update.state == State.PUBLISHED:
            updates.edit(update, **self.loader.content({"pinned": False, "key_event": False, "correction": ""} | entry))

    def _earlier(self) -> Iterator[int]:
        """The numbers of earlier playings; each has left its first post, at least."""
        number = 0
        while Update.objects.filter(token=self._token(self.own[0], number)).exists():
            yield number
            number += 1

    def _token(self, key: str, number: int) -> uuid.UUID:
        return data.token(self.loader.slug, f"play {number}/{key}")
