"""What a deviation is expected to cost, term by term (ASSIST, section 4). Pure and exact.

Each term keeps the inputs it was computed from, each input where it is from and how old it is. Money is in
the currency of the company and rounded once, where it is read; quantities are in the base unit of the item.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum

from exceptions_app import normal

CENT = Decimal("0.01")
NOTHING = Decimal(0)
#: Units missing on average are kept with 18 decimals, so that adding them up rounds nothing more.
LEAST_UNITS = Decimal("1e-18")
DAYS_A_YEAR = 365
#: The unit of an input that is a part of one, read as a percentage.
SHARE = "share"


class Source(StrEnum):
    """Where an input is from."""

    CASE = "case"
    COMPUTED = "computed"
    STOCK = "stock"
    INBOUND = "inbound"
    SUPPLIER = "supplier"
    CUSTOMERS = "customers"
    ITEM = "item"
    ORDER = "order"
    INVOICE = "invoice"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One figure of a term. `about`: the customer order it is of; `detail`: the release of a policy.

    `is_estimated`: nobody told, and a default stands for it. `value` None: there is not even a default; it
    counts as nothing.
    """

    code: str
    value: Decimal | None
    source: Source
    unit: str = ""
    about: str = ""
    detail: str = ""
    as_of: datetime | None = None
    is_estimated: bool = False

    @property
    def number(self) -> Decimal:
        """What to calculate with."""
        return NOTHING if self.value is None else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of the loss, before rounding. `line` names the order line it is about; empty: all of them."""

    code: str
    exact: Decimal
    inputs: tuple[Input, ...]
    line: str = ""

    @property
    def amount(self) -> Decimal:
        """The money, rounded half up to the cent."""
        return rounded(self.exact)

    @property
    def is_estimated(self) -> bool:
        """Whether a default stands for any of the inputs."""
        return any(each.is_estimated or each.value is None for each in self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The expected loss: the sum of its terms, times how critical the item is (1 to 1.5)."""

    terms: tuple[Term, ...]
    criticality: Input

    @property
    def total(self) -> Decimal:
        """The money in all, rounded once."""
        with localcontext(prec=normal.DIGITS):
            return rounded(sum((term.exact for term in self.terms), NOTHING) * self.criticality.number)

    @property
    def is_estimated(self) -> bool:
        """Whether a default stands for any input of any term."""
        return any(term.is_estimated for term in self.terms) or self.criticality.is_estimated


def rounded(exact: Decimal) -> Decimal:
    """Return money rounded half up to the cent."""
    return exact.quantize(CENT, rounding=ROUND_HALF_UP)


# --- running out --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What meets what until goods that are missing are here after all.

    `on_hand` and `inbound` (other goods that arrive before them) against `firm` customer orders due by then
    and a forecast of `per_day`, give or take `spread_per_day`, over `days`.
    """

    on_hand: Input
    inbound: Input
    firm: Input
    per_day: Input
    spread_per_day: Input
    days: Input

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All of it, in the order one reads it."""
        return (self.on_hand, self.inbound, self.firm, self.per_day, self.spread_per_day, self.days)

    @property
    def available(self) -> Decimal:
        """What there is."""
        return max(self.on_hand.number, NOTHING) + self.inbound.number

    @property
    def need(self) -> Decimal:
        """What is asked for: the firm orders first, the forecast for the rest."""
        return max(self.firm.number, self.per_day.number * self.days.number)

    @property
    def spread(self) -> Decimal:
        """The standard deviation of what is asked for."""
        with localcontext(prec=normal.DIGITS):
            return self.spread_per_day.number * self.days.number.sqrt()


@dataclass(frozen=True, slots=True)
class Stockout:
    """How likely the stock runs out, and how many base units are then missing on average."""

    probability: Decimal
    units: Decimal


def lacking(cover: Cover) -> Stockout:
    """Return the chance of running out, and the units missing on average, whatever caused it."""
    available, need, spread = cover.available, cover.need, cover.spread
    if spread == 0:
        return Stockout(Decimal(need > available), max(NOTHING, need - available))
    with localcontext(prec=normal.DIGITS):
        z = (available - need) / spread
        return Stockout(normal.tail(z), (spread * normal.excess(z)).quantize(LEAST_UNITS))


