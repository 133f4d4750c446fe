"""Brings the catalogues of translations up to date with the code, and checks them.

`python locale/catalogues.py` adds to every `django.po` what the code says newly, drops what it no longer says, and
compiles. `--check` writes nothing: it fails where a catalogue is not up to date, not compiled, or lacks a translation
that it must have. Ukrainian is whole; every other language must have what readers see.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LOCALE = Path(__file__).resolve().parent
PROJECT = LOCALE.parent
WHOLE = ("uk",)
"""Languages in which the admin speaks too."""
PSEUDO = "ar_XB"
"""Right to left, and without a Latin letter: what it does not change never went through a catalogue."""
READERS = re.compile(r"templates/(?!account/|admin/|allauth/)|articles/(templatetags|public|delivery)/")
"""Files that speak to readers."""
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
"""A date in a catalogue would make it another one whenever it is compiled."""
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
MARKS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]*>|&\w+;")
"""Placeholders and tags, which a translation must keep."""
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابثدعفغهيجكلمنوبقرستوفوخيز")


def template() -> Catalog:
    """What the code and the templates say, with the files in which they say it."""
    catalog = Catalog(project="liveblog", charset="utf-8")
    for path in _sources():
        name = str(path.relative_to(PROJECT))
        for _line, message, _comments, context in extract("python", BytesIO(_as_python(path)), KEYWORDS):
            catalog.add(message, locations=[(name, 0)], context=context)
    return catalog


def _sources() -> Iterator[Path]:
    for folder, pattern in (("articles", "*.py"), ("liveblog", "*.py"), ("templates", "*.*")):
        yield from sorted(path for path in (PROJECT / folder).rglob(pattern) if "migrations" not in path.parts)


def _as_python(path: Path) -> bytes:
    text = path.read_text()
    if path.suffix != ".py":  # what is left of a template is no Python: its lines must not look indented
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    return text.encode()


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Each language's file, and what stands in it."""
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parts[-3], charset="utf-8")
        catalog.project, catalog.version = "liveblog", "1"
        catalog.creation_date = catalog.revision_date = ALWAYS
        catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "liveblog"
        yield path, catalog


def updated(catalog: Catalog, said: Catalog) -> Catalog:
    catalog.update(said, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        message.user_comments, message.auto_comments = [], []
    return catalog


def pseudo(said: Catalog) -> Catalog:
    """Every message in Arabic letters that mean nothing."""
    catalog = Catalog(locale="ar", charset="utf-8", creation_date=ALWAYS, revision_date=ALWAYS)
    for message in said:
        if message.id:
            singular = message.id if isinstance(message.id, str) else message.id[1]
            word = _in_arabic_letters(singular)
            catalog.add(message.id, word if isinstance(message.id, str) else [word] * 6, context=message.context)
    return catalog


def _in_arabic_letters(text: str) -> str:
    kept = MARKS.findall(text)
    parts = [part.lower().translate(LETTERS) for part in MARKS.split(text)]
    return "".join(part + mark for part, mark in zip(parts, [*kept, ""], strict=True))


def faults(path: Path, catalog: Catalog, said: Catalog) -> Iterator[str]:
    """What is wrong with a language's catalogue, a sentence each."""
    for message in said:
        mine = catalog.get(message.id, message.context) if message.id else None
        if message.id and (mine is None or mine.fuzzy or not all(_texts(mine))) and _needed(path, message):
            yield f"no translation of {message.id!r}"
    for message in catalog:
        if message.id and said.get(message.id, message.context) is None:
            yield f"nothing says {message.id!r} any more"
        elif message.id:
            yield from _lost_marks(message)


def _needed(path: Path, message: Message) -> bool:
    return path.parts[-3] in WHOLE or any(READERS.match(name) for name, _line in message.locations)


def _texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


def _lost_marks(message: Message) -> Iterator[str]:
    said = message.id if isinstance(message.id, str) else message.id[1]
    for text in filter(None, _texts(message)):
        if sorted(MARKS.findall(text)) != sorted(MARKS.findall(said)):
            yield f"other placeholders than in {said!r}: {text!r}"


def po(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=120, omit_header=False, no_location=True, sort_output=True)
    return file.getvalue()


def mo(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def check() -> int:
    """Print what is wrong; how much that is."""
    said = template()
    found = []
    for path, catalog in catalogues():
        found += [f"{path.relative_to(PROJECT)}: {fault}" for fault in faults(path, catalog, said)]
        if not found and path.with_suffix(".mo").read_bytes() != mo(catalog):
            found.append(f"{path.relative_to(PROJECT)}: not compiled")
    if (LOCALE / PSEUDO / "LC_MESSAGES/django.mo").read_bytes() != mo(pseudo(said)):
        found.append(f"{PSEUDO}: not up to date")
    print(*found, sep="\n", end="\n" if found else "")
    if found:
        print("Run .venv/bin/python locale/catalogues.py, and translate what it adds.")
    return len(found)


def update() -> None:
    said = template()
    for path, catalog in catalogues():
        path.write_bytes(po(updated(catalog, said)))
        path.with_suffix(".mo").write_bytes(mo(catalog))
        missing = sum(fault.startswith("no translation") for fault in faults(path, catalog, said))
        print(f"{path.relative_to(PROJECT)}: {missing} to translate")
    target = LOCALE / PSEUDO / "LC_MESSAGES/django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(mo(pseudo(said)))


if __name__ == "__main__":
    sys.exit(min(check(), 1) if "--check" in sys.argv else update())
