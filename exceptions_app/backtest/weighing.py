"""What a replayed case comes to: its money, severity and team, and by when somebody would have been told.

Stock and customer orders are as they are known now, and other orders for the same goods are left out, for
both states of the policies alike. Clocks run from the opening without a pause, until the case that really was
there was answered or closed; without one, until the replayed one closes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from erp_connectors.documents.models import OrderLine
from exceptions_app.cases.lines import new_line
from exceptions_app.cases.models import Case, Clock, ClockKind, Severity
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import OrderView
from exceptions_app.gaps import Known
from exceptions_app.impact import Impact, assess
from exceptions_app.people.models import Team
from exceptions_app.places import Place
from exceptions_app.policies import rows
from exceptions_app.policies.calendar_rows import business_calendar
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.people import Workers, workers_of
from exceptions_app.routing.route import Question, team_for
from exceptions_app.shortfalls import Nearby, Surroundings
from exceptions_app.shortfalls import Seen as SeenOrder
from exceptions_app.sla.clocks import first_round
from exceptions_app.sla.timers import What, fall_due
from exceptions_app.subjects.impact import assess_subject

if TYPE_CHECKING:
    from exceptions_app.backtest.replay import ReplayedCase, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a case comes to at one moment; money in the company's currency, None where it is unknown."""

    headline: str
    amount: Decimal | None
    expected_loss: Decimal
    severity: Severity
    team: Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the clocks of a case come to: when it is due, whether a promise breaks, the highest step taken."""

    due_at: datetime | None
    is_breached: bool
    level: int


class _Apart(Nearby):
    """Goods as if no other order brought any; what is known of a place is read once for a whole backtest."""

    def __init__(self, policies: Policies, known: dict[Place, Known]) -> None:
        super().__init__(policies)
        self._known = known

    def at(self, places: Collection[Place], *, besides: Collection[int]) -> list[SeenOrder]:
        """Return nothing: what other orders bring is left out."""
        return []


class Scales:
    """Weighs replayed cases; what is around them is read once."""

    def __init__(self) -> None:
        self._places: dict[Place, Known] = {}
        self._workers: dict[tuple[int, date], Workers] = {}

    def weigh(self, kind: ExceptionType, seen: "Seen") -> Weight:
        """Return what a case of a type comes to as it was seen. Raises ConfigurationError."""
        loaded, policies = seen.loaded, seen.policies
        lines = [
            new_line(each, self._row(seen, each.line_number), release=policies.release, at=seen.at)
            for each in seen.deviations
        ]
        view = seen.detection.view
        impact: Impact
        if loaded.order is not None and isinstance(view, OrderView):
            around = Surroundings([(loaded.order, view, seen.standing)], _Apart(policies, self._places))
            impact = assess(kind, lines, loaded=loaded.order, view=view, policies=policies, around=around)
        else:
            impact = assess_subject(kind, lines, loaded=loaded, policies=policies)
        company = loaded.about.company.pk
        question = Question(company_id=company, owner_code=kind.owner, facts=impact.facts)
        return Weight(
            headline=impact.headline[:300],
            amount=impact.amount,
            expected_loss=impact.expected_loss,
            severity=impact.severity,
            team=team_for(question, policies, self._workers_of(company, policies)),
        )

    def times(
        self,
        case: "ReplayedCase",
        weight: Weight,
        known: rows.Rows,
        *,
        happened: Case | None,
        until: datetime,
    ) -> Times:
        """Return what our clocks of a case come to by the end of what is replayed."""
        about = case.first.loaded.about
        stand_in = Case(
            company=about.company,
            type_code=case.kind.code,
            supplier=about.supplier,
            team=weight.team,
            severity=weight.severity,
        )
        with rows.seeing(known):
            clocks = first_round(stand_in, case.opened_at)
            told = [
                happening
                for clock in clocks
                for happening in fall_due(
                    clock,
                    business_calendar(clock.calendar),
                    min(until, _ended(clock, case, happened) or until),
                )
            ]
        return Times(
            due_at=min((clock.due_at for clock in clocks if clock.due_at is not None), default=None),
            is_breached=any(each.what is What.BREACH for each in told),
            level=max((each.step.level for each in told if each.step is not None), default=0),
        )

    def _row(self, seen: "Seen", number: str | None) -> OrderLine | None:
        return seen.loaded.lines.get(number or "")

    def _workers_of(self, company: int, policies: Policies) -> Workers:
        key = (company, policies.of(company).today)
        if key not in self._workers:
            self._workers[key] = workers_of(*key)
        return self._workers[key]


def _ended(clock: Clock, case: "ReplayedCase", happened: Case | None) -> datetime | None:
    """Return when a promise was kept: by the first action on what really was there, or its end."""
    if happened is None:
        return case.closed_at
    if clock.kind == ClockKind.RESPOND and happened.first_action_at is not None:
        return max(case.opened_at, happened.first_action_at)
    return happened.resolved_at or happened.closed_at or case.closed_at
