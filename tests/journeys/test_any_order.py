"""Whatever the order in which the bytes of a random history arrive, and however often: the same end.

Extracts of the ERP and 855s of the supplier go through inbox, processing, store and intake on the real
database; each history is told once in the order it was written, then shuffled and with repetitions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from erp_connectors import clock
from erp_connectors.canonical.documents import OrderState, PurchaseOrder
from erp_connectors.canonical.values import DocumentVersion, SchedulePart
from erp_connectors.companies import Connection
from erp_connectors.connectors.simulator.extracts import orders_csv
from erp_connectors.documents import models
from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import Interchange, InterchangeStatus
from erp_connectors.exchange.processing import process_interchange
from exceptions_app import intake
from exceptions_app.cases.models import ENDED, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from tests.builders import factories as make
from tests.builders import x12
from tests.builders.factories import Ground
from tests.journeys.at_once import forgotten
from tests.journeys.house import ITEM, OUR_ID, PRICE, THEIR_ID, WANTED, each, on, order
from tests.journeys.world import DECIDED, MIRROR, TOLD, of

pytestmark = [pytest.mark.django_db, pytest.mark.proof]

NUMBER = "4500010001"
START = on(date(2026, 11, 23), 9)
#: When everything has arrived, and the answer to every revision is due.
END = on(date(2026, 11, 27), 10)
LINES = ("10", "20")

minutes = st.integers(0, 30)
quantities = st.sampled_from([0, 1, 60, 82, 99, 100, 118, 120])
days = st.sampled_from([WANTED, WANTED + timedelta(days=1), WANTED + timedelta(days=14)])


@dataclass(frozen=True)
class Bytes:
    """A file as it comes in; `name` tells what it is."""

    name: str
    payload: bytes


@st.composite
def extracts(draw: st.DrawFn, minute: int) -> Bytes:
    """A revision of the order: quantity, schedule, state, and whether its second line is still there."""
    said = START + timedelta(minutes=minute)
    plain = order(NUMBER, released_at=START, lines=draw(st.sampled_from([1, 2, 2])))
    lines = []
    for line in plain.lines:
        parts = draw(st.lists(st.tuples(st.sampled_from([40, 60, 100]), days), min_size=1, max_size=2))
        schedule = tuple(SchedulePart(each(value), day) for value, day in parts)
        total = sum((part.quantity.value for part in schedule), Decimal(0))
        cancelled = draw(st.sampled_from([False, False, False, True]))
        lines.append(replace(line, quantity=each(total), schedule=schedule, cancelled=cancelled))
    state = draw(st.sampled_from([OrderState.RELEASED] * 5 + [OrderState.CANCELLED, OrderState.CLOSED]))
    revision = replace(
        plain,
        lines=tuple(lines),
        state=state,
        cancelled_at=said if state is OrderState.CANCELLED else None,
        version=DocumentVersion(said),
        version_token=f"{minute}",
    )
    return Bytes(f"orders_{minute:02}.csv", orders_csv([revision]))


@st.composite
def answers(draw: st.DrawFn, control: int) -> Bytes:
    """An 855 that answers one line or both; two of them may say that they were written in the same minute."""
    said = START + timedelta(minutes=draw(minutes))
    loops = []
    for line in draw(st.sampled_from([("10",), ("20",), LINES])):
        acks = [
            x12.ack(draw(st.sampled_from(["IA", "IQ", "IB", "IR"])), str(draw(quantities)), on=draw(days))
            for _ in range(draw(st.sampled_from([1, 1, 2])))
        ]
        loops.append(x12.po1(line, "100", price=PRICE, ids=("BP", ITEM), acks=acks))
    payload = x12.confirmation_855(
        NUMBER, loops, sender=THEIR_ID, receiver=OUR_ID, control=control, at=said, currency="EUR"
    )
    return Bytes(f"855-{control}.x12", payload)


@st.composite
def histories(draw: st.DrawFn) -> list[Bytes]:
    """Up to three revisions of an order and up to four answers to it."""
    revisions = sorted(draw(st.sets(minutes, min_size=1, max_size=3)))
    told = [draw(extracts(minute)) for minute in revisions]
    return told + [draw(answers(control)) for control in range(1, draw(st.integers(1, 4)) + 1)]


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[Ground]:
    """The company with its supplier and item, all streams read up to the end, and no order yet."""
    clock.set_now(END)
    ground = make.ground()
    ground.erp.settings = {"folder": str(tmp_path)}
    ground.erp.save()
    partner = ground.edi.partners.get()
    partner.their_qualifier = partner.our_qualifier = "ZZ"
    partner.their_id, partner.our_id, partner.time_zone = THEIR_ID, OUR_ID, "Europe/Berlin"
    partner.save()
    make.ItemFactory.create(connection=ground.erp, number=ITEM, description="Seal kit", base_unit="EA")
    make.see_until(ground, END + timedelta(hours=1))
    yield ground
    clock.reset()


def tell(world: Ground, arrivals: Sequence[Bytes], *, looking: bool) -> None:
    """Bring the files in one after the other; `looking`: the order is looked at after each of them."""
    for file in arrivals:
        connection: Connection = world.erp if file.name.endswith(".csv") else world.edi
        received = inbox.receive(
            file.payload, connection=connection, channel="folder", file_name=file.name, received_at=END
        )
        process_interchange(received.interchange.pk)
        if looking:
            look(END)
    assert not Interchange.objects.filter(status=InterchangeStatus.RECEIVED).exists()
    # Twice, and for the second time later: what opened and closed again and again is read a second time.
    look(END)
    mark_all()
    look(END + timedelta(minutes=11))


def mark_all() -> None:
    watch.mark("order", models.PurchaseOrder.objects.values_list("pk", flat=True))


def look(as_of: datetime) -> None:
    """Look at what is marked, as it is at `as_of`."""
    marked = Watch.objects.filter(subject_kind="order").values_list("subject_id", flat=True)
    evaluation = intake.evaluate(list(marked), as_of)
    assert evaluation.failures == {}


def mirrored() -> list[dict[str, Any]]:
    """The order and its positions, without the keys of rows."""
    orders = models.PurchaseOrder.objects.order_by("number").values(
        "number", "state", "currency", "buyer", "released_at", "version_token", "document__content"
    )
    lines = models.OrderLine.objects.order_by("order__number", "number").values()
    return [*orders, *({k: v for k, v in line.items() if k not in ("id", "order_id")} for line in lines)]


def open_cases() -> list[tuple[Any, ...]]:
    """What deviates now, with its case, without the keys of rows."""
    lines = CaseLine.objects.filter(cleared_at=None).exclude(case__state__in=ENDED)
    return sorted(
        lines.values_list(
            "case__type_code",
            "case__headline",
            "case__amount",
            "case__severity",
            "case__team__code",
            "line_number",
            "quantity",
            "amount",
        )
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data(), history=histories(), looking=st.booleans())
def test_any_order_of_arrival_with_repetitions_gives_the_same_positions_and_open_cases(
    world: Ground, data: st.DataObject, history: list[Bytes], looking: bool
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=3), label="repeated")
    shuffled = data.draw(st.permutations(history + again), label="shuffled")
    with forgotten():
        tell(world, history, looking=False)
        positions, cases = mirrored(), open_cases()
    event(f"{len(cases)} open lines")
    with forgotten():
        tell(world, shuffled, looking=looking)
        assert mirrored() == positions
        assert open_cases() == cases

        # Looking again, with nothing new, changes no row and writes no event.
        everything = of(*MIRROR, *DECIDED, *TOLD)
        look(END + timedelta(minutes=11))
        mark_all()
        look(END + timedelta(minutes=12))
        assert of(*MIRROR, *DECIDED, *TOLD) == everything


def test_a_history_of_a_revised_order_and_two_answers_leaves_what_the_newest_of_each_says(
    world: Ground,
) -> None:
    """So that the law above is no law about nothing."""
    hundred, more = (replace(order(NUMBER, quantity=quantity, released_at=START)) for quantity in (100, 120))
    tell(
        world,
        [
            Bytes("855-2.x12", _answer(118, control=2, minute=20)),
            Bytes("855-1.x12", _answer(82, control=1, minute=5)),
            Bytes("orders_10.csv", _extract(more, 10)),
            Bytes("orders_00.csv", _extract(hundred, 0)),
        ],
        looking=True,
    )
    assert [(case[0], case[5], case[6]) for case in open_cases()] == [("quantity_short", "10", Decimal(2))]


def _extract(revision: PurchaseOrder, minute: int) -> bytes:
    said = DocumentVersion(START + timedelta(minutes=minute))
    return orders_csv([replace(revision, version=said, version_token=f"{minute}")])


def _answer(quantity: int, *, control: int, minute: int) -> bytes:
    loop = x12.po1("10", "120", price=PRICE, ids=("BP", ITEM), acks=[x12.ack("IQ", str(quantity), on=WANTED)])
    return x12.confirmation_855(
        NUMBER,
        [loop],
        sender=THEIR_ID,
        receiver=OUR_ID,
        control=control,
        at=START + timedelta(minutes=minute),
        currency="EUR",
    )
