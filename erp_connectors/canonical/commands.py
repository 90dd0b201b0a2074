"""What an ERP can be asked to do, with the values before and after of every line it changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from erp_connectors.canonical.values import Price, Quantity, SchedulePart


class CommandKind(StrEnum):
    """What a command changes. A connector declares which of them it can do."""

    SPLIT_SCHEDULE = "split_schedule"
    CHANGE_QUANTITY = "change_quantity"
    CHANGE_DATE = "change_date"
    CHANGE_PRICE = "change_price"
    CANCEL_REMAINDER = "cancel_remainder"
    CANCEL_LINE = "cancel_line"
    ADD_LINE = "add_line"
    REPLACE_LINE = "replace_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineValues:
    """The values of an order line that a command may change, whole: an approval is bound to them."""

    quantity: Quantity
    schedule: tuple[SchedulePart, ...]
    price: Price | None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """One order line, as the approver saw it and as it shall be."""

    line_number: str
    before: LineValues
    after: LineValues


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """An order line that is not there yet: under which number, of which item, with which values.

    `item` is the ERP's own number, `supplier_item` what the supplier calls it, where it said. `instead_of`:
    the line whose goods it takes the place of, where it does.
    """

    line_number: str
    item: str
    values: LineValues
    supplier_item: str | None = None
    description: str = ""
    warehouse: str | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand:
    """One change of one order in one ERP: all of its lines, the new ones among them, or none."""

    kind: CommandKind
    order_number: str
    changes: tuple[LineChange, ...]
    version_token: str
    reason: str
    additions: tuple[NewLine, ...] = ()


def as_one(commands: Sequence[OrderCommand]) -> OrderCommand:
    """Return what commands of one order change together, carried out one after the other: all of it or none.

    A line that several of them change goes from before the first to after the last; the lines they add come
    after one another. The kind is the first's.
    """
    changes: dict[str, LineChange] = {}
    for command in commands:
        for change in command.changes:
            known = changes.get(change.line_number)
            changes[change.line_number] = change if known is None else replace(known, after=change.after)
    additions = tuple(new for command in commands for new in command.additions)
    return replace(commands[0], changes=tuple(changes.values()), additions=additions)
