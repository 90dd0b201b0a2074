"""People who sign in as people do: through the pages, with passwords and codes."""

import time
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from exceptions_app.people.models import User
from tests.builders.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HALF_MINUTE = 30


@dataclass
class Visitor:
    """Somebody at a browser, who knows what to type."""

    person: User
    address: str = "192.0.2.7"
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.defaults["REMOTE_ADDR"] = self.address

    def give_password(self, password: str = PASSWORD, **more: Any) -> HttpResponse:
        """Send user name and password."""
        return self.client.post("/login/", {"username": self.person.username, "password": password, **more})

    def give_code(self, code: str) -> HttpResponse:
        """Send a code as the second step."""
        return self.client.post("/login/second-factor/", {"code": code})

    def confirm(self, password: str = PASSWORD) -> HttpResponse:
        """Confirm once more who it is, as changes of one's sign-in ask for."""
        return self.client.post("/profile/confirm/", {"password": password})

    @property
    def is_in(self) -> bool:
        """Whether a page of the house is open, rather than a way to signing in."""
        return self.client.get("/notifications/").status_code == 200


def code_of(secret: str = SECRET, *, later: int = 0) -> str:
    """Return what an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // HALF_MINUTE + later))


def with_app(person: User) -> User:
    """Give the person an app that shows codes, and recovery codes."""
    cache.clear()
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    return person


def recovery_codes_of(person: User) -> list[str]:
    """Return the codes that are left."""
    row = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    codes: list[str] = row.wrap().get_unused_codes()
    return codes
