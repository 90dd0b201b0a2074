"""Canonical documents to EDIFACT and back: what is written reads as itself."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LineAnswer,
    OfferedPart,
    Receipt,
    ShipNotice,
    ShipNoticeLine,
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
from erp_connectors.edi.edifact.tokens import ServiceCharacters
from erp_connectors.edi.edifact.writer import OutgoingInterchange, Style
from erp_connectors.edi.edifact.writing import segments_of, write_documents
from erp_connectors.edi.results import Document
from erp_connectors.edi.writing import UnwritableValue
from tests.builders.edifact import NOON
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

ENVELOPE = OutgoingInterchange(
    sender_qualifier="14",
    sender="SUPPLIER",
    receiver_qualifier="14",
    receiver="BUYER",
    reference="7",
    at=NOON,
)
VERSION = DocumentVersion(NOON)
UNUSUAL = ServiceCharacters(element=b"|", component=b"^", terminator=b"~", release=b"!", marks=".")


def there_and_back(document: Document, style: Style = Style(replacement=" ")) -> Document:  # noqa: B008
    """Write one document, read it, and return it as it came back, under the version it went out with."""
    outcome = read(write_documents([document], ENVELOPE, style))
    assert outcome.file.verdict is Verdict.ACCEPT, outcome.codes()
    found = outcome.transaction.document
    assert found is not None, outcome.codes()
    assert found.version.document_time == NOON
    return replace(found, version=document.version)


# --- confirmations ----------------------------------------------------------------------------------


@st.composite
def answered_lines(draw: st.DrawFn) -> ConfirmationLine:
    """Draw an answer of one kind, with what is backordered and rejected beside it."""
    unit = draw(units)
    kind = draw(st.sampled_from([LineAnswer.ACCEPTED, LineAnswer.CHANGED, LineAnswer.SUBSTITUTED]))
    count, has_dates = draw(st.integers(0, 3)), bool(draw(st.booleans()))

    def part() -> OfferedPart:
        on = draw(days) if has_dates else None
        kind_of_day = draw(st.sampled_from(DateKind)) if on else DateKind.DELIVERY
        return OfferedPart(Quantity(draw(values), unit), on, kind_of_day)

    parts, answers = [part() for _ in range(count)], [kind]
    if count and draw(st.booleans()):
        late = part() if has_dates else OfferedPart(Quantity(draw(values), unit), None, firm=False)
        parts.append(late)
        answers.append(LineAnswer.BACKORDERED)
    return ConfirmationLine(
        line_number=draw(maybe),
        ids=draw(ids),
        answers=tuple(answers),
        offered=tuple(parts),
        rejected=Quantity(draw(values), unit) if count and draw(st.booleans()) else None,
        price=draw(st.none() | prices.map(in_euros)),
        substitute=ItemIds(supplier="NEW-1") if kind is LineAnswer.SUBSTITUTED and parts else None,
        reasons=tuple(draw(st.lists(texts, max_size=2))),
    )


def in_euros(price: Price) -> Price:
    """Return a price in the currency of the document; per one of a unit where it names one."""
    return replace(price, currency="EUR")


confirmations = st.builds(
    Confirmation,
    order_number=texts,
    version=st.just(VERSION),
    lines=st.lists(answered_lines(), max_size=4).map(tuple),
    unmentioned=st.sampled_from([Unmentioned.UNANSWERED, Unmentioned.ACCEPTED]),
    purpose=purposes,
    number=maybe,
    currency=st.just("EUR"),
    parties=st.lists(parties, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
)


def with_own_references(document: Confirmation) -> Confirmation:
    """Return the document with the reference its order makes when read."""
    return replace(document, references=(Reference("order", document.order_number),))


def without_rules(document: Document) -> Document:
    """The rule by which a quantity was derived says how the answer was written, not what it says."""
    assert isinstance(document, Confirmation)
    return replace(document, lines=tuple(replace(line, rule="") for line in document.lines))


@given(confirmations.map(with_own_references))
def test_a_confirmation_comes_back_as_it_was_written(document: Confirmation) -> None:
    assert without_rules(there_and_back(document)) == document


@pytest.mark.parametrize("answer", [LineAnswer.REJECTED, LineAnswer.BACKORDERED])
def test_a_line_of_which_nothing_comes_now_comes_back(answer: LineAnswer) -> None:
    amount = Quantity(Decimal(40), "CS")
    is_late = answer is LineAnswer.BACKORDERED
    line = ConfirmationLine(
        line_number="10",
        answers=(answer,),
        offered=(OfferedPart(amount, NOON.date()),) if is_late else (),
        rejected=None if is_late else amount,
    )
    document = with_own_references(
        Confirmation(order_number="A-1", version=VERSION, lines=(line,), currency="EUR")
    )

    assert without_rules(there_and_back(document)) == document


def test_an_order_that_is_refused_as_a_whole_comes_back() -> None:
    document = with_own_references(
        Confirmation(order_number="A-1", version=VERSION, lines=(), unmentioned=Unmentioned.REJECTED)
    )

    assert there_and_back(document) == document


def line_with(*answers: LineAnswer, offered: tuple[OfferedPart, ...] | None) -> ConfirmationLine:
    return ConfirmationLine(line_number="1", answers=answers, offered=offered)


SOME = Quantity(Decimal(4), "EA")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (line_with(LineAnswer.UNKNOWN, offered=None), "unknown quantity"),
        (line_with(LineAnswer.HELD, offered=()), "held"),
        (
            line_with(LineAnswer.CHANGED, offered=(OfferedPart(SOME, NOON.date()), OfferedPart(SOME))),
            "without a date",
        ),
    ],
)
def test_an_answer_without_a_code_cannot_be_written(line: ConfirmationLine, words: str) -> None:
    with pytest.raises(UnwritableValue, match=words):
        segments_of(Confirmation(order_number="A-1", version=VERSION, lines=(line,)))


#: Of an item the buyer can tell, numbers 1, 2, 3 of the message are not taken for those of the order.
known = ids.map(lambda drawn: replace(drawn, buyer=drawn.buyer or "X-1"))


# --- ship notices -------------------------------------------------------------------------------------


@st.composite
def shipped_lines(draw: st.DrawFn) -> ShipNoticeLine:
    """Draw a line that is final by its code and not by its quantities."""
    unit = draw(units)
    shipped = Quantity(draw(values), unit)
    return ShipNoticeLine(
        order_number=draw(st.sampled_from(["A-1", "A-2"])),
        line_number=draw(maybe),
        ids=draw(known),
        shipped=shipped,
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
    notes=st.lists(texts, max_size=2).map(tuple),
)


@given(notices)
def test_a_ship_notice_comes_back_as_it_was_written(document: ShipNotice) -> None:
    own = (Reference("carrier_reference", document.tracking),) if document.tracking else ()
    packed = Reference("packing_list", "PL-1")
    document = replace(document, references=(*own, packed))

    assert there_and_back(document) == document


# --- invoices -----------------------------------------------------------------------------------------

billed_lines = st.builds(
    InvoiceLine,
    order_number=st.sampled_from(["A-1", "A-2"]),
    line_number=maybe,
    quantity=st.none() | quantities,
    price=st.none() | prices.map(in_euros),
    ids=known,
    amount=st.none() | amounts.map(abs),
    charges=charges,
)
invoices = st.builds(
    Invoice,
    number=texts,
    version=st.just(VERSION),
    issued_on=days,
    lines=st.lists(billed_lines, max_size=4).map(tuple),
    kind=st.sampled_from(InvoiceKind),
    currency=st.just("EUR"),
    charges=st.none() | amounts,
    tax=st.none() | amounts,
    total=amounts.map(abs),
    purpose=purposes,
    order_number=st.just("A-1"),
    ship_notice=maybe,
    corrects=maybe,
    charge_lines=charges,
    lines_total=st.none() | amounts.map(abs),
    tax_percent=st.none() | st.sampled_from([Decimal("0.5"), Decimal(7), Decimal("8.25"), Decimal(19)]),
    payment_terms=terms,
    due_on=st.none() | days,
)


@given(invoices.filter(lambda drawn: drawn.corrects != drawn.number))
def test_an_invoice_or_credit_note_comes_back_as_it_was_written(document: Invoice) -> None:
    assert there_and_back(document) == document


def test_a_price_in_another_currency_than_the_message_cannot_be_written() -> None:
    line = InvoiceLine(order_number="A-1", line_number="1", quantity=None, price=Price(Decimal(1), "CHF"))

    with pytest.raises(UnwritableValue, match="CHF"):
        segments_of(
            Invoice(number="INV-1", version=VERSION, issued_on=NOON.date(), lines=(line,), currency="EUR")
        )


# --- an interchange of several ------------------------------------------------------------------------


@pytest.mark.parametrize("style", [Style(), Style(advised=False), Style(characters=UNUSUAL)])
def test_documents_go_together_with_any_service_characters(style: Style) -> None:
    notice = ShipNotice(number="S-1", version=VERSION, lines=())
    invoice = Invoice(number="INV-1", version=VERSION, issued_on=NOON.date(), lines=(), total=Decimal(1))
    second = replace(notice, number="S+2'?:")

    outcome = read(write_documents([notice, invoice, second], ENVELOPE, style))

    assert outcome.file.verdict is Verdict.ACCEPT
    assert [(t.set_code, t.control_number) for t in outcome.transactions] == [
        ("DESADV", "1"),
        ("INVOIC", "2"),
        ("DESADV", "3"),
    ]
    assert [getattr(t.document, "number", None) for t in outcome.transactions] == ["S-1", "INV-1", "S+2'?:"]


def test_what_no_supplier_writes_cannot_be_written() -> None:
    with pytest.raises(UnwritableValue, match="Receipt"):
        segments_of(Receipt(number="R-1", version=VERSION, received_on=NOON.date(), lines=()))
