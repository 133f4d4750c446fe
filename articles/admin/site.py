"""The admin under the publication's name, with what editors need first."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _

from .switchboard import switchboard
from .takedown import photo_gone, takedown, takedown_coverage

ORDER = ("Coverage", "Update", "Photo", "Author")


def _app_list(request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
    """Live coverage before accounts, and within it the order of ORDER instead of the alphabet's."""
    apps: list[dict[str, Any]] = AdminSite.get_app_list(admin.site, request, app_label)
    for app in apps:
        if app["app_label"] == "articles":
            app["models"].sort(key=lambda model: ORDER.index(model["object_name"]))
    return sorted(apps, key=lambda app: app["app_label"] != "articles")


def _urls() -> list[Any]:
    """Django's, and before its last, which takes everything, the pages that belong to no model."""
    own = [
        path("switchboard/", admin.site.admin_view(switchboard), name="switchboard"),
        path("takedown/<int:number>/", admin.site.admin_view(takedown), name="takedown_update"),
        path("takedown/coverage/<int:number>/", admin.site.admin_view(takedown_coverage), name="takedown_coverage"),
        path("takedown/photo/<int:number>/", admin.site.admin_view(photo_gone), name="photo_gone"),
    ]
    # It leads anybody of the staff to any object's address, and that of a draft holds words of it.
    unused = "view_on_site"
    return [*own, *(one for one in AdminSite.get_urls(admin.site) if getattr(one, "name", "") != unused)]


def name_site() -> None:
    admin.site.site_header = admin.site.site_title = settings.PUBLICATION_NAME
    admin.site.index_title = _("Newsroom")
    admin.site.get_app_list = _app_list  # type: ignore[method-assign]
    admin.site.get_urls = _urls  # type: ignore[method-assign]
