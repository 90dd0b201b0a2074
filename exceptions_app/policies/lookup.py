"""Which policies hold: of all rows those that are live, and of these the most specific ones.

Specificity is TAXONOMY's: supplier+item > item > supplier+category > supplier > category > warehouse >
global; then the row of the company before the one of all companies, then the later effective date.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from erp_connectors.companies import Company
from erp_connectors.documents.models import Supplier
from erp_connectors.errors import ConfigurationError
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.detection import registry
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.people.models import Team
from exceptions_app.policies import calendar_rows, matrix, rows
from exceptions_app.policies.matrix import Rule
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    PolicyRelease,
    PolicyRow,
    Responsibility,
    RoutingRule,
    Scope,
    SeverityBands,
    Side,
    ToleranceRow,
    TypeMode,
)
from exceptions_app.policies.rows import Rows
from exceptions_app.policies.values import (
    STANDARD_FIGURES,
    Direction,
    Figure,
    Figures,
    Limit,
    LimitState,
    Terms,
    Tolerance,
    ToleranceMode,
    ToleranceTable,
)
from exceptions_app.severity import Bands
from suppliers.profiles import SupplierProfile

Row = TypeVar("Row", bound=PolicyRow)
ScopedRow = TypeVar("ScopedRow", bound=Scope)

EARLIEST = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class LineScope:
    """Where an order line stands, for the scope of policy rows. Empty values match only rows open to all."""

    company_id: int
    supplier_id: int | None = None
    item_number: str = ""
    category: str = ""
    warehouse_id: int | None = None


@dataclass(frozen=True, slots=True)
class AllowedHours:
    """Business hours to respond and resolve at severity high, and the row that says so (None: the type)."""

    respond_hours: Decimal
    resolve_hours: Decimal
    row_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierTime:
    """How long a supplier may take to answer, and when it is reminded, by which row (None: the standard)."""

    answer_hours: Decimal = Decimal(16)
    remind_every_hours: Decimal | None = Decimal(8)
    reminders: int = 2
    row_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CompanyPolicies:
    """What holds for one company: the day it is there, its calendar, fallback team and rates."""

    company: Company
    today: date
    calendar_row: Calendar
    fallback_team: Team
    rates: Mapping[str, Decimal]

    @cached_property
    def calendar(self) -> BusinessCalendar:
        """The calendar the company works by. Raises ConfigurationError where it cannot be read."""
        return calendar_rows.business_calendar(self.calendar_row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The policies of some companies as they are live at `as_of`, under `release`."""

    release: PolicyRelease
    as_of: datetime
    companies: Mapping[int, CompanyPolicies]
    rows: Rows

    def of(self, company_id: int) -> CompanyPolicies:
        """Return what holds for a company. Raises ConfigurationError when it has no company policy."""
        found = self.companies.get(company_id)
        if found is None:
            raise ConfigurationError(
                f"Company {company_id} has no company policy: give it a calendar and a team."
            )
        return found

    def tolerances(self, scope: LineScope) -> ToleranceTable:
        """Return the most specific live tolerance of each type and direction."""
        best: dict[tuple[str, Direction], ToleranceRow] = {}
        for row in self._matching(self.rows.tolerances, scope):
            best[(row.type_code, Direction(row.direction))] = row
        return ToleranceTable({key: tolerance_of(row) for key, row in best.items()})

    def terms(self, scope: LineScope, profile: SupplierProfile | None) -> Terms:
        """Return what the supplier owes by when: each term from the most specific row that names it."""
        days: dict[str, Any] = {}
        for row in self._matching(self.rows.terms, scope):
            if row.confirm_days is not None:
                days["confirm_days"] = row.confirm_days
            if row.transit_days is not None:
                days["transit_days"] = row.transit_days
        if profile is None:
            return Terms(**days)
        return Terms(
            expects_confirmation=profile.expects_confirmation,
            expects_ship_notice=profile.expects_ship_notice,
            expects_invoice=profile.expects_invoice,
            total_quantity=profile.answers_total_quantity,
            ship_to_delivery_days=profile.ship_to_delivery_days,
            **days,
        )

    def figures(self, scope: LineScope) -> Figures:
        """Return what the expected loss is calculated with: each figure from the most specific row."""
        found = {name: Figure(value) for name, value in STANDARD_FIGURES.items()}
        for row in self._matching(self.rows.impact, scope):
            for name in STANDARD_FIGURES:
                value = getattr(row, name)
                if value is not None:
                    found[name] = Figure(Decimal(value), row.release.number, row.release.published_at)
        return found

    def bands(self, company_id: int) -> Bands:
        """Return the severity bands of a company: its own, those of all companies, or the standard ones."""
        today = self.of(company_id).today
        open_to = [row for row in self.rows.bands if row.company_id in (None, company_id)]
        live = sorted(_live(open_to, today), key=lambda row: (row.company_id is not None, *_effective(row)))
        if not live:
            return Bands()
        return Bands(medium=live[-1].medium, high=live[-1].high, critical=live[-1].critical)

    def mode(self, kind: ExceptionType, scope: LineScope) -> TypeMode:
        """Return whether a live type opens cases there: the most specific setting says, else the type."""
        modes = [row.mode for row in self._matching(self.rows.settings, scope) if row.type_code == kind.code]
        if modes:
            return TypeMode(modes[-1])
        return TypeMode.ON if kind.is_on_by_default else TypeMode.OFF

    def calendar(self, code: str, company_id: int) -> BusinessCalendar:
        """Return the calendar called `code`, or the company's own where `code` is empty.

        Raises ConfigurationError where there is none of that code, or it cannot be read.
        """
        if not code:
            return self.of(company_id).calendar
        if code not in self.rows.calendars:
            raise ConfigurationError(f"There is no calendar called {code}: correct the supplier's profile.")
        return calendar_rows.business_calendar(self.rows.calendars[code])

    def in_company_currency(
        self, amount: Decimal | None, currency: str | None, company_id: int
    ) -> Decimal | None:
        """Return `amount` in the company's currency; None when it, its currency or the rate is unknown."""
        if amount is None or not currency:
            return None
        policies = self.of(company_id)
        if currency == policies.company.currency:
            return amount
        rate = policies.rates.get(currency)
        return None if rate is None else amount * rate

    def rules(self, company_id: int) -> list[RoutingRule]:
        """Return the routing rules live for a company, in the order they are tried."""
        today = self.of(company_id).today
        return [
            rule
            for rule in self.rows.routing_rules
            if rule.company_id in (None, company_id) and _holds_on(rule, today)
        ]

    def responsibilities_for(
        self, team_id: int, scopes: Collection[LineScope]
    ) -> list[tuple[Responsibility, ...]]:
        """Return who in a team looks after what stands in `scopes`, the most specific rows first."""
        found = {
            row.pk: row
            for scope in scopes
            for row in self._matching(self.rows.responsibilities, scope)
            if row.team_id == team_id
        }
        by_rung = sorted(found.values(), key=lambda row: (_rung(row), row.pk))
        return [tuple(rung) for _, rung in groupby(by_rung, key=_rung)]

    def next_change(self, company_id: int) -> datetime | None:
        """Return when the next row that detection reads starts or ends to hold in the company, or None."""
        policies = self.of(company_id)
        read: list[Scope | SeverityBands] = [*self.rows.tolerances, *self.rows.terms, *self.rows.settings]
        read += [*self.rows.impact, *self.rows.bands]
        days = [
            day
            for row in read
            if row.company_id in (None, company_id)
            for day in _days_of_change(row)
            if day > policies.today
        ]
        if not days:
            return None
        return datetime.combine(min(days), time(0), ZoneInfo(policies.company.time_zone)).astimezone(UTC)

    def _matching(self, rows: Iterable[ScopedRow], scope: LineScope) -> list[ScopedRow]:
        """Return the live rows whose scope holds for `scope`, least specific first."""
        today = self.of(scope.company_id).today
        return sorted(
            (row for row in rows if _holds_on(row, today) and _covers(row, scope)), key=_specificity
        )


