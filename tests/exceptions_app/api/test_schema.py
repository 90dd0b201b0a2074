"""The schema is whole and valid, and the API keeps what it says; its page runs under the strict policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from config.wsgi import application
from exceptions_app.cases.models import Task
from exceptions_app.incidents.models import Incident
from exceptions_app.people.tokens import SCOPES
from exceptions_app.proposals.models import Bundle
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import Caller, with_token
from tests.exceptions_app.api.test_queries import (
    approval_rules,
    bundles,
    commands,
    events,
    impact_defaults,
    interchanges,
    proposals,
    routing_rules,
    service_levels,
    severity_bands,
    terms,
    tolerances,
    transactions,
    waiting_lines,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/schema/?format=json"
KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
BOUNDED = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
#: A row that is not there is not there whatever is sent to it.
FEWER = settings(BOUNDED, max_examples=2)


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path: Path) -> None:
    written = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))
    assert written.read_text().startswith("openapi: 3")


def test_the_schema_is_open_and_names_every_route(client: Client) -> None:
    schema = client.get(ADDRESS).json()
    assert {"token", "cookieAuth"} == set(schema["components"]["securitySchemes"])
    for path in (
        "inbound/{connection}/",
        "interchanges/{id}/replay/",
        "documents/",
        "orders/{id}/",
        "cases/{number}/",
        "cases/{number}/events/",
        "cases/{number}/inquiries/",
        "cases/{number}/messages/",
        "cases/{number}/messages/{message}/send-again/",
        "cases/{number}/actions/{verb}/",
        "proposals/{id}/actions/{verb}/",
        "approvals/",
        "approvals/approve/",
        "incidents/{number}/actions/{verb}/",
        "incidents/{number}/ask/",
        "bundles/preview/",
        "matching/{id}/lines/{line}/",
        "commands/",
        "suppliers/",
        "policies/",
        "kpis/",
    ):
        assert f"/api/v1/{path}" in schema["paths"], path
    answers = [operation["responses"] for path in schema["paths"].values() for operation in path.values()]
    assert all("application/problem+json" in answer["default"]["content"] for answer in answers)


@pytest.fixture
def world() -> Ground:
    """A company with a few rows of everything."""
    world = factories.ground()
    events(world, 1)
    for fill in (approval_rules, bundles, commands, interchanges, proposals, routing_rules, waiting_lines):
        fill(world, 1)
    for fill in (impact_defaults, service_levels, severity_bands, terms, tolerances, transactions):
        fill(world, 1)
    return world


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, *SCOPES, acts_as=world.people["mona"])


@pytest.fixture
def api_schema(caller: Caller) -> Iterator[Any]:
    """The schema, with the installation that has to keep it behind it, in the transaction of the test.

    Made after all else: Django's test client, of which the rows make use, connects what is disconnected here.
    """
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi(ADDRESS, application)
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


def keeps_the_schema(api_schema: Any, caller: Caller, keys: dict[str, Any] | None = None) -> None:
    """Try every operation with what the schema allows, with `keys` on rows that are there.

    Without keys only those are tried that name a row: to all others it would be the same.
    """
    broken = []
    for operation in (found.ok() for found in api_schema.get_all_operations()):
        if not keys and "{" not in operation.path:
            continue

        @given(case=operation.as_strategy())
        @(BOUNDED if keys else FEWER)
        def try_it(case: schemathesis.Case) -> None:
            for name in case.path_parameters if keys else ():
                case.path_parameters[name] = key_of(case.path, name, keys or {}) or case.path_parameters[name]
            answer = case.call(headers={"Authorization": f"Bearer {caller.secret}"})
            case.validate_response(answer, checks=KEPT)

        try:
            try_it()
        except Exception as error:
            broken.append(f"{operation.label}: {error}")
    assert not broken, "\n\n".join(broken)


def key_of(path: str, name: str, keys: dict[str, Any]) -> str | None:
    """Return the key of a row of the resource; None for a parameter that is no key."""
    if name in ("connection", "code"):
        return str(keys[name])
    resource, *inside = path.removeprefix("/api/v1/").split("/")
    resource = inside[0] if resource == "policies" else resource
    return str(keys[resource]) if name in ("id", "number") else None


@pytest.mark.proof
def test_the_api_answers_as_the_schema_says_of_rows_that_are_not_there(
    api_schema: Any, caller: Caller
) -> None:
    keeps_the_schema(api_schema, caller)


@pytest.mark.proof
def test_the_api_answers_as_the_schema_says_of_rows_that_are_there(
    api_schema: Any, caller: Caller, world: Ground
) -> None:
    change = factories.PolicyChangeFactory.create(company=world.company)
    keys = {
        "drafts": change.draft_id,
        "backtests": factories.BacktestFactory.create(draft=change.draft).pk,
        "releases": 1,
        "orders": world.erp.orders.values_list("pk", flat=True)[0],
        "suppliers": world.supplier.pk,
        "interchanges": world.edi.interchanges.values_list("pk", flat=True)[0],
        "commands": world.erp.commands.values_list("pk", flat=True)[0],
        "cases": "EX-1",
        "tasks": Task.objects.values_list("pk", flat=True)[0],
        "proposals": world.people["bea"].proposals.values_list("pk", flat=True)[0],
        "incidents": Incident.objects.values_list("number", flat=True)[0],
        "bundles": Bundle.objects.values_list("pk", flat=True)[0],
        "matching": world.erp.document_heads.values_list("pk", flat=True)[0],
        "connection": world.erp.code,
        "code": "on_time_confirmation_rate",
    }
    keeps_the_schema(api_schema, caller, keys)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_api_runs_under_the_strict_policy(live_server: LiveServer, chromium: Browser) -> None:
    page = chromium.new_page()
    told: list[str] = []
    page.on(
        "console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: told.append(str(error)))
    answer = page.goto(f"{live_server.url}{reverse('api:docs')}")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.wait_for_selector(".opblock-summary-path")
    shown = page.locator(".opblock-summary-path").all_inner_texts()
    assert any("inbound" in path for path in shown)
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".opblock-body")
    assert told == []
    page.close()


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("api:docs")).content.decode()
    assert "://" not in page.replace("http://www.w3.org", "")
    assert "<style" not in page
    assert "<script>" not in page
    script = client.get(reverse("api:docs"), {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
