"""Actions on many objects: each one by itself, each refusal told, some asked back first."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.access.told import tell
from articles.publishing import only_while

from .base import PublishingAdmin

MOST = 500
"""Objects of one action that asks back: each is a field of the form that comes again, and Django takes 1000."""


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=250,
        help_text=gettext_lazy("In a few words; it stands in the history."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
    )


class SureForm(forms.Form):
    """Asks for nothing but a yes."""


def each(
    admin: PublishingAdmin,
    request: HttpRequest,
    objects: Iterable[Any],
    do: Callable[[Any], object],
    done: str,
    *,
    may: Callable[[Any], bool] = lambda _obj: True,
) -> None:
    """Do it to each object; log and count those that it was done to, and say why it was not done to the others.

    `done`: the word for it, for the log and the message, such as "Published". `do` may give the object as it
    stands afterwards, or None when it is gone.
    """
    count = 0
    for obj in objects:
        name = str(obj)
        if not may(obj):
            tell("refused", request, request.user, method="POST", path=request.path, object=obj.pk, wanted=done)
            admin.message_user(request, _("“%(it)s”: you may not do this.") % {"it": name}, messages.ERROR)
            continue
        try:
            with only_while(obj, may):
                after = do(obj)
        except ValidationError as error:
            said = " ".join(error.messages)
            admin.message_user(request, f"“{name}”: {said}", messages.ERROR)
        else:
            count += 1
            if after is None:
                admin.log_removed(request, obj)
            else:
                admin.log_change(request, after, done)
    if count:
        admin.message_user(request, f"{done}: {count}.", messages.SUCCESS)


def asked(
    admin: PublishingAdmin,
    request: HttpRequest,
    objects: Any,
    *,
    action: str,
    title: str,
    says: str,
    form_class: type[forms.Form] = SureForm,
) -> tuple[dict[str, Any] | None, HttpResponse | None]:
    """What was answered to a question about these objects; or the page that asks it, to be shown first."""
    if objects.count() > MOST:
        said = _("At most %(most)d at once; choose fewer.") % {"most": MOST}
        admin.message_user(request, said, messages.ERROR)
        return None, None
    form = form_class(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        return form.cleaned_data, None
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "says": says,
        "objects": objects,
        "form": form,
        "action": action,
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "opts": admin.opts,
        "media": admin.media + form.media,
        "verb": title,
    }
    request.current_app = admin.admin_site.name
    return None, TemplateResponse(request, "admin/articles/confirm.html", context)
