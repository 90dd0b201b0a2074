"""The seeded demo: every type waits in its queue, every team has work, and all of it came by the channels."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count
from django.test import Client

from erp_connectors import clock
from erp_connectors.clock import ClockOffset
from erp_connectors.documents.models import PurchaseOrder as MirroredOrder
from erp_connectors.exchange import polling, processing
from erp_connectors.exchange.channels import folder
from erp_connectors.exchange.models import (
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    Transaction,
    TransactionStatus,
)
from exceptions_app.backtest import job
from exceptions_app.backtest.models import Backtest, BacktestStatus
from exceptions_app.cases.models import ENDED, Case, QueueEntry, QueueRole, Severity, Task
from exceptions_app.demo import world
from exceptions_app.demo.catalogue import WESERLAND, DemoCompany
from exceptions_app.demo.parties.kinds import every_misdeed
from exceptions_app.demo.parties.misdeeds import Misdeed
from exceptions_app.demo.places import logins_of
from exceptions_app.demo.seed import seed
from exceptions_app.demo.simulation import Simulation
from exceptions_app.demo.world import World
from exceptions_app.detection import registry
from exceptions_app.detection.models import Watch
from exceptions_app.incidents.models import Incident
from exceptions_app.kept_apart import INVOICE, of_decision, who_entered
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import Team, User
from exceptions_app.policies.calendar_rows import business_calendar
from exceptions_app.policies.models import ApprovalRule, CompanyPolicy, MessageTemplate
from exceptions_app.policies.standard import STANDARD_APPROVALS
from exceptions_app.proposals.models import ApprovalNeed, Proposal, ProposalState
from suppliers.messaging.models import SupplierMessage

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.proof]

WEDNESDAY = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
NUMBER = 20261123


@dataclass(frozen=True)
class Seeded:
    """The seeded demo: where its files are, its one company, and what was to happen in it."""

    home: Path
    company: DemoCompany
    world: World


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seeded]:
    """Seed only what must be seen, in a transaction that is rolled back after the last test of the module."""
    home = tmp_path_factory.mktemp("demo")
    company = replace(WESERLAND, orders=0, items=310)
    with django_db_blocker.unblock(), transaction.atomic():
        try:
            clock.set_now(WEDNESDAY)
            seed(number=NUMBER, now=WEDNESDAY, home=home, say=lambda line: None, companies=[company])
            calendar = business_calendar(CompanyPolicy.objects.get().calendar)
            yield Seeded(home, company, world.build(company, calendar, seed=NUMBER, now=WEDNESDAY))
        finally:
            clock.reset()
            transaction.set_rollback(True)


LIVE = [kind for kind in registry.all_types() if kind.is_live]


def open_cases() -> list[Case]:
    """Return the cases that wait for somebody."""
    return list(Case.objects.exclude(state__in=ENDED).select_related("team", "order"))


def test_every_live_type_waits_in_the_queue_of_the_team_that_owns_it(demo: Seeded) -> None:
    owned = QueueEntry.objects.filter(is_open=True, role=QueueRole.OWNER)
    waiting = set(owned.values_list("case__type_code", "team__code"))
    assert not {(kind.code, kind.owner.value) for kind in LIVE} - waiting


def test_every_team_has_cases_and_severities_make_a_pyramid(demo: Seeded) -> None:
    cases = open_cases()
    assert {case.team.code for case in cases} == set(Team.objects.values_list("code", flat=True))
    count = Counter(case.severity for case in cases)
    assert 0 < count[Severity.CRITICAL] < count[Severity.HIGH] < count[Severity.LOW]
    assert 0 < count[Severity.MEDIUM] < count[Severity.LOW]


def test_no_case_is_there_twice_and_somebody_has_each(demo: Seeded) -> None:
    same = Case.objects.exclude(state__in=ENDED).values("type_code", "group_key").annotate(count=Count("pk"))
    assert not same.filter(count__gt=1).exists()
    assert not Case.objects.filter(owner=None).exclude(state__in=ENDED).exists()


@pytest.mark.parametrize("misdeed", every_misdeed(), ids=lambda misdeed: misdeed.code)
def test_a_misdeed_leads_to_the_type_it_says(demo: Seeded, misdeed: Misdeed) -> None:
    numbers = [plot.order.number for plot in demo.world.plots if plot.misdeed == misdeed]
    assert numbers, "the demo shows every misdeed"
    if misdeed.causes == "message_quarantined":
        assert Case.objects.filter(type_code=misdeed.causes).exists()
        return
    caused = [{case.type_code for case in open_cases() if is_about(case, number)} for number in numbers]
    if misdeed.causes:
        assert any(misdeed.causes in types for types in caused)
    else:
        assert not any(caused)


def is_about(case: Case, number: str) -> bool:
    """Say whether a case is about an order, or about a paper that is numbered by it."""
    return (case.order.number == number) if case.order else number[-5:] in case.group_key


def test_everything_came_by_the_channels_and_in_both_standards(demo: Seeded) -> None:
    status = Counter(Interchange.objects.values_list("status", flat=True))
    assert set(status) <= {
        InterchangeStatus.PROCESSED,
        InterchangeStatus.QUARANTINED,
        InterchangeStatus.DUPLICATE,
    }
    assert status[InterchangeStatus.QUARANTINED] == 1
    kinds = set(Transaction.objects.values_list("kind", flat=True))
    assert {"855", "856", "810", "214", "ORDRSP", "DESADV", "INVOIC"} <= kinds
    assert {"orders", "receipts", "invoices", "stock", "demand"} <= kinds
    assert set(OutgoingFile.objects.values_list("kind", flat=True)) >= {"997", "CONTRL"}
    assert not Watch.objects.exclude(last_error="").exists()
    assert MirroredOrder.objects.count() == len(demo.world.orders)


def test_decisions_answers_and_tasks_are_waited_for(demo: Seeded) -> None:
    pending = Proposal.objects.filter(state=ProposalState.PENDING)
    needed = set(ApprovalNeed.objects.filter(proposal__in=pending).values_list("team__code", flat=True))
    assert {"PRO", "PLN", "FIN"} <= needed
    (substitute,) = pending.filter(resolution="accept_substitute")
    assert substitute.lines.get().new_line() is not None
    assert Incident.objects.filter(state="suggested", type_code="date_later").count() == 1
    assert set(SupplierMessage.objects.values_list("inquiry", "state")) == {("confirmation", "queued")}
    assert Case.objects.filter(state="waiting_supplier").exists()
    assert {"PLN", "CSR"} <= set(Task.objects.values_list("team__code", flat=True))
    tour = Case.objects.get(order__number="4500010001", type_code="quantity_short")
    assert {"PLN", "CSR"} == set(Task.objects.filter(case=tour).values_list("team__code", flat=True))


def test_who_typed_an_invoice_in_is_known_and_does_not_release_it(demo: Seeded) -> None:
    """Finn finds such a case, and one that he may release; both say why."""
    finn = User.objects.get(username="finn")
    invoices = [case for case in open_cases() if case.document and case.document.kind == "invoice"]
    entered = {case: who_entered(case.document) for case in invoices if case.document}
    his = [case for case, who in entered.items() if who.people == (finn,)]
    assert any(who.strangers for who in entered.values())
    client = Client()
    client.force_login(finn)
    page = client.get(f"/cases/{his[0].number}/").content.decode()
    assert "Entered by Finn Fischer, who does not release it." in page
    apart = of_decision(his[0], resolution="accept_as_billed", changes=[])
    assert apart == {finn.pk: INVOICE}


def test_a_lead_has_set_something_by_hand(demo: Seeded) -> None:
    override = Override.objects.select_related("case__team").get()
    assert override.case.team.code == "PRO"
    assert override.reason
    assert override.is_in_force


def test_people_can_sign_in_and_rules_are_there(demo: Seeded) -> None:
    assert User.objects.get(username="bea").check_password("rightline")
    logins = logins_of(demo.home).read_text()
    for person in demo.company.people:
        assert person.username in logins
        assert User.objects.get(username=person.username).memberships.exists()
    assert MessageTemplate.objects.filter(language="de").exists()
    assert ApprovalRule.objects.count() == len(STANDARD_APPROVALS)
    assert not ClockOffset.objects.exists()


def test_what_the_simulator_writes_is_picked_up_and_understood(
    demo: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "SETTLED_AFTER", 0.0)
    known = set(Interchange.objects.values_list("pk", flat=True))
    simulation = Simulation(home=demo.home, rate=600)
    simulation.tick(WEDNESDAY)
    said = simulation.tick(WEDNESDAY + timedelta(minutes=3))

    for _ in range(2):
        folder.pick_up_all()
    while polling.poll_due() or processing.process_due(50):
        pass

    assert len(said) == 30
    fresh = Interchange.objects.exclude(pk__in=known)
    assert {interchange.channel for interchange in fresh} <= {"folder", "poll"}
    assert set(fresh.values_list("status", flat=True)) == {InterchangeStatus.PROCESSED}
    statuses = set(Transaction.objects.filter(interchange__in=fresh).values_list("status", flat=True))
    assert statuses == {TransactionStatus.APPLIED}


def test_the_draft_that_waits_is_tried_on_what_the_demo_has_lived_through(demo: Seeded) -> None:
    backtest = Backtest.objects.get()
    job.sweep(WEDNESDAY, seconds=240)
    backtest.refresh_from_db()
    assert backtest.status == BacktestStatus.DONE
    assert backtest.cases > 0
    assert backtest.counts["found_again"] == backtest.counts["happened"] > 0
