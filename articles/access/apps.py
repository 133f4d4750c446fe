from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "articles.access"
    verbose_name = _("Access")

    def ready(self) -> None:
        from . import names, sessions, told  # noqa: F401 (they listen to what happens)
