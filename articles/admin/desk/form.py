"""The rich text editor of the composer, with the scripts and styles that it needs."""

from django import forms

from articles.admin.text import BodyField


class DeskForm(forms.Form):
    body = BodyField()
