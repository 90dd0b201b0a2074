"""The visitor's address: what our proxies say, never what the visitor says."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from config.proxies import address_of_the_visitor

PROXY, VISITOR, LIE = "10.0.0.1", "192.0.2.7", "203.0.113.9"


@pytest.mark.parametrize(
    ("proxies", "said", "found"),
    [
        (0, VISITOR, PROXY),
        (1, VISITOR, VISITOR),
        (1, f"{LIE}, {VISITOR}", VISITOR),
        (2, f"{LIE}, {VISITOR}, 10.0.0.2", VISITOR),
        (2, VISITOR, PROXY),
        (1, "nonsense", PROXY),
        (1, "", PROXY),
        (1, "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_address_is_what_the_last_proxies_say(proxies: int, said: str, found: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": said})
    with override_settings(PROXIES=proxies):
        address_of_the_visitor(lambda request: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == found
