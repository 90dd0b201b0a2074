"""What the differences of a backtest come to: by effect, and for each type, supplier and team."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exceptions_app.backtest.approving import OtherApprovals
from exceptions_app.backtest.compare import Difference, Verdict

NOTHING = Decimal(0)


@dataclass(slots=True)
class Sum:
    """So many cases, with the money that is known: what they come to more under the tried rules, or less.

    Of a case that would open this is all of it, of one that would not have opened less by all of it.
    `unknown`: how many have an amount nobody knows.
    """

    cases: int = 0
    unknown: int = 0
    amount: Decimal = NOTHING
    expected_loss: Decimal = NOTHING

    def add(self, difference: Difference) -> None:
        """Add a case."""
        was, would = difference.live, difference.tried
        self.cases += 1
        amounts = [verdict.amount for verdict in (was, would) if verdict is not None]
        self.unknown += None in amounts
        if None not in amounts:
            self.amount += _amount(would) - _amount(was)
        self.expected_loss += _loss(would) - _loss(was)

    def as_plain(self) -> dict[str, Any]:
        """Return the sum as plain JSON, decimals as strings."""
        return {
            "cases": self.cases,
            "unknown": self.unknown,
            "amount": str(self.amount),
            "expected_loss": str(self.expected_loss),
        }


@dataclass(slots=True)
class Decided:
    """So many proposals, with what those come to whose amount is known; `unknown`: how many others."""

    proposals: int = 0
    unknown: int = 0
    amount: Decimal = NOTHING

    def add(self, amount: Decimal | None) -> None:
        """Add a proposal of an amount."""
        self.proposals += 1
        self.unknown += amount is None
        self.amount += amount or NOTHING

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON, decimals as strings."""
        return {"proposals": self.proposals, "unknown": self.unknown, "amount": str(self.amount)}


@dataclass(slots=True)
class Totals:
    """Sums by group, name in the group, effect and currency; the group `all` has one name, the empty one."""

    sums: dict[tuple[str, str, str, str], Sum] = field(default_factory=dict)
    cases: int = 0
    proposals: dict[tuple[str, str], Decided] = field(default_factory=dict)

    def add(self, difference: Difference) -> None:
        """Add a case to each of its sums: once for every effect."""
        self.cases += 1
        names = {
            "all": "",
            "type": difference.type_code,
            "supplier": difference.supplier,
            "team": difference.shown.team,
        }
        for group, name in names.items():
            for effect in difference.effects:
                key = (group, name, effect.value, difference.currency)
                self.sums.setdefault(key, Sum()).add(difference)

    def add_proposal(self, found: OtherApprovals) -> None:
        """Add a proposal that would need other approvals."""
        key = (found.effect.value, found.proposal.case.company.currency)
        self.proposals.setdefault(key, Decided()).add(found.amount)

    def proposals_as_plain(self) -> list[dict[str, Any]]:
        """Return the sums of proposals as plain JSON, in one order."""
        return [
            {"effect": effect, "currency": currency, **each.as_plain()}
            for (effect, currency), each in sorted(self.proposals.items())
        ]

    def as_plain(self) -> list[dict[str, Any]]:
        """Return the sums as plain JSON, in one order."""
        return [
            {"by": group, "name": name, "effect": effect, "currency": currency, **each.as_plain()}
            for (group, name, effect, currency), each in sorted(self.sums.items())
        ]


def plain_verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    """Return a verdict as plain JSON: decimals as strings, times in ISO form."""
    if verdict is None:
        return None
    return {
        "opened_at": verdict.opened_at.isoformat(),
        "closed_at": verdict.closed_at.isoformat() if verdict.closed_at else None,
        "reason": verdict.reason,
        "headline": verdict.headline,
        "lines": list(verdict.lines),
        "amount": None if verdict.amount is None else str(verdict.amount),
        "expected_loss": str(verdict.expected_loss),
        "severity": int(verdict.severity),
        "team": verdict.team,
        "due_at": verdict.due_at.isoformat() if verdict.due_at else None,
        "is_overdue": verdict.is_breached,
        "level": verdict.level,
    }


def plain_difference(difference: Difference) -> dict[str, Any]:
    """Return a difference as plain JSON, for whoever reads the command's answer."""
    return {
        "effects": [effect.value for effect in difference.effects],
        "type": difference.type_code,
        "subject": difference.subject_kind,
        "number": difference.number,
        "company": difference.company,
        "supplier": difference.supplier,
        "currency": difference.currency,
        "case": difference.case or None,
        "was_there_before": difference.before,
        "live": plain_verdict(difference.live),
        "tried": plain_verdict(difference.tried),
    }


def plain_proposal(found: OtherApprovals) -> dict[str, Any]:
    """Return a proposal that would need other approvals as plain JSON."""
    proposal = found.proposal
    return {
        "effect": found.effect.value,
        "proposal": str(proposal.pk),
        "case": proposal.case.number,
        "resolution": proposal.resolution,
        "summary": proposal.summary,
        "state": proposal.state,
        "company": proposal.case.company.code,
        "amount": None if found.amount is None else str(found.amount),
        "currency": proposal.case.company.currency,
        "live": list(found.live),
        "tried": list(found.tried),
    }


def _amount(verdict: Verdict | None) -> Decimal:
    return NOTHING if verdict is None or verdict.amount is None else verdict.amount


def _loss(verdict: Verdict | None) -> Decimal:
    return NOTHING if verdict is None else verdict.expected_loss
