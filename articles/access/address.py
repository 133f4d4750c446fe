"""Where a request comes from."""

import ipaddress

from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The address that uvicorn found: the connection's, or what a proxy of FORWARDED_ALLOW_IPS says of it.

    Nobody else's word is taken. None when it is no address, such as that of a socket file.
    """
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
