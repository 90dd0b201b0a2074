"""From bytes to recorded documents: every transaction for itself, nothing lost and nothing double."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erp_connectors import clock
from erp_connectors.documents.identity import UnstorableDocument
from erp_connectors.documents.models import Document, OrderLine
from erp_connectors.edi import DecodedFile, decode
from erp_connectors.errors import TransientError
from erp_connectors.exchange import inbox, processing, reading_edi, reading_json, reading_table, work
from erp_connectors.exchange.models import (
    ControlNumber,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    Transaction,
    TransactionStatus,
)
from erp_connectors.exchange.processing import process_due, process_interchange, replay
from tests.builders.factories import Ground, ground
from tests.builders.x12 import (
    Parties,
    Shipped,
    ack,
    at7,
    change_confirmation_865,
    confirmation_855,
    confirmation_segments,
    interchange,
    invoice_810,
    it1,
    order_850,
    order_change_860,
    po1,
    poc,
    rcd,
    receipt_861,
    ship_notice_856,
    shipment_status_214,
)

pytestmark = pytest.mark.django_db

PARTIES = Parties(sender="SUP77", receiver="WESERLAND")
IDS = {"sender": "SUP77", "receiver": "WESERLAND"}
ORDERS_CSV = "orders_20261124T100000.csv"


@pytest.fixture
def world() -> Ground:
    return ground()


def confirmations(*orders: str, control: int = 1, quantity: str = "82", test: bool = False) -> bytes:
    """Return one interchange with an 855 for each order."""
    sets = [
        ("855", confirmation_segments(order, [po1("10", "100", acks=[ack("IQ", quantity, on="20261202")])]))
        for order in orders
    ]
    return interchange(sets, control=control, parties=PARTIES, test=test)


def take(world: Ground, payload: bytes, **values: Any) -> Interchange:
    """Receive and process; return the interchange as it has become."""
    received = inbox.receive(payload, connection=values.pop("connection", world.edi), channel="api", **values)
    process_interchange(received.interchange.pk)
    received.interchange.refresh_from_db()
    return received.interchange


def statuses(interchange: Interchange) -> list[str]:
    return list(interchange.transactions.order_by("position").values_list("status", flat=True))


def due_now(interchange: Interchange) -> None:
    Interchange.objects.filter(pk=interchange.pk).update(due_at=clock.now())


# --- what is recorded ---------------------------------------------------------------------------------


def test_a_confirmation_is_recorded_with_the_partners_supplier_and_its_source(world: Ground) -> None:
    taken = take(world, confirmations("1000"))

    document = Document.objects.get()
    transaction = taken.transactions.get()
    assert (document.kind, document.key, document.supplier) == ("confirmation", "1000", world.supplier)
    assert (document.connection, document.company) == (world.erp, world.company)
    assert document.transaction == transaction
    assert (transaction.kind, transaction.status, transaction.verdict) == ("855", "applied", "accept")
    assert transaction.reading["po"] == "1000"
    assert bytes(taken.payload)[transaction.offset_from : transaction.offset_to].startswith(b"ST*855*0001")
    assert (taken.status, taken.due_at, taken.lease_until) == (InterchangeStatus.PROCESSED, None, None)
    assert taken.envelope["isa13"] == "000000001"


def test_every_group_is_answered_by_a_997_with_our_own_control_number(world: Ground) -> None:
    first, second = take(world, confirmations("1000")), take(world, confirmations("2000", control=2))

    (one,), (other,) = first.acknowledgements.all(), second.acknowledgements.all()
    segments = [segment.split("*") for segment in bytes(one.payload).decode().split("~")]
    assert segments[0][5:9] == ["ZZ", "WESERLAND      ", "ZZ", "SUP77          "]
    assert ["AK5", "A"] in segments
    assert ["AK9", "A", "1", "1", "1"] in segments
    assert (one.kind, one.status, one.connection) == ("997", "waiting", world.edi)
    assert b"*000000001*0*P" in bytes(one.payload)
    assert b"*000000002*0*P" in bytes(other.payload)
    assert ControlNumber.objects.get().last == 2
    assert one.file_name != other.file_name


def test_an_acknowledgement_is_never_acknowledged(world: Ground) -> None:
    payload = interchange([("997", [("AK1", "PO", "1"), ("AK9", "A", "1", "1", "1")])], parties=PARTIES)

    taken = take(world, payload)

    assert statuses(taken) == [TransactionStatus.IGNORED]
    assert OutgoingFile.objects.count() == 0


def test_a_broken_transaction_never_touches_its_neighbours(world: Ground) -> None:
    payload = confirmations("1000", "2000", "3000").replace(b"SE*7*0002", b"SE*9*0002")

    taken = take(world, payload)

    assert statuses(taken) == ["applied", "rejected", "applied"]
    assert taken.status == InterchangeStatus.PARTLY
    assert set(Document.objects.values_list("key", flat=True)) == {"1000", "3000"}
    answer = bytes(taken.acknowledgements.get().payload)
    assert b"AK5*R*4~" in answer
    assert b"AK9*P*3*3*2~" in answer
    finding = taken.transactions.get(position=1).findings[0]
    assert (finding["segment"], finding["element"], finding["value"]) == ("SE", 1, "9")
    assert "counts '9' segments, 7 were found" in finding["text"]
    assert finding["way_out"]


def test_an_unknown_partner_is_quarantined_with_both_ids_and_qualifiers(world: Ground) -> None:
    taken = take(world, confirmation_855("1000", sender="STRANGER", receiver="NOBODY"))

    assert taken.status == InterchangeStatus.QUARANTINED
    finding = taken.findings[0]
    assert finding["code"] == "UNKNOWN_PARTNER"
    assert "ZZ/STRANGER" in finding["text"]
    assert "ZZ/NOBODY" in finding["text"]
    assert Document.objects.count() == 0


def test_once_the_partner_is_set_up_a_replay_records_it(world: Ground) -> None:
    profile = world.edi.partners.get()
    profile.their_id = "OTHER"
    profile.save()
    taken = take(world, confirmations("1000"))
    assert statuses(taken) == ["quarantined"]

    profile.their_id = "SUP77"
    profile.save()
    replay(taken)
    process_interchange(taken.pk)

    taken.refresh_from_db()
    assert (statuses(taken), taken.status) == (["applied"], InterchangeStatus.PROCESSED)


def test_a_replay_has_no_second_effect_on_what_was_recorded(world: Ground) -> None:
    taken = take(world, confirmations("1000"))
    transaction = taken.transactions.get()

    replay(taken)
    process_interchange(taken.pk)

    taken.refresh_from_db()
    assert taken.transactions.get() == transaction
    assert (taken.status, Document.objects.count()) == (InterchangeStatus.PROCESSED, 1)


def test_a_profile_that_cannot_be_used_quarantines_with_its_name(world: Ground) -> None:
    world.edi.partners.update(overrides={"nonsense": 1})

    taken = take(world, confirmations("1000"))

    assert taken.status == InterchangeStatus.QUARANTINED
    assert "Nordmann Dichtungen" in taken.findings[0]["text"]
    assert "nonsense" in taken.findings[0]["text"]


@pytest.mark.parametrize(
    ("payload", "kind", "key"),
    [
        (change_confirmation_865("1000", [poc("10", "QD", "80")], **IDS), "confirmation", "1000"),
        (ship_notice_856("S-1", {"1000": [Shipped(line="10", quantity="5")]}, **IDS), "ship_notice", "S-1"),
        (receipt_861("R-1", [rcd("10", "5")], order="1000", **IDS), "receipt", "R-1"),
        (invoice_810("I-1", [it1("10", "5")], total="5000", order="1000", **IDS), "invoice", "I-1"),
        (
            invoice_810("I-1", [it1("10", "5")], total="5000", order="1000", kind="CR", **IDS),
            "invoice",
            "I-1 (credit)",
        ),
        (shipment_status_214("P-1", [at7("AG", "", "20261125")], **IDS), "shipment_status", "P-1"),
    ],
    ids=["865", "856", "861", "810", "810 credit", "214"],
)
def test_every_mapped_set_becomes_a_document_of_the_mirror(
    world: Ground, payload: bytes, kind: str, key: str
) -> None:
    taken = take(world, payload)

    assert statuses(taken) == ["applied"]
    document = Document.objects.get()
    assert (document.kind, document.key, document.supplier) == (kind, key, world.supplier)


@pytest.mark.parametrize(
    "copy",
    [
        order_850("1000", [po1("10", "100")], sender="SUP77", receiver="WESERLAND"),
        order_change_860("1000", [poc("10", "QI", "120")], sender="SUP77", receiver="WESERLAND"),
    ],
    ids=["850", "860"],
)
def test_a_copy_of_our_order_or_its_change_is_kept_and_not_mirrored(world: Ground, copy: bytes) -> None:
    taken = take(world, copy)

    assert statuses(taken) == ["not_mapped"]
    assert "ORDER_COPY" in [finding["code"] for finding in taken.transactions.get().findings]
    assert Document.objects.count() == 0


def test_bytes_nobody_can_read_are_quarantined_with_a_reason(world: Ground) -> None:
    taken = take(world, b"Dear sirs, we confirm.")

    assert taken.status == InterchangeStatus.QUARANTINED
    assert "HEADER_UNREADABLE" in [finding["code"] for finding in taken.findings]
    assert taken.processed_at is not None


# --- tests and live ---------------------------------------------------------------------------------------


def test_a_test_message_touches_nothing_live_and_is_acknowledged(world: Ground) -> None:
    taken = take(world, confirmations("1000", test=True))

    assert (statuses(taken), taken.is_test) == (["test"], True)
    assert Document.objects.count() == 0
    assert b"AK5*A~" in bytes(taken.acknowledgements.get().payload)


def test_a_live_message_under_the_numbers_of_a_test_counts(world: Ground) -> None:
    take(world, confirmations("1000", test=True))

    assert statuses(take(world, confirmations("1000"))) == ["applied"]


def test_a_test_profile_takes_tests_and_refuses_live_messages(world: Ground) -> None:
    world.edi.partners.update(is_test=True)

    assert statuses(take(world, confirmations("1000", test=True))) == ["applied"]
    live = take(world, confirmations("2000", control=2))
    assert statuses(live) == ["rejected"]
    assert live.findings[0]["code"] == "PRODUCTION_IN_TEST_PROFILE"


# --- what came before ---------------------------------------------------------------------------------------


def test_the_same_transaction_in_another_file_is_a_duplicate(world: Ground) -> None:
    take(world, confirmations("1000"))

    again = take(world, confirmations("1000") + b"\n")

    assert (statuses(again), again.status) == (["duplicate"], InterchangeStatus.DUPLICATE)
    assert Document.objects.count() == 1
    assert b"AK5*A~" in bytes(again.acknowledgements.get().payload)


def test_the_same_numbers_with_another_content_are_quarantined(world: Ground) -> None:
    take(world, confirmations("1000"))

    reused = take(world, confirmations("1000", quantity="70"))

    assert statuses(reused) == ["quarantined"]
    assert reused.transactions.get().findings[0]["code"] == "CONTROL_NUMBER_REUSED"
    assert Document.objects.count() == 1


def test_a_first_try_that_failed_does_not_make_the_resend_a_duplicate(world: Ground) -> None:
    take(world, confirmations("1000").replace(b"SE*7", b"SE*9"))

    assert statuses(take(world, confirmations("1000"))) == ["applied"]


def test_control_numbers_of_one_company_say_nothing_of_another(world: Ground) -> None:
    other = ground("nordhafen")
    take(world, confirmations("1000"))

    theirs = take(other, confirmations("1000"))

    assert statuses(theirs) == ["applied"]
    assert Document.objects.filter(company=other.company).get().supplier == other.supplier


@pytest.mark.django_db(transaction=True)
def test_one_transaction_in_two_files_at_the_same_moment_counts_once() -> None:
    world = ground()
    files = [confirmations("1000") + b"\n" * index for index in range(6)]
    received = [inbox.receive(payload, connection=world.edi, channel="api") for payload in files]
    start = threading.Barrier(len(files))

    def work_on(one: inbox.Received) -> None:
        start.wait()
        try:
            process_interchange(one.interchange.pk)
        finally:
            database.close()

    with ThreadPoolExecutor(len(files)) as pool:
        list(pool.map(work_on, received))
    for one in received:
        due_now(one.interchange)
    process_due()

    found = sorted(Transaction.objects.values_list("status", flat=True))
    assert found == ["applied"] + ["duplicate"] * 5
    assert Document.objects.count() == 1


# --- workers that die, meet or fail -----------------------------------------------------------------------


class Crash(BaseException):
    """What kills a worker: nothing in the product catches it."""


def crash_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, call: int = 1) -> None:
    """Kill the worker at the named point, before that call of it does anything."""
    original: Callable[..., Any] = getattr(module, name)
    calls = []

    def crash(*args: Any, **values: Any) -> Any:
        calls.append(1)
        if len(calls) == call:
            raise Crash(name)
        return original(*args, **values)

    monkeypatch.setattr(module, name, crash)


def lease_runs_out(interchange: Interchange) -> None:
    past = clock.now() - timedelta(seconds=1)
    Interchange.objects.filter(pk=interchange.pk).update(lease_until=past, due_at=past)


def cut_in_blocks(monkeypatch: pytest.MonkeyPatch, of: int) -> None:
    """Have an interchange taken like a large one, a block of so many transactions at a time."""
    monkeypatch.setattr(processing, "LIGHT_BYTES", 0)
    monkeypatch.setattr(reading_edi, "BLOCK", of)


DEATHS = [
    (reading_edi, "decode", 1),
    (reading_edi, "_make_sure_they_are_new", 1),
    (reading_edi, "record_many", 1),
    (reading_edi, "acknowledge", 1),
    (work.Work, "finish", 1),
    (work, "report", 1),
]
BETWEEN_BLOCKS = [(reading_edi, "_make_sure_they_are_new", 2), (reading_edi, "record_many", 2)]


@pytest.mark.parametrize(
    ("blocks_of", "module", "name", "call"),
    [(0, *death) for death in DEATHS] + [(2, *death) for death in [*DEATHS, *BETWEEN_BLOCKS]],
)
def test_a_worker_killed_anywhere_loses_nothing_and_doubles_nothing(
    world: Ground, monkeypatch: pytest.MonkeyPatch, blocks_of: int, module: Any, name: str, call: int
) -> None:
    if blocks_of:
        cut_in_blocks(monkeypatch, blocks_of)
    received = inbox.receive(confirmations("1000", "2000", "3000"), connection=world.edi, channel="api")
    with monkeypatch.context() as killing:
        crash_at(killing, module, name, call=call)
        with pytest.raises(Crash):
            process_interchange(received.interchange.pk)

    process_interchange(received.interchange.pk)
    assert Interchange.objects.get().status == InterchangeStatus.RECEIVED  # still in dead hands
    lease_runs_out(received.interchange)
    process_interchange(received.interchange.pk)

    taken = Interchange.objects.get()
    assert (taken.status, statuses(taken)) == (InterchangeStatus.PROCESSED, ["applied"] * 3)
    assert Document.objects.count() == 3
    answer = bytes(taken.acknowledgements.get().payload)
    assert b"AK9*A*3*3*3~" in answer


def test_a_message_that_kills_every_worker_is_quarantined(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = inbox.receive(confirmations("1000"), connection=world.edi, channel="api")
    for _ in range(3):
        with monkeypatch.context() as killing:
            crash_at(killing, reading_edi, "record_many")
            with pytest.raises(Crash):
                process_interchange(received.interchange.pk)
        lease_runs_out(received.interchange)

    process_interchange(received.interchange.pk)

    taken = Interchange.objects.get()
    assert taken.status == InterchangeStatus.QUARANTINED
    assert taken.findings[0]["code"] == "POISON"
    assert taken.due_at is None


def stumble_over(monkeypatch: pytest.MonkeyPatch, order: str, error: Exception) -> None:
    """Let the confirmation of one order raise an error wherever it is recorded."""
    original = reading_edi.record_many

    def stumble(arrivals: Any, **values: Any) -> Any:
        if any(arrival.document.order_number == order for arrival in arrivals):
            raise error
        return original(arrivals, **values)

    monkeypatch.setattr(reading_edi, "record_many", stumble)


def test_an_error_nobody_foresaw_is_tried_three_times_then_only_its_transaction_is_quarantined(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_over(monkeypatch, "2000", ZeroDivisionError("a bug"))
    taken = take(world, confirmations("1000", "2000", "3000"))
    assert (taken.status, taken.last_error) == (InterchangeStatus.RECEIVED, "ZeroDivisionError: a bug")
    assert taken.due_at is not None
    assert taken.due_at > clock.now()

    for _ in range(3):
        due_now(taken)
        process_interchange(taken.pk)

    taken.refresh_from_db()
    assert (taken.status, statuses(taken)) == (
        InterchangeStatus.PARTLY,
        ["applied", "quarantined", "applied"],
    )
    assert "ZeroDivisionError: a bug" in str(taken.transactions.get(position=1).findings)


@pytest.mark.parametrize("error", [TransientError("wait"), OperationalError("gone")])
def test_what_waiting_heals_is_waited_for(
    world: Ground, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as failing:
        failing.setattr(reading_edi, "record_many", fail)
        taken = take(world, confirmations("1000"))
        for _ in range(5):
            due_now(taken)
            process_interchange(taken.pk)

    due_now(taken)
    process_interchange(taken.pk)

    taken.refresh_from_db()
    assert statuses(taken) == ["applied"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_interchange_record_everything_once() -> None:
    world = ground()
    payload = confirmations(*(str(number) for number in range(1000, 1010)))
    received = inbox.receive(payload, connection=world.edi, channel="api")
    start = threading.Barrier(4)

    def work_on(_: int) -> None:
        start.wait()
        try:
            process_interchange(received.interchange.pk)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_on, range(4)))

    taken = Interchange.objects.get()
    assert statuses(taken) == ["applied"] * 10
    assert (Document.objects.count(), taken.acknowledgements.count()) == (10, 1)


@pytest.mark.parametrize(("blocks_of", "meanwhile"), [(0, "_came_before"), (2, "_seen")])
def test_a_worker_that_lost_its_lease_writes_nothing_more(
    world: Ground, monkeypatch: pytest.MonkeyPatch, blocks_of: int, meanwhile: str
) -> None:
    if blocks_of:
        cut_in_blocks(monkeypatch, blocks_of)
    received = inbox.receive(confirmations("1000", "2000"), connection=world.edi, channel="api")
    original = getattr(reading_edi, meanwhile)

    def lose(*args: Any) -> Any:
        lease_runs_out(received.interchange)
        return original(*args)

    monkeypatch.setattr(reading_edi, meanwhile, lose)

    process_interchange(received.interchange.pk)

    taken = Interchange.objects.get()
    assert (taken.status, taken.transactions.count()) == (InterchangeStatus.RECEIVED, 0)
    assert Document.objects.count() == 0


def test_a_long_file_goes_on_in_the_next_round(world: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_in_blocks(monkeypatch, 1)
    monkeypatch.setattr(work, "LONGEST_STAY", -1.0)
    taken = take(world, confirmations("1000", "2000"))
    assert (taken.status, taken.transactions.count(), taken.last_error) == ("received", 0, "")

    monkeypatch.setattr(work, "LONGEST_STAY", 30.0)
    assert process_due() == 1

    assert statuses(taken) == ["applied"] * 2


def test_the_longest_due_is_taken_first_and_only_what_is_due(world: Ground) -> None:
    later, earlier, not_yet = (
        inbox.receive(confirmations(order, control=control), connection=world.edi, channel="api").interchange
        for control, order in enumerate(("1000", "2000", "3000"), start=1)
    )
    now = clock.now()
    Interchange.objects.filter(pk=earlier.pk).update(due_at=now - timedelta(minutes=1))
    Interchange.objects.filter(pk=not_yet.pk).update(due_at=now + timedelta(minutes=1))

    assert process_due(limit=1) == 1
    assert set(Document.objects.values_list("key", flat=True)) == {"2000"}
    assert process_due() == 1
    later.refresh_from_db()
    assert later.status == InterchangeStatus.PROCESSED


# --- in blocks, and together --------------------------------------------------------------------------


def recordings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that will hold how many documents were recorded each time."""
    original, counts = reading_edi.record_many, list[int]()

    def count(arrivals: Any, **values: Any) -> Any:
        counts.append(len(arrivals))
        return original(arrivals, **values)

    monkeypatch.setattr(reading_edi, "record_many", count)
    return counts