def load(company_ids: Collection[int], as_of: datetime) -> Policies:
    """Return the live policies of the companies at `as_of`; no query is asked for rows that are known.

    A company's row holds on the day it is there. Raises ConfigurationError before the first release. A
    calendar is read when it is asked for, so that a wrong one harms only those who work by it.
    """
    return policies_of(rows.current(), company_ids, as_of)


def policies_of(known: Rows, company_ids: Collection[int], as_of: datetime) -> Policies:
    """Return what `known` rows say for the companies at `as_of`. Raises ConfigurationError as `load` does."""
    found = [known.companies[company_id] for company_id in company_ids if company_id in known.companies]
    return Policies(
        release=_release(known),
        as_of=as_of,
        companies={row.company_id: _of_company(row, known, as_of) for row in found},
        rows=known,
    )


def _release(known: Rows) -> PolicyRelease:
    if known.release is None:
        raise ConfigurationError("No policy release was published yet: save a policy in the administration.")
    return known.release


def _of_company(row: CompanyPolicy, known: Rows, as_of: datetime) -> CompanyPolicies:
    of_company = (rate for rate in known.rates if rate.company_id == row.company_id)
    live = sorted(_live(of_company, as_of.date()), key=_effective)
    return CompanyPolicies(
        company=row.company,
        today=as_of.astimezone(ZoneInfo(row.company.time_zone)).date(),
        calendar_row=row.calendar,
        fallback_team=row.fallback_team,
        rates={rate.currency: rate.rate for rate in live},
    )


