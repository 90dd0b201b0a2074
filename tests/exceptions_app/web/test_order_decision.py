"""One decision over the open cases of an order: looked at, narrowed down, proposed, what became of it."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erp_connectors.canonical.values import Price
from erp_connectors.exchange.models import Command
from exceptions_app.cases.models import Case
from exceptions_app.proposals.models import Bundle, Proposal, ProposalState
from tests.builders.factories import ground, offer, order_line
from tests.exceptions_app.proposals.shortage import NOWHERE, REQUESTED, Shortage, late_and_dear, look, ready
from tests.exceptions_app.web.scenes import FRAGMENT, browser_of
from tests.exceptions_app.web.test_cases import text_of

SCENE = partial(late_and_dear, NOWHERE)


@pytest.fixture
def changed(scene: Shortage, tmp_path: Path) -> Shortage:
    return ready(scene, tmp_path)


def browser(made: Shortage, name: str) -> Client:
    return browser_of(made.person(name))


def page_of(made: Shortage) -> str:
    return f"/orders/{made.line.order_id}/decide/"


def late() -> Case:
    return Case.objects.get(type_code="backorder")


def dear() -> Case:
    return Case.objects.get(type_code="price_mismatch")


def form(*chosen: tuple[Case, str], **more: Any) -> dict[str, Any]:
    """Return the form in which these cases are ticked, each with its resolution."""
    sent: dict[str, Any] = {"case": [case.number for case, _code in chosen], "do": "propose", **more}
    for case, code in chosen:
        sent |= {f"{case.number}.resolution": code, f"{case.number}.version": str(case.version)}
    return sent


def everything(**more: Any) -> dict[str, Any]:
    return form((late(), "accept_date"), (dear(), "accept_price"), **more)


def propose(made: Shortage, limit: int) -> Bundle:
    """Let Bea, whose limit does not cover it, propose the whole."""
    made.person("bea").memberships.update(limit=limit)
    assert browser(made, "bea").post(page_of(made), everything(reason="As confirmed")).status_code == 302
    return Bundle.objects.get()


def states(bundle: Bundle) -> set[str]:
    return set(bundle.proposals.values_list("state", flat=True))


def words(answer: Any) -> str:
    return text_of(answer.content.decode())


def test_the_case_and_the_order_lead_to_the_decision(changed: Shortage) -> None:
    bea = browser(changed, "bea")

    for address in (f"/cases/{late().number}/", f"/orders/{changed.line.order_id}/"):
        page = bea.get(address).content.decode()
        assert page_of(changed) in page
        assert "Decide on all 2 open cases of this order" in page


def test_where_the_others_are_settled_nothing_is_offered(changed: Shortage) -> None:
    dear().lines.update(settled_at=late().opened_at)

    assert page_of(changed) not in browser(changed, "bea").get(f"/cases/{late().number}/").content.decode()


def test_what_takes_over_the_suppliers_word_is_chosen_and_in_view(changed: Shortage) -> None:
    page = words(browser(changed, "mona").get(page_of(changed)))

    assert late().headline in page
    assert dear().headline in page
    for told in ("2 cases", "3,483.20", "within your limit", "on 16 Dec 2026", "3,283.20", "200.00"):
        assert told in page
    assert not Bundle.objects.exists()


def test_a_case_is_left_out_by_its_tick(changed: Shortage) -> None:
    sent = form((dear(), "accept_price"), do="look")
    page = words(browser(changed, "mona").post(page_of(changed), sent, headers=FRAGMENT))

    assert "<html" not in page
    assert "1 case" in page
    assert "200.00" in page
    assert "3,483.20" not in page


def test_another_resolution_asks_for_what_it_needs(changed: Shortage) -> None:
    sent = form((late(), "expedite"), do="look")
    page = browser(changed, "bea").post(page_of(changed), sent).content.decode()

    assert f'name="{late().number}.cost:10"' in page
    assert "enter an amount" in text_of(page)


def test_it_is_proposed_in_each_case_and_carried_out_within_the_limit(changed: Shortage) -> None:
    answer = browser(changed, "mona").post(page_of(changed), everything(), follow=True)
    page, bundle = words(answer), Bundle.objects.get()

    assert answer.redirect_chain[-1][0] == f"/bundles/{bundle.pk}/"
    for told in ("Proposed for 2 cases.", "Accept the date", "Waiting to be sent to the ERP"):
        assert told in page
    assert Command.objects.count() == 2
    assert bundle.amount == Decimal("3483.20")


def test_what_cannot_be_used_is_said_and_nothing_is_proposed(changed: Shortage) -> None:
    sent = form((late(), "expedite"), (dear(), "accept_price")) | {f"{late().number}.cost:10": "much"}
    answer = browser(changed, "bea").post(page_of(changed), sent)

    assert answer.status_code == 422
    assert "“much” is not an amount" in words(answer)
    assert 'value="much"' in answer.content.decode()
    assert not Proposal.objects.exists()


def test_a_case_that_changed_meanwhile_is_not_decided(changed: Shortage) -> None:
    sent = everything() | {f"{late().number}.version": "0"}
    answer = browser(changed, "bea").post(page_of(changed), sent)

    assert answer.status_code == 409
    assert not Proposal.objects.exists()


def test_nothing_ticked_proposes_nothing(changed: Shortage) -> None:
    answer = browser(changed, "bea").post(page_of(changed), {"do": "propose"})

    assert answer.status_code == 409
    assert "No case is ticked." in words(answer)


def test_who_may_decide_nothing_is_told_so(changed: Shortage) -> None:
    pia = browser(changed, "pia")
    assert "Nothing is left to decide" in words(pia.get(page_of(changed)))
    pia.post(page_of(changed), everything())

    assert not Proposal.objects.exists()


def test_another_company_finds_neither_the_order_nor_the_decision(changed: Shortage) -> None:
    bundle = propose(changed, limit=100)
    stranger = browser_of(ground("elbeland", supplier_number="78").people["bea"])

    assert stranger.get(page_of(changed)).status_code == 404
    assert stranger.get(f"/bundles/{bundle.pk}/").status_code == 404
    assert stranger.post(f"/bundles/{bundle.pk}/", {"decision": "withdraw"}).status_code == 404


def test_approvers_find_it_as_one_in_their_inbox_and_approve_it_there(changed: Shortage) -> None:
    bundle = propose(changed, limit=3400)
    mona = browser(changed, "mona")
    inbox = mona.get("/approvals/").content.decode()
    assert f'id="inbox-{bundle.pk}"' in inbox
    assert "3,483.20" in text_of(inbox)

    ticked = [str(each.pk) for each in bundle.proposals.all() if f'value="{each.pk}" checked' in inbox]
    seen = {f"hash-{key}": inbox.split(f'name="hash-{key}" value="')[1].split('"')[0] for key in ticked}
    sent = {"decision": "approve", "proposal": ticked, "next": "/approvals/", **seen}
    answer = mona.post(f"/bundles/{bundle.pk}/", sent, follow=True)

    assert ticked
    assert answer.redirect_chain[-1][0] == "/approvals/"
    assert "You approved it for" in words(answer)


def test_it_is_rejected_with_a_reason_only(changed: Shortage) -> None:
    bundle = propose(changed, limit=100)
    mona, ticked = browser(changed, "mona"), [str(each.pk) for each in bundle.proposals.all()]
    sent: dict[str, Any] = {"decision": "reject", "proposal": ticked}
    assert "Say why" in words(mona.post(f"/bundles/{bundle.pk}/", sent, follow=True))
    assert states(bundle) == {ProposalState.PENDING}

    mona.post(f"/bundles/{bundle.pk}/", sent | {"comment": "Ask for a discount"})
    assert ProposalState.REJECTED in states(bundle)


def test_it_is_taken_back_as_a_whole(changed: Shortage) -> None:
    bundle = propose(changed, limit=100)
    bea, sent = browser(changed, "bea"), {"decision": "withdraw", "comment": "Nora called"}
    assert "Withdraw this decision" in words(bea.get(f"/bundles/{bundle.pk}/"))
    answer = bea.post(f"/bundles/{bundle.pk}/", sent, follow=True)

    assert "Withdrawn for 2 cases." in words(answer)
    assert states(bundle) == {ProposalState.VOID}
    assert "Withdraw this decision" not in words(bea.get(f"/bundles/{bundle.pk}/"))


def test_nobody_of_another_team_takes_it_back(changed: Shortage) -> None:
    bundle, sent = propose(changed, limit=100), {"decision": "withdraw", "comment": "No"}
    answer = browser(changed, "finn").post(f"/bundles/{bundle.pk}/", sent)

    assert answer.status_code in (302, 404)
    assert states(bundle) == {ProposalState.PENDING}


def test_the_number_of_queries_does_not_grow_with_the_cases(changed: Shortage) -> None:
    bea = browser(changed, "bea")

    def asked() -> int:
        with CaptureQueriesContext(connection) as context:
            assert bea.get(page_of(changed)).status_code == 200
        return len(context)

    asked()
    few = asked()
    for number in ("30", "40", "50"):
        line = order_line(changed.world, line=number, price=Decimal(10))
        offer(line, (100, REQUESTED), price=Price(Decimal(13), "EUR"))
    look(changed.line)

    assert asked() == few
