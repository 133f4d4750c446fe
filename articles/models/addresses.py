"""Addresses as other sites need them."""

from urllib.parse import urljoin

from django.conf import settings


def absolute(address: str) -> str:
    """The address with SITE_URL before it; one that is absolute already (of media elsewhere) as it is."""
    if address.startswith("/") and not address.startswith("//"):
        return f"{settings.SITE_URL}{address}"
    return urljoin(f"{settings.SITE_URL}/", address)