def current_release() -> PolicyRelease:
    """Return the newest release. Raises ConfigurationError before the first one."""
    return _release(rows.current())


def service_level(company: Company, type_code: str, at: datetime) -> AllowedHours:
    """Return the hours a type allows in a company: by its own row, a shared one, or the type itself."""
    today = at.astimezone(ZoneInfo(company.time_zone)).date()
    of_type = [
        row
        for row in rows.current().service_levels
        if row.type_code == type_code and row.company_id in (None, company.pk)
    ]
    live = sorted(_live(of_type, today), key=lambda row: (row.company_id is not None, *_effective(row)))
    if live:
        return AllowedHours(live[-1].respond_hours, live[-1].resolve_hours, live[-1].pk)
    own = registry.exception_type(type_code).service
    return AllowedHours(Decimal(own.respond_hours), Decimal(own.resolve_hours))


def supplier_time(company: Company, supplier: Supplier | None, type_code: str, at: datetime) -> SupplierTime:
    """Return how long the supplier may take to answer: by the most specific live row, else two days of eight.

    Supplier and type > supplier > tier and type > tier > type > any; then the company's row before a shared
    one, then the later start.
    """
    today = at.astimezone(ZoneInfo(company.time_zone)).date()
    tier = supplier.tier if supplier else ""
    matching = [
        row
        for row in rows.current().supplier_times
        if row.company_id in (None, company.pk)
        and row.supplier_id in (None, supplier.pk if supplier else None)
        and row.tier in ("", tier)
        and row.type_code in ("", type_code)
    ]
    live = sorted(
        _live(matching, today),
        key=lambda row: (
            row.supplier_id is not None,
            bool(row.tier),
            bool(row.type_code),
            row.company_id is not None,
            *_effective(row),
        ),
    )
    if not live:
        return SupplierTime()
    row = live[-1]
    return SupplierTime(
        answer_hours=row.answer_hours,
        remind_every_hours=row.remind_every_hours,
        reminders=row.reminders,
        row_id=row.pk,
    )


def supplier_calendar(company: Company, supplier: Supplier | None) -> Calendar:
    """Return the calendar a supplier works by: that of its profile, else the company's.

    Raises ConfigurationError where the company has none, or the profile names one that is not there.
    """
    profile = SupplierProfile.objects.filter(supplier=supplier).first() if supplier else None
    if profile is not None and profile.calendar_code:
        named = rows.current().calendars.get(profile.calendar_code)
        if named is None:
            raise ConfigurationError(
                f"There is no calendar called {profile.calendar_code}: correct the supplier's profile."
            )
        return named
    policy = rows.current().companies.get(company.pk)
    if policy is None:
        raise ConfigurationError(f"{company} has no company policy: give it a calendar and a team.")
    return policy.calendar


