"""Which build this is: whatever makes pages of one version look different, in one short word."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

VISIBLE = ("SITE_URL", "PUBLICATION_NAME", "PUBLICATION_TAGLINE", "LANGUAGE_CODE", "PAGE_UPDATES", "STATIC_URL")
_SOURCES = (("articles", "*.py"), ("liveblog", "*.py"), ("templates", "*"), ("static", "*"), ("locale", "*.po"))


@cache
def build() -> str:
    """Eight hexadecimal digits, the same in every process of one installation."""
    base: Path = settings.BASE_DIR
    digest = hashlib.sha256(repr([getattr(settings, name) for name in VISIBLE]).encode())
    for folder, pattern in _SOURCES:
        for path in sorted((base / folder).rglob(pattern)):
            if path.is_file():
                digest.update(str(path.relative_to(base)).encode() + path.read_bytes())
    return digest.hexdigest()[:8]