def some(first: int, count: int) -> list[str]:
    return [str(order) for order in range(first, first + count)]


def test_no_more_than_a_block_is_recorded_at_a_time(world: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_in_blocks(monkeypatch, 3)
    counts = recordings(monkeypatch)
    taken = take(world, confirmations(*some(1000, 7)))
    assert counts == [3, 3, 1]

    transaction = taken.transactions.get(position=0)
    monkeypatch.setattr(reading_edi, "BLOCK_BYTES", 2 * (transaction.offset_to - transaction.offset_from))
    counts.clear()
    take(world, confirmations(*some(2000, 3), control=2))
    assert counts == [2, 1]


@pytest.mark.parametrize("blocks_of", [0, 2, 5])
def test_what_cannot_be_kept_is_quarantined_alone_wherever_it_stands(
    world: Ground, monkeypatch: pytest.MonkeyPatch, blocks_of: int
) -> None:
    if blocks_of:
        cut_in_blocks(monkeypatch, blocks_of)
    stumble_over(monkeypatch, "1002", UnstorableDocument("too large"))

    taken = take(world, confirmations(*some(1000, 5)))

    assert statuses(taken) == ["applied", "applied", "quarantined", "applied", "applied"]
    assert sorted(Document.objects.values_list("key", flat=True)) == ["1000", "1001", "1003", "1004"]
    assert "too large" in taken.transactions.get(position=2).findings[0]["text"]
    assert b"AK9*A*5*5*5~" in bytes(taken.acknowledgements.get().payload)


def receive_each(world: Ground, orders: list[str], *, control: int = 1) -> list[Interchange]:
    return [
        inbox.receive(
            confirmations(order, control=control + index), connection=world.edi, channel="api"
        ).interchange
        for index, order in enumerate(orders)
    ]


def test_small_interchanges_that_wait_are_recorded_together_and_each_answered(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = receive_each(world, some(1000, 4))
    counts = recordings(monkeypatch)

    assert process_due() == 4

    assert counts == [4]
    assert [statuses(one) for one in received] == [["applied"]] * 4
    assert set(Interchange.objects.values_list("status", flat=True)) == {InterchangeStatus.PROCESSED}
    for number, one in enumerate(received, start=1):
        answer = bytes(one.acknowledgements.get().payload)
        assert b"AK1*PR*%d" % number in answer
        assert b"*%09d*0*P" % number in answer
    assert ControlNumber.objects.get().last == 4


def test_a_message_costs_few_queries_where_many_wait(world: Ground) -> None:
    def queries_for(first: int, count: int) -> int:
        receive_each(world, some(first, count), control=first)
        with CaptureQueriesContext(database) as queries:
            assert process_due(limit=count) == count
        return len(queries)

    one = queries_for(1000, 1)
    assert queries_for(2000, 11) == one + 10
    assert one <= 36


def test_one_that_stumbles_does_not_stop_those_it_waits_with(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_over(monkeypatch, "1001", ZeroDivisionError("a bug"))
    received = receive_each(world, some(1000, 3))

    process_due()

    assert [statuses(one) for one in received] == [["applied"], [], ["applied"]]
    stumbled = Interchange.objects.get(pk=received[1].pk)
    assert (stumbled.status, stumbled.attempts) == (InterchangeStatus.RECEIVED, 1)
    assert "a bug" in stumbled.last_error


def test_the_same_transaction_in_two_files_that_wait_together_counts_once(world: Ground) -> None:
    for payload in (confirmations("1000"), confirmations("1000") + b"\n", confirmations("2000", control=2)):
        inbox.receive(payload, connection=world.edi, channel="api")

    assert process_due() == 3

    found = Transaction.objects.order_by("interchange__received_at", "interchange")
    assert list(found.values_list("status", flat=True)) == ["applied", "duplicate", "applied"]
    assert Document.objects.count() == 2


def test_a_message_that_killed_a_worker_is_never_taken_with_others_again(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = receive_each(world, some(1000, 3))
    with monkeypatch.context() as killing:
        crash_at(killing, reading_edi, "record_many")
        with pytest.raises(Crash):
            process_due()
    assert Document.objects.count() == 0
    for one in received:
        lease_runs_out(one)
    counts = recordings(monkeypatch)

    assert process_due() == 3

    assert counts == [1, 1, 1]
    assert Document.objects.count() == 3


def test_a_large_interchange_is_claimed_alone(world: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large, other = receive_each(world, some(1000, 3))
    Interchange.objects.filter(pk=large.pk).update(size=work.LIGHT_BYTES + 1)

    assert [one.interchange.pk for one in work.claim_due(10)] == [small.pk, other.pk]
    assert [one.interchange.pk for one in work.claim_due(10)] == [large.pk]
    assert work.claim_due(10) == []


def test_small_interchanges_are_claimed_up_to_so_many_bytes(
    world: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive_each(world, some(1000, 3))
    monkeypatch.setattr(work, "MOST_BYTES_TOGETHER", work.LIGHT_BYTES)
    Interchange.objects.update(size=work.LIGHT_BYTES // 2)

    assert [len(work.claim_due(10)) for _ in range(3)] == [2, 1, 0]


def test_every_verdict_the_reader_knows_has_a_status(world: Ground) -> None:
    (file,) = [one for one in decode(b"nothing") if isinstance(one, DecodedFile)]

    assert {*reading_edi.REFUSED_AS, *[one for one in type(file.verdict) if one.is_accepted]} == set(
        type(file.verdict)
    )


# --- tables and single documents --------------------------------------------------------------------------

HEADING = "order,supplier,line,item,quantity,unit,price,schedule_date,currency,changed_at\n"


@pytest.fixture
def extracts(world: Ground, tmp_path: Path) -> Ground:
    world.erp.settings = {"folder": str(tmp_path), "time_formats": ["%Y-%m-%d %H:%M"]}
    world.erp.save()
    return world


def row(order: str, line: str = "10", quantity: str = "100") -> str:
    return f"{order},77,{line},ITEM-{line},{quantity},EA,12.50,2026-12-02,EUR,2026-11-24 09:00"


def take_rows(world: Ground, *rows: str) -> Interchange:
    payload = (HEADING + "".join(f"{one}\n" for one in rows)).encode()
    return take(world, payload, connection=world.erp, file_name=ORDERS_CSV, content_type="text/csv")


def test_rows_of_an_extract_become_orders(extracts: Ground) -> None:
    taken = take_rows(extracts, row("1000"), row("1000", "20"), row("2000"))

    assert (taken.status, taken.verdict, statuses(taken)) == ("processed", "accept", ["applied"] * 2)
    assert OrderLine.objects.filter(order__connection=extracts.erp).count() == 3
    first = taken.transactions.get(position=0)
    assert (first.kind, first.control_number, first.offset_from, first.offset_to) == ("orders", "1000", 2, 3)


def test_an_invoice_in_a_file_is_the_word_of_its_supplier(extracts: Ground) -> None:
    payload = b"supplier,invoice,issued_on,order,line,quantity,unit\n" + b"".join(
        f"{supplier},I-1,2026-12-07,1000,10,82,EA\n".encode() for supplier in (77, 4711)
    )

    taken = take(
        extracts, payload, connection=extracts.erp, file_name="invoices.csv", content_type="text/csv"
    )

    assert statuses(taken) == ["applied", "applied"]
    documents = Document.objects.filter(kind="invoice", key="I-1").order_by("pk")
    assert [document.supplier and document.supplier.number for document in documents] == ["77", "4711"]
    assert documents[0].supplier == extracts.supplier


def test_an_unreadable_row_is_reported_and_the_others_go_in(extracts: Ground) -> None:
    taken = take_rows(extracts, row("1000"), row("2000", quantity="many"), row("3000"))

    assert (taken.status, statuses(taken)) == ("partly", ["applied", "quarantined", "applied"])
    finding = taken.transactions.get(position=1).findings[0]
    assert (finding["file"], finding["row"], finding["column"], finding["value"]) == (
        ORDERS_CSV,
        3,
        "quantity",
        "many",
    )
    assert finding["text"]


def test_a_file_without_its_headings_is_quarantined(extracts: Ground) -> None:
    payload = b"a,b\n1,2\n"

    taken = take(extracts, payload, connection=extracts.erp, file_name=ORDERS_CSV, content_type="text/csv")

    assert taken.status == InterchangeStatus.QUARANTINED
    assert "heading" in taken.findings[0]["text"]


def test_a_document_that_cannot_be_kept_holds_back_only_itself(
    extracts: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = reading_table.record_many

    def refuse(arrivals: Any, **values: Any) -> Any:
        if "2000" in [arrival.document.number for arrival in arrivals]:
            raise UnstorableDocument("A value does not fit.")
        return original(arrivals, **values)

    monkeypatch.setattr(reading_table, "record_many", refuse)
    taken = take_rows(extracts, row("1000"), row("2000"), row("3000"))

    assert statuses(taken) == ["applied", "quarantined", "applied"]
    assert "does not fit" in taken.transactions.get(position=1).findings[0]["text"]
    assert set(Document.objects.values_list("key", flat=True)) == {"1000", "3000"}


def test_a_worker_killed_in_a_file_goes_on_behind_its_last_step(
    extracts: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_table, "STEP", 2)
    payload = (HEADING + "".join(f"{row(str(order))}\n" for order in range(1000, 1007))).encode()
    received = inbox.receive(
        payload, connection=extracts.erp, channel="poll", file_name=ORDERS_CSV, content_type="text/csv"
    )
    with monkeypatch.context() as killing:
        crash_at(killing, reading_table, "record_many", call=3)
        with pytest.raises(Crash):
            process_interchange(received.interchange.pk)
    assert Document.objects.count() == 4
    lease_runs_out(received.interchange)

    process_interchange(received.interchange.pk)

    assert statuses(received.interchange) == ["applied"] * 7
    assert Document.objects.count() == 7


def test_the_number_of_queries_for_a_file_grows_with_its_steps_not_its_rows(extracts: Ground) -> None:
    def queries_for(orders: range) -> int:
        with CaptureQueriesContext(database) as queries:
            take_rows(extracts, *(row(str(order)) for order in orders))
        return len([query for query in queries if "INSERT INTO" not in query["sql"]])

    few = queries_for(range(1000, 1002))
    assert queries_for(range(2000, 2060)) == queries_for(range(3000, 3120))
    assert queries_for(range(4000, 4060)) <= few + 2


def document_json(**changes: Any) -> bytes:
    return json.dumps(
        {
            "kind": "confirmation",
            "order_number": "1000",
            "version": {"document_time": "2026-11-24T10:00:00Z"},
            "lines": [{"line_number": "10", "offered": [{"quantity": {"value": "82", "unit": "EA"}}]}],
        }
        | changes
    ).encode()


def take_json(world: Ground, payload: bytes, **values: Any) -> Interchange:
    return take(world, payload, **{"connection": world.erp, "content_type": "application/json"} | values)


def test_a_single_document_is_recorded_like_any_other(world: Ground) -> None:
    taken = take_json(world, document_json(supplier="77"))

    document = Document.objects.get()
    assert (taken.status, statuses(taken)) == ("processed", ["applied"])
    assert (document.kind, document.supplier, document.transaction) == (
        "confirmation",
        world.supplier,
        taken.transactions.get(),
    )


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (document_json(order_number=7), "$.order_number"),
        (document_json(supplier="0815"), "no supplier '0815'"),
        (document_json(order_number="NUL \0"), "NUL"),
        (b"{", "not JSON"),
    ],
)
def test_a_document_nobody_can_read_is_quarantined_with_the_place(
    world: Ground, payload: bytes, words: str
) -> None:
    taken = take_json(world, payload)

    assert (taken.status, statuses(taken)) == (InterchangeStatus.QUARANTINED, ["quarantined"])
    assert words in taken.transactions.get().findings[0]["text"]


def test_a_document_sent_to_a_mailbox_is_told_to_name_the_erp(world: Ground) -> None:
    taken = take_json(world, document_json(), connection=world.edi)

    assert "name the ERP" in taken.findings[0]["text"]


@pytest.mark.parametrize(("module", "name"), [(reading_json, "record"), (work.Work, "finish")])
def test_a_worker_killed_in_a_document_records_it_once(
    world: Ground, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    received = inbox.receive(
        document_json(), connection=world.erp, channel="api", content_type="application/json"
    )
    with monkeypatch.context() as killing:
        crash_at(killing, module, name)
        with pytest.raises(Crash):
            process_interchange(received.interchange.pk)
    lease_runs_out(received.interchange)

    process_interchange(received.interchange.pk)

    assert (statuses(received.interchange), Document.objects.count()) == (["applied"], 1)
