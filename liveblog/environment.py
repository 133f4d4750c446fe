"""Typed readers of environment variables that fail loudly and name the variable."""

import os
import re
import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import overload

from django.core.exceptions import ImproperlyConfigured

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\[\]:/]+)(?::(?P<port>[0-9]{1,5}))?/?")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PORTS = {"http": "80", "https": "443"}


@overload
def read[T](name: str, parse: Callable[[str], T], default: T) -> T: ...
@overload
def read[T](name: str, parse: Callable[[str], T]) -> T | None: ...
def read[T](name: str, parse: Callable[[str], T], default: T | None = None) -> T | None:
    """The variable `name` as `parse` understands it; `default` when it is unset or empty.

    Raises ImproperlyConfigured, with the variable's name and what `parse` said, when it makes no sense.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return parse(value)
    except ValueError as error:
        shown = re.sub(r"//[^/]*@", "//…@", value)  # a log must not learn passwords, even those that are refused
        raise ImproperlyConfigured(f"The environment variable {name} is {shown!r}: {error}.") from error


def boolean(value: str) -> bool:
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if value.lower() not in known:
        raise ValueError("say 1, true, yes or on; or 0, false, no or off")
    return known[value.lower()]


def integer(at_least: int, at_most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not at_least <= int(value) <= at_most:
            raise ValueError(f"a whole number from {at_least} to {at_most} is needed")
        return int(value)

    return parse


def words(value: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in value.split(",") if word.strip()]


def origin(example: str) -> Callable[[str], str]:
    """An absolute http(s) origin such as `example`, kept as browsers write it: small letters, no slash at its end."""

    def parse(value: str) -> str:
        found = _ORIGIN.fullmatch(value.lower())
        if found is None or not _is_host(found["host"]) or not is_port(found["port"] or _PORTS[found["scheme"]]):
            raise ValueError(f"an address such as {example} is needed, with nothing before the host or after the port")
        port = "" if found["port"] in {None, _PORTS[found["scheme"]]} else f":{found['port']}"
        return f"{found['scheme']}://{found['host']}{port}"

    return parse


def _is_host(host: str) -> bool:
    with suppress(ValueError):
        return bool(_NAME.fullmatch(host) or (host.startswith("[") and ip_address(host.strip("[]"))))
    return False


def is_port(text: str) -> bool:
    with suppress(ValueError):
        return bool(integer(1, 65535)(text))
    return False


def one_of(*known: str) -> Callable[[str], str]:
    """One of these words, in small or capital letters."""

    def parse(value: str) -> str:
        if value.upper() not in {word.upper() for word in known}:
            raise ValueError(f"say one of {', '.join(known)}")
        return next(word for word in known if word.upper() == value.upper())

    return parse


def some_of(*known: str) -> Callable[[str], list[str]]:
    """A list, separated by commas, of these words."""
    return lambda value: [one_of(*known)(word) for word in words(value)]


def addresses(value: str) -> list[str]:
    """Addresses or networks of machines, separated by commas; "*" is everybody."""
    named = words(value)
    for one in named:
        if one != "*":
            ip_network(one, strict=False)  # the ValueError says that it is none
    return named


def zone(value: str) -> str:
    """A time zone's name, as in the IANA database."""
    if value not in zoneinfo.available_timezones():
        raise ValueError("the name of a time zone is needed, such as UTC or Europe/Kyiv")
    return value
