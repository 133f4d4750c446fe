"""Typed readers of environment variables that fail loudly and name the variable."""

import os
import zoneinfo
from collections.abc import Callable
from ipaddress import ip_network
from typing import overload
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


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
        raise ImproperlyConfigured(f"The environment variable {name} is {value!r}: {error}.") from error


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


def origin(value: str) -> str:
    """An absolute http(s) origin such as `https://news.example`, kept without a trailing slash."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("an address such as https://news.example, without a path, is needed")
    return value.rstrip("/")


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
