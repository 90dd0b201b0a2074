"""The sweep: a warning, a breach and each step happen exactly once, and are told to whom the ladder names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock, ClockKind
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.policies.models import Calendar, EscalationStep
from exceptions_app.sla import notices, reminding
from tests.builders.factories import (
    CalendarFactory,
    CaseFactory,
    ClockWarningFactory,
    EscalationStepFactory,
    MembershipFactory,
    SupplierTimeRowFactory,
    TeamFactory,
    UserFactory,
    berlin,
)
from tests.exceptions_app.sla.clockwork import (
    NEXT_MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    clock,
    happened,
    together,
    told,
    watched_case,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return watched_case()


def titles(kind: NotificationKind) -> list[str]:
    return list(Notification.objects.filter(kind=kind).order_by("pk").values_list("title", flat=True))


# --- once ---------------------------------------------------------------------------------------------------


def test_a_warning_a_breach_and_a_step_happen_exactly_once(case: Case) -> None:
    lead = MembershipFactory.create(team=case.team, role="lead", user=UserFactory.create(username="paul"))
    MembershipFactory.create(
        team=case.team, role="lead", user=UserFactory.create(username="gone", is_active=False)
    )
    MembershipFactory.create(team=case.team, role="member", user=UserFactory.create(username="bea"))
    sla.start(case)
    sla.stop(case, berlin(TUESDAY, 10), ClockKind.RESOLVE)
    for hour, minute, swept in (
        (12, 59, 0),
        (13, 0, 1),
        (13, 59, 0),
        (14, 0, 1),
        (14, 0, 0),
        (15, 0, 1),
        (16, 0, 0),
    ):
        assert sla.sweep(berlin(TUESDAY, hour, minute), 100) == swept, (hour, minute)
    assert told(NotificationKind.WARNING) == [str(case.team)]
    assert told(NotificationKind.BREACH) == [str(case.team)]
    assert told(NotificationKind.ESCALATION) == [str(lead.user)]
    assert Case.objects.get(pk=case.pk).escalation_level == 1
    assert happened(case) == ["warned", "breached", "escalated"]
    assert clock(case).sweep_at is None


def test_what_happened_names_the_clock_its_due_time_and_the_release(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 13), 100)
    sla.sweep(berlin(TUESDAY, 15), 100)
    warned, breached, escalated = Event.objects.filter(case=case).order_by("id")
    assert warned.summary == "First response is running out: due 2026-11-24 14:00 CET"
    assert breached.summary == "First response is overdue"
    assert breached.after == {"clock": "respond", "due_at": "2026-11-24T13:00:00+00:00"}
    assert breached.release == case.release
    assert escalated.summary == "Escalated to level 1: first response is overdue"
    assert (escalated.before, escalated.after) == (
        {"escalation_level": 0},
        {"escalation_level": 1, "clock": "respond"},
    )
    assert Notification.objects.get(kind="warning").body == "Due 2026-11-24 14:00 CET."
    assert titles(NotificationKind.BREACH) == [f"First response is overdue: {case}"]
    assert Notification.objects.get(kind="escalation").body == (
        "First response has been overdue since 2026-11-24 14:00 CET."
    )


@pytest.mark.parametrize(
    ("rule", "warned_at"),
    [
        ({"percent": 50}, berlin(TUESDAY, 12)),
        ({"minutes_before": 30}, berlin(TUESDAY, 13, 30)),
        ({"minutes_before": 900}, berlin(TUESDAY, 10)),
        ({}, None),
    ],
)
def test_the_owner_is_warned_when_the_rule_says(
    case: Case, rule: dict[str, int], warned_at: datetime | None
) -> None:
    ClockWarningFactory.create(**rule)
    sla.start(case)
    sla.stop(case, berlin(TUESDAY), ClockKind.RESOLVE)
    assert clock(case).sweep_at == (warned_at or berlin(TUESDAY, 14))
    sla.sweep(berlin(TUESDAY, 13, 59), 100)
    assert len(told(NotificationKind.WARNING)) == (0 if warned_at is None else 1)


def test_a_warning_that_comes_when_time_is_up_is_told_no_more(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 14), 100)
    assert told(NotificationKind.WARNING) == []
    assert happened(case) == ["breached"]


def test_an_owner_is_told_in_person_unless_they_have_left(case: Case) -> None:
    case.owner = UserFactory.create(username="bea")
    case.save()
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 13), 100)
    case.owner.is_active = False
    case.owner.save()
    sla.sweep(berlin(TUESDAY, 14), 100)
    assert told(NotificationKind.WARNING) == [str(case.owner)]
    assert told(NotificationKind.BREACH) == [str(case.team)]


def test_the_team_is_told_when_nobody_has_the_role(case: Case) -> None:
    sla.start(case)
    sla.sweep(berlin(TUESDAY, 15), 100)
    assert told(NotificationKind.ESCALATION) == [str(case.team)]


def test_a_step_for_members_is_for_the_owner_and_without_one_for_all_of_them(case: Case) -> None:
    EscalationStep.objects.update(role="member")
    for name in ("bea", "ben"):
        MembershipFactory.create(team=case.team, role="member", user=UserFactory.create(username=name))
    other = CaseFactory.create(company=case.company, team=case.team, owner=UserFactory.create(username="bea"))
    sla.start(case)
    sla.start(other)
    sla.sweep(berlin(TUESDAY, 15), 100)
    assert told(NotificationKind.ESCALATION) == ["Bea Example", "Bea Example", "Ben Example"]


def test_each_step_is_told_once_after_an_outage(case: Case) -> None:
    EscalationStepFactory.create(team=case.team, level=2, after_minutes=600, role="manager")
    sla.start(case)
    assert sla.sweep(berlin(NEXT_MONDAY, 16), 100) == 2
    assert sla.sweep(berlin(NEXT_MONDAY, 16), 100) == 0
    assert sorted(happened(case)) == ["breached"] * 2 + ["escalated"] * 4
    assert clock(case).breached_at == berlin(TUESDAY, 14)
    assert Case.objects.get(pk=case.pk).escalation_level == 2


def test_a_ladder_waits_while_the_case_does(case: Case) -> None:
    sla.start(case)
    sla.stop(case, berlin(TUESDAY), ClockKind.RESOLVE)
    sla.sweep(berlin(TUESDAY, 14), 100)
    sla.wait(case, berlin(TUESDAY, 14, 20))
    assert sla.sweep(berlin(WEDNESDAY, 13), 100) == 0
    sla.resume(case, berlin(THURSDAY, 8), is_answered=True)
    assert clock(case).due_at == berlin(TUESDAY, 14)
    assert sla.sweep(berlin(THURSDAY, 8, 39), 100) == 0
    assert sla.sweep(berlin(THURSDAY, 8, 40), 100) == 1
    assert happened(case) == ["breached", "reminded", "escalated"]


# --- the supplier -------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(case: Case) -> Case:
    SupplierTimeRowFactory.create(answer_hours=4, remind_every_hours=1, reminders=3)
    sla.start(case)
    sla.wait(case, berlin(TUESDAY))
    return case


def test_the_supplier_is_reminded_by_whoever_can_write_to_it(
    waiting: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, int, datetime]] = []

    def write(case: Case, number: int, at: datetime) -> bool:
        written.append((case.number, number, at))
        return True

    monkeypatch.setattr(reminding, "_reminders", [])
    reminding.remind_by(write)
    reminding.remind_by(write)
    sla.sweep(berlin(TUESDAY, 11), 100)
    assert written == [(waiting.number, 1, berlin(TUESDAY, 11))]
    row = Notification.objects.get()
    assert (row.kind, row.team, row.body) == ("reminder", waiting.team, "Reminder 1 is on its way.")
    assert row.title == f"{waiting.supplier.name} has not answered yet: {waiting}"
    assert Event.objects.get().after == {"clock": "supplier", "reminder": 1, "is_sent": True}


def test_of_several_missed_reminders_only_the_last_is_sent(waiting: Case) -> None:
    sla.sweep(berlin(TUESDAY, 13, 30), 100)
    assert happened(waiting) == ["reminded"]
    assert Event.objects.get().after["reminder"] == 3
    assert clock(waiting, ClockKind.SUPPLIER).sweep_at == berlin(TUESDAY, 14)


@pytest.mark.parametrize("fails", [False, True])
def test_an_owner_hears_that_no_reminder_could_be_sent(
    waiting: Case, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    def fail(*_: Any) -> bool:
        raise RuntimeError("no template")

    monkeypatch.setattr(reminding, "_reminders", [fail] if fails else [])
    sla.sweep(berlin(TUESDAY, 11), 100)
    assert Notification.objects.get().body == "No reminder could be sent: ask yourself."
    assert clock(waiting, ClockKind.SUPPLIER).reminders == 1


def test_an_answer_that_is_overdue_is_told_by_its_own_name(waiting: Case) -> None:
    sla.sweep(berlin(TUESDAY, 14), 100)
    assert titles(NotificationKind.BREACH) == [f"The supplier's answer is overdue: {waiting}"]
    assert Case.objects.get(pk=waiting.pk).due_at is None


def counts() -> list[int]:
    return list(Notification.objects.filter(kind="breach").order_by("pk").values_list("count", flat=True))


# --- many at once -------------------------------------------------------------------------------------------


def crowd(case: Case, count: int) -> list[Case]:
    cases = CaseFactory.create_batch(count, company=case.company, team=case.team)
    for each in cases:
        sla.start(each)
        sla.stop(each, berlin(TUESDAY), ClockKind.RESOLVE)
    return cases


def test_a_few_at_once_are_told_one_by_one(case: Case) -> None:
    cases = crowd(case, notices.ONE_BY_ONE)
    sla.sweep(berlin(TUESDAY, 14), 100)
    assert titles(NotificationKind.BREACH) == [f"First response is overdue: {each}" for each in cases]


def test_many_at_once_are_told_as_one_however_many_sweeps_it_takes(case: Case) -> None:
    cases = crowd(case, 60)
    now = berlin(TUESDAY, 14)
    while sla.sweep(now, 25):
        pass
    row = Notification.objects.get(kind=NotificationKind.BREACH)
    assert (row.title, row.count, row.case, row.team) == (
        "Promises that are overdue: 60",
        60,
        None,
        case.team,
    )
    assert row.body.splitlines()[0] == f"First response is overdue: {cases[0]}"
    assert (len(row.body.splitlines()), row.body.splitlines()[-1]) == (51, "… and 10 more")
    assert row.due_at == now + timedelta(minutes=1), "its mail waits for more"
    assert Event.objects.filter(kind="clock.breached").count() == 60


def test_many_small_sweeps_within_a_minute_are_told_as_one_too(case: Case) -> None:
    crowd(case, 10)
    while sla.sweep(berlin(TUESDAY, 14), 1):
        pass
    assert counts() == [1, 1, 1, 7]


def test_a_notice_that_was_mailed_takes_no_more(case: Case) -> None:
    crowd(case, 10)
    sla.sweep(berlin(TUESDAY, 14), 5)
    Notification.objects.update(due_at=None)
    sla.sweep(berlin(TUESDAY, 14), 5)
    assert counts() == [5, 5]


# --- beside others ------------------------------------------------------------------------------------------


def test_a_clock_that_cannot_be_computed_holds_up_no_other(case: Case) -> None:
    other = CaseFactory.create(
        company=case.company, team=TeamFactory.create(code="PLN", calendar=CalendarFactory.create(code="odd"))
    )
    sla.start(case)
    sla.start(other, berlin(TUESDAY, 9))
    sla.stop(other, berlin(TUESDAY, 9), ClockKind.RESOLVE)
    Calendar.objects.filter(code="odd").update(hours={})
    now = berlin(TUESDAY, 14)
    assert sla.sweep(now, 100) == 2
    assert clock(case).breached_at == now
    waiting = clock(other)
    assert (waiting.breached_at, waiting.sweep_at) == (None, now + timedelta(minutes=5))


def test_a_sweep_takes_no_more_than_it_is_allowed_and_the_longest_due_first(case: Case) -> None:
    other = CaseFactory.create(company=case.company, team=case.team)
    sla.start(case)
    sla.start(other, berlin(TUESDAY, 9))
    assert sla.sweep(berlin(TUESDAY, 14), 1) == 1
    assert clock(other).breached_at == berlin(TUESDAY, 13)
    assert clock(case).breached_at is None


def test_a_sweep_asks_as_many_questions_for_many_clocks_as_for_few(
    case: Case, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    crowd(case, 40)
    with django_assert_max_num_queries(16):
        assert sla.sweep(berlin(TUESDAY, 15), 100) == 40


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_let_everything_happen_once() -> None:
    cases = [started(CaseFactory.create()) for _ in range(6)]
    together(*[lambda: sla.sweep(berlin(WEDNESDAY, 16), 100)] * 3)
    sla.sweep(berlin(WEDNESDAY, 16), 100)
    for case in cases:
        assert happened(case).count("breached") == 1
        assert happened(case).count("escalated") == 1


@pytest.mark.django_db(transaction=True)
def test_a_sweep_passes_over_a_case_that_somebody_holds() -> None:
    case = started(CaseFactory.create())
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        together(lambda: sla.sweep(berlin(TUESDAY, 14), 100))
        assert clock(case).breached_at is None
    assert sla.sweep(berlin(TUESDAY, 14), 100) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sweep_takes_its_time_from_nobody_but_its_caller_and_reads_due_clocks_by_index() -> None:
    started(CaseFactory.create())
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        due = Clock.objects.filter(sweep_at__lte=berlin(TUESDAY, 14)).order_by("sweep_at", "pk")
        plan = due.explain()
        cursor.execute("SET enable_seqscan = on")
    assert "clock_sweep" in plan


def started(case: Case) -> Case:
    """Start both clocks of a case whose ladder has one step."""
    EscalationStepFactory.create(team=case.team, level=1)
    with transaction.atomic():
        sla.start(case, berlin(TUESDAY))
        sla.stop(case, berlin(TUESDAY), ClockKind.RESOLVE)
    return case
