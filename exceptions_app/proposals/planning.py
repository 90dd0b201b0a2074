"""Works out what a resolution would do to the open lines of a case, and what that costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from erp_connectors.canonical.codec import from_builtins, to_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from erp_connectors.connectors.registry import connector_for
from erp_connectors.documents.models import Item
from erp_connectors.errors import PermanentError
from exceptions_app import kept_apart
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection import registry as types
from exceptions_app.detection.agreements import values_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.kept_apart import Pair
from exceptions_app.people.models import User
from exceptions_app.playbook import registry
from exceptions_app.playbook.amount import amount_of, charge_of, days_later_of, percent_of
from exceptions_app.playbook.inputs import LINES, Inputs, Problem, UnusableInputs
from exceptions_app.playbook.load import Outlook, line_snapshot, loaded, name_of, outlook_of, situation_of
from exceptions_app.playbook.situation import LinePlan, Plan
from exceptions_app.policies.matrix import Facts
from exceptions_app.proposals.fingerprint import hash_of, same_values
from exceptions_app.proposals.models import Proposal, ProposalLine

#: What a decision may change of an order line.
LINE_VALUES = ("quantity", "schedule", "price", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A plan with what it costs: `inputs` as they were read, `amount` in the company's currency."""

    resolution: str
    plan: Plan
    inputs: dict[str, str]
    amount: Decimal | None
    percent: Decimal | None
    today: date
    facts: Facts

    @property
    def values_hash(self) -> str:
        """The fingerprint an approval of this decision is bound to."""
        lines = [(line.case_line_id, line.before, line.after) for line in self.plan.lines]
        added = [line.added for line in self.plan.lines if line.added is not None]
        return hash_of(self.resolution, self.inputs, self.amount, lines, added)


def decide(
    case: Case,
    *,
    resolution: str,
    inputs: Mapping[str, object],
    person: User,
    as_of: datetime,
    lines: list[CaseLine],
    outlook: Outlook | None = None,
) -> Decision:
    """Return what `resolution` would do with `inputs` to `lines` of the case as the mirror is now.

    `outlook`: what was read at `as_of` for several cases at once.
    Raises UnusableInputs, with every problem, and PermanentError for a resolution the type does not have.
    """
    if resolution not in types.exception_type(case.type_code).resolutions:
        raise PermanentError(f"“{resolution}” does not resolve a case of this type.")
    outlook = outlook or outlook_of([case], as_of)
    situation = situation_of(case, as_of=as_of, person=str(person), lines=lines, outlook=outlook)
    reading = Inputs(inputs, today=situation.today)
    plan = registry.get(resolution).plan(situation, reading)
    if plan is None:
        raise UnusableInputs(reading.problems)
    _require_ability(case, plan)
    decided = {line.case_line_id for line in plan.lines}
    amount, percent = amount_of(plan.lines, situation), percent_of(plan.lines, situation)
    return Decision(
        resolution=resolution,
        plan=plan,
        inputs=reading.cleaned,
        amount=amount,
        percent=percent,
        today=situation.today,
        facts=Facts(
            type_code=case.type_code,
            resolution=resolution,
            company_id=case.company_id,
            supplier_id=case.supplier_id,
            categories=categories(line for line in lines if line.pk in decided)
            | _categories_ordered(case, plan),
            classes=uncovered_classes(case),
            amount=amount,
            percent=percent,
            days_later=days_later_of(plan.lines, outlook.policies.of(case.company_id).calendar),
            charge=charge_of(plan.lines, situation),
        ),
    )


def apart_from(case: Case, decision: Decision) -> dict[int, Pair]:
    """Return who may not agree to a decision by a named pair."""
    lines = decision.plan.lines
    changes = [(line.before, line.after) for line in lines]
    changes += [(line.before, line.added.values) for line in lines if line.added and line.added.instead_of]
    return kept_apart.of_decision(case, resolution=decision.resolution, changes=changes)


def categories(lines: Iterable[CaseLine]) -> frozenset[str]:
    """Return the categories of the items that case lines are about."""
    order_lines = [line.order_line for line in lines if line.order_line is not None]
    return frozenset(line.item.category for line in order_lines if line.item and line.item.category)


def _categories_ordered(case: Case, plan: Plan) -> frozenset[str]:
    """Return the categories of the items that a plan orders on lines of their own."""
    added = {line.added.item for line in plan.lines if line.added is not None}
    if not added or case.order is None:
        return frozenset()
    items = Item.objects.filter(connection=case.order.connection_id, number__in=added)
    return frozenset(items.exclude(category="").values_list("category", flat=True))


