"""Passing on what one decides: what may be passed on, for how long, and that both see it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors import clock
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.notifications.models import Notification
from exceptions_app.people import delegation
from exceptions_app.people.models import Absence, Delegation, Role, User
from exceptions_app.people.permissions import NotAllowed, standing_in
from tests.builders.factories import (
    TUESDAY_TEN,
    DelegationFactory,
    Ground,
    MembershipFactory,
    UserFactory,
    ground,
)

pytestmark = pytest.mark.django_db
TODAY, SUNDAY = date(2026, 11, 24), date(2026, 11, 29)
SCENE = ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    clock.set_now(TUESDAY_TEN)
    scene.people["lena"] = UserFactory.create(username="lena", first_name="Lena")
    MembershipFactory.create(user=scene.people["lena"], team=scene.teams["PRO"], limit=Decimal(2500))
    return scene


def let(world: Ground, person: str, to: str, by: str = "", **terms: Any) -> Delegation:
    """Let somebody approve for a person until Sunday."""
    wanted = {"first_day": TODAY, "last_day": SUNDAY} | terms
    return delegation.delegate(
        world.people[person],
        delegation.Terms(delegate=world.people[to], **wanted),
        by=Actor(world.people[by or person]),
        at=TUESDAY_TEN,
        is_away=True,
    )


def acts_for(world: Ground, name: str) -> list[str]:
    """Return for whom somebody acts now, from the rows as they are."""
    person = User.objects.get(pk=world.people[name].pk)
    return [f"{each.person.username} {each.membership.team.code} {each.cap}" for each in standing_in(person)]


def test_it_holds_on_its_days_and_both_are_told(world: Ground) -> None:
    made = let(world, "paul", "lena", limit=Decimal(10000), reason="Holiday")
    assert acts_for(world, "lena") == ["paul PRO 10000.00"]
    event = Event.objects.get(kind="delegation.made")
    assert event.after["delegate"] == "Lena Example"
    assert (event.subject_id, event.reason) == (str(made.pk), "Holiday")
    told = Notification.objects.filter(path=delegation.PAGE).values_list("person__username", flat=True)
    assert sorted(told) == ["lena", "paul"]
    assert Absence.objects.get(person=world.people["paul"]).last_day == SUNDAY


@pytest.mark.parametrize(("days", "holds"), [(-1, False), (0, True), (5, True), (6, False)])
def test_it_begins_and_ends_with_its_days_where_the_person_is(world: Ground, days: int, holds: bool) -> None:
    let(world, "paul", "lena")
    clock.set_now(TUESDAY_TEN + timedelta(days=days))
    assert bool(acts_for(world, "lena")) is holds


def test_a_day_is_one_of_the_person_who_passes_it_on(world: Ground) -> None:
    User.objects.filter(username="paul").update(time_zone="America/Los_Angeles")
    let(world, "paul", "lena")
    # Eight in the morning in Berlin is still the day before in Los Angeles.
    clock.set_now(TUESDAY_TEN - timedelta(hours=2))
    assert acts_for(world, "lena") == []


def test_it_never_holds_beyond_the_limit_of_the_person(world: Ground) -> None:
    let(world, "paul", "lena", limit=Decimal(90000))
    assert acts_for(world, "lena") == ["paul PRO 25000.00"]


def test_it_can_be_for_one_team_alone(world: Ground) -> None:
    MembershipFactory.create(user=world.people["paul"], team=world.teams["PLN"], role=Role.LEAD)
    let(world, "paul", "lena", teams=[world.teams["PLN"]])
    assert acts_for(world, "lena") == ["paul PLN None"]


def test_what_was_passed_to_somebody_is_not_passed_on(world: Ground) -> None:
    let(world, "paul", "lena")
    let(world, "lena", "pia")
    assert acts_for(world, "pia") == ["lena PRO 2500.00"]


def test_ending_it_holds_at_once_and_both_are_told(world: Ground) -> None:
    made = let(world, "paul", "lena")
    delegation.end(made, by=Actor(world.people["lena"]), at=TUESDAY_TEN, reason="I am away too")
    assert acts_for(world, "lena") == []
    assert Event.objects.get(kind="delegation.ended").reason == "I am away too"
    assert Notification.objects.filter(title__contains="no more").count() == 2


@pytest.mark.parametrize(
    ("person", "to", "by", "terms", "words"),
    [
        ("paul", "paul", "paul", {}, "somebody else"),
        ("paul", "lena", "lena", {}, "takes over"),
        ("paul", "lena", "mona", {}, "passed on by themselves"),
        ("paul", "lena", "paul", {"last_day": date(2026, 11, 23)}, "ends before it begins"),
        ("paul", "lena", "paul", {"limit": Decimal(0)}, "above zero"),
    ],
)
def test_what_passes_nothing_on_is_refused(
    world: Ground, person: str, to: str, by: str, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotAllowed, match=words):
        let(world, person, to, by, **terms)
    assert not Delegation.objects.exists()


def test_only_what_one_decides_is_passed_on_and_only_to_a_colleague(world: Ground) -> None:
    with pytest.raises(NotAllowed, match="decides nothing in Planning"):
        let(world, "paul", "lena", teams=[world.teams["PLN"]])
    world.people["stranger"] = ground("fulda", supplier_number="78").people["mona"]
    with pytest.raises(NotAllowed, match="does not work in"):
        let(world, "paul", "stranger")


def test_somebody_who_left_acts_for_nobody_and_nobody_acts_for_them(world: Ground) -> None:
    DelegationFactory.create(person=world.people["paul"], delegate=world.people["lena"])
    User.objects.filter(username="paul").update(is_active=False)
    assert acts_for(world, "lena") == []
