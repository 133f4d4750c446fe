"""Editors who go on posting while all breaks: with a token for each save, sent again until it is acknowledged."""

import asyncio
import io
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from .http import BROKEN, Answer, ask
from .readers import Noting
from .site import Site

JSON = "application/json"
CSRF = "c" * 32
FULL = 507
AGAIN = 0.3
"""Seconds until what was not acknowledged is sent again."""


@dataclass
class Post:
    """What was acknowledged last of an update."""

    id: int
    headline: str
    state: str = "published"
    revision: int = 0


@dataclass
class Editor:
    """One editor on the desk of the site's coverage, reached at `port`."""

    name: str
    port: int
    site: Site
    cookies: str
    chance: random.Random
    note: Noting
    posts: list[Post] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What nobody should be answered."""
    tries: int = 0
    photos: int = 0
    """That were taken."""
    full: int = 0
    """Photos for which there was no room."""

    async def work(self, stop: asyncio.Event, pause: float) -> None:
        """Until `stop`; what is under way then is still brought to its end."""
        while not stop.is_set():
            done = self.chance.random()
            live = [post for post in self.posts if post.state == "published"]
            if done < 0.6 or not live:
                await self.post()
            elif done < 0.8:
                await self.edit(self.chance.choice(live))
            elif done < 0.9:
                await self.step(self.chance.choice(live), "withdraw", "withdrawn", reason="wrong")
            else:
                await self.step(self.chance.choice(live), "pin", "published")
            await asyncio.sleep(self.chance.uniform(0, 2 * pause))

    async def post(self) -> Post | None:
        headline = f"Editor {self.name} says {len(self.posts)}"
        content = {"headline": headline, "body": "<p>News.</p>", "do": "publish", "token": str(uuid.uuid4())}
        said = await self._send("updates/", content)
        if said is None:
            return None
        self.posts.append(Post(said["id"], headline, revision=said["revision"]))
        return self.posts[-1]

    async def edit(self, post: Post) -> None:
        headline = f"{post.headline.partition(',')[0]}, edited {uuid.uuid4().hex[:6]}"
        content = {"headline": headline, "token": str(uuid.uuid4()), "confirmed": True, "expected": post.revision}
        said = await self._send(f"updates/{post.id}/", content)
        if said is not None:
            post.headline, post.revision = headline, said["revision"]

    async def step(self, post: Post, name: str, state: str, **more: str) -> None:
        said = await self._send(f"updates/{post.id}/{name}/", more)
        if said is not None:
            post.state, post.revision = state, said["revision"]

    async def photograph(self) -> None:
        """Upload a photo: taken, or refused in a sentence because there is no room."""
        taken = io.BytesIO()
        Image.effect_noise((600, 400), 90).convert("RGB").save(taken, "JPEG", quality=90)
        head = 'Content-Disposition: form-data; name="image"; filename="noise.jpg"\r\nContent-Type: image/jpeg'
        body = f"--edge\r\n{head}\r\n\r\n".encode() + taken.getvalue() + b"\r\n--edge--\r\n"
        answer = await self._try("photos/", body, "multipart/form-data; boundary=edge")
        if answer is None:
            return
        self.photos += answer.status == 200
        self.full += answer.status == FULL
        if answer.status not in {200, FULL} and answer.status < 500:
            self.refused.append(f"{answer.status} to a photo: {answer.body[:200]!r}")

    async def _send(self, path: str, content: dict[str, Any]) -> Any:
        """Until it is acknowledged. Where another has meanwhile changed the update (by pinning one of his own), what
        is there now is looked at, as a person would.
        """
        while True:
            answer = await self._try(path, json.dumps(content).encode(), JSON)
            if answer and answer.status == 200:
                return answer.json()
            if answer and answer.status == 409 and "expected" in content:
                now = answer.json()["current"]
                if now["headline"] == content["headline"]:
                    return now
                content |= {"expected": now["revision"], "token": str(uuid.uuid4())}
            elif answer and answer.status < 500:
                self.refused.append(f"{answer.status} to {path}: {answer.body[:300]!r}")
                return None
            await asyncio.sleep(AGAIN)

    async def _try(self, path: str, body: bytes, kind: str) -> Answer | None:
        self.tries += 1
        address = f"/admin/articles/coverage/{self.site.coverage}/desk/{path}"
        cookie = f"{self.cookies}; csrftoken={CSRF}"
        headers = {
            "Content-Type": kind,
            "Accept": JSON,
            "Cookie": cookie,
            "X-CSRFToken": CSRF,
            "Origin": self.site.nginx.origin,
        }
        try:
            answer = await ask(self.port, address, body, **headers)
        except BROKEN:
            return None
        self.note(address, answer)
        return answer
