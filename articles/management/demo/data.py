"""The demo's files as they are: what each holds is said in README.md beside this."""

import tomllib
import uuid
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PHOTOS = HERE / "photos"
_TOKENS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:liveblog:demo")

type Table = dict[str, Any]


@cache
def read(name: str) -> Table:
    with HERE.joinpath(f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def ended() -> Table:
    return read("sunday")


def live() -> Table:
    return read("monday")


def script() -> list[Table]:
    steps: list[Table] = read("play")["steps"]
    return steps


def token(slug: str, key: str) -> uuid.UUID:
    """What makes loading twice do nothing twice: an update's token is made of its place in the demo."""
    return uuid.uuid5(_TOKENS, f"{slug}/{key}")
