"""XML from templates."""

import re
from typing import Any

from django.template.loader import render_to_string

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def xml(name: str, **context: Any) -> bytes:
    """The template templates/xml/<name>.xml, without the characters that XML 1.0 forbids even when escaped."""
    return _FORBIDDEN.sub("", render_to_string(f"xml/{name}.xml", context)).strip().encode()
