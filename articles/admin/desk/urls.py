"""The addresses under /admin/articles/coverage/<id>/desk/."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from . import beside, stream, views, writing


def update(request: HttpRequest, **named: Any) -> HttpResponseBase:
    """One update: read, or with POST saved."""
    return (writing.save if request.method == "POST" else views.one)(request, **named)


urlpatterns = [
    path("", views.page, name="articles_coverage_desk"),
    path("changes", views.changes, name="articles_desk_changes"),
    path("stream", stream.stream, name="articles_desk_stream"),
    path("feed", views.feed, name="articles_desk_feed"),
    path("preview/", views.preview, name="articles_desk_preview"),
    path("presence/", beside.be_present, name="articles_desk_presence"),
    path("photos/", beside.add_photo, name="articles_desk_photos"),
    path("photos/<int:number>/", beside.edit_photo, name="articles_desk_photo"),
    path("key-points/", beside.key_points, name="articles_desk_key_points"),
    path("coverage/", beside.head, name="articles_desk_head"),
    path("coverage/<slug:name>/", beside.move, name="articles_desk_move"),
    path("updates/", writing.create, name="articles_desk_create"),
    path("updates/<int:number>/", update, name="articles_desk_update"),
    path("updates/<int:number>/history/", views.history, name="articles_desk_history"),
    path("updates/<int:number>/revert/", views.revert, name="articles_desk_revert"),
    path("updates/<int:number>/<slug:name>/", writing.step, name="articles_desk_step"),
]
