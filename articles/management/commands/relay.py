import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from articles.management.base import Done, LiveCommand
from articles.management.relay import Nchan, Relay


class Command(LiveCommand):
    help = """Post what is new in live coverage to nchan, which then holds the readers' streams.

NCHAN_URL says where nchan takes posts, and must be set for the server's processes too: they then send readers to nchan
(deploy/nginx has the configuration). Of any number of relays, one posts and the others stand by to take over. When
nchan was away, it is given what it missed. INT (Ctrl-C) and TERM stop the relay; the readers stay with nchan."""
    examples = """
  NCHAN_URL=http://127.0.0.1:8081 manage.py relay
"""

    def act(self, **options: Any) -> Done:
        if not settings.NCHAN_URL:
            raise CommandError("NCHAN_URL is not set. Name nchan's publisher, such as NCHAN_URL=http://127.0.0.1:8081.")
        self.say(f"Relaying to {settings.NCHAN_URL}. Ctrl-C stops it.")
        counts = asyncio.run(_relay(settings.NCHAN_URL))
        facts = {"deltas": counts["changes"], "heartbeats": counts["heartbeat"]}
        return Done(f"Stopped, after {facts['deltas']} deltas and {facts['heartbeats']} heartbeats.", facts)


async def _relay(origin: str) -> dict[str, int]:
    """What was posted, by event, until a signal came."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    relay = Relay(Nchan(origin))
    await relay.run(stop)
    return relay.counts
