"""The approval matrix: for which decisions a rule holds, and whom it then asks, step by step. Pure.

A rule is what a row of the table says, kept with a proposal from the moment it is made: later rules do not
change whom a proposal needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.codec import from_builtins, to_builtins
from exceptions_app.detection.types.base import TeamCode

#: Roles that decide, the least first; an approver with one is that or one after it.
ROLES = ("member", "lead", "manager")
#: Classes of customer orders, the most important first; a rule that names one means that and those before it.
CLASSES = ("A", "B")
TEAMS = tuple(code.value for code in TeamCode)
#: How steps are written: one a line, its approvers joined by one of these words.
ALL_OF, ANY_OF, FROM = "and", "or", "from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody of `team`, in `role` or a higher one (empty: any), whose limit is at least `limit`."""

    team: str
    role: str = ""
    limit: Decimal | None = None

    def __str__(self) -> str:
        at_least = "" if self.limit is None else f"{FROM} {self.limit:f}"
        return " ".join(filter(None, (self.team, self.role, at_least)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Approvers who are asked at one time: one of them is enough, or each of them is needed."""

    approvers: tuple[Approver, ...]
    is_any: bool = False

    def __str__(self) -> str:
        return f" {ANY_OF if self.is_any else ALL_OF} ".join(map(str, self.approvers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What rules look at of a decision. `amount` and `charge` are in the company's currency.

    None is what nobody knows; `charge` is None too where nothing is charged. `days_later` are business days;
    `classes` those of the customer orders left uncovered.
    """

    type_code: str
    resolution: str
    company_id: int
    supplier_id: int | None
    categories: frozenset[str]
    classes: frozenset[str]
    amount: Decimal | None
    percent: Decimal | None
    days_later: int | None
    charge: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the matrix. What it does not name may be anything; it holds where all it names holds.

    A threshold counts as passed where the figure is not known: what cannot be measured is not waved through.
    """

    id: int
    name: str
    steps: tuple[Step, ...]
    company_id: int | None = None
    type_code: str = ""
    resolutions: tuple[str, ...] = ()
    supplier_id: int | None = None
    category: str = ""
    uncovered_class: str = ""
    amount_above: Decimal | None = None
    percent_above: Decimal | None = None
    days_above: int | None = None
    charge_above: Decimal | None = None

    def holds(self, facts: Facts) -> bool:
        """Say whether the rule asks for approvers of such a decision."""
        return self.may_hold(facts) and self._is_passed(facts)

    def may_hold(self, facts: Facts) -> bool:
        """Say whether the rule is about such decisions, whatever their figures turn out to be."""
        return (
            self.company_id in (None, facts.company_id)
            and self.type_code in ("", facts.type_code)
            and (not self.resolutions or facts.resolution in self.resolutions)
            and self.supplier_id in (None, facts.supplier_id)
        )

    def _is_passed(self, facts: Facts) -> bool:
        is_charged = self.charge_above is None or (
            facts.charge is not None and facts.charge > self.charge_above
        )
        return (
            is_charged
            and (not self.category or self.category in facts.categories)
            and (not self.uncovered_class or not facts.classes.isdisjoint(_up_to(self.uncovered_class)))
            and _is_above(facts.amount, self.amount_above)
            and _is_above(facts.percent, self.percent_above)
            and _is_above(facts.days_later, self.days_above)
        )


def _is_above(figure: Decimal | int | None, threshold: Decimal | int | None) -> bool:
    return threshold is None or figure is None or figure > threshold


def _up_to(customer_class: str) -> Sequence[str]:
    return CLASSES[: CLASSES.index(customer_class) + 1]


# --- as they are kept ---------------------------------------------------------------------------------------


def steps_of(kept: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Return steps from plain JSON, as rows of the table keep them."""
    return tuple(from_builtins(dict(step), Step) for step in kept)


def kept_steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return steps as plain JSON."""
    return [{"approvers": list(map(to_builtins, step.approvers)), "is_any": step.is_any} for step in steps]


def kept_rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return rules as plain JSON, to be kept with a proposal."""
    return [to_builtins(rule) for rule in rules]


def rules_of(kept: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Return rules that were kept with a proposal."""
    return [from_builtins(dict(rule), Rule) for rule in kept]


# --- as people write them -----------------------------------------------------------------------------------


def steps_in_text(steps: Iterable[Step]) -> str:
    """Return steps as people write them, one a line."""
    return "\n".join(map(str, steps))


def read_steps(text: str) -> tuple[Step, ...]:
    """Read steps as people write them, such as “PRO lead from 25000 or FIN”, one a line, in their order.

    Raises ValueError, in words that say what to write instead.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(f"Say who has to agree, one step a line, such as “PRO lead” or “FIN {ALL_OF} PLN”.")
    return tuple(map(_read_step, lines))


def _read_step(line: str) -> Step:
    words = line.replace(",", f" {ALL_OF} ").split()
    joints = {word.lower() for word in words if word.lower() in (ALL_OF, ANY_OF)}
    if len(joints) > 1:
        raise ValueError(f"“{line}” mixes “{ALL_OF}” and “{ANY_OF}”: write two steps, or one of the two.")
    groups: list[list[str]] = [[]]
    for word in words:
        if word.lower() in joints:
            groups.append([])
        else:
            groups[-1].append(word)
    approvers = tuple(_read_approver(group, line) for group in groups)
    if len(set(approvers)) < len(approvers):
        raise ValueError(f"“{line}” names the same approver twice.")
    return Step(approvers=approvers, is_any=ANY_OF in joints)


def _read_approver(words: Sequence[str], line: str) -> Approver:
    if not words or words[0].upper() not in TEAMS:
        raise ValueError(f"“{line}”: an approver begins with a team, one of {', '.join(TEAMS)}.")
    rest = [word.lower() for word in words[1:]]
    role = rest.pop(0) if rest and rest[0] in ROLES else ""
    limit = None
    if rest and rest[0] == FROM and len(rest) == 2:
        limit = _read_limit(rest[1], line)
        rest = []
    if rest:
        raise ValueError(
            f"“{line}”: after the team a role ({', '.join(ROLES)}) and “{FROM}” with a limit may follow, "
            f"such as “PRO lead {FROM} 25000”."
        )
    return Approver(team=words[0].upper(), role=role, limit=limit)


def _read_limit(word: str, line: str) -> Decimal:
    if not word.replace(".", "", 1).isdecimal():
        raise ValueError(f"“{line}”: write the limit as a number, such as 25000.")
    return Decimal(word)
