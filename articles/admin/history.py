"""Who changed what, when: old and new side by side, word by word."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.models import Update

ARROW = "→"
SILENT = {"coverage", "save_token"}
"""Fields that never change, or tell people nothing."""
KEPT_AROUND = 12
"""Words of unchanged text that are shown on each side of a change."""
MOST_COMPARED = 4_000_000
"""Words of one text times words of the other; beyond it a change is shown as a whole."""


class Change(NamedTuple):
    field: str
    shown: SafeString
    """Both texts in one: what went in `<del>`, what came in `<ins>`."""


class Entry(NamedTuple):
    when: datetime
    who: str
    what: str
    reason: str
    changes: list[Change]
    record: int = 0
    """The number of the history's record, for returning to it; 0 where there is none."""


def timeline(histories: Iterable["models.QuerySet[Any]"], subject: models.Model) -> list[Entry]:
    """Everything known of what was done to `subject`, newest first.

    `histories`: records of django-simple-history, of the subject and of what belongs to it. Bylines and photos
    have none; their changes stand in the admin's log.
    """
    entries = [entry for records in histories for entry in _entries(records)]
    entries += _from_log(subject)
    return sorted(entries, key=lambda entry: entry.when, reverse=True)


def _entries(records: "models.QuerySet[Any]") -> Iterator[Entry]:
    shown = list(records.select_related("history_user").order_by("id", "history_date", "history_id"))
    related = _related(shown)
    before: Any = None
    for record in shown:
        if before is None or before.id != record.id:
            before = None
        changes = list(_changes(before, record, related)) if record.history_type != "-" else []
        if changes or record.history_type != "~":
            said = _who(record.history_user), _what(record), _reason(record)
            yield Entry(record.history_date, *said, changes, record.history_id)
        before = record


def _who(user: Any) -> str:
    return user.get_full_name() or user.get_username() if user else _("the system")


def _what(record: Any) -> str:
    kind = record.instance_type._meta.verbose_name
    words = {"+": _("%(kind)s created"), "~": _("%(kind)s changed"), "-": _("%(kind)s deleted")}
    said = words[record.history_type] % {"kind": capfirst(kind)}
    return f"{said}: {record.text}" if record.history_type == "-" and hasattr(record, "text") else said


def _reason(record: Any) -> str:
    return record.history_change_reason or ""


def _related(records: Sequence[Any]) -> dict[tuple[str, Any], str]:
    """What the foreign keys in these records point at, in one query a field."""
    found: dict[tuple[str, Any], str] = {}
    for field in records[0].tracked_fields if records else ():
        if isinstance(field, models.ForeignKey):
            ids = {getattr(record, field.attname) for record in records} - {None}
            for pk, thing in field.related_model._base_manager.in_bulk(ids).items():
                found[field.name, pk] = str(thing)
    return found


def _changes(before: Any, after: Any, related: dict[tuple[str, Any], str]) -> Iterator[Change]:
    for field in after.tracked_fields:
        if field.primary_key or field.name in SILENT:
            continue
        old = getattr(before, field.attname) if before else field.get_default()
        new = getattr(after, field.attname)
        if old != new and (old or new):
            stood = _text(field, old, related) if before else ""
            yield Change(capfirst(str(field.verbose_name)), diff(stood, _text(field, new, related)))


def _text(field: Any, value: Any, related: dict[tuple[str, Any], str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(field, models.ForeignKey):
        return related.get((field.name, value), f"#{value}")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return plain(str(value)) if field.name == "body" else str(value)


def moment(when: datetime) -> str:
    """A moment in the current time zone, with its name."""
    local = timezone.localtime(when)
    return f"{date_format(local, 'j M Y')}, {local:%H:%M:%S} {local.tzname()}"


def to_the_minute(when: datetime) -> str:
    """The same for lists: without seconds, and without the year when it is this one."""
    local = timezone.localtime(when)
    day = date_format(local, "j M" if local.year == timezone.localtime().year else "j M Y")
    return f"{day}, {local:%H:%M} {local.tzname()}"


def plain(html: str) -> str:
    """Rich text as lines of plain words; links keep their addresses."""
    text = re.sub(r'<a href="([^"]*)"[^>]*>(.*?)</a>', r"\2 (\1)", html)
    return Update(body=text).text


def diff(old: str, new: str) -> SafeString:
    """Both texts in one; long unchanged stretches are cut to a few words."""
    a, b = re.findall(r"\S+", old), re.findall(r"\S+", new)
    steps = _steps(a, b)
    pieces: list[tuple[SafeString]] = []
    for index, (tag, a1, a2, b1, b2) in enumerate(steps):
        if tag == "equal":
            pieces.append((_unchanged(a[a1:a2], first=index == 0, last=index == len(steps) - 1),))
            continue
        if a2 > a1:
            pieces.append((format_html("<del>{}</del>", " ".join(a[a1:a2])),))
        if b2 > b1:
            pieces.append((format_html("<ins>{}</ins>", " ".join(b[b1:b2])),))
    return format_html_join(" ", "{}", pieces)


def _steps(a: list[str], b: list[str]) -> list[tuple[str, int, int, int, int]]:
    """What difflib says, in the time of one comparison of two short texts however long they are."""
    if len(a) * len(b) > MOST_COMPARED:
        return [("replace", 0, len(a), 0, len(b))]
    return list(difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes())


def _unchanged(words: list[str], *, first: bool, last: bool) -> SafeString:
    head = [] if first else words[:KEPT_AROUND]
    tail = [] if last else words[-KEPT_AROUND:]
    if len(head) + len(tail) >= len(words):
        return format_html("{}", " ".join(words))
    return format_html("{}", " ".join([*head, "…", *tail]))


def relation_change(label: object, old: str, new: str) -> str:
    """A line for the admin's log that says what a byline or the photos were and are."""
    return f"{label}: {old} {ARROW} {new}"


def _from_log(subject: models.Model) -> Iterator[Entry]:
    logged = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(subject), object_id=str(subject.pk)
    ).select_related("user")
    for entry in logged:
        changes = [_logged(line) for line in _lines(entry.change_message) if ARROW in line]
        if changes:
            who = _who(entry.user)
            yield Entry(entry.action_time, who, _("%(kind)s changed") % {"kind": _kind(subject)}, "", changes)


def _kind(subject: models.Model) -> str:
    return capfirst(str(subject._meta.verbose_name))


def _logged(line: str) -> Change:
    label, _colon, texts = line.partition(": ")
    old, _arrow, new = texts.partition(f" {ARROW} ")
    return Change(capfirst(label), diff(old, new))


def _lines(message: str) -> list[str]:
    """The changed fields that a log entry names."""
    try:
        parts = json.loads(message)
        return [str(line) for part in parts for line in part.get("changed", {}).get("fields", ())]
    except (ValueError, AttributeError, TypeError):
        return []
