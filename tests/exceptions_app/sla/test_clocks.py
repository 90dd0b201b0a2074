"""The clocks of a case when it changes: ours halt exactly while the supplier's runs, and no time is lost."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.errors import ConfigurationError
from exceptions_app import sla
from exceptions_app.cases.models import Case, Clock, ClockKind, ClockSegment, Severity
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.policies import lookup
from exceptions_app.policies.models import CompanyPolicy, EscalationStep, ServiceLevelRow
from exceptions_app.sla.ladder import Ladder, Step
from suppliers.profiles import SupplierProfile
from tests.builders.factories import (
    CalendarFactory,
    ClockWarningFactory,
    EscalationStepFactory,
    ReleaseFactory,
    ServiceLevelRowFactory,
    SupplierTimeRowFactory,
    TeamFactory,
    berlin,
)
from tests.exceptions_app.sla.clockwork import (
    MONDAY,
    NEXT_MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    clock,
    due,
    happened,
    segments,
    told,
    watched_case,
)

pytestmark = pytest.mark.django_db
SCENE = watched_case

RESOLVE, SUPPLIER = ClockKind.RESOLVE, ClockKind.SUPPLIER
DECEMBER = date(2026, 12, 20)


@pytest.fixture
def case(scene: Case) -> Case:
    return scene


def running(case: Case) -> set[str]:
    """Say which clocks of the case run."""
    rows = Clock.objects.filter(case=case, running_since__isnull=False)
    return set(rows.values_list("kind", flat=True))


# --- opening ------------------------------------------------------------------------------------------------


def test_both_our_clocks_start_when_a_case_opens(case: Case) -> None:
    sla.start(case)
    assert due(case) == berlin(TUESDAY, 14)
    assert due(case, RESOLVE) == berlin(WEDNESDAY, 17)
    assert case.due_at == berlin(TUESDAY, 14)
    assert running(case) == {"respond", "resolve"}
    assert segments(case) == [(1, berlin(TUESDAY), None)]


def test_a_row_of_the_company_overrides_the_hours_of_the_type_and_is_named(case: Case) -> None:
    sla.start(case)
    assert clock(case).row_id is None
    sla.stop(case, berlin(TUESDAY))
    row = ServiceLevelRowFactory.create(
        company=case.company, respond_hours=Decimal("1.5"), resolve_hours=Decimal(3)
    )
    sla.start(case)
    assert due(case) == berlin(TUESDAY, 11, 30)
    assert clock(case).row_id == row.pk
    assert clock(case).release == lookup.current_release()


def test_hours_and_ladder_stay_as_they_were_when_the_case_opened(case: Case) -> None:
    sla.start(case)
    release = ReleaseFactory.create(number=2)
    ServiceLevelRowFactory.create(respond_hours=Decimal(1), release=release)
    EscalationStep.objects.update(after_minutes=5, role="manager", release=release)
    ClockWarningFactory.create(percent=10, release=release)
    assert sla.sweep(berlin(TUESDAY, 12), 100) == 0
    assert sla.sweep(berlin(TUESDAY, 14, 59), 100) == 1
    assert happened(case) == ["breached"]
    pinned = Ladder.of_plain(clock(case).ladder)
    assert pinned.steps == (Step(1, 60, "lead"),)
    assert pinned.warn_percent == 75
    assert (pinned.release, clock(case).release.number) == (1, 1)


@pytest.mark.parametrize("changed", [ServiceLevelRow, EscalationStep])
def test_a_reopened_case_follows_the_rules_there_are_now(case: Case, changed: type[Any]) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 11))
    if changed is ServiceLevelRow:
        ServiceLevelRowFactory.create(respond_hours=Decimal(1))
    else:
        EscalationStep.objects.update(after_minutes=5)
    sla.start(case, berlin(WEDNESDAY))
    assert clock(case).allowed_minutes == (60 if changed is ServiceLevelRow else 240)
    assert Ladder.of_plain(clock(case).ladder).steps[0].after_minutes == (
        60 if changed is ServiceLevelRow else 5
    )


def test_a_step_that_does_not_hold_that_day_is_not_in_the_ladder(case: Case) -> None:
    EscalationStepFactory.create(team=case.team, level=2, valid_from=date(2026, 11, 25))
    EscalationStepFactory.create(team=case.team, level=3, valid_until=date(2026, 11, 23))
    EscalationStepFactory.create(team=case.team, level=4, valid_until=date(2026, 11, 24))
    sla.start(case)
    assert [step.level for step in Ladder.of_plain(clock(case).ladder).steps] == [1, 4]


# --- waiting for the supplier -------------------------------------------------------------------------------


def test_our_clocks_halt_and_the_suppliers_runs_while_the_case_waits(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))
    assert running(case) == {"supplier"}
    assert case.due_at is None
    assert clock(case).used_minutes == 120
    assert due(case, SUPPLIER) == berlin(THURSDAY, 10)
    sla.resume(case, berlin(WEDNESDAY, 9), is_answered=True)
    assert running(case) == {"respond", "resolve"}
    assert case.due_at == due(case) == berlin(WEDNESDAY, 11)
    assert clock(case, SUPPLIER).used_minutes == 6 * 60
    assert clock(case, SUPPLIER).stopped_at == berlin(WEDNESDAY, 9)


def test_a_pause_costs_nothing_however_long_and_nothing_escalates_when_it_ends(case: Case) -> None:
    SupplierTimeRowFactory.create(answer_hours=900, remind_every_hours=None)
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))
    assert sla.sweep(berlin(DECEMBER), 100) == 0
    sla.resume(case, berlin(date(2026, 12, 21), 9), is_answered=True)
    assert due(case) == case.due_at == berlin(date(2026, 12, 21), 11)
    assert clock(case).breached_at is None
    assert sla.sweep(berlin(date(2026, 12, 21), 9, 59), 100) == 0
    assert Notification.objects.count() == 0


def test_a_pause_from_night_to_night_keeps_all_that_was_left(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 22))
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert clock(case, RESOLVE).used_minutes == 7 * 60
    sla.resume(case, berlin(date(2026, 11, 28), 3), is_answered=True)
    assert due(case, RESOLVE) == berlin(NEXT_MONDAY, 17)


def test_waiting_and_resuming_twice_changes_nothing(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 11))
    sla.wait(case, berlin(TUESDAY, 13))
    assert clock(case).used_minutes == 60
    sla.resume(case, berlin(WEDNESDAY, 8), is_answered=True)
    sla.resume(case, berlin(WEDNESDAY, 10), is_answered=True)
    assert due(case) == berlin(WEDNESDAY, 11)
    assert segments(case, SUPPLIER) == [(1, berlin(TUESDAY, 11), berlin(WEDNESDAY, 8))]


def test_the_segments_add_up_to_what_a_clock_has_used(case: Case) -> None:
    sla.start(case)
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        sla.wait(case, berlin(day, 11))
        sla.resume(case, berlin(day, 15, 30), is_answered=day == WEDNESDAY)
    sla.wait(case, berlin(NEXT_MONDAY, 8))
    for kind in (RESOLVE, SUPPLIER):
        row = clock(case, kind)
        ended = ClockSegment.objects.filter(clock=row, round=row.round, ended_at__isnull=False)
        assert sum(segment.minutes or 0 for segment in ended) == row.used_minutes
    assert [end for *_, end in segments(case, RESOLVE)] == [
        berlin(TUESDAY, 11),
        berlin(WEDNESDAY, 11),
        berlin(THURSDAY, 11),
        berlin(NEXT_MONDAY, 8),
    ]
    assert [part for part, *_ in segments(case, SUPPLIER)] == [1, 1, 2, 2]


def test_a_supplier_works_on_the_calendar_of_its_profile(case: Case) -> None:
    CalendarFactory.create(
        code="osaka",
        zone="Asia/Tokyo",
        hours={str(day): [["09:00", "18:00"]] for day in range(5)},
        country="",
        subdivision="",
    )
    SupplierProfile.objects.update(calendar_code="osaka")
    sla.start(case)
    # In Osaka it is seven in the evening: the sixteen hours begin at nine on Wednesday.
    sla.wait(case, berlin(TUESDAY, 11))
    assert due(case, SUPPLIER) == datetime.fromisoformat("2026-11-26T16:00+09:00")


def test_a_supplier_without_profile_works_on_the_calendar_of_the_company(case: Case) -> None:
    SupplierProfile.objects.all().delete()
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 11))
    assert due(case, SUPPLIER) == berlin(THURSDAY, 9)


def test_a_calendar_nobody_knows_is_told_to_whom_it_concerns(case: Case) -> None:
    SupplierProfile.objects.update(calendar_code="atlantis")
    sla.start(case)
    with pytest.raises(ConfigurationError, match="There is no calendar called atlantis"):
        sla.wait(case, berlin(TUESDAY, 11))


def test_the_suppliers_time_comes_from_its_row_and_severity_does_not_change_it(case: Case) -> None:
    row = SupplierTimeRowFactory.create(supplier=case.supplier, answer_hours=Decimal(6))
    case.severity = Severity.CRITICAL
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 11))
    assert due(case, SUPPLIER) == berlin(TUESDAY, 17)
    assert clock(case, SUPPLIER).row_id == row.pk
    case.severity = Severity.LOW
    sla.rescale(case, berlin(TUESDAY, 12))
    assert due(case, SUPPLIER) == berlin(TUESDAY, 17)


def test_a_question_after_an_answer_has_all_its_time_again(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(MONDAY, 8))
    sla.resume(case, berlin(TUESDAY, 14), is_answered=True)
    assert clock(case, SUPPLIER).used_minutes == 15 * 60
    sla.wait(case, berlin(TUESDAY, 15))
    again = clock(case, SUPPLIER)
    assert (again.round, again.used_minutes, again.stopped_at) == (2, 0, None)
    assert again.due_at == berlin(THURSDAY, 13)
    assert sla.sweep(berlin(TUESDAY, 16, 59), 100) == 0


def test_who_resumes_without_an_answer_only_halts_the_suppliers_clock(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 8))
    sla.resume(case, berlin(TUESDAY, 14), is_answered=False)
    halted = clock(case, SUPPLIER)
    assert (halted.used_minutes, halted.stopped_at, halted.due_at) == (360, None, None)
    sla.wait(case, berlin(WEDNESDAY, 8))
    assert clock(case, SUPPLIER).round == 1
    assert due(case, SUPPLIER) == berlin(THURSDAY, 9)


def test_the_supplier_is_reminded_and_its_owner_told_by_its_own_ladder(case: Case) -> None:
    SupplierTimeRowFactory.create(answer_hours=4, remind_every_hours=2, reminders=5)
    EscalationStepFactory.create(team=case.team, side="supplier", level=1, after_minutes=30, role="manager")
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 11))
    assert sla.sweep(berlin(TUESDAY, 12, 59), 100) == 0
    assert sla.sweep(berlin(TUESDAY, 13), 100) == 1
    assert happened(case) == ["reminded"]
    assert sla.sweep(berlin(TUESDAY, 15), 100) == 1
    assert happened(case) == ["reminded", "reminded", "breached"]
    assert sla.sweep(berlin(TUESDAY, 15, 30), 100) == 1
    assert happened(case)[3:] == ["escalated"]
    assert Case.objects.get(pk=case.pk).escalation_level == 1
    sla.resume(case, berlin(TUESDAY, 16), is_answered=True)
    assert sla.sweep(berlin(WEDNESDAY, 9), 100) == 1
    assert happened(case)[4:] == ["warned"], "ours had three hours left"


def test_a_case_that_ends_while_it_waits_stops_all_its_clocks(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))
    sla.stop(case, berlin(TUESDAY, 13))
    assert not Clock.objects.filter(stopped_at=None).exists()
    assert running(case) == set()
    assert sla.sweep(berlin(DECEMBER), 100) == 0


# --- stopping, going on, reopening --------------------------------------------------------------------------


def test_a_stopped_clock_never_runs_again(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 11), ClockKind.RESPOND)
    assert case.due_at == due(case, RESOLVE) == berlin(WEDNESDAY, 17)
    sla.wait(case, berlin(TUESDAY, 12))
    sla.resume(case, berlin(TUESDAY, 13), is_answered=True)
    stopped = clock(case)
    assert (stopped.used_minutes, stopped.stopped_at, stopped.due_at) == (60, berlin(TUESDAY, 11), None)
    assert sla.sweep(berlin(WEDNESDAY, 9), 100) == 0


def test_stopping_too_late_still_records_the_breach(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 14, 1), ClockKind.RESPOND)
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert clock(case).used_minutes == 241


def test_stopping_just_in_time_keeps_the_promise(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 13, 59), ClockKind.RESPOND)
    assert clock(case).breached_at is None


def test_a_reopened_case_gets_new_clocks_and_keeps_the_segments_of_the_old_ones(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(WEDNESDAY, 18), 100)
    sla.stop(case, berlin(WEDNESDAY, 18))
    sla.start(case, berlin(NEXT_MONDAY))
    fresh = clock(case)
    assert (fresh.used_minutes, fresh.breached_at, fresh.stopped_at, fresh.level) == (0, None, None, 0)
    assert (fresh.round, fresh.warned_at, fresh.breached_minutes) == (2, None, None)
    assert fresh.due_at == berlin(NEXT_MONDAY, 14)
    assert segments(case) == [
        (1, berlin(TUESDAY), berlin(WEDNESDAY, 18)),
        (2, berlin(NEXT_MONDAY), None),
    ]


def test_a_case_back_from_resolved_goes_on_with_the_time_it_had_left(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(WEDNESDAY, 10))
    case.severity = Severity.MEDIUM
    sla.go_on(case, berlin(NEXT_MONDAY, 8))
    back = clock(case, RESOLVE)
    # 9 of 32 hours are used.
    assert (back.round, back.used_minutes, back.stopped_at) == (1, 540, None)
    assert back.due_at == berlin(date(2026, 12, 2), 13)
    assert running(case) == {"respond", "resolve"}


def test_a_response_that_was_given_stays_given_when_a_case_is_back_from_resolved(case: Case) -> None:
    sla.start(case)
    case.first_action_at = berlin(TUESDAY, 11)
    sla.stop(case, berlin(TUESDAY, 11), ClockKind.RESPOND)
    sla.stop(case, berlin(TUESDAY, 12))
    sla.go_on(case, berlin(TUESDAY, 13))
    assert running(case) == {"resolve"}
    assert clock(case).stopped_at == berlin(TUESDAY, 11)


def test_a_case_back_from_resolved_after_its_time_does_not_escalate_at_once(case: Case) -> None:
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=240, role="manager")
    sla.start(case)
    sla.stop(case, berlin(WEDNESDAY, 17), ClockKind.RESPOND)
    sla.stop(case, berlin(THURSDAY, 9, 30))
    before = happened(case)
    case.first_action_at = berlin(WEDNESDAY, 17)
    sla.go_on(case, berlin(NEXT_MONDAY, 12))
    sla.sweep(berlin(NEXT_MONDAY, 12), 100)
    assert happened(case) == before
    # It was overdue by an hour and a half when it was resolved; the manager is told after four.
    assert clock(case, RESOLVE).sweep_at == berlin(NEXT_MONDAY, 14, 30)


# --- another severity, another team -------------------------------------------------------------------------


def test_a_change_of_severity_carries_the_time_used(case: Case) -> None:
    sla.start(case)
    case.severity = Severity.MEDIUM
    sla.rescale(case, berlin(TUESDAY, 12))
    assert due(case) == berlin(WEDNESDAY, 9)
    case.severity = Severity.CRITICAL
    sla.rescale(case, berlin(TUESDAY, 13))
    assert due(case) == berlin(TUESDAY, 13)
    assert clock(case).breached_at is None
    assert sla.sweep(berlin(TUESDAY, 13), 100) == 1
    assert clock(case).breached_at == berlin(TUESDAY, 13)
    assert clock(case).breached_minutes == 180


def test_a_clock_made_overdue_by_severity_climbs_its_ladder_from_there(case: Case) -> None:
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=120, role="manager")
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 11), ClockKind.RESPOND)
    sla.sweep(berlin(WEDNESDAY, 16), 100)
    before = happened(case)
    case.severity = Severity.CRITICAL
    # 15 hours are used, eight are allowed now: four more than the last step of the ladder.
    sla.rescale(case, berlin(WEDNESDAY, 16))
    sla.sweep(berlin(WEDNESDAY, 16), 100)
    assert happened(case)[len(before) :] == ["breached"]
    assert sla.sweep(berlin(WEDNESDAY, 16, 59), 100) == 0
    assert sla.sweep(berlin(WEDNESDAY, 17), 100) == 1
    assert sla.sweep(berlin(THURSDAY, 9), 100) == 1
    assert happened(case)[len(before) :] == ["breached", "escalated", "escalated"]


def test_a_clock_that_has_time_again_is_not_overdue_and_tells_its_ladder_no_second_time(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 15), 100)
    assert happened(case) == ["breached", "escalated"]
    case.severity = Severity.MEDIUM
    sla.rescale(case, berlin(TUESDAY, 15))
    eased = clock(case)
    assert (eased.breached_at, eased.breached_minutes, eased.level) == (None, None, 1)
    assert eased.due_at == case.due_at == berlin(WEDNESDAY, 9)
    sla.sweep(berlin(WEDNESDAY, 11), 100)
    assert told(NotificationKind.ESCALATION) == [str(case.team)]
    assert happened(case) == ["breached", "escalated", "breached"]
    assert clock(case).sweep_at is None


def test_a_change_of_severity_while_waiting_leaves_our_clocks_halted(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 12))
    case.severity = Severity.CRITICAL
    sla.rescale(case, berlin(TUESDAY, 15))
    assert running(case) == {"supplier"}
    sla.resume(case, berlin(WEDNESDAY, 9), is_answered=True)
    assert due(case) == berlin(WEDNESDAY, 9)


def test_another_team_counts_on_its_own_calendar_and_climbs_its_own_ladder(case: Case) -> None:
    sla.start(case)
    late = CalendarFactory.create(
        code="late", hours={str(day): [["12:00", "20:00"]] for day in range(5)}, country="", subdivision=""
    )
    case.team = TeamFactory.create(company=case.company, code="PLN", calendar=late)
    EscalationStepFactory.create(team=case.team, level=1, after_minutes=15, role="manager")
    ClockWarningFactory.create(team=case.team, minutes_before=20)
    ReleaseFactory.create(number=2)
    sla.rescale(case, berlin(TUESDAY, 11), is_other_team=True)
    assert due(case) == berlin(TUESDAY, 15)
    assert due(case, RESOLVE) == berlin(WEDNESDAY, 19)
    assert clock(case).calendar == late
    assert Ladder.of_plain(clock(case).ladder) == Ladder(
        release=2, warn_minutes_before=20, steps=(Step(1, 15, "manager"),)
    )
    assert clock(case).sweep_at == berlin(TUESDAY, 14, 40)


def test_another_team_of_a_case_that_waits_takes_over_the_suppliers_ladder_too(case: Case) -> None:
    sla.start(case)
    sla.wait(case, berlin(TUESDAY, 11))
    case.team = TeamFactory.create(company=case.company, code="PLN")
    EscalationStepFactory.create(team=case.team, side="supplier", level=1, after_minutes=15, role="manager")
    sla.rescale(case, berlin(TUESDAY, 12), is_other_team=True)
    theirs = clock(case, SUPPLIER)
    assert Ladder.of_plain(theirs.ladder).steps == (Step(1, 15, "manager"),)
    assert (theirs.used_minutes, theirs.running_since) == (0, berlin(TUESDAY, 11))
    assert running(case) == {"supplier"}


# --- another calendar ---------------------------------------------------------------------------------------


def test_a_day_off_that_is_added_moves_what_is_due_behind_it(case: Case) -> None:
    sla.start(case)
    case.team.calendar.closed_on = ["2026-11-25"]
    case.team.calendar.save()
    sla.look_again(Clock.objects.filter(calendar=case.team.calendar), berlin(TUESDAY, 11))
    assert sla.sweep(berlin(TUESDAY, 11), 100) == 2
    assert due(case, RESOLVE) == berlin(THURSDAY, 17)
    assert due(case) == berlin(TUESDAY, 14)
    assert happened(case) == []


def test_hours_that_are_added_make_overdue_from_the_change_on_and_not_before(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 10), ClockKind.RESPOND)
    case.team.calendar.hours = {str(day): [["00:00", "00:00"]] for day in range(7)}
    case.team.calendar.save()
    change = berlin(WEDNESDAY, 9)
    sla.look_again(Clock.objects.filter(calendar=case.team.calendar), change)
    sla.sweep(change, 100)
    row = clock(case, RESOLVE)
    assert (row.breached_at, row.breached_minutes) == (change, 23 * 60)
    assert happened(case) == ["breached"]
    assert Case.objects.get(pk=case.pk).due_at == change
    assert row.sweep_at == berlin(WEDNESDAY, 10)


def test_a_team_that_works_by_another_calendar_carries_its_cases_over(case: Case) -> None:
    sla.start(case)
    late = CalendarFactory.create(
        code="late", hours={str(day): [["12:00", "20:00"]] for day in range(5)}, country="", subdivision=""
    )
    case.team.calendar = late
    case.team.save()
    sla.look_again(Clock.objects.filter(case__team=case.team), berlin(TUESDAY, 11))
    assert sla.sweep(berlin(TUESDAY, 11), 100) == 2
    assert due(case) == berlin(TUESDAY, 15)
    assert clock(case).used_minutes == 60
    assert _calendars(case) == ["kassel", "late"]


def _calendars(case: Case) -> list[str]:
    rows = ClockSegment.objects.filter(clock__case=case, clock__kind="respond").order_by("pk")
    return list(rows.values_list("calendar__code", flat=True))


def test_a_company_without_policy_cannot_say_when_its_supplier_works(case: Case) -> None:
    SupplierProfile.objects.all().delete()
    CompanyPolicy.objects.all().delete()
    sla.start(case)
    with pytest.raises(ConfigurationError, match="has no company policy"):
        sla.wait(case, berlin(TUESDAY, 11))
