"""What editors see: Django's admin, where every write goes through `articles.publishing`."""

from .account import AccountAdmin
from .author import AuthorAdmin
from .coverage import CoverageAdmin
from .photo import PhotoAdmin
from .site import name_site
from .update import UpdateAdmin

__all__ = ["AccountAdmin", "AuthorAdmin", "CoverageAdmin", "PhotoAdmin", "UpdateAdmin"]

name_site()
