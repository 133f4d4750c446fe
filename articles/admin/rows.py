"""Inlines whose rows are published together, as one ordered list."""

import math
from typing import Any

from django.http import HttpRequest

from .forms import SHORT_TEXTS, Attempt, RefusableForm, with_select
from .generic import InlineFormSet, InlineModelAdmin


class OrderedForm(RefusableForm):
    """A row with a number, its place; without one it stands last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        if self.instance.pk is None:
            self.fields["position"].initial = None


class RowsFormSet(InlineFormSet):
    """When somebody else has replaced rows meanwhile, the editor's own all count as new, not as errors."""

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        if data is not None and self._outdated(data, kwargs["prefix"], kwargs["queryset"], kwargs["instance"]):
            data = self._all_new(data, kwargs["prefix"])
        super().__init__(data, files, **kwargs)

    def _outdated(self, data: Any, prefix: str, queryset: Any, instance: Any) -> bool:
        sent = {value for key, value in data.items() if key.startswith(f"{prefix}-") and key.endswith("-id") and value}
        standing = queryset.filter(**{self.fk.name: instance.pk}).values_list("pk", flat=True) if instance.pk else []
        return not sent <= {str(pk) for pk in standing}

    def _all_new(self, data: Any, prefix: str) -> Any:
        data = data.copy()
        data[f"{prefix}-INITIAL_FORMS"] = "0"
        for key in list(data):
            if key.startswith(f"{prefix}-") and key.endswith("-id"):
                data[key] = ""
        return data

    def rows(self) -> list[Any]:
        """The valid forms that say something and are not to go, by the numbers that the editor gave them."""
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        kept = [form for form in filled if not form.cleaned_data.get("DELETE")]
        return sorted(kept, key=_place)


def _place(form: Any) -> float:
    position = form.cleaned_data.get("position")
    return math.inf if position is None else position


class RowsInline(InlineModelAdmin):
    """Whoever may change the page may change the rows that are part of it."""

    formset = RowsFormSet
    extra = 0
    max_num = 30
    formfield_overrides = SHORT_TEXTS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # Django's own limit is a thousand rows above max_num, and a form of so many takes a minute.
        formset = super().get_formset(request, obj, absolute_max=self.max_num + 10, **kwargs)
        formset.validate_max = True
        formset.form.attempt = Attempt.of(request)  # type: ignore[attr-defined]
        return formset

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **with_select(self, db_field, kwargs))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True
