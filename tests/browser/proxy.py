"""A TCP proxy that loses the connection as networks do: cut (refused), or stalled (silent)."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any


class Proxy:
    """Stands between a browser and `target`, a port of this machine; listens on `port`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._is_silent = False
        self._passing: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.port: int = self._do(self._start())

    def cut(self) -> None:
        """Break every connection and accept no more."""
        self._do(self._cut())

    def stall(self) -> None:
        """Pass nothing on any more over the connections that there are, without a word to either side."""
        self._do(self._stall())

    def silence(self) -> None:
        """Stall those that there are and those that come: what a firewall does that drops every packet."""
        self._do(self._stall(for_all=True))

    def heal(self) -> None:
        """Accept connections again; those that there were are broken."""
        self._do(self._heal())

    def close(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # ── In the loop ─────────────────────────────────────────────────────────────────────────────────────

    def _do[T](self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _stall(self, for_all: bool = False) -> None:
        self._silent |= self._writers
        self._is_silent = for_all

    async def _start(self, port: int = 0) -> int:
        self._listening = socket.create_server(("127.0.0.1", port), backlog=1000)
        self._listening.setblocking(False)
        self._loop.add_reader(self._listening, self._accept)
        return int(self._listening.getsockname()[1])

    def _accept(self) -> None:
        try:
            one, _ = self._listening.accept()
        except OSError:  # it left again
            return
        passing = self._loop.create_task(self._take(one))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)

    async def _take(self, one: socket.socket) -> None:
        one.setblocking(False)
        await self._connect(*await asyncio.open_connection(sock=one))

    async def _cut(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
            self._listening.close()
        self._break()

    def _break(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _end(self) -> None:
        await self._cut()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _heal(self) -> None:
        """Who listens goes on: a process that is being started holds what was closed until it runs."""
        self._break()
        self._is_silent = False
        if self._listening.fileno() < 0:
            await self._start(self.port)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            behind, ahead = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(ahead)
            if self._is_silent:
                self._silent |= {writer, ahead}
            await asyncio.gather(self._pass(reader, ahead), self._pass(behind, writer))
        except OSError:
            pass  # either side is gone, and the other is told below
        finally:
            for end in (writer, locals().get("ahead")):
                if end:
                    self._writers.discard(end)
                    self._silent.discard(end)
                    end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if sink not in self._silent:
                sink.write(data)
                await sink.drain()
        raise ConnectionResetError
