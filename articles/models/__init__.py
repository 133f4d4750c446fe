"""The domain in the field's own terms (schema.org LiveBlogPosting, IPTC). Written to by `articles.publishing` alone."""

from .author import Author, Byline
from .coverage import Coverage, FormerSlug, KeyPoint, Site
from .newsroom import Audience, Presence
from .photo import Photo, PhotoCaption
from .update import FormerNumber, Update

__all__ = [
    "Audience",
    "Author",
    "Byline",
    "Coverage",
    "FormerNumber",
    "FormerSlug",
    "KeyPoint",
    "Photo",
    "PhotoCaption",
    "Presence",
    "Site",
    "Update",
]
