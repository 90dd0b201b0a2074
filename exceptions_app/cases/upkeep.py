"""What Rightline itself does with a case: open it, keep it up to date, watch over it, reopen and close it.

Each is one step through `change`, with its event, clocks and queues, in the transaction of whoever calls.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from exceptions_app import priority, sla
from exceptions_app.audit.record import record
from exceptions_app.cases import lifecycle, queue
from exceptions_app.cases.about import About
from exceptions_app.cases.change import Step, change, states_of
from exceptions_app.cases.models import Case, CaseLine, CaseState
from exceptions_app.impact import Impact
from exceptions_app.overrides import marks
from exceptions_app.overrides.models import OverrideKind
from exceptions_app.policies.models import PolicyRelease
from exceptions_app.routing import route as routing
from exceptions_app.routing.models import CaseRoute
from exceptions_app.routing.route import Route

Effect = Callable[[Case, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened to the lines of a case, in words, with the figures for its history."""

    summary: str
    lines: list[dict[str, Any]] = field(default_factory=list)


# --- opening ------------------------------------------------------------------------------------------------


def open_case(
    about: About,
    *,
    type_code: str,
    group_key: str,
    lines: Iterable[CaseLine],
    impact: Impact,
    route: Route,
    release: PolicyRelease,
    news: News,
    at: datetime,
    effects: tuple[Effect, ...] = (),
) -> Case:
    """Open a case, numbered EX-<n>, with its lines (not yet saved), its clocks and its queue entries."""
    kept = list(lines)
    case = _new_case(about, type_code, group_key, impact, route, release, at)
    if route.person is not None:
        lifecycle.assign(case, at=at, person=route.person)
    case.warehouse = _common_warehouse(kept)
    clocks = sla.first_round(case, at)
    priority.follow(case, at)
    case.save(force_insert=True)
    for line in kept:
        line.case = case
    CaseLine.objects.bulk_create(kept)
    routing.keep_first(case, route, at=at)
    sla.add(clocks, at)
    record(
        "case.opened",
        at=at,
        case=case,
        subject=("case", case.number),
        summary=news.summary,
        after=_as_opened(case, route, news),
        release=release,
    )
    for effect in effects:
        effect(case, at)
    queue.enter(case)
    return case


def _new_case(
    about: About,
    type_code: str,
    group_key: str,
    impact: Impact,
    route: Route,
    release: PolicyRelease,
    at: datetime,
) -> Case:
    number = _next_number()
    return Case(
        pk=number,
        number=f"EX-{number}",
        company=about.company,
        type_code=type_code,
        group_key=group_key,
        headline=impact.headline[:300],
        state_since=at,
        severity=impact.severity,
        amount=impact.amount,
        expected_loss=impact.expected_loss,
        impact=impact.record,
        supplier=about.supplier,
        subject_kind=about.kind,
        subject_id=about.id,
        order=about.order,
        document=about.document,
        interchange=about.interchange,
        stream=about.stream,
        team=route.team,
        routed_by=route.words[:200],
        release=release,
        opened_at=at,
        updated_at=at,
    )


def _as_opened(case: Case, route: Route, news: News) -> dict[str, Any]:
    """Return what the history keeps of a case as it was opened."""
    return {
        "state": str(case.state),
        "severity": int(case.severity),
        "amount": None if case.amount is None else str(case.amount),
        "expected_loss": str(case.expected_loss),
        "team": route.team.code,
        "owner": route.person.username if route.person else None,
        "routed_by": route.words,
        "assigned_by": route.person_words,
        "lines": news.lines,
        "version": case.version,
    }


