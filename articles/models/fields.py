"""Fields that several models share."""

from datetime import datetime
from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import models


def to_milliseconds(moment: datetime) -> datetime:
    """`moment` cut to whole milliseconds: what a cursor and JavaScript can hold."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class MillisecondField(models.DateTimeField):  # type: ignore[type-arg]
    """A moment in whole milliseconds, in the database too, so that a cursor made from it finds its place again."""

    def db_type(self, connection: Any) -> str:
        return "timestamp(3) with time zone"

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        return to_milliseconds(moment) if isinstance(moment, datetime) else moment

    def pre_save(self, model_instance: models.Model, add: bool) -> datetime | None:
        moment: datetime | None = getattr(model_instance, self.attname)
        if isinstance(moment, datetime):
            moment = to_milliseconds(moment)
            setattr(model_instance, self.attname, moment)
        return moment


class ShortTextField(models.TextField):  # type: ignore[type-arg]
    """A text whose `max_length` holds whoever writes it; Django's own is only a form's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length:
            self.validators.append(MaxLengthValidator(self.max_length))
