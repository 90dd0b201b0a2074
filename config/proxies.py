"""Finds the address of a visitor behind proxies, for locks, limits, sessions and the history."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def address_of_the_visitor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Put the visitor's address where Django expects it, as RIGHTLINE_PROXIES proxies of ours say it.

    Each proxy adds whom it heard to the end of X-Forwarded-For; what stands before that is the visitor's own
    word and counts for nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        said = request.headers.get("X-Forwarded-For", "").split(",")
        if 0 < settings.PROXIES <= len(said):
            address = said[-settings.PROXIES].strip()
            if _is_address(address):
                request.META["REMOTE_ADDR"] = address
        return get_response(request)

    return middleware


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True
