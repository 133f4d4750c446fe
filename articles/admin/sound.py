"""The field for a file of sound, at which editors hear what is there although it may not be published."""

from typing import Any, NamedTuple

from django.contrib.admin.widgets import AdminFileWidget
from django.db import models

from articles.public.media import for_editors


class _Heard(NamedTuple):
    """What the widget's template shows: the length and the format, for nobody knows the name."""

    name: str
    seconds: int

    def __str__(self) -> str:
        minutes, seconds = divmod(self.seconds, 60)
        return f"{minutes}:{seconds:02} ({self.name.rpartition('.')[2].upper()})"

    @property
    def url(self) -> str:
        return for_editors(self.name)


class SoundInput(AdminFileWidget):
    def format_value(self, value: Any) -> Any:
        return _Heard(value.name, value.instance.audio_seconds) if self.is_initial(value) else None


SOUND: dict[Any, dict[str, Any]] = {models.FileField: {"widget": SoundInput(attrs={"accept": "audio/*"})}}
