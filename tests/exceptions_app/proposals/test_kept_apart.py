"""Pairs of acts that one person never does both of, nor anybody in their place; the refusal says which."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from erp_connectors.canonical.values import Price
from erp_connectors.documents.models import DocumentHead, PurchaseOrder
from erp_connectors.exchange.models import Command
from exceptions_app import kept_apart
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions as case_actions
from exceptions_app.cases.models import Case, TaskState
from exceptions_app.detection.agreements import values_of
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.playbook.load import line_snapshot
from exceptions_app.proposals import approvals
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.builders.factories import (
    ApprovalRuleFactory,
    CaseFactory,
    DelegationFactory,
    DocumentFactory,
    InterchangeFactory,
    MembershipFactory,
    TaskFactory,
    TransactionFactory,
    UserFactory,
    offer,
    order_line,
)
from tests.exceptions_app.proposals.shortage import NOWHERE, REQUESTED, Shortage, look, ready, shortage
from tests.exceptions_app.web.scenes import browser_of

pytestmark = pytest.mark.django_db


def dearer() -> Shortage:
    """A line of 100 at 10.00 that is confirmed at 12.00: 200.00 more. Bea buys; her limit is 2,500."""
    made = shortage(NOWHERE, short=None)
    PurchaseOrder.objects.update(buyer="BEA")
    line = order_line(made.world, line="20", price=Decimal(10))
    offer(made.line, (100, REQUESTED))
    offer(line, (100, REQUESTED), price=Price(Decimal(12), "EUR"))
    look(line)
    made.case = Case.objects.get(type_code="price_mismatch")
    return made


SCENE = dearer


@pytest.fixture
def dear(scene: Shortage, tmp_path: Path) -> Shortage:
    return ready(scene, tmp_path)


def accept(dear: Shortage, name: str, code: str = "accept_price") -> Proposal:
    return dear.propose(name, code, {})


@pytest.mark.parametrize("code", ["accept_price", "accept_price_once"])
def test_the_buyer_does_not_raise_the_price_of_their_own_order(dear: Shortage, code: str) -> None:
    proposal = accept(dear, "bea", code)
    assert proposal.state == ProposalState.PENDING
    assert [need.team.code for need in proposal.needs.all()] == ["PRO"]
    assert not Command.objects.exists()
    assert dear.approve(proposal, "paul").state in (ProposalState.EXECUTING, ProposalState.SETTLED)


def test_nobody_else_of_procurement_is_needed_where_finance_agrees(dear: Shortage) -> None:
    ApprovalRuleFactory.create(type_code="price_mismatch", percent_above=None, asks="FIN")
    proposal = accept(dear, "bea")
    assert [need.team.code for need in proposal.needs.all()] == ["FIN"]
    assert dear.approve(proposal, "finn").state == ProposalState.EXECUTING


def test_the_buyer_does_not_agree_to_what_another_proposed(dear: Shortage) -> None:
    ApprovalRuleFactory.create(type_code="price_mismatch", percent_above=None, asks="PRO")
    proposal = accept(dear, "paul")
    assert not approvals.open_approvals(dear.person("bea")).exists()
    with pytest.raises(NotAllowed, match="Bea Example is the buyer of the order, so another person"):
        dear.approve(proposal, "bea")
    assert dear.approve(proposal, "mona").state == ProposalState.EXECUTING


def test_nobody_agrees_in_the_place_of_the_buyer(dear: Shortage) -> None:
    ApprovalRuleFactory.create(type_code="price_mismatch", percent_above=None, asks="PRO")
    DelegationFactory.create(person=dear.person("bea"), delegate=dear.person("finn"))
    proposal = accept(dear, "paul")
    assert not approvals.open_approvals(dear.person("finn")).exists()
    with pytest.raises(NotAllowed, match="Bea Example is the buyer of the order, so Finn Example may not"):
        dear.approve(proposal, "finn")


def test_the_buyer_does_not_agree_in_the_place_of_another(dear: Shortage) -> None:
    ApprovalRuleFactory.create(type_code="price_mismatch", percent_above=None, asks="FIN")
    DelegationFactory.create(person=dear.person("finn"), delegate=dear.person("bea"))
    proposal = accept(dear, "paul")
    with pytest.raises(NotAllowed, match="is the buyer of the order"):
        dear.approve(proposal, "bea")


@pytest.mark.parametrize(
    ("price", "is_dearer"),
    [
        (Price(Decimal(8), "EUR"), False),
        (Price(Decimal(10), "EUR"), False),
        (Price(Decimal("1000.01"), "EUR", Decimal(100)), True),
        (Price(Decimal(8), "USD"), True),
    ],
)
def test_a_price_that_does_not_rise_is_the_buyers_to_accept(
    dear: Shortage, price: Price, is_dearer: bool
) -> None:
    line = dear.line.order.lines.get(number="20")
    before = values_of(line_snapshot(line).position.line)
    change = (before, replace(before, price=price))
    apart = kept_apart.of_decision(dear.case, resolution="accept_price", changes=[change])
    assert apart == ({dear.person("bea").pk: kept_apart.BUYER} if is_dearer else {})


# --- invoices and receipts ------------------------------------------------------------------------------


def entered(case: Case, name: str, kind: str, **content: str) -> None:
    """Let somebody have entered the document of a case."""
    transaction = TransactionFactory.create(interchange=InterchangeFactory.create(entered_by=name))
    document = DocumentFactory.create(
        kind=kind, company=case.company, transaction=transaction, content=content
    )
    case.order, case.document = (
        None,
        DocumentHead.objects.create(
            connection=document.connection,
            company=case.company,
            kind=kind,
            key=document.key,
            supplier=document.supplier,
            document=document,
            number="4711",
            first_said_at=document.said_at,
        ),
    )
    case.save()


@pytest.mark.parametrize(("code", "is_barred"), [("accept_as_billed", True), ("short_pay", False)])
def test_who_entered_an_invoice_does_not_release_it(dear: Shortage, code: str, is_barred: bool) -> None:
    case = CaseFactory.create(subject_kind="invoice")
    entered(case, "finn", "invoice")
    apart = kept_apart.of_decision(case, resolution=code, changes=[])
    assert apart == ({dear.person("finn").pk: kept_apart.INVOICE} if is_barred else {})


def of_procurement(dear: Shortage) -> Case:
    """Make a case about an invoice that procurement has."""
    world = dear.world
    made: Case = CaseFactory.create(subject_kind="invoice", company=world.company, team=world.teams["PRO"])
    return made


def page_of(dear: Shortage, case: Case) -> str:
    return browser_of(dear.person("paul")).get(f"/cases/{case.number}/").content.decode()


def test_who_typed_an_invoice_into_the_erp_does_not_release_it(dear: Shortage) -> None:
    finn, case = dear.person("finn"), of_procurement(dear)
    User.objects.filter(pk=finn.pk).update(erp_user="FINN2")
    entered(case, "", "invoice", entered_by="FINN2")
    assert kept_apart.of_decision(case, resolution="accept_as_billed", changes=[]) == {
        finn.pk: kept_apart.INVOICE
    }
    assert "Entered by Finn Example, who does not release it." in page_of(dear, case)


def test_a_user_of_the_erp_of_another_company_is_nobody_here(dear: Shortage) -> None:
    UserFactory.create(username="stranger", erp_user="FINN2")
    case = of_procurement(dear)
    entered(case, "", "invoice", entered_by="FINN2")
    assert case.document is not None
    assert kept_apart.who_entered(case.document) == kept_apart.Entered(strangers=("FINN2",))
    assert "FINN2 of the ERP, who is nobody here" in page_of(dear, case)


def test_that_nobody_knows_who_entered_an_invoice_is_said(dear: Shortage) -> None:
    case = of_procurement(dear)
    entered(case, "", "invoice")
    assert kept_apart.of_decision(case, resolution="accept_as_billed", changes=[]) == {}
    assert "Who entered the invoice is not known" in page_of(dear, case)


def test_who_counted_does_not_count_again(dear: Shortage) -> None:
    case = CaseFactory.create(subject_kind="document", company=dear.world.company)
    entered(case, "wade", "receipt")
    task = TaskFactory.create(case=case, team=dear.world.teams["WHS"], facts={"pair": "count"})
    with pytest.raises(NotAllowed, match="Wade Example counted the receipt, so another person"):
        case_actions.complete_task(task, by=dear.by("wade"))
    walt = UserFactory.create(username="walt", first_name="Walt")
    MembershipFactory.create(user=walt, team=dear.world.teams["WHS"])
    DelegationFactory.create(person=dear.person("wade"), delegate=walt)
    with pytest.raises(NotAllowed, match="so Walt Example may not count it again for them"):
        case_actions.complete_task(task, by=Actor(walt))
    willa = UserFactory.create(username="willa")
    MembershipFactory.create(user=willa, team=dear.world.teams["WHS"])
    assert case_actions.complete_task(task, by=Actor(willa)).state == TaskState.DONE


def test_who_booked_a_receipt_in_the_erp_does_not_count_again(dear: Shortage) -> None:
    User.objects.filter(username="wade").update(erp_user="WADE2")
    case = CaseFactory.create(subject_kind="document", company=dear.world.company)
    entered(case, "", "receipt", entered_by="WADE2")
    task = TaskFactory.create(case=case, team=dear.world.teams["WHS"], facts={"pair": "count"})
    with pytest.raises(NotAllowed, match="Wade Example counted the receipt"):
        case_actions.complete_task(task, by=dear.by("wade"))


# --- rules ------------------------------------------------------------------------------------------------


def test_who_wrote_a_rule_does_not_publish_it_nor_who_stands_in_for_them(dear: Shortage) -> None:
    paul, mona, pia = (dear.person(name) for name in ("paul", "mona", "pia"))
    DelegationFactory.create(person=paul, delegate=pia)
    publish: Callable[[User], None] = partial(kept_apart.require_other, kept_apart.RULE, first=[paul])
    publish(mona)
    with pytest.raises(NotAllowed, match="Paul Example wrote the rule, so another person has to publish it"):
        publish(paul)
    with pytest.raises(NotAllowed, match="so Pia Example may not publish it for them"):
        publish(pia)