def _next_number() -> int:
    """Draw from the sequence of the table's key: never twice, gaps allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('exceptions_app_case', 'id'))")
        return int(cursor.fetchone()[0])


def _common_warehouse(lines: Iterable[CaseLine]) -> Any:
    warehouses = {line.order_line.warehouse for line in lines if line.order_line}
    return warehouses.pop() if len(warehouses) == 1 else None


# --- keeping it up to date ----------------------------------------------------------------------------------


def update(
    case: Case,
    *,
    impact: Impact,
    news: News,
    at: datetime,
    is_new_word: bool,
    has_answered: bool = False,
    find_route: Callable[[], Route] | None = None,
    effects: tuple[Effect, ...] = (),
) -> Case:
    """Give a case the figures its lines have now, and the state that follows from them.

    `is_new_word`: something deviates that no decision covers and that was not there before. Work on a
    resolved or monitored case then goes on. `has_answered`: the supplier said something newer on a line of
    the case, be it the same again: work on a case that waited for it goes on.
    `find_route` says where it goes now; it is asked as long as nobody has acted on it.
    """

    kind, transition = _next_move(case, is_new_word=is_new_word, has_answered=has_answered)
    step = Step(
        kind=kind,
        summary=news.summary,
        transition=transition,
        set_fields=lambda locked: _set_impact(locked, impact),
        after={"lines": news.lines},
        effects=effects,
    )
    changed = change(case, step, at=at)
    if is_new_word or has_answered:
        marks.contradict(changed, OverrideKind.STATE, why=news.summary, at=at)
    return reroute(changed, find_route, at=at) if find_route is not None else changed


def _next_move(
    case: Case, *, is_new_word: bool, has_answered: bool
) -> tuple[str, Callable[..., None] | None]:
    if case.state in (CaseState.CLOSED, CaseState.DISMISSED):
        return "reopened", lifecycle.reopen
    if has_answered and case.state == CaseState.WAITING_SUPPLIER:
        return "answered", lifecycle.resume
    if is_new_word and case.state in (CaseState.MONITORING, CaseState.RESOLVED):
        return "back_to_work", lifecycle.back_to_work
    return "updated", None


def may_be_rerouted(case: Case) -> bool:
    """Say whether nobody has ever acted on a case: only then may rules still move it."""
    is_movable = case.state in states_of(lifecycle.hand_over)
    return is_movable and case.first_action_at is None and not case.reopened_count


def follow_rules(
    case: Case, find_route: Callable[[], Route], release: PolicyRelease, *, at: datetime
) -> Case:
    """Ask the rules again about a case nobody has ever acted on, if others hold than when they took it."""
    if may_be_rerouted(case) and not CaseRoute.objects.filter(case=case, release=release).exists():
        return reroute(case, find_route, at=at)
    return case


def reroute(case: Case, find_route: Callable[[], Route], *, at: datetime) -> Case:
    """Send a case nobody has ever acted on to where the rules send it now; any other stays where it is."""
    if not may_be_rerouted(case):
        return case
    route = find_route()
    routing.keep(case, route, at=at)
    if case.team == route.team:
        is_wanted = case.owner is None and route.person is not None
        return _assign(case, route, at=at) if is_wanted else case

    def set_words(locked: Case) -> None:
        locked.routed_by = route.words[:200]

    step = Step(
        kind="rerouted",
        summary=f"Goes to {route.team.name}: {route.words}",
        transition=lifecycle.hand_over,
        arguments={"team": route.team},
        set_fields=set_words,
    )
    case = change(case, step, at=at)
    return _assign(case, route, at=at) if route.person is not None else case


def _assign(case: Case, route: Route, *, at: datetime) -> Case:
    step = Step(
        kind="assigned",
        summary=f"Assigned to {route.person}: {route.person_words}",
        transition=lifecycle.assign,
        arguments={"person": route.person},
    )
    return change(case, step, at=at)


def _set_impact(case: Case, impact: Impact) -> None:
    case.headline = impact.headline[:300]
    case.amount = impact.amount
    case.expected_loss, case.impact = impact.expected_loss, impact.record
    if not case.severity_override_reason:
        case.severity = impact.severity


def weigh_anew(case: Case, impact: Impact, *, at: datetime) -> None:
    """Save the loss of a case, locked, of which only that has moved: stock or demand around it, say.

    No event is left and no version raised: what people read and decide on is as it was.
    """
    case.expected_loss, case.impact = impact.expected_loss, impact.record
    priority.follow(case, at)
    case.save(update_fields=["expected_loss", "impact", "priority", "priority_until"])
    queue.sync(case)


# --- while a decision is carried out ------------------------------------------------------------------------


def monitor(case: Case, *, at: datetime) -> Case:
    """Only watch over a case whose lines are all decided and being carried out."""
    step = Step(kind="monitored", summary="Decided, and being carried out", transition=lifecycle.monitor)
    return change(case, step, at=at)


def back_to_work(case: Case, *, summary: str, at: datetime) -> Case:
    """Give a case back to the people: what was decided could not be carried out."""
    step = Step(kind="back_to_work", summary=summary, transition=lifecycle.back_to_work)
    return change(case, step, at=at)


def resolve_if_decided(case: Case, *, at: datetime) -> Case:
    """Resolve a case all of whose lines are settled or cleared; leave any other as it is."""
    is_unresolved = case.state in lifecycle.OPEN and case.state != CaseState.RESOLVED
    if not is_unresolved or not lifecycle.all_lines_decided(case):
        return case
    step = Step(kind="resolved", summary="Every line is decided", transition=lifecycle.resolve)
    return change(case, step, at=at)


def close(case: Case, *, reason: str, news: News, at: datetime, effects: tuple[Effect, ...] = ()) -> Case:
    """Close a case of which nothing deviates any more, with the reason in words."""
    step = Step(
        kind="closed",
        summary=f"Closed: {reason}",
        transition=lifecycle.close,
        arguments={"reason": reason},
        after={"lines": news.lines},
        effects=effects,
    )
    return change(case, step, at=at)


def note_cleared(case: Case, *, news: News, at: datetime) -> Case:
    """Note that lines of a case that had ended by decision do not deviate any more; it stays as it is."""
    return change(case, Step(kind="line_cleared", summary=news.summary, after={"lines": news.lines}), at=at)
