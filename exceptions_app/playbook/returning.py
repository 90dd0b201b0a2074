"""What resolutions that send goods away have in common. Pure."""

from collections.abc import Iterable

from exceptions_app.playbook.schedules import plain
from exceptions_app.playbook.situation import LinePlan, Situation, TaskPlan

WAREHOUSE = "WHS"


def in_words(lines: Iterable[LinePlan]) -> str:
    """Return what goes: `18 EA of line 10; line 20`."""
    words = []
    for line in lines:
        agreed = line.agreement.quantity if line.agreement else None
        amount = "" if agreed is None else f"{plain(agreed)} {line.before.quantity.unit} of "
        words.append(f"{amount}line {line.number}")
    return "; ".join(words)


def task(verb: str, lines: Iterable[LinePlan], situation: Situation) -> TaskPlan:
    """Return the task of the warehouse: `Return 18 EA of line 10, order 4500010001`."""
    return TaskPlan(team=WAREHOUSE, title=f"{verb} {in_words(lines)}, order {situation.order_number}")
