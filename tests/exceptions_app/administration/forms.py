"""Filling in a form of the administration as a browser does: what it shows is what is sent back."""

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


class _Reader(HTMLParser):
    """Reads the names and values of the page's form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._text = ""
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        name, kind = known.get("name") or "", known.get("type") or ""
        if tag == "input" and name and "__prefix__" not in name:
            is_box = kind in ("checkbox", "radio")
            if kind not in ("submit", "search", "image") and (not is_box or "checked" in known):
                self.values[name] = known.get("value") or ("on" if is_box else "")
        elif tag == "textarea" and "__prefix__" not in name:
            self._text, self.values[name] = name, ""
        elif tag == "select" and name and "__prefix__" not in name:
            self._select = name
            self.values.setdefault(name, [] if "multiple" in known else "")
        elif tag == "option" and self._select and "selected" in known:
            if isinstance(self.values[self._select], list):
                self.values[self._select].append(known.get("value") or "")
            else:
                self.values[self._select] = known.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops the line break that follows the opening tag.
            self.values[self._text] = self.values[self._text].removeprefix("\r\n").removeprefix("\n")
            self._text = ""
        elif tag == "select":
            self._select = ""


def form_of(response: HttpResponse) -> dict[str, Any]:
    """Return what the browser would send if nothing were changed."""
    reader = _Reader()
    reader.feed(response.content.decode())
    reader.close()
    return {name: value for name, value in reader.values.items() if name not in ("", "next")}


def send(client: Client, address: str, **changes: Any) -> HttpResponse:
    """Open a form, change some fields, send it, and return what comes of it (302 when it was taken)."""
    page = client.get(address)
    assert page.status_code == 200, (address, page.status_code)
    return client.post(address, form_of(page) | changes)  # type: ignore[return-value]


def errors(response: HttpResponse) -> dict[str, list[str]]:
    """Return what was refused, by field."""
    assert response.status_code == 200, response.status_code
    form = response.context["adminform"].form  # type: ignore[attr-defined]
    return {name: [str(text) for text in texts] for name, texts in form.errors.items()}
