"""Every resolution that the taxonomy names for a type has a way, and nothing is offered that has no row here.

A row is a type; its ways are, in the order of the taxonomy, what it names and how that is done: by a
`decision` of the playbook, by a letter to the supplier, or on a page of its own. `beside` are decisions that
the taxonomy does not name, each with why it is offered all the same.
"""

from dataclasses import dataclass, field

import pytest

from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.detection.registry import all_types, exception_type
from exceptions_app.playbook import registry
from exceptions_app.web import urls


@dataclass(frozen=True)
class Letter:
    """It is asked, or disputed, in a mail to the supplier about one of these."""

    about: frozenset[Inquiry]


@dataclass(frozen=True)
class Page:
    """It is done on a page, by its name."""

    name: str


@dataclass(frozen=True)
class Row:
    """What the taxonomy names for a type, and the way to do it; a text is a decision of the playbook."""

    ways: dict[str, str | Letter | Page]
    beside: dict[str, str] = field(default_factory=dict)


def letter(*about: Inquiry) -> Letter:
    return Letter(frozenset(about))


CONFIRMATION = letter(Inquiry.CONFIRMATION)
BY_HAND = Page("loose_lines")
UNDECIDED = "Nobody can pay or refuse before it is cleared up."

TABLE = {
    "confirmation_late": Row(
        {
            "ask supplier": CONFIRMATION,
            "confirm on the supplier's behalf": "confirm_on_behalf",
            "wait until": "wait_until",
        }
    ),
    # A waiver always has an end.
    "reconfirmation_due": Row({"ask": CONFIRMATION, "waive": "wait_until"}),
    "line_rejected": Row(
        {
            "cancel line": "cancel_line",
            "source elsewhere": "source_elsewhere",
            "dispute": letter(Inquiry.MISSING_QUANTITY),
        }
    ),
    "quantity_short": Row(
        {
            "split": "split",
            "reduce line": "reduce_line",
            "cancel remainder": "cancel_remainder",
            "source remainder elsewhere": "source_elsewhere",
            "dispute": letter(Inquiry.CONFIRMATION, Inquiry.MISSING_QUANTITY),
        }
    ),
    "quantity_over": Row({"raise line": "raise_line", "hold to order": "hold_to_order"}),
    "answer_incomplete": Row({"ask": CONFIRMATION, "wait until": "wait_until"}),
    "backorder": Row(
        {"accept split": "accept_date", "expedite": "expedite", "cancel remainder": "cancel_remainder"}
    ),
    "date_later": Row(
        {
            "accept date": "accept_date",
            "expedite": "expedite",
            "source elsewhere": "source_elsewhere",
            "dispute": letter(Inquiry.NEW_DATE),
        }
    ),
    "date_earlier": Row({"accept": "accept_date", "ask to hold": "hold_to_order"}),
    "price_mismatch": Row(
        {
            "dispute": letter(Inquiry.PRICE),
            "accept (change price)": "accept_price",
            "accept for this order only": "accept_price_once",
        }
    ),
    "price_basis_suspect": Row(
        {"set basis for this partner": "set_basis", "treat as a mismatch": "treat_as_mismatch"}
    ),
    "substitution": Row({"accept": "accept_substitute", "reject": "hold_to_order"}),
    "answer_conflict": Row(
        {"choose which holds": "settle_answer", "set basis": "set_quantity_basis", "ask": CONFIRMATION}
    ),
    "unordered_line": Row(
        {"match by hand": BY_HAND, "add to order": "add_to_order", "reject": "reject_line"}
    ),
    "ship_notice_missing": Row(
        {
            "ask": letter(Inquiry.SHIP_NOTICE),
            "record shipment by hand": "record_shipment",
            "wait until": "wait_until",
        }
    ),
    "ship_notice_short": Row(
        {
            "split": "split",
            "reduce line": "reduce_line",
            "cancel remainder": "cancel_remainder",
            "source remainder elsewhere": "source_elsewhere",
            "dispute": letter(Inquiry.MISSING_QUANTITY, Inquiry.SHIP_NOTICE),
        }
    ),
    "ship_notice_over": Row({"accept over-delivery": "raise_line", "refuse excess": "refuse_delivery"}),
    "ship_notice_conflict": Row({"choose which holds": "accept_notice", "ask": letter(Inquiry.SHIP_NOTICE)}),
    "shipment_delayed": Row(
        {"accept date": "accept_date", "expedite": "expedite", "inform customers": "inform_customers"}
    ),
    "carrier_exception": Row({"re-deliver": "redeliver", "claim": "claim", "reorder": "reorder"}),
    "delivery_overdue": Row(
        {"new date": "new_date", "expedite": "expedite", "cancel remainder": "cancel_remainder"}
    ),
    "shipped_after_cancel": Row({"refuse": "refuse_delivery", "accept and reinstate": "reinstate"}),
    "receipt_short": Row(
        {
            "recount": "recount",
            "claim": "claim",
            "wait for the rest": "wait_until",
            "cancel remainder": "cancel_remainder",
        }
    ),
    "receipt_over": Row({"accept": "raise_line", "return excess": "return_goods"}),
    "receipt_damaged": Row(
        {
            "return": "return_goods",
            "claim": "claim",
            "accept at a discount": "accept_discount",
            "replacement": "replacement",
        }
    ),
    "receipt_wrong_item": Row(
        {"return": "return_goods", "accept as substitute": "accept_substitute"},
        beside={"accept_discount": "Kept as what it is, without a line of its own, for less money."},
    ),
    "receipt_unexpected": Row({"match by hand": BY_HAND, "return": "send_back"}),
    "invoice_price": Row(
        {
            "pay at order price": "short_pay",
            "dispute": letter(Inquiry.INVOICE, Inquiry.PRICE),
            "accept": "accept_as_billed",
        },
        beside={"hold_until": UNDECIDED},
    ),
    "invoice_quantity": Row({"hold": "hold_until", "short pay": "short_pay", "accept": "accept_as_billed"}),
    "invoice_before_receipt": Row(
        {
            "hold": "hold_until",
            "ask": letter(Inquiry.INVOICE, Inquiry.SHIP_NOTICE),
            "release": "accept_as_billed",
        }
    ),
    "invoice_unordered": Row(
        {"match by hand": BY_HAND, "return to supplier": "return_document"}, beside={"hold_until": UNDECIDED}
    ),
    "invoice_duplicate": Row(
        {"reject": "return_document", "keep as not a duplicate": "not_a_duplicate"},
        beside={"hold_until": UNDECIDED},
    ),
    "invoice_total": Row({"return": "return_document", "accept corrected": "accept_as_billed"}),
    "invoice_charge": Row(
        {"accept": "accept_as_billed", "dispute": letter(Inquiry.INVOICE)},
        beside={"short_pay": "A charge nobody agreed to is left out of the payment."},
    ),
    "invoice_terms": Row(
        {"pay on order terms": "short_pay", "accept": "accept_as_billed"},
        beside={"return_document": "Another currency or tax needs another document."},
    ),
    "invoice_missing": Row(
        {"ask": letter(Inquiry.INVOICE), "accrue": "accrue"},
        beside={"wait_until": "A supplier who bills by the month is waited for."},
    ),
    "credit_missing": Row(
        {"ask": letter(Inquiry.CLAIM, Inquiry.INVOICE), "debit note": "debit_note"},
        beside={"wait_until": "A promised credit is waited for."},
    ),
    "unit_unknown": Row({"add conversion": "add_conversion", "correct by hand": Page("interchange_correct")}),
    # A stream is repaired where it breaks; its connection says what is wrong.
    "feed_silent": Row({"repair": Page("connections"), "declare quiet until": "quiet_until"}),
    # Nothing of it was taken; that it will not be is decided with the reason, and a letter says so.
    "message_quarantined": Row(
        {
            "re-read with profile": Page("interchange_read_again"),
            "edit and reprocess": Page("interchange_correct"),
            "reject": "ignore_message",
            "ignore with reason": "ignore_message",
        }
    ),
    "supplier_drift": Row(
        {
            "improvement plan": "improvement_plan",
            "change lead time or term": Page("policy_begin"),
            "review agreement": "review_agreement",
        }
    ),
}
LIVE = [kind.code for kind in all_types() if kind.is_live]


def test_every_live_type_has_a_row_and_every_row_a_live_type() -> None:
    assert sorted(TABLE) == LIVE


@pytest.mark.parametrize("code", LIVE)
def test_every_resolution_that_is_named_has_a_way(code: str) -> None:
    kind, pages = exception_type(code), {pattern.name for pattern in urls.urlpatterns}
    for words, way in TABLE[code].ways.items():
        match way:
            case Letter(about):
                assert about & set(kind.asks()), words
            case Page(name):
                assert name in pages, words
            case str():
                assert way in kind.resolutions, words


@pytest.mark.parametrize("code", LIVE)
def test_nothing_is_offered_that_has_no_row(code: str) -> None:
    row = TABLE[code]
    named = {way for way in row.ways.values() if isinstance(way, str)}
    assert set(exception_type(code).resolutions) == named | row.beside.keys()
    assert not named & row.beside.keys()


def test_every_decision_of_the_playbook_resolves_some_type() -> None:
    assert {way for kind in all_types() for way in kind.resolutions} == registry.RESOLUTIONS.keys()
