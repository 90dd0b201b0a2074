"""Laws over random histories: order and repetition never matter, and nothing is lost or counted twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_connectors.canonical.documents import (
    Confirmation,
    GoodsCondition,
    InQuestion,
    Invoice,
    InvoiceKind,
    LineAnswer,
    OrderState,
    PriceBreak,
    Purpose,
    Receipt,
    ShipmentEvent,
    ShipmentStatus,
    ShipNotice,
)
from erp_connectors.canonical.values import ItemIds
from erp_connectors.documents.heard import HeardDocument
from erp_connectors.documents.positions import positions_of
from exceptions_app.detection import examples as world
from exceptions_app.detection import registry
from exceptions_app.detection.agreement import Agreement, AgreementKind, AgreementState
from exceptions_app.detection.buckets import OWNERS, Bucket
from exceptions_app.detection.detect import detect
from exceptions_app.detection.examples import (
    answer,
    invoice,
    invoiced,
    order,
    price,
    receipt,
    ship_notice,
    snapshot,
    status,
)
from exceptions_app.detection.reconcile import Changes
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.detection.view import look
from exceptions_app.policies.values import Terms
from tests.builders.worlds import Desk, agreement, listed

START = date(2026, 11, 23)
UNITS = {"EA": 1, "CS": 12, "PK": 5}
PACKS = {"CS": 12, "PK": 5}

days = st.integers(0, 30).map(lambda offset: (START + timedelta(days=offset)).isoformat())
minutes = st.integers(0, 30 * 24 * 60).map(lambda offset: datetime(2026, 11, 20) + timedelta(minutes=offset))
times = minutes.map(lambda moment: moment.strftime("%Y-%m-%d %H:%M"))
quantities = st.integers(0, 150)
parts = st.lists(st.tuples(quantities, days), min_size=1, max_size=3)
units = st.sampled_from(["EA", "EA", "CS", "PK", "BX"])
words = st.lists(st.sampled_from(list(LineAnswer)), max_size=2).map(tuple)
prices = st.sampled_from([None, price("12.50"), price("12.84"), price("125"), price("12.50", "USD")])
revisions = st.integers(0, 3)
line_numbers = st.sampled_from(["10", "10", "10", "10", "99"])
names = st.sampled_from([ItemIds(), ItemIds(), ItemIds(supplier="S-1"), ItemIds(supplier="S-2")])
moments = st.integers(0, 45 * 24 * 60).map(
    lambda offset: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=offset)
)


@st.composite
def orders(draw: st.DrawFn) -> HeardDocument:
    state = draw(st.sampled_from([OrderState.RELEASED] * 5 + [OrderState.CANCELLED, OrderState.CLOSED]))
    wanted = [(value + 1, day) for value, day in draw(parts)]
    steps = draw(st.sampled_from([(), (), (PriceBreak(world.amount(100), world.price("12.00", unit="EA")),)]))
    return order(
        *wanted,
        said=draw(times),
        revision=draw(revisions),
        state=state,
        cost=price("12.50", "EUR"),
        supplier_item="S-1",
        price_breaks=steps,
    )


@st.composite
def answers(draw: st.DrawFn) -> HeardDocument:
    return answer(
        *draw(st.lists(st.tuples(quantities, st.one_of(days, st.none())), max_size=3)),
        said=draw(times),
        revision=draw(revisions),
        unit=draw(units),
        words=draw(words),
        cost=draw(prices),
        is_unreadable=draw(st.sampled_from([False, False, False, True])),
        rejected=draw(st.sampled_from([None, None, world.amount(5)])),
        key=draw(st.sampled_from(["A1", "A2"])),
        number=draw(line_numbers),
        ids=draw(names),
        substitute=draw(st.sampled_from([None, None, None, ItemIds(supplier="S-2")])),
    )


@st.composite
def ship_notices(draw: st.DrawFn) -> HeardDocument:
    to_date = draw(st.sampled_from([None, None, None, 60, 120]))
    made = ship_notice(
        draw(quantities),
        draw(st.sampled_from(["ASN-1", "ASN-2", "ASN-3"])),
        said=draw(times),
        unit=draw(units),
        revision=draw(revisions),
        shipped_on=draw(st.one_of(days, st.none())),
        expected_on=draw(st.one_of(days, st.none())),
        final=draw(st.booleans()),
        shipped_to_date=None if to_date is None else world.amount(to_date),
        line=draw(line_numbers),
        ids=draw(names),
        lot=draw(st.sampled_from([None, "L1"])),
        expires_on=draw(st.sampled_from([None, None, START, START + timedelta(days=400)])),
    )
    purpose = draw(st.sampled_from([Purpose.ORIGINAL] * 4 + [Purpose.REPLACE, Purpose.CANCEL]))
    return replace(made, content=replace(made.content, purpose=purpose))  # type: ignore[call-arg,arg-type]


@st.composite
def receipts(draw: st.DrawFn) -> HeardDocument:
    condition = draw(st.sampled_from([GoodsCondition.WRONG_ITEM, GoodsCondition.RETURNED]))
    made = receipt(
        draw(quantities),
        draw(st.sampled_from(["GR-1", "GR-2"])),
        on=draw(days),
        said=draw(times),
        unit=draw(units),
        revision=draw(revisions),
        notice=draw(st.sampled_from([None, "ASN-1", "ASN-2", "ASN-9"])),
        damaged=draw(st.sampled_from([None, None, 3])),
        rejected=draw(st.sampled_from([None, None, 2])),
        warehouse=draw(st.sampled_from([None, "KASSEL", "FULDA"])),
        line=draw(line_numbers),
        item=draw(st.sampled_from([None, None, "GASKET"])),
        in_question=draw(
            st.sampled_from([(), (), (InQuestion(condition=condition, quantity=world.amount(4)),)])
        ),
    )
    purpose = draw(st.sampled_from([Purpose.ORIGINAL] * 4 + [Purpose.CANCEL]))
    return replace(made, content=replace(made.content, purpose=purpose))  # type: ignore[call-arg,arg-type]


@st.composite
def invoices(draw: st.DrawFn) -> HeardDocument:
    made = invoice(
        draw(quantities),
        draw(st.sampled_from(["INV-1", "INV-2"])),
        on=draw(days),
        said=draw(times),
        unit=draw(units),
        revision=draw(revisions),
        kind=draw(st.sampled_from([InvoiceKind.INVOICE, InvoiceKind.INVOICE, InvoiceKind.CREDIT])),
        corrects=draw(st.sampled_from([None, None, "INV-1", "INV-9"])),
        line=draw(line_numbers),
        cost=draw(prices),
    )
    purpose = draw(st.sampled_from([Purpose.ORIGINAL] * 4 + [Purpose.CANCEL]))
    return replace(made, content=replace(made.content, purpose=purpose))  # type: ignore[call-arg,arg-type]


@st.composite
def statuses(draw: st.DrawFn) -> HeardDocument:
    happened = draw(st.lists(st.tuples(st.sampled_from(list(ShipmentEvent)), times), min_size=1, max_size=3))
    return status(
        *(kind for kind, _ in happened),
        when=[moment for _, moment in happened],
        number=draw(st.sampled_from(["PRO-1", "PRO-2"])),
        notice=draw(st.sampled_from([None, "ASN-1", "ASN-2"])),
        eta=draw(st.one_of(st.none(), days)),
        quantity=draw(st.sampled_from([None, None, 7])),
        said=draw(times),
        revision=draw(revisions),
        purpose=draw(st.sampled_from([Purpose.ORIGINAL] * 3 + [Purpose.REPLACE, Purpose.CANCEL])),
    )


answering = st.one_of(answers(), ship_notices(), statuses(), receipts(), invoices())
histories = st.tuples(st.lists(orders(), min_size=1, max_size=3), st.lists(answering, max_size=6)).map(
    lambda drawn: [*drawn[0], *drawn[1]]
)
#: Documents of one version contradict each other; which of them counts is arbitrary, but always the same.
untied = histories.filter(
    lambda documents: len({(type(d.content), d.version) for d in documents}) == len(documents)
)
STATES = st.sampled_from(list(AgreementState))
CODES = [kind.code for kind in registry.types_of(SubjectKind.ORDER)]
terms = st.sampled_from(
    [
        Terms(),
        Terms(total_quantity=False),
        Terms(expects_confirmation=False, expects_ship_notice=False),
        Terms(ship_to_delivery_days=3),
    ]
)
many = settings(suppress_health_check=[HealthCheck.too_slow])


def pieces_of(documents: list[HeardDocument], when: datetime, **known: Any) -> Any:
    view = look(snapshot(*documents, packs=PACKS, **known), (), when)
    return [line.buckets for line in view.lines]


@many
@given(st.data(), histories, moments, terms)
def test_any_order_and_any_repetition_end_in_the_same_state(
    data: st.DataObject, documents: list[HeardDocument], when: datetime, known: Terms
) -> None:
    shuffled = data.draw(st.permutations(documents)) + data.draw(st.lists(st.sampled_from(documents)))
    in_turn, at_once = Desk(), Desk()
    for count in range(1, len(shuffled) + 1):
        in_turn.evaluate(snapshot(*shuffled[:count], packs=PACKS, terms=known), (), when)
    at_once.evaluate(snapshot(*documents, packs=PACKS, terms=known), (), when)
    assert positions_of(shuffled) == positions_of(documents)
    assert pieces_of(shuffled, when, terms=known) == pieces_of(documents, when, terms=known)
    assert in_turn.open == at_once.open


@many
@given(histories, moments, terms)
def test_looking_twice_changes_nothing(documents: list[HeardDocument], when: datetime, known: Terms) -> None:
    desk, seen = Desk(), snapshot(*documents, packs=PACKS, terms=known)
    desk.evaluate(seen, (), when)
    again = desk.evaluate(seen, (), when)
    assert again == Changes()


@many
@given(histories, moments, terms)
def test_the_buckets_of_a_line_add_up_to_what_is_ordered(
    documents: list[HeardDocument], when: datetime, known: Terms
) -> None:
    for line in pieces_of(documents, when, terms=known):
        assert sum(piece.quantity for piece in line.pieces) == line.ordered
        assert all(piece.quantity > 0 for piece in line.pieces)


@many
@given(histories, moments, terms)
def test_no_piece_belongs_to_two_types(documents: list[HeardDocument], when: datetime, known: Terms) -> None:
    detection = detect(snapshot(*documents, packs=PACKS, terms=known), (), when)
    owned = [d for d in detection.deviations if d.type_code in OWNERS.values() and d.quantity is not None]
    ordered = [line.ordered for line in detection.view.lines] if detection.view else []
    assert sum((d.quantity or Decimal(0) for d in owned), Decimal(0)) <= sum(ordered, Decimal(0))
    assert len({d.key for d in detection.deviations}) == len(detection.deviations)


@many
@given(st.data(), histories, moments, terms, st.floats(0.01, 0.99))
def test_nothing_moves_before_the_next_look(
    data: st.DataObject, documents: list[HeardDocument], when: datetime, known: Terms, share: float
) -> None:
    seen = snapshot(*documents, packs=PACKS, terms=known)
    agreed = [
        agreement(
            seen,
            code,
            number=number,
            state=data.draw(STATES),
            kind=data.draw(st.sampled_from(list(AgreementKind))),
            quantity=data.draw(st.sampled_from([None, 20])),
            agreed_on=data.draw(st.one_of(st.none(), days)),
            until=data.draw(days),
            made=data.draw(times),
        )
        for number, code in enumerate(data.draw(st.lists(st.sampled_from(list(OWNERS.values())), max_size=3)))
    ]
    for types in (None, [registry.exception_type(data.draw(st.sampled_from(CODES)))]):
        now = detect(seen, agreed, when, types)
        until = now.next_look or when + timedelta(days=400)
        between = detect(seen, agreed, when + (until - when) * share, types)
        assert listed(between) == listed(now)


@many
@given(histories, moments, terms, st.floats(0.01, 0.99))
def test_nothing_moves_on_an_invoice_before_the_next_look(
    documents: list[HeardDocument], when: datetime, known: Terms, share: float
) -> None:
    types = registry.types_of(SubjectKind.INVOICE)
    for number in {each.key for each in documents if isinstance(each.content, Invoice)}:
        seen = invoiced(*documents, number=number, packs=PACKS, terms=known)
        now = detect(seen, (), when, types)
        until = now.next_look or when + timedelta(days=400)
        assert listed(detect(seen, (), when + (until - when) * share, types)) == listed(now)


@many
@given(untied, moments, st.sampled_from(["CS", "PK"]))
def test_counting_the_order_in_packs_changes_no_bucket(
    documents: list[HeardDocument], when: datetime, unit: str
) -> None:
    factor = UNITS[unit]
    in_each = [_times(_priced_by_each(document), factor) for document in documents]
    in_packs = [_in_packs(document, unit, factor) for document in in_each]
    shares = [[(p.bucket, p.quantity) for p in line.pieces] for line in pieces_of(in_each, when)]
    same = [[(p.bucket, p.quantity) for p in line.pieces] for line in pieces_of(in_packs, when)]
    assert same == shares
    assert amounts_of(in_packs, when) == amounts_of(in_each, when)


@many
@given(untied, moments, st.integers(1, 9))
def test_cutting_schedule_and_offer_into_slices_changes_no_bucket(
    documents: list[HeardDocument], when: datetime, cut: int
) -> None:
    whole = [_totals(line) for line in pieces_of(documents, when)]
    sliced = [_totals(line) for line in pieces_of([_sliced(d, Decimal(cut)) for d in documents], when)]
    assert sliced == whole
    assert amounts_of([_sliced(d, Decimal(cut)) for d in documents], when) == amounts_of(documents, when)


@many
@given(untied, moments, st.integers(1, 9))
def test_what_comes_in_several_lines_of_one_document_counts_as_in_one(
    documents: list[HeardDocument], when: datetime, cut: int
) -> None:
    in_two = [_in_two_lines(document, Decimal(cut)) for document in documents]
    assert [_totals(line) for line in pieces_of(in_two, when)] == [
        _totals(line) for line in pieces_of(documents, when)
    ]
    assert amounts_of(in_two, when) == amounts_of(documents, when)


@many
@given(st.data(), histories, moments, STATES, st.sampled_from(list(AgreementKind)))
def test_a_decision_that_ended_leaves_the_same_state_however_it_came_about(
    data: st.DataObject,
    documents: list[HeardDocument],
    when: datetime,
    end: AgreementState,
    kind: AgreementKind,
) -> None:
    seen = snapshot(*documents, packs=PACKS)
    deviations = detect(seen, (), when).deviations
    if end is AgreementState.PENDING or not deviations:
        return
    decided = data.draw(st.sampled_from(deviations))
    made = agreement(
        seen,
        decided.type_code,
        key=decided.key,
        kind=kind,
        until="2027-02-01",
        agreed_on=data.draw(st.sampled_from([None, "2027-01-15"])),
        state=AgreementState.PENDING,
    )
    shuffled = data.draw(st.permutations(documents))
    in_turn, at_once = Desk(), Desk()
    for count in range(1, len(shuffled) + 1):
        in_turn.evaluate(snapshot(*shuffled[:count], packs=PACKS), [made], when)
    ended = [replace(made, state=end)]
    in_turn.evaluate(seen, ended, when)
    at_once.evaluate(seen, ended, when)
    assert in_turn.open == at_once.open
    if end is AgreementState.VOID:
        assert sorted(in_turn.open) == sorted(deviation.key for deviation in deviations)


@many
@given(histories, moments, st.integers(1, 200))
def test_an_agreement_moves_pieces_and_loses_none(
    documents: list[HeardDocument], when: datetime, covered: int
) -> None:
    seen = snapshot(*documents, packs=PACKS)
    made: list[Agreement] = [
        agreement(seen, code, number=number, quantity=covered, agreed_on="2027-01-15")
        for number, code in enumerate(OWNERS.values(), start=1)
    ]
    for line in look(seen, made, when).lines:
        assert sum(piece.quantity for piece in line.buckets.pieces) == line.buckets.ordered


def amounts_of(documents: list[HeardDocument], when: datetime) -> dict[str, Decimal | None]:
    """Return what deviates, in money: but for what is about how a document is written."""
    detection = detect(snapshot(*documents, packs=PACKS), (), when)
    about_writing = ("ship_notice_conflict", "unordered_line")
    return {d.key: d.amount for d in detection.deviations if d.type_code not in about_writing}


def _in_two_lines(document: HeardDocument, cut: Decimal) -> HeardDocument:
    """Return a notice, receipt or invoice that says of its goods in two lines what it said in one."""
    content: Any = document.content
    name = {ShipNotice: "shipped", Receipt: "received", Invoice: "quantity"}.get(type(content))
    if name is None:
        return document
    line = content.lines[0]
    quantity = getattr(line, name)
    first = replace(quantity, value=min(quantity.value, cut))
    rest = replace(quantity, value=quantity.value - first.value)
    second = {"damaged": None, "rejected": None, "in_question": ()} if name == "received" else {}
    halves = (replace(line, **{name: rest}), replace(line, **{name: first}, **second))
    return replace(document, content=replace(content, lines=halves))


def _totals(line: Any) -> dict[Bucket, Decimal]:
    return {piece.bucket: line.counted(piece.bucket) for piece in line.pieces}


def _priced_by_each(document: HeardDocument) -> HeardDocument:
    """Return an answer whose price says that it is for one each; without a unit it is for the line's own."""
    content: Any = document.content
    if not isinstance(content, Confirmation) or content.lines[0].price is None:
        return document
    line = replace(content.lines[0], price=replace(content.lines[0].price, per_unit="EA"))
    return replace(document, content=replace(content, lines=(line,)))


