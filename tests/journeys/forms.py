"""A form of a page as a browser sends it: what it shows is sent back, but for what a person changes."""

from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

Entered = dict[str, list[str]]
#: What a browser sends only when it is pressed or filled in by hand.
NOT_SENT = ("submit", "button", "file", "image")
BOXES = ("checkbox", "radio")


def form(page: HttpResponse, action: str) -> Entered:
    """Return what the form of the page that is sent to `action` would send, were nothing changed."""
    assert page.status_code == 200
    reader = _Reader(action)
    reader.feed(page.content.decode())
    assert reader.is_found, f"The page has no form for {action}."
    return reader.entered


def fill_in(client: Client, path: str, action: str, **changed: str | list[str]) -> HttpResponse:
    """Open a page, change some fields of its form, send it, and return the page this leads to."""
    entered = form(client.get(path), action)
    return client.post(action, entered | changed, follow=True)


class _Reader(HTMLParser):
    """Reads the names and values of one form."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.is_found = False
        self.entered: Entered = {}
        self._is_inside = False
        self._text = ""
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attributes}
        name = known.get("name", "")
        if tag == "form":
            self._is_inside = known.get("action") == self.action
            self.is_found = self.is_found or self._is_inside
        elif not self._is_inside:
            return
        elif tag == "input" and name and known.get("type") not in NOT_SENT:
            if known.get("type") not in BOXES or "checked" in known:
                self._add(name, known.get("value", "on"))
        elif tag == "textarea":
            self._text = name
            self.entered[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in known or self._select not in self.entered):
            self.entered[self._select] = [known.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            (before,) = self.entered[self._text]
            self.entered[self._text] = [(before + data).removeprefix("\n")]

    def _add(self, name: str, value: str) -> None:
        self.entered.setdefault(name, []).append(value)