def stockout(affected: Decimal, cover: Cover, *, counted: Decimal = NOTHING) -> Stockout:
    """Return what `affected` missing units do: no more are short than these, nor than is not counted yet.

    `counted` units of the same lack are the part of other cases; where they are all, nothing is at risk.
    """
    found = lacking(cover)
    units = min(affected, found.units - counted)
    return Stockout(found.probability, units) if units > 0 else Stockout(NOTHING, NOTHING)


# --- the terms ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """What one customer may claim."""

    per_day: Input
    days_late: Input
    flat: Input

    @property
    def amount(self) -> Decimal:
        """What it comes to if we run out."""
        return self.per_day.number * self.days_late.number + self.flat.number

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All of it, in the order one reads it."""
        return (self.per_day, self.days_late, self.flat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What it costs to run out. `likelihood`: how likely the goods are missing; None: it is sure.

    `expedite_if_out`: goods are expedited in that share of the cases in which stock runs out, else of all.
    """

    unit_margin: Input
    lost_share: Input
    expedite_share: Input
    expedite_cost: Input
    expedite_if_out: bool = False
    penalties: tuple[Penalty, ...] = ()
    likelihood: Input | None = None


def service_terms(out: Stockout, service: Service, *, unit: str = "", line: str = "") -> tuple[Term, ...]:
    """Return lost margin, penalties and expediting."""
    likelihood = (service.likelihood,) if service.likelihood else ()
    chance = Input(code="stockout", value=out.probability, source=Source.COMPUTED, unit=SHARE)
    short = Input(code="expected_short", value=out.units, source=Source.COMPUTED, unit=unit)
    penalty = sum((each.amount for each in service.penalties), NOTHING)
    return (
        _product(
            "lost_margin",
            (out.units, service.unit_margin, service.lost_share, *likelihood),
            shown=(short, service.unit_margin, service.lost_share, *likelihood),
            line=line,
        ),
        _product(
            "penalties",
            (out.probability, penalty, *likelihood),
            shown=(chance, *(each for one in service.penalties for each in one.inputs), *likelihood),
            line=line,
        ),
        _product(
            "expedite",
            (
                *((chance,) if service.expedite_if_out else ()),
                service.expedite_share,
                service.expedite_cost,
                *likelihood,
            ),
            line=line,
        ),
    )


def held_term(value: Input, rate: Input, days: Input, *, line: str = "") -> Term:
    """Return what it costs to have `value` tied up for `days` at a yearly `rate`."""
    inputs = (value, rate, days)
    with localcontext(prec=normal.DIGITS):
        exact = value.number * rate.number * days.number / DAYS_A_YEAR
    return Term(code="held_value", exact=exact, inputs=inputs, line=line)


def discount_term(value: Input, share: Input, *, line: str = "") -> Term:
    """Return the discount that is lost when `value` is paid late."""
    return _product("lost_discount", (value, share), line=line)


def variance_term(value: Input, *, line: str = "") -> Term:
    """Return what is paid more than was ordered."""
    return _product("price_variance", (value,), line=line)


def blindness_term(subjects: Input, cost: Input, *, line: str = "") -> Term:
    """Return what it costs not to see what `subjects` are doing."""
    return _product("blindness", (subjects, cost), line=line)


def handling_term(cost: Input) -> Term:
    """Return what the work on the case costs."""
    return _product("handling", (cost,))


def _product(
    code: str,
    factors: Iterable[Input | Decimal],
    *,
    shown: Sequence[Input] | None = None,
    line: str = "",
) -> Term:
    factors = tuple(factors)
    exact = Decimal(1)
    with localcontext(prec=normal.DIGITS):
        for factor in factors:
            exact *= factor.number if isinstance(factor, Input) else factor
    inputs = shown if shown is not None else [each for each in factors if isinstance(each, Input)]
    return Term(code=code, exact=exact, inputs=tuple(inputs), line=line)
