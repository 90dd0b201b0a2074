"""Callers of the API: with a token, as a person signed in, or as nobody."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from erp_connectors import clock
from erp_connectors.companies import Company
from exceptions_app.people import tokens
from exceptions_app.people.models import ApiToken, User

ROOT = "/api/v1/"
JSON = "application/json"
#: One order of the supplier 77 as a canonical document: 100 seal kits for 2026-12-02.
ORDER = {
    "kind": "purchase_order",
    "number": "1000",
    "supplier": "77",
    "currency": "EUR",
    "version": {"document_time": "2026-11-23T10:00:00Z"},
    "released_at": "2026-11-23T10:00:00Z",
    "lines": [
        {
            "number": "10",
            "item": "SEAL-KIT",
            "quantity": {"value": "100", "unit": "EA"},
            "price": {"amount": "182.40", "currency": "EUR"},
            "schedule": [{"quantity": {"value": "100", "unit": "EA"}, "date": "2026-12-02"}],
        }
    ],
}


@dataclass
class Caller:
    """Somebody who calls the API below /api/v1/."""

    secret: str = ""
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> HttpResponse:
        """GET."""
        return self.call("get", path, data=query)

    def post(self, path: str, body: Any = None, *, content_type: str = JSON, **headers: str) -> HttpResponse:
        """POST a JSON body, or bytes as they are."""
        return self.call("post", path, data=body, content_type=content_type, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        content_type: str = JSON,
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Call with any method."""
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.secret:
            sent["Authorization"] = f"Bearer {self.secret}"
        address = path if path.startswith("/") else ROOT + path
        options: dict[str, Any] = {"headers": sent}
        if method not in ("get", "head"):
            options["content_type"] = content_type
            # The test client forgets the media type of an empty body; browsers and servers do not.
            sent["Content-Type"] = content_type
            data = {} if data is None and content_type == JSON else data
        answer: HttpResponse = getattr(self.client, method)(address, data, **options)
        return answer


def with_token(
    company: Company, *scopes: str, acts_as: User | None = None, days: int = 365, revoked: bool = False
) -> Caller:
    """Return a caller with a fresh token; a negative number of days makes one that has expired."""
    now = clock.now()
    made = tokens.create(
        "warehouse system", company=company, scopes=list(scopes), now=now, days=days, acts_as=acts_as
    )
    if revoked:
        ApiToken.objects.filter(pk=made.row.pk).update(revoked_at=now - timedelta(seconds=1))
    return Caller(made.secret)


def signed_in(person: User) -> Caller:
    """Return a caller with a session in the browser."""
    caller = Caller()
    caller.client.force_login(person)
    return caller


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    """Return the problem document, after looking that it is a whole one."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()  # type: ignore[attr-defined]
    assert body["status"] == status
    assert body["type"].startswith("urn:rightline:problem:")
    assert body["title"]
    assert body["detail"]
    return body


def json_of(answer: HttpResponse, status: int = 200) -> Any:
    """Return the body of an answer with this status."""
    assert answer.status_code == status, (answer.status_code, answer.content[:800])
    return answer.json()  # type: ignore[attr-defined]


def results(answer: HttpResponse) -> list[Any]:
    """Return the rows of a page."""
    rows: list[Any] = json_of(answer)["results"]
    return rows
