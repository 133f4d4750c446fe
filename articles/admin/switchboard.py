"""The switchboard for bad days: how the open pages of each live coverage hear of what is new, and who hears it now."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.access.told import record
from articles.delivery import audience
from articles.models import Coverage
from articles.publishing import coverages
from articles.publishing.coverages import POLL_RANGE

from .permissions import may


class SwitchForm(forms.Form):
    """One coverage's switch."""

    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=Coverage.Mode.choices)
    poll_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds between questions"),
        required=False,
        min_value=POLL_RANGE[0],
        max_value=POLL_RANGE[-1],
        help_text=gettext_lazy("Empty: as usual."),
    )


class Row(NamedTuple):
    coverage: Coverage
    readers: int
    form: SwitchForm


def switchboard(request: HttpRequest) -> HttpResponse:
    """The page, and with POST the switching of one coverage. For those who may start and end coverage."""
    if not may(request.user, "publish_coverage"):
        raise PermissionDenied
    bound = _switch(request) if request.method == "POST" else None
    if isinstance(bound, HttpResponse):
        return bound
    rows = [_row(coverage, bound) for coverage in Coverage.objects.public()[:50]]
    context = {**admin.site.each_context(request), "title": _("Switchboard"), "rows": rows}
    return TemplateResponse(request, "admin/articles/switchboard.html", context)


def _row(coverage: Coverage, bound: SwitchForm | None) -> Row:
    if bound is not None and bound.prefix == str(coverage.pk):
        return Row(coverage, audience.reach(coverage.pk).readers, bound)
    now: dict[str, Any] = {"mode": coverage.mode, "poll_seconds": coverage.poll_seconds}
    return Row(coverage, audience.reach(coverage.pk).readers, SwitchForm(initial=now, prefix=str(coverage.pk)))


def _switch(request: HttpRequest) -> HttpResponse | SwitchForm:
    """What came of it, or the form that says what is wrong with it."""
    slug = request.POST.get("coverage", "").replace("\x00", "")
    coverage = Coverage.objects.public().filter(slug=slug).first()
    if coverage is None:
        messages.error(request, _("This coverage is not public any more."))
        return HttpResponseRedirect(request.path)
    form = SwitchForm(request.POST, prefix=str(coverage.pk))
    if not form.is_valid():
        return form
    try:
        switched = coverages.switch(coverage, **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        form.add_error(None, error)
        return form
    if switched.version != coverage.version:
        record(request.user, coverage, _("Switched"))
    messages.success(request, _("“%(coverage)s” is switched; open pages follow at once.") % {"coverage": coverage})
    return HttpResponseRedirect(request.path)
