"""The world around the demo at work: by files, at a rate, from a seed, and sometimes badly."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.connectors.file_drop.commands import FORMAT
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.edi import Verdict
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo import erp, ledger, world
from exceptions_app.demo.catalogue import WESERLAND
from exceptions_app.demo.ledger import Ledger
from exceptions_app.demo.places import ledger_of, memory_of
from exceptions_app.demo.simulation import REFUSALS, Simulation
from tests.builders.file_world import split
from tests.erp_connectors.edi.decoding import read

WEDNESDAY = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
HOURS = {day: ((time(8), time(17)),) for day in range(5)}
CALENDAR = BusinessCalendar("weekdays", ZoneInfo("Europe/Berlin"), HOURS)
ACT = re.compile(r" (releases|confirms|ships|picks up|delivers|bills) ")
COMPANY = replace(WESERLAND, orders=110, items=310)


@dataclass(frozen=True)
class Town:
    """A demo whose seed has just ended, without any database."""

    home: Path

    def run(self, acts: int, *, misbehave: int = 0, seed: int | None = None) -> list[str]:
        """Let so much happen, an act a minute; return what was said about it."""
        simulation = Simulation(home=self.home, rate=60, misbehave=misbehave, seed=seed)
        moments = [WEDNESDAY + timedelta(minutes=minute) for minute in range(acts + 1)]
        return [words for moment in moments for words in simulation.tick(moment)]

    def files(self) -> dict[str, bytes]:
        """Return everything that was put into the watched folders."""
        folder = self.home / "exchange"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    @property
    def ledger(self) -> Ledger:
        """What everybody outside remembers."""
        return ledger.recall(ledger_of(self.home, COMPANY.code))


Settle = Callable[[str], Town]


@pytest.fixture(scope="module")
def built() -> world.World:
    return world.build(COMPANY, CALENDAR, seed=7, now=WEDNESDAY)


@pytest.fixture
def settle(built: world.World, tmp_path: Path) -> Settle:
    """Found a town of that name."""

    def founded(name: str) -> Town:
        home = tmp_path / name
        at_home = FileErp(home / "exchange" / f"{COMPANY.code}-erp")
        at_home.keep(built.orders, at=WEDNESDAY)
        erp.remember(at_home, memory_of(home, COMPANY.code))
        ledger.remember(ledger.opened(built, seed=7, control=1), ledger_of(home, COMPANY.code))
        return Town(home)

    return founded


def test_the_same_seed_and_moments_give_the_same_files(settle: Settle) -> None:
    one, same, other = settle("one"), settle("same"), settle("other")
    assert one.run(40, misbehave=50) == same.run(40, misbehave=50)
    assert one.files() == same.files()
    assert other.run(40, misbehave=50, seed=8) != same.run(0)
    assert other.files() != one.files()


def test_so_much_happens_in_an_hour_as_the_rate_says(settle: Settle) -> None:
    town = settle("town")
    simulation = Simulation(home=town.home, rate=30)
    for second in range(0, 3601, 30):
        simulation.tick(WEDNESDAY + timedelta(seconds=second))
    assert town.ledger.acts == 30


def test_orders_live_from_their_release_to_their_bill_and_all_of_it_can_be_read(settle: Settle) -> None:
    town = settle("town")
    said = town.run(80)

    acts = {match[1] for words in said if (match := ACT.search(words))}
    assert acts == {"releases", "confirms", "ships", "picks up", "delivers", "bills"}
    letters = {name: payload for name, payload in town.files().items() if "-edi/" in name}
    for payload in letters.values():
        outcome = read(payload)
        assert outcome.file.verdict is Verdict.ACCEPT, outcome.codes()
    assert {name.rpartition(".")[2] for name in letters} == {"x12", "edi"}
    streams = {name.split("/")[-1].partition("_")[0] for name in town.files() if "-erp/" in name}
    assert streams >= {"orders", "receipts"}


def test_an_invoice_on_paper_is_typed_in_by_a_user_of_the_erp(settle: Settle) -> None:
    town = settle("town")
    # Drawn so that somebody without EDI bills.
    town.run(60, seed=1)
    extracts = [payload.decode() for name, payload in town.files().items() if "/invoices_" in name]
    typed = [row for text in extracts for row in csv.DictReader(text.splitlines())]
    assert typed
    for row in typed:
        assert row["entered_by"] == COMPANY.clerks[int(row["order"]) % 2]


def test_whoever_misbehaves_is_named_and_the_order_rests(settle: Settle) -> None:
    town = settle("town")
    before = {number for number, page in town.ledger.pages.items() if page.is_stuck}
    said = town.run(30, misbehave=100)
    assert any("offers less of one line" in words for words in said)
    stuck = {number for number, page in town.ledger.pages.items() if page.is_stuck} - before
    named = {match[1] for words in said if (match := re.search(r" (\d{4,}):", words))}
    assert stuck <= named


def test_a_supplier_that_was_asked_by_mail_confirms_at_last(settle: Settle, built: world.World) -> None:
    town = settle("town")
    silent = next(plot for plot in built.plots if plot.misdeed and plot.misdeed.code == "says_nothing")
    mail = EmailMessage()
    mail["To"], mail["Subject"] = silent.supplier.email, f"Order {silent.order.number}: please confirm"
    mail.set_content("We have not heard of you.")
    (town.home / "mail").mkdir()
    (town.home / "mail" / "1.log").write_bytes(mail.as_bytes())

    assert town.run(1) == [
        f"{COMPANY.code}: {silent.supplier.name} answers a mail about {silent.order.number}"
    ]
    (payload,) = (payload for name, payload in town.files().items() if "-edi/" in name)
    assert read(payload).transaction.document.order_number == silent.order.number  # type: ignore[union-attr]
    assert town.ledger.pages[silent.order.number].is_answered


@pytest.mark.parametrize(("misbehave", "outcome"), [(0, "applied"), (100, "refused")])
def test_the_erp_carries_out_commands_and_now_and_then_refuses_in_words(
    settle: Settle, built: world.World, misbehave: int, outcome: str
) -> None:
    town = settle("town")
    folder = town.home / "exchange" / f"{COMPANY.code}-erp"
    command = replace(split(built.orders[0]), version_token="1")
    path = folder / "outgoing" / "commands" / "c1.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"format": FORMAT, "command": "c1", **to_builtins(command)}))

    Simulation(home=town.home, misbehave=misbehave).tick(WEDNESDAY)

    answer = json.loads((folder / "incoming" / "answers" / "c1.json").read_bytes())
    assert answer["outcome"] == outcome
    assert (answer["words"] in REFUSALS) == (outcome == "refused")


def test_two_simulators_of_one_demo_take_turns(settle: Settle) -> None:
    town = settle("town")
    one, other = (Simulation(home=town.home, rate=60) for _ in range(2))
    for minute in range(11):
        one.tick(WEDNESDAY + timedelta(minutes=minute))
        other.tick(WEDNESDAY + timedelta(minutes=minute))
    assert town.ledger.acts == 20
