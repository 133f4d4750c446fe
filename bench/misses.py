"""What a page costs that is not in memory: processor time in one process, with its compression."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from typing import Any

from .newsroom import text
from .table import Row

ROUNDS = 7
ARTICLES = 500


def measure(slug: str, large: str) -> Iterator[Row]:
    """Rows for the page of `slug`, and for article pages of `large`, of at least 500 updates."""
    for what, seen in asyncio.run(_measure(slug, large)).items():
        yield Row(what, f"{statistics.median(seen) * 1000:.1f} ms", f"median of {len(seen)}; processor time")


async def _measure(slug: str, large: str) -> dict[str, list[float]]:
    from articles.delivery import pieces
    from articles.delivery.front import Front
    from articles.delivery.hub import hub, in_thread
    from articles.models import Coverage, Update
    from articles.publishing import updates
    from liveblog.asgi import django_application

    hub.confirmed_at = float("inf")  # nobody listens here: versions are told below
    front = Front(django_application)
    coverages = {name: await in_thread(Coverage.objects.get, slug=name) for name in (slug, large)}
    newest = Update.objects.filter(coverage=coverages[large]).select_related("coverage").newest_first()[:ARTICLES]
    articles = [update.get_absolute_url() for update in await in_thread(list, newest)]

    async def post(name: str) -> None:
        posted = await in_thread(updates.post, coverages[name], headline="One more", body=text(int(time.time())))
        hub._watched[coverages[name].pk].version = posted.update.version

    async def timed(*paths: str) -> float:
        began = time.process_time()
        for path in paths:
            await _ask(front, path)
        return (time.process_time() - began) / len(paths)

    page = coverages[slug].get_absolute_url()
    await timed(page, *articles)
    seen: dict[str, list[float]] = {"cold": [], "after one post": [], "article": []}
    for _ in range(ROUNDS):
        front._memory.clear()
        pieces.memory.clear()
        seen["cold"].append(await timed(page))
        await post(slug)
        seen["after one post"].append(await timed(page))
        await timed(*articles)
        await post(large)
        seen["article"].append(await timed(*articles))
    return {
        "page of 20 updates with photos, nothing kept": seen["cold"],
        "the same after one post": seen["after one post"],
        f"each of {ARTICLES} article pages after one post": seen["article"],
    }


async def _ask(app: Any, path: str) -> None:
    headers = [(b"host", b"localhost"), (b"accept-encoding", b"br")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("localhost", 80),
    }  # fmt: skip

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message  # noqa: PLR2004

    await app(scope, asyncio.Event().wait, send)
