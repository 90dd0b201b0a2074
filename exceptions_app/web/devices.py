"""What a browser is and can: its name and system in a few words, and whether it may have passkeys here."""

from django.http import HttpRequest
from django.utils.translation import gettext

#: The first that is found counts: each names itself after those below it too.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(name: str) -> str:
    """Return, say, "Firefox on Windows"; words for the unknown where a browser names nothing we know."""
    browser = next((word for mark, word in BROWSERS if mark in name), "")
    system = next((word for mark, word in SYSTEMS if mark in name), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")


def host_can_have_passkeys(request: HttpRequest) -> bool:
    """Say whether browsers allow passkeys here: a name by https, or localhost; never a bare address."""
    host = request.get_host().partition(":")[0]
    return host == "localhost" or (request.is_secure() and not host.replace(".", "").isdigit())
