"""Take an archive back: everything as it was, into a place that is free, or with `renumber` beside what is there."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, cast

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import FileField, Model, Q

from articles.media import markup
from articles.models import Author, Coverage, FormerNumber, FormerSlug, Photo, Update
from articles.publishing import Refused, exact

from .parcel import Parcel, fingerprint
from .records import BY_NAME, KINDS, Record, fields_of, files_of, is_named_by_slug, numbered, row
from .taking import file_name

type Numbers = dict[type[Model], dict[int, int]]
"""For each model, which number a row gets that had another."""


class Restored(NamedTuple):
    coverage: Coverage
    rows: int
    renumbered: int
    """Updates that have another number now; their old addresses lead to them."""
    notes: list[str]
    """What could not be as it was."""


class Occupied(Refused):
    """The archive's slug or numbers belong to something else here."""


def read(parcel: Parcel) -> dict[str, list[Record]]:
    """The records of a checked archive, by kind. Raises ValidationError when they make no sense."""
    parcel.check()
    found = {
        kind.name: list(_lines(parcel, kind.name)) for kind in KINDS if f"records/{kind.name}.jsonl" in parcel.names
    }
    if len(found.get("coverage", [])) != 1:
        raise ValidationError("The archive must hold one coverage.")
    if unknown := {name for name in parcel.names if name.startswith("records/")} - {
        f"records/{n}.jsonl" for n in found
    }:
        raise ValidationError(
            f"The archive holds {min(unknown)}, which is not known here; it was made by a newer version."
        )
    return found


def _lines(parcel: Parcel, name: str) -> Iterator[Record]:
    with parcel.open(f"records/{name}.jsonl") as file:
        for line in file:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValidationError(f"The archive is damaged: a line of {name} is no JSON.") from error


def occupied(records: dict[str, list[Record]]) -> list[str]:
    """What of the archive's slugs and numbers is taken here, in words; empty when it can come back as it was."""
    (coverage,) = records["coverage"]
    ids = [update["id"] for update in records.get("update", [])]
    former = [one["slug"] for one in records.get("formerslug", [])]
    taken = [f"the slug “{slug}”" for slug in (coverage["slug"], *former) if _is_taken(slug)]
    if Coverage.objects.filter(pk=coverage["id"]).exists():
        taken.append(f"the coverage’s number {coverage['id']}")
    if count := Update.objects.filter(pk__in=ids).count():
        taken.append(f"{count} of the updates’ numbers")
    return taken


def _is_taken(slug: str) -> bool:
    return Coverage.objects.filter(slug=slug).exists() or FormerSlug.objects.filter(slug=slug).exists()


def restore(parcel: Parcel, *, renumber: bool = False) -> Restored:
    """Take the archive back. Raises Occupied, when something is in its place and `renumber` is not given."""
    records = read(parcel)
    if (taken := occupied(records)) and not renumber:
        raise Occupied(
            f"In its place stands something else: {', '.join(taken)}. With --renumber it comes in beside that, "
            "and its old addresses lead to the new ones."
        )
    return _Restoring(parcel, records).run()


def _is_free_stem(stem: str) -> bool:
    """Whether it can be that of a photo's file, and is of none that is here."""
    return bool(re.fullmatch(r"photos/[0-9]{4}/[0-9]{2}/\w+", stem)) and not (
        Photo.objects.filter(Q(image__startswith=f"{stem}.") | Q(former__contains=[stem])).exists()
    )


