"""A reader's connection, as uvicorn speaks HTTP/1.1 on it: answers from memory, and waits for nobody for ever."""

import asyncio
from functools import cache
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 20
"""Seconds that the head of a request may take to come."""
BODY_BYTES = 5_000
"""Bytes of a body that must come between two looks (server.TICKS), or else …"""
SLOW_LOOKS = 6
"""… so many looks later it is not waited for any more."""
WAITING = 100
"""Requests that may wait on a connection for the one before them."""
LINGER = 1
"""Seconds that one who has only just connected has to say something when the server stops."""
HEAD_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """A connection: answers from memory at once, and keeps nobody waiting who does not speak."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.head_due = self.loop.time() + HEAD_SECONDS
        """When the head of a request must have come; infinite when it has."""
        self.head_size = 0
        self.head_tail = b""
        self.body_size = self.body_seen = self.slow_looks = 0
        self.is_ending = False

    def data_received(self, data: bytes) -> None:
        if self.head_due < inf:
            self.head_size += self._head_in(data)
            if self.head_size > HEAD_BYTES:
                return self.send_400_response(f"The head of a request may have {HEAD_BYTES} bytes.")
        else:
            self.body_size += len(data)
        return super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered like all else: uvicorn's own answer lacks what every answer says to browsers."""
        from articles.delivery.answers import refusal

        reply = refusal(400, msg, connection="close")
        self.transport.writelines((STATUS_LINE[reply.status], reply.head, reply.body))
        self.transport.close()

    def _head_in(self, data: bytes) -> int:
        """How many bytes of these are of a request's head; its body may come in the same piece."""
        end = (self.head_tail + data).find(HEAD_END)
        self.head_tail = data[1 - len(HEAD_END) :] if end < 0 else b""
        return len(data) if end < 0 else end

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_due = self.loop.time() + HEAD_SECONDS

    def on_headers_complete(self) -> None:
        self.head_due, self.head_size = inf, 0
        if len(self.pipeline) >= WAITING:  # one piece of the network's holds ten thousand, which here take 16 MB
            raise ValueError("too many requests at once")
        super().on_headers_complete()

    def is_late(self, now: float) -> bool:
        """Whether what it is to send does not come; asked every few seconds. Who may not go on sending is not late."""
        came, self.body_seen = self.body_size - self.body_seen, self.body_size
        is_in_body = self.cycle is not None and self.cycle.more_body and not self.cycle.response_complete
        is_slow = is_in_body and came < BODY_BYTES and not self.flow.read_paused
        self.slow_looks = self.slow_looks + 1 if is_slow else 0
        return self.head_due < now or self.slow_looks > SLOW_LOOKS

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Run the application at once up to where it first waits: what comes from memory needs no turn of the loop."""
        if self.is_ending:
            cycle.keep_alive = False
        if cycle is not self.cycle:  # one of several that were sent at once: each within the other would go too deep
            return super()._start_asgi_task(cycle, app)
        if self._is_answered(cycle):
            return None
        task = asyncio.Task(cycle.run_asgi(app), loop=self.loop, eager_start=True)
        if not task.done():
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)
        return None

    def _is_answered(self, cycle: RequestResponseCycle) -> bool:
        """Whether the application had the reply ready, so that nothing but bytes had to be sent.

        Its `at_once` is in the lifespan's state. uvicorn checks and joins each header of each answer: this is half
        of what a request costs that is answered from memory.
        """
        at_once = self.app_state.get("at_once")
        if at_once is None or self.access_log or self.flow.write_paused or not cycle.keep_alive:
            return False
        reply = at_once(cycle.scope)
        if reply is None:
            return False
        dated = b"".join(b"%s: %s\r\n" % header for header in self.server_state.default_headers)
        cycle.response_started = cycle.response_complete = True
        self.transport.writelines((STATUS_LINE[reply.status], dated, reply.head, reply.body))
        self.on_response_complete()
        return True

    def shutdown(self) -> None:
        """The server stops, and does not wait for readers, who would stay for hours."""
        _end_streams()
        if self.cycle is None:  # to close now would break off a question that is on its way
            self.is_ending = True
            self.loop.call_later(LINGER, self._close_unless_asked)
        else:
            super().shutdown()

    def _close_unless_asked(self) -> None:
        if self.cycle is None:
            self.transport.close()


@cache
def _end_streams() -> None:
    """Once a process: it is stopping."""
    from articles.delivery.hub import hub

    hub.close_streams()
