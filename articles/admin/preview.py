"""A draft exactly as readers will see it, for those who may change it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csp import csp_override

from articles.delivery import pages
from articles.models import Coverage, Update
from articles.public.responses import POLICY


@csp_override(POLICY)
def preview(request: HttpRequest, coverage: Coverage, update: Update | None = None) -> HttpResponse:
    """The page under the readers' own policy, kept by nobody."""
    response = HttpResponse(pages.preview(coverage, update))
    response["Cache-Control"] = "no-store"
    return response
