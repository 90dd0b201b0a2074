"""What each team is told about each type unless a template says otherwise, in words that fit both.

A type that is not here tells its teams in general words. `{...}` are facts of the case (`words`).
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_noop as _

from exceptions_app.detection.types.base import TeamCode
from exceptions_app.policies.models import TellingKind

PRO, PLN, WHS = TeamCode.PROCUREMENT, TeamCode.PLANNING, TeamCode.WAREHOUSE
FIN, CSR, SUP = TeamCode.FINANCE, TeamCode.CUSTOMER_SERVICE, TeamCode.SUPPLIER_MANAGEMENT
EDI = TeamCode.INTEGRATION

DUE_HOURS = Decimal(8)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a team gets: an alert or a task, in which words, and by when a task is due in business hours."""

    kind: TellingKind
    title: str
    body: str = ""
    due_hours: Decimal = DUE_HOURS


def _alert(title: str, body: str) -> Telling:
    return Telling(TellingKind.ALERT, title, body)


def _task(title: str, body: str, hours: int = 8) -> Telling:
    return Telling(TellingKind.TASK, title, body, Decimal(hours))


#: For a type that is not below, and for a team its row does not name.
ANY_ALERT = _alert("{type}: {headline}", "")

CONFIRMATION: dict[str, dict[TeamCode, Telling]] = {
    "acknowledgement_missing": {
        PRO: _alert(
            _("{supplier} may not have {about} yet"),
            _("Their system has not acknowledged it. Integration is on it; do not chase the answer yet."),
        ),
    },
    "line_rejected": {
        PLN: _alert(
            _("Nothing will come: {headline}"),
            _("The supplier rejects it. Plan without it until Procurement has another source."),
        ),
    },
    "quantity_short": {
        PLN: _alert(
            _("Less will come: {headline}"),
            _("Plan with what is offered. Procurement decides about the rest."),
        ),
        WHS: _alert(
            _("Expect less on {about}: {headline}"),
            _("What arrives will not be the whole order. Book what is there; do not report it missing."),
        ),
    },
    "backorder": {
        PLN: _alert(
            _("A part comes later: {headline}"),
            _("One part is in time, the other is not. Procurement decides whether the delivery is split."),
        ),
    },
    "date_later": {
        PLN: _alert(
            _("It comes later: {headline}"),
            _("Plan with the later day unless Procurement gets it moved forward."),
        ),
        WHS: _alert(
            _("{about} arrives on another day: {headline}"),
            _("Do not wait for it on the old day."),
        ),
    },
    "date_earlier": {
        PRO: _alert(
            _("{supplier} wants to deliver early: {headline}"),
            _("The warehouse says whether it has room, or asks the supplier to hold it back."),
        ),
    },
    "price_mismatch": {
        FIN: _alert(
            _("An invoice at another price may come on {about}: {headline}"),
            _("Procurement clears the price with the supplier. Accepting it needs your approval."),
        ),
    },
    "substitution": {
        PLN: _alert(
            _("Another item is offered: {headline}"),
            _("Taking it needs your approval: check that it does the same job."),
        ),
        CSR: _alert(
            _("Customers may get another item: {headline}"),
            _("Say now if a customer on {about} takes no substitute."),
        ),
    },
    "allocation_cut": {
        PRO: _alert(
            _("{supplier} allocates: {headline}"),
            _("Supplier management makes a plan for all orders. Do not chase single lines."),
        ),
        PLN: _alert(
            _("Less of a whole family will come: {headline}"),
            _("Say which items matter most; Supplier management makes the plan."),
        ),
    },
    "answer_conflict": {
        EDI: _alert(
            _("{supplier} says two things at once on {about}"),
            _("Look whether a message was sent twice with other content, or counted on another basis."),
        ),
    },
}

SHIPMENT: dict[str, dict[TeamCode, Telling]] = {
    "ship_notice_missing": {
        PRO: _alert(
            _("{about} has not left yet: {headline}"),
            _("Its ship notice is due. The warehouse asks the supplier."),
        ),
    },
    "ship_notice_short": {
        WHS: _alert(
            _("The shipment of {about} is not complete: {headline}"),
            _("The ship notice announces less than was confirmed. Book what is there."),
        ),
        PLN: _alert(
            _("Less is on its way: {headline}"),
            _("Plan with what was shipped. Procurement decides about the rest."),
        ),
    },
    "ship_notice_over": {
        PRO: _alert(
            _("More is on its way than ordered: {headline}"),
            _("Say at once if it must not be taken in; the warehouse decides at the dock."),
        ),
    },
    "ship_notice_conflict": {
        EDI: _alert(
            _("A ship notice of {supplier} contradicts itself or the order"),
            _("Look whether the number was used twice. The warehouse chooses which one holds."),
        ),
    },
    "shipment_delayed": {
        WHS: _alert(
            _("{about} is late on its way: {headline}"),
            _("Do not wait for it at the dock on the promised day."),
        ),
        PLN: _alert(
            _("It arrives later than promised: {headline}"),
            _("Plan with the stated day of arrival."),
        ),
    },
    "carrier_exception": {
        PRO: _alert(
            _("Trouble on the way: {headline}"),
            _("The warehouse speaks with the carrier. Be ready to order again."),
        ),
    },
    "delivery_overdue": {
        WHS: _alert(
            _("{about} should be here: {headline}"),
            _("Look whether it stands at the dock unbooked."),
        ),
        PLN: _alert(
            _("It has not come: {headline}"),
            _("No new day is known yet. Procurement asks the supplier."),
        ),
    },
    "shipped_after_cancel": {
        WHS: _task(
            _("Do not take in {about}: it was cancelled"),
            _("{headline}. Refuse it at the dock, or set it apart and say so here."),
            hours=4,
        ),
        FIN: _alert(
            _("Do not pay for {about}: it was cancelled"),
            _("It was shipped all the same; an invoice may come."),
        ),
    },
}

