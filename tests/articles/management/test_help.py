"""Help that teaches: every command says what it is for, and shows lines that can be typed."""

import shlex
from pathlib import Path

import pytest
from django.core.management import load_command_class

from articles import management
from articles.management.base import LiveCommand

NAMES = sorted(path.stem for path in Path(management.__path__[0], "commands").glob("[!_]*.py"))
OURS = [name for name in NAMES if name != "runserver"]


def examples(command: LiveCommand) -> list[list[str]]:
    """The words of each example from `manage.py` on, up to what the shell would take."""
    lines = command.examples.replace("\\\n", " ").replace("…", "x").splitlines()
    calls = [line.partition("manage.py ")[2].split(" < ")[0].split(" | ")[0] for line in lines if "manage.py " in line]
    return [shlex.split(call) for call in calls]


@pytest.mark.parametrize("name", OURS)
def test_help_teaches(name: str) -> None:
    command = load_command_class("articles", name)
    assert isinstance(command, LiveCommand)
    parser = command.create_parser("manage.py", name)
    text = parser.format_help()
    assert command.help.strip() in text
    assert "Examples:" in text
    assert all(action.help for action in parser._actions)
    assert ("--json" in text) == (name != "serve")


@pytest.mark.parametrize("name", OURS)
def test_examples_can_be_typed(name: str) -> None:
    command = load_command_class("articles", name)
    assert isinstance(command, LiveCommand)
    assert examples(command)
    for called, *words in examples(command):
        assert called == name
        command.create_parser("manage.py", name).parse_args(words)
