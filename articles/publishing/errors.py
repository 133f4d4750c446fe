from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NO_ROOM = _("There is no room for it on the server. Text can still be posted.")
"""What an editor is told when a disk is full. Nothing was kept."""


class Refused(ValidationError):
    """What was asked for does not go with how things stand; the message says what to do instead. Nothing was done."""


class Conflict(Refused):
    """Somebody else saved in between. `current` is the object as it stands now."""

    def __init__(self, message: str, current: object) -> None:
        super().__init__(message, code="conflict")
        self.current = current
