"""Bodies of requests on their way to Django; who may send large ones stands with signing in."""

import asyncio
import errno
import os
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model

from articles.access.sessions import SessionStore
from liveblog.bodies import MOST, bounded

PIECES = [{"type": "http.request", "body": bytes([n]) * 200_000, "more_body": n < 2} for n in range(3)]


def asked(django: Any, **headers: str) -> list[Any]:
    """What is sent when these pieces come."""
    scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    come, sent = iter(PIECES), []

    async def receive() -> Any:
        return next(come)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(bounded(django)(scope, receive, send))
    return sent


def test_all_of_a_body_comes_and_in_order() -> None:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        assert [await receive() for _ in PIECES] == PIECES

    assert asked(django) == []


def test_the_body_that_came_first_goes_first_and_waits_for_no_other() -> None:
    """The first halts halfway until the last has come whole; between them is one whose sender goes away."""
    came: list[int] = []
    halted, goes_on = asyncio.Event(), asyncio.Event()

    async def django(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            came.append(scope["number"])

    def sending(number: int, pieces: int, halt: int = -1) -> Any:
        left = iter(range(pieces, -1, -1))

        async def receive() -> Any:
            if (more := next(left)) == halt:
                halted.set()
                await goes_on.wait()
            return {"type": "http.request", "body": bytes(64 * 1024), "more_body": more > 0}

        return {"type": "http", "headers": [], "number": number}, receive, None

    async def together() -> None:
        application = bounded(django)
        bodies = sending(1, 12, halt=6), sending(2, 6), sending(3, 6)
        first, leaving, last = [asyncio.create_task(application(*body)) for body in bodies]
        await asyncio.sleep(0)  # each has begun
        leaving.cancel()
        await halted.wait()
        await last
        goes_on.set()
        await first

    asyncio.run(asyncio.wait_for(together(), 30))
    assert came == [1] * 6 + [3] * 6 + [1] * 6


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_a_body_is_told(number: int) -> None:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        raise OSError(number, "No space left on device")

    start, body = asked(django)
    assert start["status"] == 507
    assert b"There is no room for it" in body["body"]


def test_another_fault_of_the_system_is_a_fault() -> None:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asked(django)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("length", "niceness"), [(MOST, 0), (MOST + 1, 10)])
def test_who_takes_in_a_large_body_makes_way_for_readers(length: int, niceness: int) -> None:
    session, seen = SessionStore(), []
    session[SESSION_KEY] = str(get_user_model().objects.create_user("ana").pk)
    session.save()

    async def django(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await sync_to_async(os.getpriority)(os.PRIO_PROCESS, 0))

    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    asked(django, **{"content-length": str(length), "cookie": cookie})
    assert seen == [niceness]
    assert os.getpriority(os.PRIO_PROCESS, 0) == 0, "only a thread of its own, which ends with the request"
