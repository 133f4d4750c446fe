"""A state as a small coloured word."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.models import Coverage, Update


def badge(thing: Coverage | Update) -> SafeString:
    return format_html('<span class="state state-{}">{}</span>', thing.state, thing.get_state_display())
