"""The public addresses. They are permanent: what was once linked to must lead somewhere for ever."""

from django.urls import path, register_converter

from . import health, views


class SlugConverter:
    """A slug in any script."""

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class MarkConverter(SlugConverter):
    """What changes with what is at the address."""

    regex = r"[0-9a-f]{10}"


register_converter(SlugConverter, "words")
register_converter(MarkConverter, "hex")

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", views.front, name="front"),
    path("live/<words:slug>.json", views.snapshot, name="snapshot"),
    path("live/<words:slug>/", views.coverage, name="coverage"),
    path("live/<words:slug>/changes", views.delta, name="changes"),
    path("live/<words:slug>/stream", views.stream, name="stream"),
    path("live/<words:slug>/older", views.older, name="older"),
    path("live/<words:slug>/feed.atom", views.feed, name="feed"),
    path("feed.atom", views.site_feed, name="site_feed"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", views.sitemap_part, name="sitemap_part"),
    path("news-sitemap.xml", views.news_sitemap, name="news_sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("oembed", views.oembed, name="oembed"),
    path("embed/<words:slug>/", views.embed, name="embed"),
    path("live/<words:slug>/in-order/", views.in_order, name="in_order"),
    path("live/<words:slug>/key-updates/", views.key_updates, name="key_updates"),
    path("live/<words:slug>/card-<hex:mark>.png", views.card, name="coverage_card"),
    path("live/<words:slug>/card-<int:number>-<hex:mark>.png", views.card, name="update_card"),
    path("live/<words:slug>/<words:which>/", views.update, name="update"),
]
