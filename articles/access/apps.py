from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "articles.access"
    verbose_name = _("Access")

    def ready(self) -> None:
        from . import told  # noqa: F401 (listens to what happens)