RECEIPT: dict[str, dict[TeamCode, Telling]] = {
    "receipt_short": {
        PRO: _alert(
            _("Less arrived than was shipped: {headline}"),
            _("The warehouse counts again. You may have to claim it from {supplier}."),
        ),
        FIN: _alert(
            _("Do not pay {about} in full: {headline}"),
            _("Less arrived than was announced; a credit note may be due."),
        ),
    },
    "receipt_over": {
        PRO: _alert(
            _("More arrived than was ordered: {headline}"),
            _("Keeping it means raising the line; the warehouse can send it back."),
        ),
    },
    "receipt_damaged": {
        PRO: _alert(
            _("Damaged goods from {supplier}: {headline}"),
            _("The warehouse has set them apart. A replacement or a claim is yours to agree."),
        ),
        FIN: _alert(
            _("Goods on {about} are damaged: {headline}"),
            _("Hold what is billed for them until it is known whether they go back."),
        ),
    },
    "receipt_wrong_item": {
        PRO: _alert(
            _("The wrong item arrived: {headline}"),
            _("It goes back unless you and Planning take it as a substitute."),
        ),
    },
    "receipt_unexpected": {
        PRO: _task(
            _("Which order is this delivery for? {headline}"),
            _("It stands at the dock and names no open order. Name the order, or have it sent back."),
            hours=4,
        ),
    },
}

INVOICE: dict[str, dict[TeamCode, Telling]] = {
    "invoice_price": {
        PRO: _task(
            _("Is the price on {about} agreed? {headline}"),
            _("Finance pays the order price unless you have agreed to another one. Say which holds."),
        ),
    },
    "invoice_quantity": {
        WHS: _task(
            _("Count again for {about}: {headline}"),
            _("More was billed than was booked. Look whether a receipt is missing, and say what you found."),
        ),
    },
    "invoice_before_receipt": {
        WHS: _task(
            _("Is it here? {headline}"),
            _("It was billed and nothing is booked. Book it if it stands at the dock; else say so here."),
        ),
        PRO: _alert(
            _("Billed before it came: {headline}"),
            _("Finance holds the invoice of {supplier} until something arrives."),
        ),
    },
    "invoice_unordered": {
        PRO: _task(
            _("Which order is this invoice for? {headline}"),
            _("It names no order we know. Name the order, or say that nothing was bought."),
            hours=16,
        ),
    },
    "invoice_charge": {
        PRO: _task(
            _("Was this charge agreed? {headline}"),
            _("It is not on the order. Say whether Finance shall pay it."),
            hours=16,
        ),
    },
    "invoice_terms": {
        SUP: _alert(
            _("{supplier} bills on other terms: {headline}"),
            _("Finance pays on the terms of the order. Speak with the supplier if this happens again."),
        ),
    },
    "credit_missing": {
        PRO: _alert(
            _("The agreed credit has not come: {headline}"),
            _("Finance asks {supplier}; you agreed it, so you may know why."),
        ),
    },
}

OTHERS: dict[str, dict[TeamCode, Telling]] = {
    "unit_unknown": {
        PRO: _task(
            _("What does the unit mean? {headline}"),
            _("Nobody can convert it for this item. Say how many pieces it holds; it is read again."),
        ),
    },
    "erp_mismatch": {
        EDI: _alert(
            _("The ERP holds something else than was decided: {headline}"),
            _("Look whether our write reached it, or somebody changed it there."),
        ),
    },
    "feed_silent": {
        team: _alert(
            _("Blind for now: {headline}"),
            _("While it is silent nothing is missed and nothing is late here: those cases wait."),
        )
        for team in (PRO, PLN, WHS, FIN, CSR, SUP)
    },
    "supplier_drift": {
        PRO: _alert(
            _("{supplier} is changing: {headline}"),
            _("No single order shows it. Supplier management speaks with them; mind it when you order."),
        ),
    },
    "agreement_breach": {
        FIN: _alert(
            _("{supplier} missed what was agreed: {headline}"),
            _("A penalty may be claimed; Supplier management prepares it."),
        ),
    },
    "bank_detail_change": {
        SUP: _task(
            _("Call {supplier} back: {headline}"),
            _("Use a number you knew before, never one from the message. Say whom you spoke with."),
            hours=2,
        ),
    },
}

TELLINGS = CONFIRMATION | SHIPMENT | RECEIPT | INVOICE | OTHERS

#: What the teams get whose customers a case leaves uncovered, of whatever type it is.
COVER: dict[TeamCode, Telling] = {
    PLN: Telling(TellingKind.COVER, _("Find cover for {orders}"), _("{headline}\n{shortfalls}")),
    CSR: Telling(TellingKind.COVER, _("Tell the customers of {orders}"), _("{headline}\n{shortfalls}")),
}
ANY_COVER = Telling(TellingKind.COVER, _("Not covered: {orders}"), _("{shortfalls}"))
