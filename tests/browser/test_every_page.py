"""axe-core finds nothing wrong with any page, light on a desk or dark on a German phone; and all of them fit.

The pages are those of the URL configuration: a new one is looked at without being named here. Where it needs
something to show that is not there yet, this test says so.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, reverse
from playwright.sync_api import Page

import analytics.web.urls
import exceptions_app.web.urls
from erp_connectors.documents.models import Document, DocumentHead
from erp_connectors.exchange.models import Interchange
from exceptions_app.audit import seals
from exceptions_app.audit.models import Event
from exceptions_app.backtest.models import Backtest
from exceptions_app.people.models import Role
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.proposals.models import Bundle, Proposal
from suppliers.messaging.models import SupplierMessage
from tests.browser.conftest import AT_REST, OpenPage
from tests.browser.showroom import (
    SUPPLIERS,
    Showroom,
    furnish,
    give_every_page_something,
    give_every_team_something,
)
from tests.builders.factories import MembershipFactory
from tests.exceptions_app.web.scenes import browser_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.proof,
    pytest.mark.django_db(transaction=True),
]

SITES = (exceptions_app.web.urls, analytics.web.urls)
WHO = "mona"
QUEUE = "/queues/weserland"
#: The same pages with other contents, and those that are not ours by their URL configuration.
BESIDES = (
    f"{QUEUE}/PRO/?case=EX-20418",
    f"{QUEUE}/PRO/?q=nothing-like-it",
    f"{QUEUE}/PRO/?breached=supplier",
    *(f"{QUEUE}/{team}/" for team in ("PLN", "WHS", "FIN", "CSR", "SUP", "EDI")),
    f"{QUEUE}/PLN/?role=task",
    f"{QUEUE}/PLN/?role=alerts",
    "/cases/EX-20500/",
    "/incidents/?state=ended",
    "/search/?q=nordmann",
    "/profile/security/",
    "/profile/security/password/",
    "/profile/confirm/",
    "/admin/",
    "/admin/exceptions_app/routingrule/bench/?case=EX-20418",
)
WIDTHS = (1680, 1366, 1024, 768, 390)
NARROW = WIDTHS[-1]
HEIGHT = 1000
IS_WIDER = f"({AT_REST})().then(() => document.documentElement.scrollWidth > innerWidth)"
NOT_ALLOWED = 405


@pytest.fixture
def room(transactional_db: None, tmp_path: Path) -> Showroom:
    """Make something to show for every page; Mona oversees the company, integrates, and administers it."""
    room = furnish(len(SUPPLIERS))
    room.world.erp.settings = {"folder": str(tmp_path)}
    room.world.erp.save()
    give_every_team_something(room)
    give_every_page_something(room)
    seals.seal_committed()
    mona = room.world.people[WHO]
    mona.is_staff = mona.is_superuser = True
    mona.save()
    # Forms of the integration team are pages too.
    MembershipFactory.create(user=mona, team=room.world.teams["EDI"], role=Role.LEAD)
    return room


def arguments_of(name: str, room: Showroom) -> dict[str, Any]:
    """Return what may stand in the address of a page, by the names in its route."""
    case = room.cases[0]
    known = {
        "company": room.world.company.code,
        "code": "PRO",
        "form": "csv",
        "number": case.number,
        "document_id": Document.objects.get(kind="confirmation").pk,
        "order_id": case.order_id,
        "interchange_id": Interchange.objects.get(file_name="broken.edi").pk,
        "message_id": SupplierMessage.objects.get(state="failed").pk,
        "head_id": DocumentHead.objects.get(number="GR-1").pk,
        "bundle_id": Bundle.objects.get().pk,
        "backtest_id": Backtest.objects.get().pk,
        "draft_id": PolicyDraft.objects.get(state="in_review").pk,
        "release_number": 2,
        "table": "tolerancerow",
        "event_id": Event.objects.filter(case=case, kind="case.assigned").latest("at").pk,
        # What only takes forms needs nothing to show.
        "code_of_verb": "take",
        "proposal_id": Proposal.objects.order_by("pk")[0].pk,
        "task_id": 0,
        "verb": "confirm",
        "view_id": 0,
        "token_id": 0,
        "delegation_id": 0,
        "seen": "of-last-week",
    }
    of_page = {
        "propose": {"code": "split"},
        "preview": {"number": room.cases[2].number, "code": "split"},
        "incident": {"number": "IN-1"},
        "policy_write": {"draft_id": PolicyDraft.objects.get(state="written").pk},
        "incident_decide": {"number": "IN-1", "code": "reduce_line"},
    }
    return known | of_page.get(name, {})


def pages(room: Showroom) -> Iterator[str]:
    """Yield the address of every page: what answers with a whole document."""
    client = browser_of(room.world.people[WHO])
    for site in SITES:
        for pattern in site.urlpatterns:
            assert isinstance(pattern, URLPattern)
            known = arguments_of(str(pattern.name), room)
            wanted = pattern.pattern.converters
            assert set(wanted) <= set(known), f"Say in `arguments_of` what {pattern.name} has to show."
            address = reverse(
                f"{site.app_name}:{pattern.name}", kwargs={name: known[name] for name in wanted}
            )
            if is_page(client, address):
                yield address
    yield from administered()


def is_page(client: Client, address: str) -> bool:
    """Say whether an address shows a page: not a part of one, a file, or the way to another page."""
    answer = client.get(address)
    assert answer.status_code in (200, 302, NOT_ALLOWED), f"{address} has nothing to show: {answer}"
    return answer.status_code == 200 and is_document(answer)


def is_document(answer: HttpResponse) -> bool:
    """Say whether an answer is a whole HTML document."""
    return not answer.streaming and answer.content.lstrip()[:9].lower() == b"<!doctype"


def administered() -> Iterator[str]:
    """Yield the lists of the administration that have a template of ours."""
    for model in admin.site._registry:
        name = f"{model._meta.app_label}/{model._meta.model_name}"
        try:
            get_template(f"admin/{name}/change_list.html")
        except TemplateDoesNotExist:
            continue
        yield reverse(f"admin:{name.replace('/', '_')}_changelist")


def test_every_page_is_accessible_and_no_wider_than_its_window(
    window: OpenPage, violations: Callable[[Page], list[str]], room: Showroom
) -> None:
    addresses = [*pages(room), *BESIDES]
    assert len(addresses) > 35
    desk = window("/", WHO, theme="light", language="en-GB", width=WIDTHS[0])
    phone = window("/", WHO, theme="dark", language="de-DE", width=NARROW)
    found: list[str] = []
    for address in addresses:
        for page, widths in ((desk, WIDTHS), (phone, (NARROW,))):
            page.goto(address)
            wrong = violations(page) + [f"is wider than {width}" for width in widths if is_wider(page, width)]
            found += [f"{address} {each}" for each in wrong]
            page.set_viewport_size({"width": widths[0], "height": HEIGHT})
    assert found == []


def is_wider(page: Page, width: int) -> bool:
    """Say whether a page has to be scrolled sideways in a window of this width."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return bool(page.evaluate(IS_WIDER))