class _Restoring:
    def __init__(self, parcel: Parcel, records: dict[str, list[Record]]) -> None:
        self.parcel = parcel
        self.records = records
        self.notes: list[str] = []
        self.numbers: Numbers = defaultdict(dict)
        self.authors: dict[str, Author] = {}
        self.kept: list[tuple[Any, str]] = []

    def run(self) -> Restored:
        old_slug = self._free_slugs()
        self._number()
        rows = [
            made for kind in KINDS for given in self.records.get(kind.name, []) if (made := self._row(kind.name, given))
        ]
        (coverage,) = [one for one in rows if isinstance(one, Coverage)]
        moved = self.numbers[Update]
        changed = {old: new for old, new in moved.items() if old != new or old_slug != coverage.slug}
        rows += self._former(old_slug, changed)
        try:
            self._keep_files(rows)
            exact.take_back(coverage, rows)
        except BaseException:
            for storage, name in self.kept:
                with suppress(OSError):
                    storage.delete(name)
            raise
        return Restored(coverage, len(rows), sum(old != new for old, new in moved.items()), self.notes)

    # ── Slugs and numbers ───────────────────────────────────────────────────────────────────────────────

    def _free_slugs(self) -> str:
        """Give the coverage a slug that is free; the one that it had."""
        (coverage,) = self.records["coverage"]
        old = str(coverage["slug"])
        numbered_slugs = (f"{old[:110]}-{number}" for number in range(2, 10_000))
        coverage["slug"] = old if not _is_taken(old) else next(slug for slug in numbered_slugs if not _is_taken(slug))
        former = self.records.get("formerslug", [])
        self.records["formerslug"] = [one for one in former if not _is_taken(one["slug"])]
        return old

    def _number(self) -> None:
        """Keep each number that is free, and find another for each that is not."""
        wanted: dict[type[Any], set[int]] = defaultdict(set)
        for name, given in self.records.items():
            model = BY_NAME[name].model
            for field in fields_of(model):
                if field.primary_key or field.name == "id":
                    wanted[numbered(model, field) or model] |= {one[field.name] for one in given}
        for model, numbers in wanted.items():
            self._number_all(model, numbers)

    def _number_all(self, model: type[Any], wanted: set[int]) -> None:
        history = set(model.history.filter(id__in=wanted).values_list("id", flat=True))
        taken = history | set(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))
        # The sequence knows only what is here: it also gives numbers that the archive's other rows keep.
        drawn = (number for number in iter(partial(exact.free_number, model), None) if number not in wanted)
        self.numbers[model] = {number: next(drawn) if number in taken else number for number in sorted(wanted)}

    # ── Rows ────────────────────────────────────────────────────────────────────────────────────────────

    def _row(self, name: str, given: Record) -> Model | None:
        """The row to be inserted; None for an author who is here already."""
        kind = BY_NAME[name]
        made = row(kind, given)
        for field in fields_of(kind.model):
            if field.name in given:
                self._refer(made, field, given[field.name])
        if isinstance(made, Author):
            return self._author(made)
        if isinstance(made, Update | Update.history.model):
            self._clean(made)
        if isinstance(made, Photo):
            self._harmless(made)
        return made

    def _refer(self, made: Any, field: Any, value: Any) -> None:
        """Have the row refer to what is here instead of what was there."""
        if value is None:
            return
        if field.is_relation and is_named_by_slug(field):
            found = self._by_slug(field.related_model, str(value))
            setattr(made, field.attname, found)
            if found is None and field.related_model is Coverage:
                made.awaited_successor = value
        elif model := numbered(type(made), field):
            numbers = self.numbers[model]
            setattr(made, field.attname, numbers.get(int(value), int(value)))

    def _by_slug(self, model: type[Any], slug: str) -> int | None:
        if model is Author and slug in self.authors:
            return self.authors[slug].pk
        pk: int | None = model._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
        if model is Coverage and (pk is None or Coverage.objects.filter(successor=pk).exists()):
            note = (
                f"It went on in “{slug}”, which is not here, or follows another coverage. "
                "It is linked when an archive of that comes in."
            )
            self.notes += [note] if note not in self.notes else []
            return None
        return pk

    def _author(self, made: Author) -> Author | None:
        here = Author.objects.filter(slug=made.slug).first() or Author.objects.filter(name=made.name).first()
        slug = made.slug
        if here is None:
            made.pk = exact.free_number(Author)
        elif (here.name, here.slug) != (made.name, made.slug):
            self.notes.append(f"The author “{made.name}” is “{here.name}” ({here.slug}) here.")
        self.authors[slug] = here or made
        return None if here else made

    def _clean(self, update: Any) -> None:
        """What readers and editors are shown must be safe, whoever made the archive."""
        cleaned = markup.clean(update.body)
        if cleaned != update.body:
            self.notes.append(f"The text of update {update.id} held what is not let through; that was taken out.")
            update.body = cleaned

    def _harmless(self, photo: Photo) -> None:
        """Pages hold its tone, and with it go the files of its former pictures: neither may be anything else."""
        photo.tone = photo.tone if re.fullmatch("[0-3]{3}", photo.tone) else Photo._meta.get_field("tone").default
        photo.former = [stem for stem in photo.former if isinstance(stem, str) and _is_free_stem(stem)]

    def _former(self, slug: str, changed: dict[int, int]) -> list[Model]:
        standing = set(FormerNumber.objects.filter(slug=slug).values_list("number", flat=True))
        return [
            FormerNumber(slug=slug, number=old, update_id=new)
            for old, new in changed.items()
            if old not in standing and any(one["id"] == old for one in self.records.get("update", []))
        ]

    # ── Files ───────────────────────────────────────────────────────────────────────────────────────────

    def _keep_files(self, rows: list[Model]) -> None:
        seen: dict[tuple[int, str], str] = {}
        for made in rows:
            for field in files_of(type(made)):
                if name := str(getattr(made, field.name) or ""):
                    setattr(made, field.name, self._keep(made, field, name, seen))

    def _keep(self, made: Model, field: FileField, name: str, seen: dict[tuple[int, str], str]) -> str:
        """The name under which the file lies here: its own, unless another file has that."""
        bound = cast(Any, getattr(made, field.name))
        key = id(bound.storage), name
        if key not in seen and self._lies_here(field, bound.storage, name):
            seen[key] = name
        elif key not in seen:
            with self.parcel.open(file_name(field, name)) as content:
                seen[key] = exact.keep_file(bound, File(content))
            self.kept.append((bound.storage, seen[key]))
            if seen[key] != name:
                self.notes.append(f"The file {name} lies at {seen[key]} here.")
        return seen[key]

    def _lies_here(self, field: FileField, storage: Any, name: str) -> bool:
        """Whether the very file is there, left over: nothing here refers to it."""
        if not storage.exists(name) or field.model._default_manager.filter(**{field.name: name}).exists():
            return False
        with storage.open(name) as file:
            return bool(fingerprint(file) == self.parcel.manifest["files"][file_name(field, name)])
