"""The form of a coverage, its lead photo and its key points."""

import zoneinfo
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from articles.models import Coverage, KeyPoint
from articles.publishing import KeyPointContent
from articles.publishing.coverages import MAX_KEY_POINTS

from .forms import AuthorsField, ChosenSelect, PublishingForm
from .generic import StackedInline
from .placed import PlacedInline
from .rows import OrderedForm, RowsInline


def mark_of(coverage: Coverage) -> str:
    """The newest records of its history and of its key points'; its version moves with every update."""
    own = coverage.history.order_by("-history_id").values_list("history_id", flat=True).first()
    points = KeyPoint.history.filter(coverage_id=coverage.pk).order_by("-history_id")
    return f"{own or 0}.{points.values_list('history_id', flat=True).first() or 0}"


def time_zones() -> list[tuple[str, Any]]:
    """For a select: every region's cities, as IANA names them; UTC first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, city = name.partition("/")
        if city and region not in {"Etc", "SystemV", "posix", "right"}:
            groups.setdefault(region, []).append((name, name.replace("_", " ")))
    return [("UTC", "UTC"), *groups.items()]


class CoverageForm(PublishingForm):
    authors = AuthorsField()

    class Media:
        js = [forms.widgets.Script("js/admin/update.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance and instance.pk:
            kwargs["initial"] = {"authors": instance.authors, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def state_mark(self) -> str:
        return mark_of(self.instance)


class LeadPhoto(PlacedInline):
    fk_name = "coverage"
    max_num = 1
    verbose_name = gettext_lazy("lead photo")


class UpdateOfCoverage(ChosenSelect):
    """Finds updates of one coverage only."""

    coverage_id = "0"

    def get_url(self) -> str:
        url = super().get_url()
        return f"{url}?of_coverage={self.coverage_id}"


class KeyPointForm(OrderedForm):
    class Meta:
        model = KeyPoint
        fields = ("text", "update", "position")
        widgets = {"text": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField", "maxlength": 300})}


class KeyPoints(RowsInline, StackedInline):
    model = KeyPoint
    form = KeyPointForm
    fields = ("text", ("update", "position"))
    max_num = MAX_KEY_POINTS
    verbose_name_plural = gettext_lazy("key points (“Here's what to know”)")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("update")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name != "update":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        field = db_field.formfield(**kwargs, widget=UpdateOfCoverage(db_field, self.admin_site))
        field.widget.coverage_id = request.resolver_match.kwargs.get("object_id") or "0"
        return field


def key_points(formset: Any) -> list[KeyPointContent]:
    return [
        KeyPointContent(form.cleaned_data["text"], form.cleaned_data["update"], form.instance.pk)
        for form in formset.rows()
    ]
