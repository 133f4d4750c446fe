"""Bodies of requests on their way to Django; who may send large ones stands with signing in."""

import asyncio
import errno
from typing import Any

import pytest

from liveblog.bodies import bounded

PIECES = [{"type": "http.request", "body": bytes([n]) * 200_000, "more_body": n < 2} for n in range(3)]


def asked(django: Any) -> list[Any]:
    """What is sent when these pieces come."""
    come, sent = iter(PIECES), []

    async def receive() -> Any:
        return next(come)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(bounded(django)({"type": "http", "headers": []}, receive, send))
    return sent


def test_all_of_a_body_comes_and_in_order() -> None:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        assert [await receive() for _ in PIECES] == PIECES

    assert asked(django) == []


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
