"""A draft exactly as readers will see it, for those who may change it."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csp import csp_override

from articles.delivery import pages
from articles.models import Coverage, Update
from articles.public.media import for_editors
from articles.public.responses import POLICY

_SOUND = re.compile(rf'(?<="){re.escape(settings.MEDIA_URL)}(audio/[^"]+)(?=")')


@csp_override(POLICY)
def preview(request: HttpRequest, coverage: Coverage, update: Update | None = None) -> HttpResponse:
    """The page under the readers' own policy, kept by nobody."""
    response = HttpResponse(_SOUND.sub(lambda found: for_editors(found[1]), pages.preview(coverage, update)))
    response["Cache-Control"] = "no-store"
    return response