def _times(document: HeardDocument, factor: int) -> HeardDocument:
    """Return the document with an order counted in each, so that whole packs fit."""
    if not document.key.startswith("order"):
        return document
    return _with_line(document, lambda q: replace(q, value=q.value * factor))


def _in_packs(document: HeardDocument, unit: str, factor: int) -> HeardDocument:
    if not document.key.startswith("order"):
        return document
    return _with_line(document, lambda q: replace(q, value=q.value / factor, unit=unit), per_unit="EA")


def _with_line(document: HeardDocument, change: Any, per_unit: str | None = None) -> HeardDocument:
    content: Any = document.content
    line = content.lines[0]
    changed = replace(
        line,
        quantity=change(line.quantity),
        schedule=tuple(replace(part, quantity=change(part.quantity)) for part in line.schedule),
        price=replace(line.price, per_unit=per_unit),
    )
    return replace(document, content=replace(content, lines=(changed,)))


def _sliced(document: HeardDocument, cut: Decimal) -> HeardDocument:
    """Return the document with every part of its schedule, or of its offer, cut in two."""
    content: Any = document.content
    if isinstance(content, ShipmentStatus):
        return document
    line = content.lines[0]
    for name in ("schedule", "offered"):
        if getattr(line, name, None) is not None:
            line = replace(
                line, **{name: tuple(p for part in getattr(line, name) for p in _halves(part, cut))}
            )
    return replace(document, content=replace(content, lines=(line,)))


def _halves(part: Any, cut: Decimal) -> list[Any]:
    first = min(part.quantity.value, cut)
    values = (first, part.quantity.value - first)
    return [replace(part, quantity=replace(part.quantity, value=value)) for value in values]
