"""What an archive holds of a coverage, read from the models: a field that is added comes along by itself.

Not in it: accounts (foreign keys to the user model), tokens (UUIDs), the numbers of rows that nobody refers to, and
of photos the originals, which are private, and the renditions, which are made anew.
Authors are named by their slug, because they belong to the site and may have another number elsewhere.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import FileField, ForeignKey, Model, Q, QuerySet, UUIDField

from articles.models import (
    Author,
    Byline,
    Coverage,
    FormerNumber,
    FormerSlug,
    KeyPoint,
    Photo,
    PhotoCaption,
    Update,
)

type Record = dict[str, Any]
"""One row: names of fields and JSON values. A foreign key is a number, or a slug where `slug_of` says so."""

NUMBERED: tuple[type[Model], ...] = (Coverage, Update, KeyPoint, Photo)
"""Whose numbers others refer to: addresses, histories, other rows."""
_UNTRACKED = {"history_id", "awaited_successor"}
_OF_THIS_PLACE: dict[type[Model], set[str]] = {Photo: {"original", "rendered_at", "render_error"}}


class Kind(NamedTuple):
    """One model's part of an archive."""

    model: type[Model]
    of: Callable[[int], QuerySet[Any]]
    """The rows of the coverage with this number, in an order that does not depend on where they are."""

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)


def _placed(pk: int) -> Q:
    return Q(coverage=pk) | Q(update__coverage=pk)


def _within(pk: int, prefix: str) -> Q:
    return Q(**{f"{prefix}__coverage": pk}) | Q(**{f"{prefix}__update__coverage": pk})


def _history(model: type[Any], of: Callable[[int], Q]) -> Kind:
    rows = model.history.model
    return Kind(rows, lambda pk: rows.objects.filter(of(pk)).order_by("id", "history_date", "history_id"))


def _photos(pk: int) -> QuerySet[Photo]:
    return Photo.objects.filter(_within(pk, "places")).distinct().order_by("pk")


KINDS: tuple[Kind, ...] = (  # each after what it refers to
    Kind(Author, lambda pk: Author.objects.filter(_within(pk, "bylines")).distinct().order_by("slug")),
    Kind(Photo, _photos),
    Kind(Coverage, lambda pk: Coverage.objects.filter(pk=pk)),
    Kind(FormerSlug, lambda pk: FormerSlug.objects.filter(coverage=pk).order_by("slug")),
    Kind(Update, lambda pk: Update.objects.filter(coverage=pk).order_by("pk")),
    Kind(FormerNumber, lambda pk: FormerNumber.objects.filter(update__coverage=pk).order_by("slug", "number")),
    Kind(KeyPoint, lambda pk: KeyPoint.objects.filter(coverage=pk).order_by("pk")),
    Kind(Byline, lambda pk: Byline.objects.filter(_placed(pk)).order_by("update_id", "position", "pk")),
    Kind(PhotoCaption, lambda pk: PhotoCaption.objects.filter(_placed(pk)).order_by("update_id", "position", "pk")),
    _history(Coverage, lambda pk: Q(id=pk)),
    _history(Update, lambda pk: Q(coverage_id=pk)),
    _history(KeyPoint, lambda pk: Q(coverage_id=pk)),
    _history(Photo, lambda pk: Q(id__in=_photos(pk).values("pk"))),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def fields_of(model: type[Model]) -> list[Any]:
    """The fields that an archive holds."""
    return [field for field in model._meta.concrete_fields if _is_content(model, field)]


def _is_content(model: type[Model], field: Any) -> bool:
    unwanted = _UNTRACKED | _OF_THIS_PLACE.get(model, set())
    if isinstance(field, UUIDField) or field.generated or field.name in unwanted:
        return False
    if isinstance(field, ForeignKey | models.OneToOneField) and field.related_model is get_user_model():
        return False
    return not field.primary_key or model in NUMBERED


def files_of(model: type[Model]) -> "list[FileField]":
    return [field for field in fields_of(model) if isinstance(field, FileField)]


def is_named_by_slug(field: Any) -> bool:
    """Whether the archive names what this foreign key refers to by its slug: what is not in the archive itself."""
    return field.related_model is Author or (field.related_model is Coverage and field.name == "successor")


def numbered(model: type[Model], field: Any) -> type[Model] | None:
    """The model whose number the field holds; None when it holds none that may have to change."""
    if field.primary_key:
        return model
    if field.name == "id":  # of a history
        tracked: type[Model] = model.instance_type  # type: ignore[attr-defined]
        return tracked
    if isinstance(field, ForeignKey) and not is_named_by_slug(field):
        return field.related_model
    return None


def record(row: Model) -> Record:
    """The row as the archive holds it."""
    return {field.name: _value(field, row) for field in fields_of(type(row))}


def _value(field: Any, row: Model) -> Any:
    value = field.value_from_object(row)
    if isinstance(field, ForeignKey) and is_named_by_slug(field):
        return _slug(field.related_model, value) or getattr(row, "awaited_successor", "") or None
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return str(value.name or "") if isinstance(field, FileField) else field.value_to_string(row)


def _slug(model: type[Any], pk: int | None) -> str | None:
    return model._default_manager.filter(pk=pk).values_list("slug", flat=True).first() if pk else None


def row(kind: Kind, given: Record) -> Model:
    """The record as a row that is not saved; foreign keys are as the record says, those by slug are left out.

    Raises ValidationError when a value makes no sense, or a field is not known here.
    """
    fields = {field.name: field for field in fields_of(kind.model)}
    if unknown := given.keys() - fields.keys():
        raise ValidationError(
            f"The archive says “{min(unknown)}” of a {kind.name}, which is not known here: it was made by a newer "
            "version of this software. Take it back with that one."
        )
    return kind.model(**dict(_values(fields, given)))


def _values(fields: dict[str, Any], given: Record) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        field = fields[name]
        if not (isinstance(field, ForeignKey) and is_named_by_slug(field)):
            yield field.attname, value if isinstance(field, FileField) else _parsed(field, value)


def _parsed(field: Any, value: Any) -> Any:
    return field.target_field.to_python(value) if isinstance(field, ForeignKey) else field.to_python(value)