def uncovered_classes(case: Case) -> frozenset[str]:
    """Return the classes of the customer orders that a case leaves uncovered, as its impact names them."""
    orders = (order for goods in case.impact.get("goods", ()) for order in goods["orders"])
    return frozenset(order["class"] for order in orders)


def on_top(decision: Decision, written: Mapping[str, LineValues]) -> Decision:
    """Return a decision as it is once other values are `written` to its lines first, by line number.

    It still changes what it changed, and leaves the rest as it will be then. Raises UnusableInputs where both
    change the same value.
    """
    lines = tuple(
        _line_on_top(line, written[line.number]) if line.number in written else line
        for line in decision.plan.lines
    )
    return replace(decision, plan=replace(decision.plan, lines=lines))


def _line_on_top(line: LinePlan, values: LineValues) -> LinePlan:
    changed = {
        name: getattr(line.after, name)
        for name in LINE_VALUES
        if getattr(line.after, name) != getattr(line.before, name)
    }
    twice = [name for name in changed if getattr(values, name) != getattr(line.before, name)]
    if twice:
        raise UnusableInputs([Problem("", f"Line {line.number}: its {', '.join(twice)} would change twice.")])
    return replace(line, before=values, after=replace(values, **changed))


def decide_again(proposal: Proposal, *, as_of: datetime) -> Decision:
    """Return what a proposal would do as the mirror is now, to those of its lines that still deviate.

    Raises UnusableInputs where it is no longer possible.
    """
    lines = lines_of(proposal)
    if not lines:
        raise UnusableInputs([Problem("", "Nothing of it deviates any more.")])
    if proposal.resolution not in types.exception_type(proposal.case.type_code).resolutions:
        raise UnusableInputs([Problem("", "A case of this type is not decided like that any more.")])
    left = {name_of(line) for line in lines}
    inputs = {
        name: value
        for name, value in proposal.inputs.items()
        if name != LINES and name.partition(":")[2] in {"", *left}
    }
    decision = decide(
        proposal.case,
        resolution=proposal.resolution,
        inputs=inputs,
        person=proposal.proposed_by,
        as_of=as_of,
        lines=lines,
    )
    chosen = {name: value for name, value in proposal.inputs.items() if name == LINES}
    return replace(decision, inputs=decision.inputs | chosen)


def lines_of(proposal: Proposal) -> list[CaseLine]:
    """Return the case lines of a proposal that still deviate."""
    covered = ProposalLine.objects.filter(proposal=proposal).values("case_line")
    return loaded(CaseLine.objects.filter(pk__in=covered, cleared_at=None))


def is_in_mirror(proposal: Proposal) -> bool:
    """Say whether the order has every value the proposal wants already; of another subject it never has."""
    lines = proposal.lines.select_related("order_line__item").prefetch_related("order_line__item__packs")
    held = [
        same_values(
            values_of(line_snapshot(line.order_line).position.line), from_builtins(line.after, LineValues)
        )
        for line in lines
        if line.order_line is not None
    ]
    held += [_is_there(proposal, new) for line in lines if (new := line.new_line()) is not None]
    return bool(held) and all(held)


def _is_there(proposal: Proposal, new: NewLine) -> bool:
    """Say whether the order has a line with all that was to be added."""
    order = proposal.case.order
    line = None if order is None else order.lines.filter(number=new.line_number, is_present=True).first()
    if line is None or line.item_number != new.item:
        return False
    return same_values(values_of(line_snapshot(line).position.line), new.values)


def keep(proposal: Proposal, decision: Decision) -> None:
    """Write the lines of a decision as those of the proposal, and whether they are written to the ERP."""
    proposal.writes_to_erp = decision.plan.command is not None
    proposal.save(update_fields=["writes_to_erp"])
    case_lines = CaseLine.objects.filter(case=proposal.case)
    is_of_order = proposal.case.subject_kind == SubjectKind.ORDER
    order_lines = dict(case_lines.values_list("pk", "order_line_id")) if is_of_order else {}
    proposal.lines.all().delete()
    ProposalLine.objects.bulk_create(
        ProposalLine(
            proposal=proposal,
            case_line_id=line.case_line_id,
            order_line_id=order_lines.get(line.case_line_id),
            before=to_builtins(line.before),
            after=to_builtins(line.after),
            added=None if line.added is None else to_builtins(line.added),
        )
        for line in decision.plan.lines
    )


def _require_ability(case: Case, plan: Plan) -> None:
    if plan.command is None or case.order is None:
        return
    connection = case.order.connection
    if plan.command not in connector_for(connection).commands():
        words = plan.command.replace("_", " ")
        raise UnusableInputs([Problem("", f"{connection.name} cannot carry out “{words}”.")])
