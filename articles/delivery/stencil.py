"""Pages with holes: what a template renders once, and what is filled in for every version."""

import re
import secrets

from django.utils.safestring import SafeString, mark_safe

_TOKEN = secrets.token_hex(8)  # so that no text of an editor's can look like a hole
_HOLE = re.compile(rf"hole-{_TOKEN}-(\w+)-")


def hole(name: str) -> SafeString:
    """What stands for the value `name` in a template's context: it passes every escaping unchanged."""
    return mark_safe(f"hole-{_TOKEN}-{name}-")


class Stencil:
    """HTML in which holes were left."""

    def __init__(self, html: str) -> None:
        self._parts = _HOLE.split(html)
        self.size = len(html)

    def filled(self, **values: str) -> str:
        """The HTML with these values, escaped already, in its holes."""
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in parts[1::2]]
        return "".join(parts)
