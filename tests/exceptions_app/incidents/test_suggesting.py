"""When many cases of one type and supplier come together, they are suggested as one incident, once."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.incidents import actions
from exceptions_app.incidents.models import Incident, IncidentState
from exceptions_app.notifications.models import Notification
from exceptions_app.people.permissions import NotAllowed
from exceptions_app.policies.models import CompanyPolicy
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.incidents.storm import NOWHERE, Storm, look, ready, storm

SOON = TUESDAY_TEN + timedelta(minutes=1)
SCENE = partial(storm, NOWHERE, 4)


@pytest.fixture
def four(scene: Storm, tmp_path: Path) -> Storm:
    return ready(scene, tmp_path)


@pytest.fixture
def five(four: Storm) -> Storm:
    four.more(1)
    return four


def test_five_cases_at_once_are_suggested_as_one_incident(five: Storm) -> None:
    assert look(SOON) == 5

    incident = five.incident()
    assert incident.state == IncidentState.SUGGESTED
    assert (incident.supplier, incident.type_code) == (five.world.supplier, "quantity_short")
    assert set(incident.cases.all()) == set(five.cases())


def test_four_are_not(four: Storm) -> None:
    assert look(SOON) == 0
    assert not Incident.objects.exists()


def test_five_over_a_longer_time_are_not(four: Storm) -> None:
    look(TUESDAY_TEN + timedelta(minutes=121))
    four.more(1)

    assert look(TUESDAY_TEN + timedelta(minutes=122)) == 0


def test_a_company_says_itself_how_many_and_how_close(four: Storm) -> None:
    CompanyPolicy.objects.update(incident_cases=4)

    assert look(SOON) == 4
    assert four.incident().cases.count() == 4


def test_looking_again_changes_nothing(five: Storm) -> None:
    look(SOON)
    before = Event.objects.count()

    assert look(SOON + timedelta(minutes=1)) == 0
    assert Event.objects.count() == before
    assert Incident.objects.count() == 1


def test_one_more_of_the_kind_joins_while_it_is_young(five: Storm) -> None:
    look(SOON)
    five.more(1)

    assert look(SOON + timedelta(minutes=1)) == 1
    assert five.incident().cases.count() == 6


def test_the_cases_keep_state_owner_and_version_and_tell_of_it(five: Storm) -> None:
    before = {case.pk: (case.state, case.owner_id, case.team_id, case.version) for case in five.cases()}
    look(SOON)

    assert {c.pk: (c.state, c.owner_id, c.team_id, c.version) for c in five.cases()} == before
    number = five.incident().number
    told = Event.objects.filter(kind="case.joined_incident", after__incident=number)
    assert told.count() == 5


def test_the_team_is_told_once(five: Storm) -> None:
    look(SOON)
    look(SOON + timedelta(minutes=1))

    told = Notification.objects.filter(title__startswith="One incident?")
    assert [note.team.code for note in told] == ["PRO"]


def test_it_is_confirmed_with_a_cause_and_said_better_later(five: Storm) -> None:
    look(SOON)
    incident = actions.confirm(five.incident(), cause=" Strike  at the mill ", by=five.by("bea"))
    assert (incident.state, incident.cause) == (IncidentState.CONFIRMED, "Strike at the mill")

    incident = actions.confirm(incident, cause="Strike until Friday", by=five.by("paul"))
    assert (incident.cause, incident.decided_by) == ("Strike until Friday", five.world.people["paul"])


@pytest.mark.parametrize("who", ["pia", "wade", "finn", "cora"])
def test_members_of_other_teams_do_not_decide_on_it(five: Storm, who: str) -> None:
    look(SOON)
    with pytest.raises(NotAllowed):
        actions.confirm(five.incident(), cause="Strike", by=five.by(who))


def test_a_cause_and_a_reason_are_needed(five: Storm) -> None:
    look(SOON)
    with pytest.raises(NotAllowed, match="Say what happened"):
        actions.confirm(five.incident(), cause=" ", by=five.by("bea"))
    with pytest.raises(NotAllowed, match="Give a reason"):
        actions.dismiss(five.incident(), reason="", by=five.by("bea"))


def test_a_dismissed_suggestion_is_not_made_again(five: Storm) -> None:
    look(SOON)
    actions.dismiss(five.incident(), reason="Chance", by=five.by("bea"))
    five.more(1)

    assert look(SOON + timedelta(minutes=1)) == 0
    assert Incident.objects.count() == 1


def test_a_case_that_was_taken_out_does_not_come_back(five: Storm) -> None:
    look(SOON)
    first = five.cases()[0]
    assert actions.take_out(five.incident(), [first], reason="Another mill", by=five.by("bea")) == 1

    assert look(SOON + timedelta(minutes=1)) == 0
    assert five.incident().cases.count() == 4
    told = Event.objects.get(kind="case.left_incident", case=first)
    assert (told.actor_name, told.reason) == (str(five.world.people["bea"]), "Another mill")


def test_nothing_is_added_or_taken_out_without_a_reason(five: Storm) -> None:
    look(SOON)
    for verb in (actions.add, actions.take_out):
        with pytest.raises(NotAllowed, match="reason"):
            verb(five.incident(), five.cases(), reason=" ", by=five.by("bea"))
    assert five.incident().cases.count() == 5


def test_a_case_that_was_taken_out_is_added_again_by_a_person(five: Storm) -> None:
    look(SOON)
    first = five.cases()[0]
    actions.take_out(five.incident(), [first], reason="Another mill", by=five.by("bea"))

    assert actions.add(five.incident(), five.cases(), reason="The same strike", by=five.by("bea")) == 1
    assert five.incident().cases.count() == 5
    assert not Case.objects.get(pk=first.pk).left_incident


def test_what_is_of_another_kind_or_over_is_not_added(five: Storm) -> None:
    look(SOON)
    first, second = five.cases()[:2]
    actions.take_out(five.incident(), [first, second], reason="Another mill", by=five.by("bea"))
    Case.objects.filter(pk=first.pk).update(type_code="price_mismatch")
    Case.objects.filter(pk=second.pk).update(state=CaseState.CLOSED)

    with pytest.raises(NotAllowed, match=f"{first.number}, {second.number}"):
        actions.add(five.incident(), five.cases(), reason="The same strike", by=five.by("bea"))
    assert five.incident().cases.count() == 3


def test_it_ends_when_its_last_case_has_ended(five: Storm) -> None:
    look(SOON)
    Case.objects.all()[:4]
    Case.objects.exclude(pk=five.cases()[0].pk).update(state=CaseState.CLOSED)
    look(SOON + timedelta(minutes=1))
    assert five.incident().state == IncidentState.SUGGESTED

    Case.objects.update(state=CaseState.CLOSED)
    look(SOON + timedelta(minutes=2))
    assert five.incident().state == IncidentState.ENDED
    assert Event.objects.filter(kind="incident.ended").count() == 1
