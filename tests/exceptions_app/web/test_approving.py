"""Approving from a link in a mail, several at once, asking back and answering, and changing what waits."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from erp_connectors.exchange.models import Command
from exceptions_app.audit.record import Actor
from exceptions_app.cases.models import Case
from exceptions_app.notifications import send
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import Absence
from exceptions_app.policies.models import ApprovalRule
from exceptions_app.proposals import actions
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.models import Approval, Proposal, ProposalState
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import text_of

SCENE = set_scene


@pytest.fixture
def scene(scene: Scene, tmp_path: Path) -> Scene:
    scene.world.erp.settings = {"folder": str(tmp_path)}
    scene.world.erp.save()
    return scene


def propose(scene: Scene, case: Case) -> Proposal:
    """Let Bea propose a split: over her limit, and more than ten percent short."""
    return actions.propose(
        case,
        resolution="split",
        inputs={"rest_on": "2026-12-16"},
        reason="Nora says so",
        by=Actor(person=scene.world.people["bea"]),
    )


@pytest.fixture
def proposal(scene: Scene) -> Proposal:
    return propose(scene, scene.shortage())


def link_to(team: str) -> str:
    wanted = Notification.objects.get(kind=NotificationKind.APPROVAL, team__code=team)
    return wanted.path


def read(scene: Scene, who: str, path: str) -> str:
    return text_of(scene.browser(who).get(path).content.decode())


# --- from a link ------------------------------------------------------------------------------------------


def test_the_mail_leads_to_exactly_what_it_is_about(
    scene: Scene, proposal: Proposal, mailoutbox: list[EmailMessage]
) -> None:
    path = link_to("PRO")
    assert path == f"/proposals/{proposal.pk}/{values_hash(proposal)}/"
    send.send_due()
    bodies = [mail.body for mail in mailoutbox]
    assert any(path in body for body in bodies)
    words = read(scene, "paul", path)
    assert "82 pcs on 2 Dec 2026" in words
    assert "Approve" in words
    assert "not what you were asked about" not in words


def test_a_link_asks_to_sign_in_first_and_leads_on(scene: Scene, proposal: Proposal) -> None:
    path = link_to("PRO")
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


def test_an_old_link_shows_what_has_changed_and_opening_it_decides_nothing(
    scene: Scene, proposal: Proposal
) -> None:
    path = link_to("PRO")
    actions.edit(proposal, inputs={"rest_on": "2026-12-18"}, by=Actor(scene.world.people["bea"]))
    words = read(scene, "paul", path)
    assert "This is not what you were asked about any more" in words
    assert "Line 10 was from" in words
    assert "2026-12-16" in words
    assert "18 pcs on 18 Dec 2026" in words
    assert not Approval.objects.exists()


def test_what_an_old_page_sends_is_refused(scene: Scene, proposal: Proposal) -> None:
    old = values_hash(proposal)
    actions.edit(proposal, inputs={"rest_on": "2026-12-18"}, by=Actor(scene.world.people["bea"]))
    answer = scene.browser("paul").post(
        f"/proposals/{proposal.pk}/decide/",
        {"decision": "approve", "values_hash": old, "next": "/approvals/"},
        headers=FRAGMENT,
    )
    assert answer.status_code == 409
    assert not Approval.objects.exists()


def test_a_proposal_that_is_over_says_so(scene: Scene, proposal: Proposal) -> None:
    path = link_to("PRO")
    actions.reject(proposal, by=Actor(scene.world.people["paul"]), comment="too late")
    words = read(scene, "paul", path)
    assert "Rejected" in words
    assert "Ask back" not in words


# --- who can, and who has ---------------------------------------------------------------------------------


def test_it_says_whose_turn_it_is_who_can_and_who_has(scene: Scene) -> None:
    ApprovalRule.objects.update(steps=make.steps_asking("PLN or FIN\nSUP"))
    people = scene.world.people
    make.DelegationFactory.create(person=people["paul"], delegate=people["cora"], limit=Decimal(10000))
    Absence.objects.create(
        person=people["paul"], first_day=TUESDAY_TEN.date(), last_day=TUESDAY_TEN.date() + timedelta(days=3)
    )
    proposal = propose(scene, scene.shortage())
    words = read(scene, "bea", "/cases/EX-1/")
    assert "Step 1 of 2: now" in words
    assert "Waits for Paul Example (away), Mona Example and Cora Example for Paul Example" in words
    assert "or Finance: Short by more than 10 %" in words
    assert "Step 2 of 2: later" in words
    cora = Actor(people["cora"])
    actions.approve(proposal, by=cora, values_hash=values_hash(proposal))
    words = read(scene, "bea", "/cases/EX-1/")
    assert "Cora Example for Paul Example approved" in words


# --- several at once --------------------------------------------------------------------------------------


def two(scene: Scene) -> list[Proposal]:
    ApprovalRule.objects.all().delete()
    return [propose(scene, scene.shortage(number)) for number in ("EX-1", "EX-2")]


def ticked(proposals: list[Proposal]) -> dict[str, object]:
    hashes = {f"hash-{each.pk}": values_hash(each) for each in proposals}
    return {"proposal": [str(each.pk) for each in proposals], **hashes}


def test_several_that_are_in_view_are_approved_at_once(scene: Scene) -> None:
    proposals = two(scene)
    paul = scene.browser("paul")
    page = paul.get("/approvals/").content.decode()
    for each in proposals:
        assert f'name="hash-{each.pk}" value="{values_hash(each)}"' in page
    assert text_of(page).count("€ 3,283.20") >= 2
    answer = paul.post("/approvals/", ticked(proposals), headers=FRAGMENT)
    assert answer.status_code == 200
    assert "You approved it for 2 cases." in text_of(answer.content.decode())
    assert Command.objects.count() == 2


def test_one_that_moved_is_refused_alone_and_shown(scene: Scene) -> None:
    first, second = two(scene)
    sent = ticked([first, second])
    actions.edit(second, inputs={"rest_on": "2026-12-18"}, by=Actor(scene.world.people["bea"]))
    answer = scene.browser("paul").post("/approvals/", sent, headers=FRAGMENT)
    words = text_of(answer.content.decode())
    assert answer.status_code == 409
    assert "is not what you looked at any more" in words
    assert "18 pcs on 18 Dec 2026" in words
    assert Command.objects.get().proposal_id == first.pk


def test_nothing_is_approved_unseen(scene: Scene) -> None:
    proposals = two(scene)
    sent = {"proposal": [str(each.pk) for each in proposals] + ["nonsense"]}
    answer = scene.browser("paul").post("/approvals/", sent, headers=FRAGMENT)
    assert answer.status_code == 409
    assert not Command.objects.exists()
    assert not Approval.objects.exists()


def test_what_is_out_of_sight_is_not_approved(scene: Scene) -> None:
    sent = ticked(two(scene))
    scene.browser("cora").post("/approvals/", sent, headers=FRAGMENT)
    assert not Approval.objects.exists()


# --- asking back, answering, changing ---------------------------------------------------------------------


def test_a_question_is_answered_and_whoever_asked_is_told(scene: Scene, proposal: Proposal) -> None:
    paul = Actor(scene.world.people["paul"])
    actions.ask_back(proposal, by=paul, comment="Why two weeks?")
    bea = scene.browser("bea")
    assert "Answer to whoever asked" in text_of(bea.get("/cases/EX-1/").content.decode())
    address = f"/proposals/{proposal.pk}/decide/"
    answer = bea.post(address, {"decision": "answer", "comment": "The mould is worn."}, headers=FRAGMENT)
    words = text_of(answer.content.decode())
    assert "Bea Example: “The mould is worn.”" in words
    assert "Answer to whoever asked" not in words
    told = Notification.objects.get(person=paul.person, title__contains="answers")
    assert told.path == link_to("PRO")
    again = bea.post(address, {"decision": "answer", "comment": "once more"}, headers=FRAGMENT)
    assert again.status_code == 422
    assert Proposal.objects.get().state == ProposalState.PENDING


def test_what_waits_is_changed_and_asked_about_anew(scene: Scene, proposal: Proposal) -> None:
    bea, address = scene.browser("bea"), f"/proposals/{proposal.pk}/edit/"
    page = bea.get(address).content.decode()
    assert 'value="2026-12-16"' in page
    wrong = bea.post(address, {"rest_on:10": "2020-01-01", "reason": "later"})
    assert wrong.status_code == 422
    assert 'value="2020-01-01"' in wrong.content.decode()
    answer = bea.post(address, {"rest_on:10": "2026-12-18", "reason": "later still"})
    assert (answer.status_code, answer["Location"]) == (302, "/cases/EX-1/")
    (line,) = Proposal.objects.get().lines.all()
    assert line.after["schedule"][-1]["date"] == "2026-12-18"


def test_whoever_does_not_work_the_case_does_not_change_it(scene: Scene, proposal: Proposal) -> None:
    answer = scene.browser("pia").post(f"/proposals/{proposal.pk}/edit/", {"rest_on:10": "2026-12-18"})
    assert answer.status_code == 409
    assert "may not change the proposal" in text_of(answer.content.decode())


# --- passing on -------------------------------------------------------------------------------------------


def test_somebody_lets_a_colleague_approve_and_takes_it_back(scene: Scene) -> None:
    paul = scene.browser("paul")
    entered = {
        "delegate": scene.world.people["cora"].pk,
        "first_day": "2026-11-24",
        "last_day": "2026-11-30",
        "limit": "10000",
        "is_away": "on",
    }
    assert paul.post("/profile/delegations/", entered).status_code == 302
    assert "Cora Example now" in read(scene, "paul", "/profile/delegations/")
    assert "Paul Example now" in read(scene, "cora", "/profile/delegations/")
    made = scene.world.people["paul"].delegations.get()
    assert scene.browser("bea").post(f"/profile/delegations/{made.pk}/end/").status_code == 404
    scene.browser("cora").post(f"/profile/delegations/{made.pk}/end/")
    assert "ended" in read(scene, "paul", "/profile/delegations/")


def test_what_cannot_be_passed_on_is_said_beside_what_was_entered(scene: Scene) -> None:
    entered = {
        "delegate": scene.world.people["cora"].pk,
        "first_day": "2026-11-30",
        "last_day": "2026-11-24",
        "reason": "Holiday",
    }
    answer = scene.browser("paul").post("/profile/delegations/", entered)
    assert answer.status_code == 422
    assert "It ends before it begins." in text_of(answer.content.decode())
    assert 'value="Holiday"' in answer.content.decode()
