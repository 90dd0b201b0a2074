"""The folder of an ERP by file: commands, health, evidence, and what a complete extract leaves out."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.canonical.documents import Demand, DemandLine, OrderState, PurchaseOrder
from erp_connectors.canonical.master import ItemRecord
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.connectors.base import EndpointDown, Evidence, Sending, Stream, Unsupported
from erp_connectors.connectors.file_drop.connector import FileDropConnector
from erp_connectors.connectors.registry import connector_for
from erp_connectors.connectors.simulator.extracts import demand_csv, orders_csv
from erp_connectors.documents.models import CustomerDemand
from erp_connectors.documents.models import PurchaseOrder as MirroredOrder
from erp_connectors.documents.store import record
from tests.builders.factories import TUESDAY_TEN
from tests.builders.file_world import FileWorld, an_order, each, replaced, split

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(tmp_path: Path) -> FileWorld:
    return FileWorld.make(tmp_path)


def connector_of(world: FileWorld) -> FileDropConnector:
    connector = connector_for(world.connection)
    assert isinstance(connector, FileDropConnector)
    return connector


def command_folder(world: FileWorld) -> Path:
    return world.erp.folder / "outgoing" / "commands"


def sending(key: str = "k-1") -> Sending:
    return Sending(key=key, command=split(an_order()), sent_at=TUESDAY_TEN, case_number="EX-1")


# --- commands ---------------------------------------------------------------------------------


def test_a_command_is_a_file_that_says_everything(world: FileWorld) -> None:
    connector_of(world).push(sending())
    (path,) = command_folder(world).iterdir()
    assert path.name == "k-1.json"
    content = json.loads(path.read_text())
    assert {name: content[name] for name in ("format", "command", "case", "kind", "order_number")} == {
        "format": "rightline-command/1",
        "command": "k-1",
        "case": "EX-1",
        "kind": "split_schedule",
        "order_number": "4500010001",
    }
    (change,) = content["changes"]
    assert change["before"]["schedule"] == [
        {"quantity": {"value": "100", "unit": "EA"}, "date": "2026-12-02", "date_kind": "delivery"}
    ]
    assert [part["quantity"]["value"] for part in change["after"]["schedule"]] == ["82", "18"]
    assert change["before"]["price"]["amount"] == "182.40"


def test_a_command_says_which_line_is_new_and_only_where_one_is(world: FileWorld) -> None:
    connector_of(world).push(replace(sending(), command=replaced(an_order())))
    connector_of(world).push(sending("k-2"))
    first, second = (json.loads(path.read_text()) for path in sorted(command_folder(world).iterdir()))
    (added,) = first["additions"]
    assert (first["kind"], added["line_number"], added["item"], added["instead_of"]) == (
        "replace_line",
        "20",
        "GASKET",
        "10",
    )
    assert added["values"]["quantity"] == {"value": "18", "unit": "EA"}
    assert first["changes"][0]["after"]["cancelled"] is True
    assert "additions" not in second


def test_the_same_command_again_leaves_one_file(world: FileWorld) -> None:
    for _ in range(2):
        connector_of(world).push(sending())
    assert len(list(command_folder(world).iterdir())) == 1


def test_a_command_the_erp_cannot_do_leaves_no_file(world: FileWorld) -> None:
    world.connection.settings["without_commands"] = ["split_schedule"]
    with pytest.raises(Unsupported):
        connector_of(world).push(sending())
    assert not list(command_folder(world).iterdir())


def test_a_folder_that_cannot_be_written_is_an_endpoint_that_is_down(world: FileWorld) -> None:
    folder = command_folder(world)
    folder.rmdir()
    folder.write_text("a file where the folder should be")
    with pytest.raises(EndpointDown, match="cannot be written"):
        connector_of(world).push(sending())


def test_a_folder_that_is_gone_is_not_made_anew(world: FileWorld) -> None:
    world.erp.folder.rename(world.erp.folder.with_name(f"{world.erp.folder.name}-aside"))
    with pytest.raises(EndpointDown, match="is not there"):
        connector_of(world).push(sending())
    assert not world.erp.folder.exists()


# --- health -----------------------------------------------------------------------------------


def test_a_folder_that_is_there_is_healthy(world: FileWorld) -> None:
    assert connector_of(world).health().is_healthy


def test_a_folder_that_is_missing_is_named(world: FileWorld) -> None:
    world.connection.settings["folder"] = "/nowhere"
    health = connector_of(world).health()
    assert health.problems == ("The folder /nowhere is not there.",)


# --- evidence ---------------------------------------------------------------------------------


def evidence(*, minutes: int, after: bool = True) -> Evidence:
    line = an_order().lines[0]
    schedule = split(an_order()).changes[0].after.schedule if after else line.schedule
    moment = TUESDAY_TEN + timedelta(minutes=minutes)
    return Evidence(
        order=an_order(lines=(replace(line, schedule=schedule),)), said_at=moment, recorded_at=moment
    )


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (None, False),
        (evidence(minutes=1), True),
        (evidence(minutes=0), True),
        (evidence(minutes=-1), False),
        (evidence(minutes=1, after=False), False),
    ],
)
def test_only_younger_evidence_with_every_value_counts(
    world: FileWorld, seen: Evidence | None, found: bool
) -> None:
    late_in_the_second = replace(sending(), sent_at=TUESDAY_TEN + timedelta(milliseconds=700))
    assert connector_of(world).find_effect(late_in_the_second, seen) is found


# --- what a complete extract leaves out -------------------------------------------------------


def complete(world: FileWorld, stream: Stream, payload: bytes, **settings: Any) -> list[str]:
    """Bring in a complete extract; returns what was wrong with it."""
    world.connection.settings |= {"full_extracts": [stream], **settings}
    now = world.pass_time(minutes=5)
    problems = []
    name = f"{stream}_{now:%Y%m%dT%H%M%SZ}.csv"
    for group in connector_of(world).read(payload, file_name=name, received_at=now):
        problems += [problem.message for problem in group.problems]
        for document in group.documents:
            record(document, connection=world.connection, company=world.connection.company, received_at=now)
    return problems


def states(world: FileWorld) -> dict[str, str]:
    return dict(MirroredOrder.objects.filter(connection=world.connection).values_list("number", "state"))


def test_an_order_that_is_left_out_is_closed(world: FileWorld) -> None:
    world.erp.keep([an_order("2")], at=clock.now())
    world.read()
    assert complete(world, Stream.ORDERS, orders_csv([world.erp.orders["2"]])) == []
    assert states(world) == {"4500010001": OrderState.CLOSED, "2": OrderState.RELEASED}


def test_an_order_that_comes_back_unchanged_is_open_again(world: FileWorld) -> None:
    both = [world.order, an_order("2")]
    world.erp.keep(both, at=clock.now())
    world.read()
    kept = list(world.erp.orders.values())
    complete(world, Stream.ORDERS, orders_csv(kept[1:]))
    assert states(world)["4500010001"] == OrderState.CLOSED
    complete(world, Stream.ORDERS, orders_csv(kept))
    assert states(world) == {"4500010001": OrderState.RELEASED, "2": OrderState.RELEASED}


def test_an_older_extract_closes_nothing_that_was_said_since(world: FileWorld) -> None:
    now = clock.now()
    world.erp.keep([an_order("2")], at=now)
    world.read()
    world.connection.settings["full_extracts"] = ["orders"]
    earlier = now - timedelta(hours=1)
    groups = connector_of(world).read(
        orders_csv([world.order]), file_name=f"orders_{earlier:%Y%m%dT%H%M%SZ}.csv", received_at=now
    )
    closed = [document for group in groups if group.key == "gone" for document in group.documents]
    assert closed == []


def test_an_extract_that_is_not_complete_closes_nothing(world: FileWorld) -> None:
    world.erp.keep([an_order("2")], at=clock.now())
    world.read()
    world.connection.settings["full_extracts"] = []
    path = world.erp.write(Stream.ORDERS, orders_csv([an_order("2")]), at=clock.now())
    groups = list(connector_of(world).read(path.read_bytes(), file_name=path.name, received_at=clock.now()))
    assert [group.key for group in groups] == ["2"]


def test_an_extract_of_nothing_closes_nothing_and_says_so(world: FileWorld) -> None:
    (problem,) = complete(world, Stream.ORDERS, orders_csv([]))
    assert "leaves out 1 of 1" in problem
    assert states(world) == {"4500010001": OrderState.RELEASED}


def test_an_extract_that_leaves_out_most_closes_nothing_until_it_may(world: FileWorld) -> None:
    orders = [an_order(str(number)) for number in range(1, 31)]
    world.erp.keep(orders, at=clock.now())
    world.read()
    few = orders_csv([world.erp.orders["1"]])
    (problem,) = complete(world, Stream.ORDERS, few)
    assert "leaves out 30 of 31" in problem
    assert set(states(world).values()) == {OrderState.RELEASED}
    assert complete(world, Stream.ORDERS, few, most_gone_percent=100) == []
    assert list(states(world).values()).count(OrderState.CLOSED) == 30


def test_an_order_held_back_is_not_gone(world: FileWorld) -> None:
    payload = orders_csv([world.order]).replace(b",EA,", b",Gebinde,")
    problems = complete(world, Stream.ORDERS, payload)
    assert "unit" in problems[0]
    assert states(world) == {"4500010001": OrderState.RELEASED}


def test_a_customer_order_that_is_left_out_is_done(world: FileWorld) -> None:
    version = DocumentVersion(TUESDAY_TEN - timedelta(hours=1))
    record(
        ItemRecord(number="SEAL-1", description="", base_unit="EA", version=version),
        connection=world.connection,
        company=world.connection.company,
        received_at=clock.now(),
    )
    line = DemandLine(
        number="1", item="SEAL-1", warehouse="KAS", open=each(95), due_on=an_order().lines[0].schedule[0].date
    )
    first, second = (
        Demand(number=number, customer="Krone", customer_class="A", version=version, lines=(line,))
        for number in ("SO-881", "SO-882")
    )
    complete(world, Stream.DEMAND, demand_csv([first, second]))
    assert CustomerDemand.objects.count() == 2
    complete(world, Stream.DEMAND, demand_csv([second]))
    (left,) = CustomerDemand.objects.all()
    assert (left.order_number, left.open_quantity) == ("SO-882", Decimal(95))


def test_the_orders_of_another_connection_stay_open(world: FileWorld, tmp_path: Path) -> None:
    other = FileWorld.make(tmp_path / "other")
    world.erp.keep([an_order("2")], at=clock.now())
    complete(world, Stream.ORDERS, orders_csv([world.erp.orders["2"]]))
    assert states(other) == {"4500010001": OrderState.RELEASED}
    assert isinstance(other.order, PurchaseOrder)
