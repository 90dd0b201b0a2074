"""Canonical documents to X12 and back: what is written reads as itself, with any delimiters."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    GoodsCondition,
    InQuestion,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    Purpose,
    Receipt,
    ReceiptLine,
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
    ShipNoticeLine,
    StatusEvent,
    Unmentioned,
)
from erp_connectors.canonical.values import (
    DateKind,
    DocumentVersion,
    ItemIds,
    Price,
    Quantity,
    Reference,
)
from erp_connectors.edi import Verdict
from erp_connectors.edi.results import Document
from erp_connectors.edi.spans import Delimiters
from erp_connectors.edi.x12.writer import OutgoingEnvelope, Style, UnwritableValue
from erp_connectors.edi.x12.writing import segments_of, write_documents
from tests.builders.x12 import NOON
from tests.erp_connectors.edi.decoding import read
from tests.erp_connectors.edi.drawn import (
    amounts,
    charges,
    days,
    ids,
    maybe,
    parties,
    prices,
    purposes,
    quantities,
    terms,
    texts,
    units,
    values,
)

ENVELOPE = OutgoingEnvelope(
    sender_qualifier="ZZ",
    sender="SUPPLIER",
    receiver_qualifier="ZZ",
    receiver="BUYER",
    control_number=7,
    at=NOON,
)
VERSION = DocumentVersion(NOON)
STYLES = [
    Style(delimiters=Delimiters(*delimiters), line_end=line_end)
    for delimiters, line_end in (
        ((b"*", b">", b"~"), b"\n"),
        ((b"|", b"^", b"\n"), b""),
        ((b"\x1d", b"\x1f", b"\x1c"), b"\r\n"),
    )
]


def there_and_back(document: Document, style: Style = Style(replacement=" ")) -> Document:  # noqa: B008
    """Write one document, read it, and return it as it came back, under the version it went out with."""
    outcome = read(write_documents([document], ENVELOPE, style))
    assert outcome.file.verdict is Verdict.ACCEPT, outcome.codes()
    found = outcome.transaction.document
    assert found is not None, outcome.codes()
    assert found.version.document_time == NOON
    return replace(found, version=document.version)


# --- confirmations ----------------------------------------------------------------------------------


def offered(draw: st.DrawFn, unit: str, *, firm: bool, dated: bool) -> OfferedPart:
    amount = Quantity(draw(values), unit)
    on = draw(days) if dated else None
    return OfferedPart(amount, on, draw(st.sampled_from(DateKind)) if on else DateKind.DELIVERY, firm)


@st.composite
def answered_lines(draw: st.DrawFn) -> ConfirmationLine:
    """Draw an answer of one kind, with what is backordered and rejected beside it."""
    unit = draw(units)
    kind = draw(
        st.sampled_from([a for a in LineAnswer if a not in (LineAnswer.REJECTED, LineAnswer.UNKNOWN)])
    )
    firm = kind not in (LineAnswer.HELD, LineAnswer.DATE_PENDING)
    answers, parts = [kind], []
    if kind is not LineAnswer.BACKORDERED:
        parts = [
            offered(draw, unit, firm=firm, dated=firm and bool(draw(st.booleans())))
            for _ in range(draw(st.integers(0 if firm else 1, 3)))
        ]
    if kind is LineAnswer.BACKORDERED or (parts and firm and draw(st.booleans())):
        late = bool(draw(st.booleans()))
        parts.append(offered(draw, unit, firm=late, dated=late))
        answers = [kind, LineAnswer.BACKORDERED] if kind is not LineAnswer.BACKORDERED else answers
    rejected = None
    if draw(st.booleans()):
        rejected = Quantity(draw(values), unit)
        answers.append(LineAnswer.REJECTED)
    return ConfirmationLine(
        line_number=draw(maybe),
        ids=draw(ids),
        answers=tuple(answers),
        offered=tuple(parts),
        rejected=rejected,
        price=draw(st.none() | prices),
        substitute=ItemIds(supplier="NEW-1") if kind is LineAnswer.SUBSTITUTED and parts else None,
    )


confirmations = st.builds(
    Confirmation,
    order_number=texts,
    version=st.just(VERSION),
    lines=st.lists(answered_lines(), max_size=4).map(tuple),
    unmentioned=st.sampled_from(Unmentioned),
    purpose=purposes,
    number=maybe,
    currency=st.just("USD"),
    parties=st.lists(parties, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
)


def with_own_numbers(document: Confirmation) -> Confirmation:
    """Return the document with the references its own number makes when read."""
    own = (Reference("supplier_order", document.number),) if document.number else ()
    return replace(document, references=own)


def without_rules(document: Document) -> Document:
    """The rule by which a quantity was derived says how the answer was written, not what it says."""
    assert isinstance(document, Confirmation)
    return replace(document, lines=tuple(replace(line, rule="") for line in document.lines))


@given(confirmations.map(with_own_numbers))
def test_a_confirmation_comes_back_as_it_was_written(document: Confirmation) -> None:
    assert without_rules(there_and_back(document)) == document


@given(confirmations.map(with_own_numbers), st.integers(0, 99_999_999))
def test_a_changed_confirmation_goes_as_an_865_and_comes_back(document: Confirmation, sequence: int) -> None:
    refused = document.unmentioned is Unmentioned.REJECTED
    said = Unmentioned.UNANSWERED if document.lines or refused else document.unmentioned
    changed = replace(
        document,
        purpose=Purpose.CHANGE,
        unmentioned=said,
        version=replace(VERSION, revision=sequence),
    )

    assert segments_of(changed)[0] == "865"
    assert without_rules(there_and_back(changed)) == changed


def test_an_answer_nobody_could_read_cannot_be_written() -> None:
    line = ConfirmationLine(line_number="1", answers=(LineAnswer.UNKNOWN,), offered=None)

    with pytest.raises(UnwritableValue, match="unknown quantity"):
        segments_of(Confirmation(order_number="A-1", version=VERSION, lines=(line,)))


# --- ship notices -------------------------------------------------------------------------------------


@st.composite
def shipped_lines(draw: st.DrawFn) -> ShipNoticeLine:
    """Draw a line that is final by its status and not by its quantities."""
    unit = draw(units)
    shipped = Quantity(draw(values), unit)
    return ShipNoticeLine(
        order_number=draw(st.sampled_from(["A-1", "A-2", None])),
        line_number=draw(maybe),
        ids=draw(ids),
        shipped=draw(st.none() | st.just(shipped)),
        shipped_to_date=draw(st.none() | st.just(shipped)),
        ordered=draw(st.none() | st.just(replace(shipped, value=shipped.value + 1))),
        final=bool(draw(st.booleans())),
        package=draw(maybe),
        lot=draw(maybe),
        expires_on=draw(st.none() | days),
    )


notices = st.builds(
    ShipNotice,
    number=texts,
    version=st.just(VERSION),
    lines=st.lists(shipped_lines(), max_size=5).map(tuple),
    purpose=purposes,
    shipped_on=st.none() | days,
    expected_on=st.none() | days,
    carrier=maybe,
    tracking=maybe,
    parties=st.lists(parties, max_size=2).map(tuple),
)


@given(notices)
def test_a_ship_notice_comes_back_as_it_was_written(document: ShipNotice) -> None:
    own = (Reference("carrier_reference", document.tracking),) if document.tracking else ()
    document = replace(document, references=(*own, Reference("bill_of_lading", "BOL-1")))

    assert there_and_back(document) == document


# --- receipts -----------------------------------------------------------------------------------------

CODED = {
    GoodsCondition.DAMAGED: "01",
    GoodsCondition.SHORT: "02",
    GoodsCondition.OVER: "03",
    GoodsCondition.WRONG_ITEM: "05",
    GoodsCondition.OTHER: "06",
    GoodsCondition.REJECTED: "08",
    GoodsCondition.ON_HOLD: "09",
    GoodsCondition.NO_SHIP_NOTICE: "13",
}


@st.composite
def received_lines(draw: st.DrawFn) -> ReceiptLine:
    """Draw a line of which less is in question than came, each condition once."""
    unit = draw(units)
    conditions = draw(st.lists(st.sampled_from(sorted(CODED)), unique=True, max_size=5))
    small = Decimal("0.001")
    in_question = tuple(
        InQuestion(condition=each, quantity=Quantity(small, unit), code=CODED[each]) for each in conditions
    )
    found = {each.condition: each.quantity for each in in_question}
    return ReceiptLine(
        order_number=draw(maybe),
        line_number=draw(texts),
        received=Quantity(draw(values) + 1, unit),
        damaged=found.get(GoodsCondition.DAMAGED),
        rejected=found.get(GoodsCondition.REJECTED),
        ids=draw(ids),
        in_question=in_question,
    )


receipts = st.builds(
    Receipt,
    number=texts,
    version=st.just(VERSION),
    received_on=days,
    lines=st.lists(received_lines(), max_size=4).map(tuple),
    purpose=purposes,
    ship_notice=maybe,
    warehouse=maybe,
)


@given(receipts)
def test_a_receipt_comes_back_as_it_was_written(document: Receipt) -> None:
    assert there_and_back(document) == document


def test_what_is_damaged_or_rejected_is_in_question_even_where_nobody_said_so() -> None:
    each = Quantity(Decimal(4), "EA")
    line = ReceiptLine(
        order_number="A-1", line_number="1", received=Quantity(Decimal(9), "EA"), damaged=each, rejected=each
    )

    back = there_and_back(Receipt(number="R-1", version=VERSION, received_on=NOON.date(), lines=(line,)))

    assert isinstance(back, Receipt)
    assert (back.lines[0].damaged, back.lines[0].rejected) == (each, each)


def test_what_went_back_comes_back_as_returned() -> None:
    returned = InQuestion(condition=GoodsCondition.RETURNED, quantity=Quantity(Decimal(4), "EA"))
    line = ReceiptLine(
        order_number=None, line_number="1", received=Quantity(Decimal(9), "EA"), in_question=(returned,)
    )
    document = Receipt(number="R-1", version=VERSION, received_on=NOON.date(), lines=(line,))

    assert there_and_back(document) == document


def test_more_in_question_than_a_segment_holds_cannot_be_written() -> None:
    questions = tuple(InQuestion(condition=GoodsCondition.OVER) for _ in range(6))
    line = ReceiptLine(order_number="A-1", line_number="1", received=None, in_question=questions)

    with pytest.raises(UnwritableValue, match="no more than 5"):
        segments_of(Receipt(number="R-1", version=VERSION, received_on=NOON.date(), lines=(line,)))


# --- invoices -----------------------------------------------------------------------------------------

billed_lines = st.builds(
    InvoiceLine,
    order_number=st.sampled_from(["A-1", "A-2"]),
    line_number=maybe,
    quantity=st.none() | quantities,
    price=st.none() | prices,
    ids=ids,
    charges=charges,
)
invoices = st.builds(
    Invoice,
    number=texts,
    version=st.just(VERSION),
    issued_on=days,
    lines=st.lists(billed_lines, max_size=4).map(tuple),
    kind=st.sampled_from(InvoiceKind),
    currency=st.just("USD"),
    tax=st.none() | amounts,
    total=amounts.map(abs),
    purpose=purposes,
    order_number=st.just("A-1"),
    ship_notice=maybe,
    corrects=maybe,
    charge_lines=charges,
    tax_percent=st.none() | st.sampled_from([Decimal("0.5"), Decimal(7), Decimal("8.25"), Decimal(19)]),
    payment_terms=terms,
    due_on=st.none() | days,
)


@given(invoices)
def test_an_invoice_or_credit_note_comes_back_as_it_was_written(document: Invoice) -> None:
    assert there_and_back(document) == document


@pytest.mark.parametrize("amount", ["0.001", "1.005"])
def test_a_fraction_of_a_cent_cannot_be_written(amount: str) -> None:
    document = Invoice(
        number="INV-1", version=VERSION, issued_on=NOON.date(), lines=(), total=Decimal(amount)
    )

    with pytest.raises(UnwritableValue, match="cents"):
        segments_of(document)


def test_a_price_per_something_without_a_code_cannot_be_written() -> None:
    price = Price(Decimal(1), "USD", Decimal(12), None)
    line = InvoiceLine(order_number="A-1", line_number="1", quantity=None, price=price)

    with pytest.raises(UnwritableValue, match="per 12"):
        segments_of(Invoice(number="INV-1", version=VERSION, issued_on=NOON.date(), lines=(line,)))


# --- carriers -----------------------------------------------------------------------------------------

WRITTEN = {
    ShipmentEvent.PICKED_UP: "AF",
    ShipmentEvent.IN_TRANSIT: "X6",
    ShipmentEvent.DELIVERED: "D1",
    ShipmentEvent.DELAYED: "SD",
    ShipmentEvent.CUSTOMS_HOLD: "PR",
    ShipmentEvent.OTHER: "XB",
}
moments = st.datetimes(datetime(1970, 1, 2), datetime(2040, 12, 31)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def carrier_events(draw: st.DrawFn) -> StatusEvent:
    """Draw something that happened, or an estimate, which was said with the message."""
    place = draw(st.sampled_from(["", "HAMBURG", "ATLANTA, GA, US"]))
    if draw(st.booleans()):
        code = draw(st.sampled_from(["AG", "X2", "AB", "X9"]))
        eta = draw(days)
        return StatusEvent(kind=ShipmentEvent.OTHER, at=NOON, code=code, reason="NS", place=place, eta=eta)
    kind = draw(st.sampled_from(sorted(WRITTEN)))
    return StatusEvent(kind=kind, at=draw(moments), code=WRITTEN[kind], reason="NS", place=place)


statuses = st.builds(
    ShipmentStatus,
    number=texts,
    version=st.just(VERSION),
    events=st.lists(carrier_events(), max_size=4).map(tuple),
    order_numbers=st.lists(texts, unique=True, max_size=3).map(tuple),
    tracking=texts,
    carrier=maybe,
)


@given(statuses)
def test_a_carriers_word_comes_back_as_it_was_written(document: ShipmentStatus) -> None:
    orders = tuple(Reference("order", number) for number in document.order_numbers)
    document = replace(document, references=(*orders, Reference("bill_of_lading", "BOL-1")))

    assert there_and_back(document) == document


def test_a_delay_with_a_new_day_is_told_as_a_delay_and_an_estimate() -> None:
    event = StatusEvent(kind=ShipmentEvent.DELAYED, at=NOON - timedelta(hours=3), eta=date(2026, 12, 1))

    back = there_and_back(ShipmentStatus(number="S-1", version=VERSION, events=(event,)))

    assert isinstance(back, ShipmentStatus)
    assert [(each.kind, each.eta) for each in back.events] == [
        (ShipmentEvent.DELAYED, None),
        (ShipmentEvent.OTHER, date(2026, 12, 1)),
    ]


def test_an_event_without_a_code_cannot_be_written() -> None:
    lost = StatusEvent(kind=ShipmentEvent.LOST, at=NOON)

    with pytest.raises(UnwritableValue, match="lost"):
        segments_of(ShipmentStatus(number="S-1", version=VERSION, events=(lost,)))


# --- an interchange of several ------------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_documents_go_together_in_a_group_for_every_set_with_any_delimiters(style: Style) -> None:
    note = Receipt(number="R-1", version=VERSION, received_on=NOON.date(), lines=())
    invoice = Invoice(number="INV-1", version=VERSION, issued_on=NOON.date(), lines=(), total=Decimal(1))
    second = replace(note, number="R-2")

    outcome = read(write_documents([note, invoice, second], ENVELOPE, style))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert [(group.functional_code, group.received) for group in outcome.groups] == [("RC", 2), ("IN", 1)]
    assert [(t.set_code, t.control_number) for t in outcome.transactions] == [
        ("861", "0001"),
        ("861", "0002"),
        ("810", "0001"),
    ]
    assert len({t.key for t in outcome.transactions}) == 3


@given(st.text("*~>^|\n\r AZ", min_size=1, max_size=10).filter(lambda text: "A" in text))
def test_a_value_with_delimiters_loses_them_and_nothing_else(text: str) -> None:
    document = Confirmation(order_number="A-1", version=VERSION, lines=(), notes=(text,), currency="USD")

    back = there_and_back(document)

    assert isinstance(back, Confirmation)
    assert len(back.notes) == 1
    assert back.notes[0].replace(" ", "") == "".join(c for c in text if c not in "*~>\n\r ")
