"""The table of deeds: every verb on a case, in every state of it, by everybody: offered, or refused.

A new verb is one line in DEEDS. Actions that are no verb have theirs in `people/test_permissions.py`.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from erp_connectors import clock
from erp_connectors.exchange.models import CommandState
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState, QueueRole
from exceptions_app.people.models import Role, User
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground

pytestmark = pytest.mark.django_db

#: Who stands how to the case, as “standing:role”; the rest are in no team of the company.
OWN = ("own:member", "own:lead", "own:manager", "own:auditor")
INVOLVED = ("involved:member", "involved:lead", "involved:manager", "involved:auditor")
COMPANY = ("company:member", "company:lead", "company:manager", "company:auditor")
OUTSIDE = ("elsewhere:manager", "superuser", "left:manager", "no team", "anonymous")
EVERYBODY = OWN + INVOLVED + COMPANY + OUTSIDE

WHO = {
    "workers": set(OWN[:3]),
    "leaders": {"own:lead", "own:manager"},
    "counters": {"own:lead", "own:manager", "involved:lead", "involved:manager"},
    "talkers": {*OWN[:3], *INVOLVED[:3], "company:manager"},
}
STATES = {
    "work": "new assigned in_progress",
    "waiting": "waiting_supplier monitoring",
    "answer": "waiting_supplier",
    "untouched": "new assigned",
    "resolved": "resolved",
    "ended": "closed dismissed",
}
#: verb | who may | in which states; anybody else, and any other state, is refused.
DEEDS = """
take               | workers  | work waiting
start              | workers  | untouched
assign             | leaders  | work waiting
ask                | workers  | work answer
wait_for_supplier  | workers  | work
note_answer        | workers  | answer
resume             | workers  | waiting
comment            | talkers  | work waiting resolved ended
escalate           | workers  | work waiting resolved
override_severity  | leaders  | work waiting resolved
override_state     | leaders  | work waiting
override_owner     | leaders  | work waiting resolved
override_clock     | leaders  | work waiting
override_position  | counters | work waiting resolved
settle_command     | leaders  | work waiting resolved
end_override       | leaders  | work waiting resolved
hand_over          | leaders  | work waiting
dismiss            | leaders  | work waiting resolved
reopen             | leaders  | resolved ended
"""


def table() -> dict[str, tuple[set[str], set[str]]]:
    """Return, for each verb, who may use it and in which states."""
    rows = [[cell.strip() for cell in line.split("|")] for line in DEEDS.strip().splitlines()]
    return {
        verb: (WHO[who], {state for group in states.split() for state in STATES[group].split()})
        for verb, who, states in rows
    }


@dataclass(frozen=True)
class Cast:
    """A case in each state, and everybody."""

    world: Ground
    cases: dict[str, Case]
    people: dict[str, Any]


def gather() -> Cast:
    """Make a case in every state on which every verb has something to do, and everybody."""
    clock.set_now(TUESDAY_TEN)
    world = make.ground()
    cases = {str(state): case_in(world, state, number) for number, state in enumerate(CaseState, 1)}
    elsewhere = make.ground("fulda", supplier_number="78")
    left = member(world, "PRO", Role.MANAGER)
    User.objects.filter(pk=left.pk).update(is_active=False)
    people: dict[str, Any] = {
        **{f"own:{role}": member(world, "PRO", role) for role in Role},
        **{f"involved:{role}": member(world, "PLN", role) for role in Role},
        **{f"company:{role}": member(world, "WHS", role) for role in Role},
        "elsewhere:manager": elsewhere.people["mona"],
        "superuser": make.UserFactory.create(is_superuser=True),
        "left:manager": User.objects.get(pk=left.pk),
        "no team": make.UserFactory.create(),
        "anonymous": AnonymousUser(),
    }
    return Cast(world, cases, people)


def member(world: Ground, team: str, role: Role) -> User:
    return make.MembershipFactory.create(team=world.teams[team], role=role).user


def case_in(world: Ground, state: CaseState, number: int) -> Case:
    line = make.order_line(world, number=f"45{number:08}")
    case: Case = make.CaseFactory.create(
        number=f"EX-{number}", order=line.order, supplier=world.supplier, team=world.teams["PRO"], state=state
    )
    make.CaseLineFactory.create(case=case, order_line=line)
    make.QueueEntryFactory.create(case=case)
    make.QueueEntryFactory.create(case=case, team=world.teams["PLN"], role=QueueRole.TASK)
    make.OverrideFactory.create(case=case, order_line=line, made_by=world.people["paul"])
    make.CommandFactory.create(order=line.order, case_number=case.number, state=CommandState.DEAD)
    sla.start(case, TUESDAY_TEN)
    return case


SCENE = gather


def test_every_verb_has_its_row() -> None:
    missing = {verb.code for verb, _ in actions.VERBS} - set(table())
    assert not missing, (
        f"{', '.join(sorted(missing))}: say who may use it and in which states with one line in DEEDS, in"
        f" {__file__}, for example “settle_it | leaders | work waiting”."
    )
    assert set(table()) == {verb.code for verb, _ in actions.VERBS}


@pytest.mark.parametrize("state", [str(state) for state in CaseState])
def test_everybody_is_offered_in_a_state_what_the_table_says(state: str, scene: Cast) -> None:
    wrong = []
    for who in EVERYBODY:
        offered = {verb.code for verb in actions.allowed(scene.cases[state], scene.people[who])}
        expected = {verb for verb, (whose, states) in table().items() if who in whose and state in states}
        if offered != expected:
            wrong.append(f"{who}: too much {offered - expected}, too little {expected - offered}")
    assert not wrong, "\n".join(wrong)


def arguments(verb: str, scene: Cast, case: Case) -> dict[str, Any]:
    """Return what a verb needs, so that nothing but permission and state can refuse it."""
    entered: dict[str, Any] = {
        "reason": "So it is.",
        "text": "So it is.",
        "answer": "So it is.",
        "inquiry": "missing_quantity",
        "to": scene.world.people["bea"],
        "team": scene.world.teams["PLN"],
        "severity": 4,
        "state": "resolved",
        "clock_kind": "resolve",
        "deed": "end",
        "line": "10",
        "fact": "received",
        "quantity": "90",
        "command": actions.commands_to_settle(case).get().pk,
        "outcome": "done",
        "override": case.overrides.get().pk,
    }
    needs = next(each.needs for each, _ in actions.VERBS if each.code == verb)
    return {name: entered[name] for name in needs}


@pytest.mark.parametrize("verb", list(table()))
def test_who_is_not_in_its_row_is_refused_also_past_the_buttons(verb: str, scene: Cast) -> None:
    whose, states = table()[verb]
    case = scene.cases[sorted(states)[0]]
    for who in EVERYBODY:
        if who in whose or who == "anonymous":
            continue
        with pytest.raises(actions.NotAllowed):
            getattr(actions, verb)(case, by=Actor(scene.people[who], "web"), **arguments(verb, scene, case))
    assert not Event.objects.filter(case=case).exists()
