"""What one address may cost: pages that memory does not have, and that Django must make for whoever asks.

What comes from memory costs next to nothing and is not counted: thousands of readers can share one address (a
carrier's, an office's), and they read the same pages.
"""

import ipaddress
import time
from collections import OrderedDict
from functools import lru_cache
from typing import Any

AT_ONCE = 300
"""Answers that an address may have made for it, in each process, after a pause."""
A_SECOND = 30
"""… and how many a second from then on."""
MOST = 10_000
"""Addresses that are counted; of more, those that asked last."""
HOUSEHOLD = 64
"""Bits of an IPv6 address that name a household; the others its owner changes at will."""


class Allowance:
    """Kept as one number for each address: when it will have all of its allowance again (GCRA, ITU-T I.371)."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def spend(self, client: Any) -> bool:
        """Whether there is an answer left for this client, `(address, port)` as ASGI has it; it is taken."""
        household = _household(client[0]) if client else None
        if household is None:
            return True
        now = time.monotonic()
        full_at = max(now, self._full_at.pop(household, now))
        is_left = full_at + 1 / A_SECOND - now <= AT_ONCE / A_SECOND
        self._full_at[household] = full_at + is_left / A_SECOND
        if len(self._full_at) > MOST:
            self._full_at.popitem(last=False)
        return is_left


@lru_cache(maxsize=1000)
def _household(address: str) -> str | None:
    """Who is counted together; None for this machine itself, as which everybody comes by a proxy that nobody trusts."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if found.is_loopback:
        return None
    bits = HOUSEHOLD if found.version == 6 else found.max_prefixlen  # noqa: PLR2004
    return str(ipaddress.ip_network((found, bits), strict=False))
