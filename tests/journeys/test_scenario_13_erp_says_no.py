"""Golden scenario 13: the ERP refuses what was approved; put right by hand, the next read closes it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from erp_connectors import clock
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import AgreementRow, Case, CaseState
from exceptions_app.notifications.models import Notification
from exceptions_app.overrides.models import Override
from exceptions_app.proposals.models import Proposal, ProposalState
from tests.journeys.at_once import catch_up, let_erp_work, live_until, open_house
from tests.journeys.decisions import approve, propose
from tests.journeys.house import House, on, order
from tests.journeys.papers import Partner, answer, offered

pytestmark = pytest.mark.django_db

NUMBER = "4500010001"
LATER = date(2026, 12, 16)
NO = "Posting period 2026-12 is closed."
REASON = "The period is open for me: moved in the ERP, as approved."


@pytest.fixture
def weserland(tmp_path: Path) -> House:
    """100 seal kits come two weeks later; the ERP will not change any date in December."""
    house = open_house(tmp_path, at=on(date(2026, 11, 23), 9))
    house.tell_orders(order(NUMBER, released_at=clock.now()))
    live_until(on(date(2026, 11, 24), 10))
    Partner(house).sends(answer(NUMBER, offered((100, LATER))))
    catch_up()
    house.erp.refusals[NUMBER] = NO
    return house


def test_what_the_erp_refuses_is_put_right_by_hand(weserland: House) -> None:
    house, case = weserland, weserland.the_case()
    refused_by_erp(house, case)

    paul_moves_the_date_in_the_erp(house)
    paul_says_it_is_done(house, case)
    it_rests_on_the_word_of_paul(house, case)
    live_until(on(date(2026, 11, 24), 15))
    assert house.open_cases() == []
    assert house.state_of(case) == CaseState.CLOSED
    assert Command.objects.count() == 1
    mark = Override.objects.get(case=case)
    assert (mark.is_contradicted, mark.end_reason) == (False, "The ERP says the same now")


def test_what_was_said_to_be_done_and_is_not_comes_back_and_is_told(weserland: House) -> None:
    house, case = weserland, weserland.the_case()
    refused_by_erp(house, case)

    paul_says_it_is_done(house, case)
    live_until(on(date(2026, 11, 24), 13))
    house.tell_orders()
    live_until(on(date(2026, 11, 24), 15))
    assert house.state_of(case) == CaseState.IN_PROGRESS
    mark = Override.objects.get(case=case)
    assert (mark.is_contradicted, mark.end_reason) == (True, "The ERP still has the values before")
    told = {news.person for news in Notification.objects.filter(title__startswith="Contradicted:")}
    assert told == {house.people["bea"], house.people["paul"]}
    assert "The ERP still has the values before" in house.as_("bea").get(f"/cases/{case.number}/").text


def refused_by_erp(house: House, case: Case) -> None:
    """Bea proposes and Paul approves; the ERP says no in its answer file."""
    proposal = propose(house, "bea", case, "accept_date", "We can wait.")
    approve(house, "paul", proposal)
    assert let_erp_work(house) == 1
    it_is_back_in_work_with_the_words_of_the_erp(house, case, proposal)
    nothing_is_half_done(house)


def it_is_back_in_work_with_the_words_of_the_erp(house: House, case: Case, proposal: Proposal) -> None:
    assert house.the_case() == case
    assert house.state_of(case) == CaseState.IN_PROGRESS
    assert Command.objects.get().state == CommandState.DEAD
    refused = Event.objects.get(case=case, kind="proposal.refused")
    assert refused.reason == NO
    news = Notification.objects.get(person=house.people["bea"], title=f"The ERP refused: {case}")
    assert news.body == NO
    assert NO in house.as_("bea").get(f"/cases/{case.number}/").content.decode()


def nothing_is_half_done(house: House) -> None:
    """What was agreed on is void, the ERP has what it had, and nobody is asked any more."""
    assert {row.state for row in AgreementRow.objects.all()} == {"void"}
    assert Proposal.objects.get().state in (ProposalState.REJECTED, ProposalState.VOID)
    assert house.erp.effects == []
    assert house.call("paul", "approvals/")[1]["results"] == []


def paul_moves_the_date_in_the_erp(house: House) -> None:
    kept = house.erp.orders[NUMBER]
    (line,) = kept.lines
    schedule = tuple(replace(part, date=LATER) for part in line.schedule)
    house.erp.orders[NUMBER] = replace(kept, lines=(replace(line, schedule=schedule),))


def paul_says_it_is_done(house: House, case: Case) -> None:
    """He says so on the case, with the reason; the ERP is not written to again."""
    command = str(Command.objects.get().pk)
    said = {"command": command, "outcome": "done", "reason": REASON}
    refused, _ = house.call("bea", f"cases/{case.number}/actions/settle_command/", said)
    assert refused == 403
    status, answer = house.call("paul", f"cases/{case.number}/actions/settle_command/", said)
    assert status == 200, answer
    (mark,) = answer["overrides"]
    assert (mark["kind"], mark["reason"], mark["is_contradicted"]) == ("erp_result", REASON, False)


def it_rests_on_the_word_of_paul(house: House, case: Case) -> None:
    """Until the ERP is read again: decided as Paul had approved it, and marked as set by hand."""
    assert house.state_of(case) == CaseState.RESOLVED
    assert Command.objects.get().state == CommandState.DONE
    assert Proposal.objects.get().state == ProposalState.SETTLED
    assert {row.state for row in AgreementRow.objects.all()} == {"active"}
    event = Event.objects.get(case=case, kind="case.overridden")
    assert (event.reason, event.actor) == (REASON, house.people["paul"])
    assert REASON in house.as_("bea").get(f"/cases/{case.number}/").text
    house.tell_orders()