def escalation_steps(team: Team, side: Side, today: date) -> list[EscalationStep]:
    """Return the steps of a team's ladder that hold on a day, lowest first."""
    of_team = rows.current().steps.get(team.pk, ())
    return _live((step for step in of_team if step.side == side), today)


def clock_warning(team: Team, side: Side, today: date) -> ClockWarning | None:
    """Return the row that says when to warn before time is up: the team's own, else one of all teams."""
    of_side = [row for row in rows.current().warnings if row.side == side and row.team_id in (None, team.pk)]
    live = sorted(_live(of_side, today), key=lambda row: (row.team_id is not None, *_effective(row)))
    return live[-1] if live else None


def approval_rules(today: date) -> list[Rule]:
    """Return the approval rules that hold on a day, in a fixed order."""
    return [_rule(row) for row in _live(rows.current().approvals, today)]


def _rule(row: ApprovalRule) -> Rule:
    return Rule(
        id=row.pk,
        name=row.name,
        steps=matrix.steps_of(row.steps),
        company_id=row.company_id,
        type_code=row.type_code,
        resolutions=tuple(row.resolutions),
        supplier_id=row.supplier_id,
        category=row.category,
        uncovered_class=row.uncovered_class,
        amount_above=row.amount_above,
        percent_above=row.percent_above,
        days_above=row.days_above,
        charge_above=row.charge_above,
    )


# --- which row holds, and which wins ------------------------------------------------------------------------


def _live(rows: Iterable[Row], today: date) -> list[Row]:
    return [row for row in rows if _holds_on(row, today)]


def _holds_on(row: PolicyRow, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (
        row.valid_until is None or day <= row.valid_until
    )


def _days_of_change(row: PolicyRow) -> list[date]:
    days = [] if row.valid_from is None else [row.valid_from]
    return days if row.valid_until is None else [*days, row.valid_until + timedelta(days=1)]


def _covers(row: Scope, scope: LineScope) -> bool:
    return (
        row.company_id in (None, scope.company_id)
        and row.supplier_id in (None, scope.supplier_id)
        and row.warehouse_id in (None, scope.warehouse_id)
        and row.item_number in ("", scope.item_number)
        and row.category in ("", scope.category)
    )


#: Most specific first; a row is as specific as the first of these it fulfils.
LADDER: tuple[Callable[[Scope], bool], ...] = (
    lambda row: bool(row.supplier_id and row.item_number),
    lambda row: bool(row.item_number),
    lambda row: bool(row.supplier_id and row.category),
    lambda row: bool(row.supplier_id),
    lambda row: bool(row.category),
    lambda row: bool(row.warehouse_id),
)


def _specificity(row: Scope) -> tuple[int, int, bool, date, int]:
    named = sum(map(bool, (row.supplier_id, row.item_number, row.category, row.warehouse_id)))
    return (-_rung(row), named, row.company_id is not None, *_effective(row))


def _rung(row: Scope) -> int:
    """Return how far down the ladder a row stands: 0 is the most specific."""
    return next((place for place, fulfilled in enumerate(LADDER) if fulfilled(row)), len(LADDER))


def _effective(row: PolicyRow) -> tuple[date, int]:
    return (row.valid_from or EARLIEST, row.pk)


def tolerance_of(row: ToleranceRow) -> Tolerance:
    """Return what a row allows."""
    return Tolerance(
        percent=_limit(row.percent_state, row.percent),
        amount=_limit(row.amount_state, row.amount),
        cap=_limit(row.cap_state, row.cap),
        mode=ToleranceMode(row.mode),
        id=row.pk,
        release=row.release_id,
    )


def _limit(state: str, value: Decimal | None) -> Limit:
    return Limit(LimitState(state), value if value is not None else Decimal(0))
