"""Inform customers: who waits for late goods is told, and it stays on record who was to be told what."""

from exceptions_app.detection.agreement import AgreementKind
from exceptions_app.playbook import standing
from exceptions_app.playbook.inputs import FieldKind, InputField, Inputs
from exceptions_app.playbook.resolution import Resolution
from exceptions_app.playbook.situation import CustomerOrder, LineFacts, LinePlan, Plan, Situation, TaskPlan

CUSTOMER_SERVICE = "CSR"


class InformCustomers(Resolution):
    """Names the customer orders that are told, and the words; customer service gets the task to say them.

    The goods are waited for until the day they are stated to arrive; what is not here then comes back.
    """

    code = "inform_customers"
    label = "Inform the customers"
    description = (
        "Say which customer orders are told what, and wait until the goods are to arrive. Customer service "
        "gets the task; nothing is written to the ERP."
    )
    icon = "users"

    def fields(self, line: LineFacts) -> tuple[InputField, ...]:
        """Ask whom to tell and what; all who wait, and the day that is stated, are most likely."""
        arrival = _arrival(line)
        return (
            InputField(
                name="orders",
                label="Customer orders to tell",
                kind=FieldKind.WORDS,
                initial=", ".join(order.number for order in line.customers),
                help="Their numbers, with commas between them.",
            ),
            InputField(
                name="text",
                label="What they are told",
                kind=FieldKind.WORDS,
                initial=f"{line.item} arrives on {arrival}." if arrival else "",
            ),
            InputField(name="until", label="Wait until", kind=FieldKind.DAY, initial=arrival),
        )

    def plan_line(self, line: LineFacts, inputs: Inputs) -> LinePlan | None:
        """Agree to wait, with whom is told what as the note."""
        told = _named(line, inputs)
        text = inputs.words("text", line.number, "What they are told")
        until = inputs.day("until", line.number, "Wait until")
        if told is None or text is None or until is None:
            return None
        names = ", ".join(f"{order.number} ({order.customer})" for order in told)
        return standing.unchanged(line, AgreementKind.WAIT_UNTIL, until=until, note=f"{names}: “{text}”")

    def gather(self, lines: tuple[LinePlan, ...], situation: Situation) -> Plan:
        """Write nothing, and ask customer service to say it."""
        tasks = tuple(
            TaskPlan(
                team=CUSTOMER_SERVICE,
                title=f"Tell {line.note}"[:200],
                body=f"About line {line.number} of order {situation.order_number}. {line.note}",
            )
            for line in lines
        )
        words = "; ".join(f"line {line.number}: {line.note}" for line in lines)
        return Plan(lines=lines, summary=f"Inform customers, {words}", tasks=tasks)


def _arrival(line: LineFacts) -> str:
    """Return the latest day that is stated for what is late; empty where none is."""
    days = [part.expected for part in line.parts if part.deviates and part.expected is not None]
    return max(days).isoformat() if days else ""


def _named(line: LineFacts, inputs: Inputs) -> list[CustomerOrder] | None:
    """Return the customer orders that were entered; None, with a problem noted, where one does not wait."""
    entered = inputs.words("orders", line.number, "Customer orders to tell")
    if entered is None:
        return None
    waiting = {order.number: order for order in line.customers}
    numbers = list(dict.fromkeys(word.strip() for word in entered.split(",") if word.strip()))
    unknown = [number for number in numbers if number not in waiting]
    if unknown:
        known = ", ".join(waiting) or "none"
        inputs.refuse_field(
            "orders", line.number, f"{', '.join(unknown)} does not wait for {line.item}; waiting are {known}."
        )
        return None
    return [waiting[number] for number in numbers]
