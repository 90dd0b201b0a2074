"""Proposing, looking at what it would do, and deciding with every value in view."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from erp_connectors.connectors.base import Outcome
from erp_connectors.exchange.models import Command
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.models import Watch
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Decision, Proposal, ProposalState
from tests.builders import factories as make
from tests.exceptions_app.proposals.shortage import answer
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import text_of

SPLIT = "/cases/EX-1/propose/split/"
REST = {"rest_on:10": "2026-12-16"}


SCENE = set_scene


@pytest.fixture
def scene(scene: Scene, tmp_path: Path) -> Scene:
    scene.world.erp.settings = {"folder": str(tmp_path)}
    scene.world.erp.save()
    return scene


@pytest.fixture
def case(scene: Scene) -> Case:
    return scene.shortage(state=CaseState.NEW)


@pytest.fixture
def proposal(scene: Scene, case: Case) -> Proposal:
    """A split that Bea proposed: over her limit, and more than ten percent short."""
    return actions.propose(
        case,
        resolution="split",
        inputs={"rest_on": "2026-12-16"},
        reason="Nora says so",
        by=Actor(person=scene.world.people["bea"]),
    )


def decide(scene: Scene, who: str, proposal: Proposal, decision: str, **entered: str) -> Any:
    entered.setdefault("values_hash", values_hash(proposal))
    return scene.browser(who).post(
        f"/proposals/{proposal.pk}/decide/", {"decision": decision, **entered}, headers=FRAGMENT
    )


# --- proposing ----------------------------------------------------------------------------------------------


def test_the_owning_team_sees_the_ways_out_with_their_forms(scene: Scene, case: Case) -> None:
    page = scene.browser("bea").get("/cases/EX-1/").content.decode()

    assert "Split the delivery" in page
    assert re.search(r'name="rest_on:10"\s+type="date"', page)


def test_a_told_team_sees_the_case_but_no_way_to_decide(scene: Scene, case: Case) -> None:
    scene.tell(case, "PLN")
    page = scene.browser("pia").get("/cases/EX-1/").content.decode()

    assert "Split the delivery" not in page
    assert "The team that owns the case decides" in page


def test_the_preview_tells_values_amount_and_who_must_agree_and_changes_nothing(
    scene: Scene, case: Case
) -> None:
    answer = scene.browser("bea").get(f"{SPLIT}preview/", REST, headers=FRAGMENT)
    words = text_of(answer.content.decode())

    assert "100 pcs on 2 Dec 2026 82 pcs on 2 Dec 2026 18 pcs on 16 Dec 2026" in words
    assert "€ 3,283.20" in words
    assert "Paul Example and Mona Example" in words
    assert "Pia Example" in words
    assert not Proposal.objects.exists()


def test_the_preview_of_an_unfinished_form_says_what_is_missing(scene: Scene, case: Case) -> None:
    words = text_of(
        scene.browser("bea").get(f"{SPLIT}preview/", {"rest_on:10": ""}, headers=FRAGMENT).content.decode()
    )

    assert "The rest comes on: enter a date." in words


def test_without_htmx_the_preview_is_the_page_with_the_form_open(scene: Scene, case: Case) -> None:
    page = scene.browser("bea").get(f"{SPLIT}preview/", REST).content.decode()

    assert '<details class="resolution" name="resolution" id="resolve-split" open>' in page
    assert "18 pcs on 16 Dec 2026" in text_of(page)
    assert 'value="2026-12-16"' in page


def test_a_field_that_cannot_be_used_is_told_beside_it_and_nothing_typed_is_lost(
    scene: Scene, case: Case
) -> None:
    answer = scene.browser("bea").post(
        SPLIT, {"rest_on:10": "2020-01-01", "reason": "Nora says so", "version": "1"}, headers=FRAGMENT
    )
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "2020-01-01 has passed" in page
    assert 'aria-describedby="split-rest_on-10-error"' in page
    assert 'value="2020-01-01"' in page
    assert "Nora says so</textarea>" in page


def test_a_field_left_empty_is_told_beside_it(scene: Scene, case: Case) -> None:
    page = scene.browser("bea").post(SPLIT, {"rest_on:10": ""}, headers=FRAGMENT).content.decode()

    assert re.search(r'id="split-rest_on-10-error">.*The rest comes on: enter a date\.', page)


def test_a_decision_can_leave_lines_out(scene: Scene, case: Case) -> None:
    assert case.order is not None
    second = make.order_line(scene.world, number=case.order.number, line="20")
    make.offer(second, (82, date(2026, 12, 2)))
    make.CaseLineFactory.create(case=case, order_line=second)
    entered = {"lines": ["20"], "rest_on:10": "", "rest_on:20": "2026-12-16"}
    answer = scene.browser("bea").post(SPLIT, entered, headers=FRAGMENT)

    assert answer.status_code == 200
    assert [line.order_line.number for line in Proposal.objects.get().lines.all()] == ["20"]


def test_a_proposal_over_the_limit_waits_for_those_it_needs(scene: Scene, case: Case) -> None:
    answer = scene.browser("bea").post(SPLIT, REST | {"reason": "ok", "version": "1"}, headers=FRAGMENT)

    assert "It waits for approval by Procurement, Planning." in text_of(answer.content.decode())
    assert Proposal.objects.get().state == ProposalState.PENDING


def test_a_proposal_within_the_limit_is_carried_out_at_once(scene: Scene, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    make.offer(line, (95, date(2026, 12, 2)))
    case.lines.update(quantity=5, amount="912.00")
    bea = scene.browser("bea")
    preview = bea.get("/cases/EX-1/propose/reduce_line/preview/", {"quantity:10": "95"}, headers=FRAGMENT)
    answer = bea.post("/cases/EX-1/propose/reduce_line/", {"quantity:10": "95"}, headers=FRAGMENT)

    assert "Within your limit: it is carried out at once." in preview.content.decode()
    assert "Decided within your limit" in answer.content.decode()
    assert Command.objects.get().kind == "change_quantity"


def test_a_stale_proposal_form_is_refused_with_what_was_typed(scene: Scene, case: Case) -> None:
    answer = scene.browser("bea").post(SPLIT, REST | {"reason": "Typed", "version": "9"}, headers=FRAGMENT)
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "Nothing was saved; what you typed is still here." in page
    assert 'value="2026-12-16"' in page
    assert not Proposal.objects.exists()


def test_a_line_is_not_proposed_for_twice(scene: Scene, case: Case, proposal: Proposal) -> None:
    bea = scene.browser("bea")
    answer = bea.post(SPLIT, REST, headers=FRAGMENT)

    assert answer.status_code == 409
    assert "Split the delivery" in bea.get("/cases/EX-1/").content.decode()
    assert Proposal.objects.count() == 1


def test_a_resolution_nobody_knows_does_not_exist(scene: Scene, case: Case) -> None:
    assert scene.browser("bea").post("/cases/EX-1/propose/pray/").status_code == 404


# --- deciding -----------------------------------------------------------------------------------------------


def test_the_inbox_shows_every_value_to_those_who_must_agree(scene: Scene, proposal: Proposal) -> None:
    for name in ("paul", "pia"):
        words = text_of(scene.browser(name).get("/approvals/").content.decode())
        assert "100 pcs on 2 Dec 2026 82 pcs on 2 Dec 2026 18 pcs on 16 Dec 2026" in words
        assert "€ 3,283.20" in words
        assert "18.0 %" in words
        assert "Approve" in words


def test_the_proposer_sees_it_waiting_but_cannot_decide(scene: Scene, proposal: Proposal) -> None:
    words = text_of(scene.browser("bea").get("/approvals/").content.decode())

    assert "You proposed; others decide" in words
    assert "Reject" not in words
    assert "Withdraw this proposal" in words


def test_the_inbox_fragment_is_the_inbox_alone(scene: Scene, proposal: Proposal) -> None:
    fragment = scene.browser("paul").get("/approvals/", headers=FRAGMENT).content.decode().strip()

    assert fragment.startswith('<section class="inbox')
    assert "<html" not in fragment


def test_an_empty_inbox_says_what_will_come(scene: Scene) -> None:
    assert "Nothing waits for your approval" in scene.browser("finn").get("/approvals/").content.decode()


def test_when_all_have_agreed_the_command_is_written(scene: Scene, proposal: Proposal) -> None:
    first = decide(scene, "paul", proposal, "approve")
    assert first.status_code == 200
    assert not Command.objects.exists()

    second = decide(scene, "pia", proposal, "approve", comment="Covers SO-881")

    assert second.status_code == 200
    assert Command.objects.get().proposal_id == proposal.pk
    assert Approval.objects.filter(decision=Decision.APPROVED).count() == 2


def test_the_case_shows_who_has_agreed(scene: Scene, proposal: Proposal) -> None:
    decide(scene, "paul", proposal, "approve", comment="Fine")
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "Paul Example approved, 24 Nov 2026, 10:00" in words
    assert "“Fine”" in words


def test_values_that_moved_are_not_approved_and_both_are_shown(scene: Scene, proposal: Proposal) -> None:
    line = proposal.lines.get().order_line
    make.change_line(line, (90, date(2026, 12, 2)))
    answer = decide(scene, "paul", proposal, "approve", seen="€ 3,283.20; 10: 82 pcs", comment="Fine by me")
    page = answer.content.decode()

    assert answer.status_code == 409
    assert not Approval.objects.filter(decision=Decision.APPROVED).exists()
    assert "€ 3,283.20; 10: 82 pcs" in page


def test_asking_back_needs_words(scene: Scene, proposal: Proposal) -> None:
    refused = decide(scene, "pia", proposal, "ask", comment=" ")
    assert refused.status_code == 422

    asked = decide(scene, "pia", proposal, "ask", comment="Why so late?")
    assert asked.status_code == 200
    assert Approval.objects.get().decision == Decision.ASKED


def test_rejecting_ends_the_proposal(scene: Scene, proposal: Proposal) -> None:
    decide(scene, "paul", proposal, "reject", comment="Too dear")

    assert Proposal.objects.get().state == ProposalState.REJECTED


def test_the_proposer_takes_it_back(scene: Scene, proposal: Proposal) -> None:
    answer = decide(scene, "bea", proposal, "withdraw", comment="Nora changed her mind")

    assert answer.status_code == 200
    assert Proposal.objects.get().state == ProposalState.VOID


def test_the_proposer_cannot_approve(scene: Scene, proposal: Proposal) -> None:
    answer = decide(scene, "bea", proposal, "approve")

    assert answer.status_code == 422
    assert not Approval.objects.exists()


def test_a_proposal_on_a_case_out_of_sight_does_not_exist(scene: Scene, proposal: Proposal) -> None:
    assert decide(scene, "sam", proposal, "approve").status_code == 404


def test_deciding_in_the_inbox_answers_with_the_inbox(scene: Scene, proposal: Proposal) -> None:
    answer = decide(scene, "paul", proposal, "approve", next="/approvals/")

    assert answer.content.decode().strip().startswith('<section class="inbox')
    assert "Nothing waits for your approval" in answer.content.decode()


def test_without_htmx_deciding_leads_back_to_where_one_was(scene: Scene, proposal: Proposal) -> None:
    answer = scene.browser("paul").post(
        f"/proposals/{proposal.pk}/decide/",
        {
            "decision": "approve",
            "values_hash": values_hash(proposal),
            "next": "/approvals/",
        },
    )

    assert answer.status_code == 302
    assert answer["Location"] == "/approvals/"


# --- what the ERP refused -----------------------------------------------------------------------------------


def test_what_the_erp_refused_is_decided_again_with_its_words_in_view(
    scene: Scene, case: Case, proposal: Proposal
) -> None:
    for name in ("paul", "pia"):
        decide(scene, name, proposal, "approve")
    answer(Command.objects.get(), Outcome.REFUSED, "The period is closed.")
    # The shortage of the scene is in no document: nothing is to look for it there.
    Watch.objects.all().delete()
    bea = scene.browser("bea")

    assert "Decide again" in text_of(bea.get("/cases/EX-1/").content.decode())

    page = bea.get(f"/proposals/{proposal.pk}/again/").content.decode()
    assert "This was decided before, and came to nothing: The period is closed." in text_of(page)
    assert re.search(r'name="rest_on:10"[^>]*value="2026-12-16"', page)
    assert "18 pcs on 16 Dec 2026" in text_of(page[page.index('id="preview-split"') :])

    bea.post(SPLIT, {"rest_on:10": "2026-12-16", "reason": "The period is open again"})
    words = text_of(scene.browser("paul").get("/approvals/").content.decode())
    assert "Decided again; before: The period is closed." in words
    assert "Decide again" not in text_of(bea.get("/cases/EX-1/").content.decode())


def test_what_is_not_decided_or_only_rejected_is_not_decided_again(
    scene: Scene, case: Case, proposal: Proposal
) -> None:
    assert "Decide again" not in text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())
    decide(scene, "paul", proposal, "reject", comment="Too late for Kern.")
    assert "Decide again" not in text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())
