"""HTTP/1.1 over TLS for readers by the hundred: what asyncio's streams need to speak it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

CONNECTING = 15
"""Seconds until an answer must have begun, as in a reader's page."""
_trusting = ssl._create_unverified_context()  # noqa: S323  (the certificate is of the tests' own making)
type Broken = OSError | EOFError | TimeoutError
BROKEN = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, ValueError)
"""What a connection may come to while all around it breaks."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float = 0
    """Until it was there."""

    def json(self) -> Any:
        return json.loads(self.body)


class Opened(NamedTuple):
    """An answer of which the head has come."""

    status: int
    headers: dict[str, str]
    source: asyncio.StreamReader

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises what is in BROKEN when the connection does not last."""
        if "chunked" in self.headers.get("transfer-encoding", ""):
            while size := int(await self.source.readline(), 16):
                yield (await self.source.readexactly(size + 2))[:-2]
            await self.source.readline()
        elif rest := int(self.headers.get("content-length", 0)):
            yield await self.source.readexactly(rest)


@asynccontextmanager
async def asked(port: int, path: str, body: bytes | None = None, **headers: str) -> AsyncIterator[Opened]:
    """An answer, over a connection of its own; a POST where there is a `body`. Raises what is in BROKEN."""
    async with asyncio.timeout(CONNECTING):
        source, sink = await asyncio.open_connection("127.0.0.1", port, ssl=_trusting, server_hostname="localhost")
    try:
        async with asyncio.timeout(CONNECTING):
            sink.write(_head(port, path, body, headers) + (body or b""))
            opened = await _opened(source)
        yield opened
    finally:
        sink.transport.abort()


def _head(port: int, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
    fields = {"Host": f"localhost:{port}", "Connection": "close"} | headers
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def _opened(source: asyncio.StreamReader) -> Opened:
    status = int((await source.readuntil(b"\r\n")).split()[1])
    lines = (await source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Opened(status, headers, source)


async def ask(port: int, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """A whole answer. Raises what is in BROKEN."""
    began = time.monotonic()
    async with asyncio.timeout(2 * CONNECTING), asked(port, path, body, **headers) as opened:
        whole = b"".join([chunk async for chunk in opened.chunks()])
    return Answer(opened.status, opened.headers, whole, time.monotonic() - began)
