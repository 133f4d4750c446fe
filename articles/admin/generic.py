"""Django's generic admin classes: typed for mypy, while at run time they take no type arguments."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin as DjangoInline
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    ModelAdmin = admin.ModelAdmin[Any]
    StackedInline = admin.StackedInline[Any, Any]
    InlineModelAdmin = DjangoInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField[Any]
    ModelChoiceField = forms.ModelChoiceField[Any]

    class StaffRequest(HttpRequest):
        """What the admin's views get: their user has signed in."""

        user: User
else:
    ModelAdmin = admin.ModelAdmin
    StackedInline = admin.StackedInline
    InlineModelAdmin = DjangoInline
    ModelForm = forms.ModelForm
    InlineFormSet = forms.BaseInlineFormSet
    ModelMultipleChoiceField = forms.ModelMultipleChoiceField
    ModelChoiceField = forms.ModelChoiceField
    StaffRequest = HttpRequest

__all__ = [
    "InlineFormSet",
    "InlineModelAdmin",
    "ModelAdmin",
    "ModelChoiceField",
    "ModelForm",
    "ModelMultipleChoiceField",
    "StackedInline",
    "StaffRequest",
]
