"""The whole URL map at a glance."""

from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from articles.public.media import media

handler404 = "liveblog.errors.not_found"
handler500 = "liveblog.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", include("articles.access.urls")),
    path("admin/", admin.site.urls),
    # Asked for by whatever reads no <link rel="icon">.
    path("favicon.ico", RedirectView.as_view(url=lazy(staticfiles_storage.url, str)("icons/icon-32.png"))),
    path("", include("articles.public.urls")),
    # Under `manage.py serve` the ASGI application answers what lies on the disk before Django is asked.
    re_path(rf"^{settings.MEDIA_URL[1:]}(?P<path>.*)$", media),
]
