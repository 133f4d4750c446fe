"""Media on a disk."""

import secrets
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """A file appears under its name when it is whole: half a picture would be kept by caches."""

    def _save(self, name: str, content: Any) -> str:
        part = f"{name}.{secrets.token_hex(4)}.part"
        try:
            super()._save(part, content)  # type: ignore[misc]
            Path(self.path(part)).replace(self.path(name))
        except BaseException:
            Path(self.path(part)).unlink(missing_ok=True)  # the disk is full, and this would keep it so
            raise
        return name
