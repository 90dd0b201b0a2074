"""One company as the golden scenarios have it, with its ERP and its supplier at the other ends of the wire.

Models set up what administrators would: company, calendar, teams, people, rules, connections, partner. All
else comes through the channels: the ERP's extracts and the supplier's files by folders, or by the API.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils.timezone import localtime

from erp_connectors import clock
from erp_connectors.canonical.documents import Demand, DemandLine, OrderLine, PurchaseOrder, Stock
from erp_connectors.canonical.master import ItemRecord, SupplierRecord
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.companies import Company, Connection, ConnectionKind
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.documents.models import PurchaseOrder as MirroredOrder
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange.models import PartnerProfile
from exceptions_app.cases.models import ENDED, Case
from exceptions_app.people import tokens
from exceptions_app.people.models import Membership, Role, Team, User
from suppliers.profiles import SupplierProfile
from tests.builders import factories as make
from tests.builders import x12
from tests.builders.factories import BERLIN, LAST_WEEK, PEOPLE, TEAM_NAMES

#: Both companies call their supplier 77, and both suppliers call themselves NORDMANN.
SUPPLIER, THEIR_ID, OUR_ID = "77", "NORDMANN", "WESERLAND"
ITEM, PRICE = "SEAL-KIT", "182.40"
WANTED = date(2026, 12, 2)
LONG_KNOWN = DocumentVersion(LAST_WEEK)
READY = ".done"


def each(value: Decimal | int | str) -> Quantity:
    """So many pieces."""
    return Quantity(Decimal(value), "EA")


def order(
    number: str = "4500010001",
    *,
    quantity: int = 100,
    released_at: datetime,
    lines: int = 1,
    wanted: date = WANTED,
    unit: str = "EA",
    price: str = PRICE,
    per: int = 1,
    item: str = ITEM,
) -> PurchaseOrder:
    """An order of seal kits at 182.40 (`price` for every `per`), in lines 10, 20 ... of `quantity` each."""
    return PurchaseOrder(
        number=number,
        supplier=SUPPLIER,
        currency="EUR",
        version=DocumentVersion(released_at),
        released_at=released_at,
        buyer="BEA",
        lines=tuple(
            OrderLine(
                number=f"{place * 10}",
                item=item,
                description="Seal kit",
                quantity=Quantity(Decimal(quantity), unit),
                price=Price(Decimal(price), "EUR", Decimal(per), unit),
                schedule=(SchedulePart(Quantity(Decimal(quantity), unit), wanted),),
                warehouse="KAS",
            )
            for place in range(1, lines + 1)
        ),
    )


def confirmation(
    number: str,
    *acks: x12.Segment,
    control: int,
    at: datetime,
    ordered: int = 100,
    line: str = "10",
) -> bytes:
    """An 855 of Nordmann that answers one line with these ACK segments, written at `at`, Berlin time."""
    loop = x12.po1(line, str(ordered), price=PRICE, ids=("BP", ITEM), acks=acks)
    return x12.confirmation_855(
        number,
        [loop],
        sender=THEIR_ID,
        receiver=OUR_ID,
        control=control,
        at=at.astimezone(BERLIN),
        currency="EUR",
    )


def offering(number: str, quantity: int, *, control: int, at: datetime, on: date = WANTED) -> bytes:
    """An 855 that offers `quantity` of the 100 ordered: all of it accepted, or the quantity changed."""
    status = "IA" if quantity == 100 else "IQ"
    return confirmation(number, x12.ack(status, str(quantity), on=on), control=control, at=at)


@dataclass(kw_only=True)
class House:
    """The company, whoever works in it, and the outside world it talks to."""

    company: Company
    teams: dict[str, Team]
    people: dict[str, User]
    erp: FileErp
    erp_connection: Connection
    edi_connection: Connection
    token: str
    clients: dict[str, Client] = field(default_factory=dict)

    # --- the outside world ------------------------------------------------------------------------

    def extract(self, stream: Stream, payload: bytes) -> None:
        """Let the ERP write an extract, and say that it is complete."""
        path = self.erp.write(stream, payload, at=clock.now())
        path.with_name(path.name + READY).touch()

    def tell_master_data(self) -> None:
        """Let the ERP tell of Nordmann and of the seal kit."""
        self.tell_supplier()
        self.tell_items(ItemRecord(number=ITEM, description="Seal kit", base_unit="EA", version=LONG_KNOWN))

    def tell_supplier(self) -> None:
        """Let the ERP tell of Nordmann."""
        nordmann = SupplierRecord(
            number=SUPPLIER,
            name="Nordmann Dichtungen",
            version=LONG_KNOWN,
            tier="A",
            buyer="BEA",
            currency="EUR",
            email="orders@nordmann.example",
        )
        self.extract(Stream.SUPPLIERS, extracts.suppliers_csv([nordmann]))

    def tell_items(self, *items: ItemRecord) -> None:
        """Let the ERP tell of items."""
        self.extract(Stream.ITEMS, extracts.items_csv(items))

    def knows_its_supplier(self) -> bool:
        """Say whether the ERP has told of Nordmann."""
        return Supplier.objects.filter(connection=self.erp_connection, number=SUPPLIER).exists()

    def agree_with_partner(self) -> None:
        """Set up, as an administrator does, how Nordmann speaks."""
        supplier = Supplier.objects.get(connection=self.erp_connection, number=SUPPLIER)
        SupplierProfile.objects.create(supplier=supplier)
        PartnerProfile.objects.create(
            connection=self.edi_connection,
            supplier=supplier,
            name=supplier.name,
            their_qualifier="ZZ",
            their_id=THEIR_ID,
            our_qualifier="ZZ",
            our_id=OUR_ID,
            time_zone="Europe/Berlin",
        )

    def tell_stock(self, on_hand: int) -> None:
        """Let the ERP tell how many seal kits there are."""
        stock = Stock(item=ITEM, warehouse="KAS", on_hand=each(on_hand), version=DocumentVersion(clock.now()))
        self.extract(Stream.STOCK, extracts.stock_csv([stock]))

    def tell_demand(self, *orders: tuple[str, str, int], due_on: date) -> None:
        """Let the ERP tell of customer orders: number, class of the customer, pieces."""
        version = DocumentVersion(clock.now())
        demand = [
            Demand(
                number=number,
                customer=f"Customer of {number}",
                customer_class=rank,
                version=version,
                lines=(DemandLine(number="1", item=ITEM, warehouse="KAS", open=each(pieces), due_on=due_on),),
            )
            for number, rank, pieces in orders
        ]
        self.extract(Stream.DEMAND, extracts.demand_csv(demand))

    def tell_orders(self, *changed: PurchaseOrder, at: datetime | None = None) -> None:
        """Let the ERP take in new or changed orders, and write an extract of all it has."""
        self.erp.keep(changed, at=at or clock.now())
        self.extract(Stream.ORDERS, extracts.orders_csv(self.erp.orders.values()))

    def knows_order(self, number: str) -> bool:
        """Say whether the order is in the mirror."""
        return MirroredOrder.objects.filter(connection=self.erp_connection, number=number).exists()

    def knows_version(self, number: str) -> bool:
        """Say whether the mirror has the version of the order that the ERP has."""
        mirrored = MirroredOrder.objects.filter(connection=self.erp_connection, number=number)
        return mirrored.filter(version_token=self.erp.orders[number].version_token).exists()

    def drop(self, name: str, payload: bytes) -> None:
        """Let the supplier put a file into its mailbox, and say that it is complete."""
        incoming = self.edi_folder / "incoming"
        (incoming / name).write_bytes(payload)
        (incoming / (name + READY)).touch()

    def post(self, payload: bytes, *, key: str = "") -> dict[str, Any]:
        """Let the supplier's gateway post a file; return the answer, which is 202."""
        headers = {"authorization": f"Bearer {self.token}"} | ({"idempotency-key": key} if key else {})
        answer = Client().post(
            f"/api/v1/inbound/{self.edi_connection.code}/",
            data=payload,
            content_type="application/edi-x12",
            headers=headers,
        )
        assert answer.status_code == 202, answer.content
        told: dict[str, Any] = answer.json()
        return told

    @property
    def edi_folder(self) -> Path:
        """The mailbox of the EDI connection."""
        return Path(self.edi_connection.settings["folder"])

    def sent_to_partner(self) -> list[bytes]:
        """What lies ready for the supplier: our acknowledgements."""
        return [path.read_bytes() for path in sorted((self.edi_folder / "outgoing").glob("[!.]*"))]

    def command_files(self) -> list[dict[str, Any]]:
        """The commands that lie ready for the ERP."""
        return [json.loads(path.read_text()) for path in sorted(self.commands_folder.glob("[!.]*.json"))]

    @property
    def commands_folder(self) -> Path:
        """Where the ERP fetches its commands."""
        return self.erp.folder / "outgoing" / "commands"

    # --- the people -------------------------------------------------------------------------------

    def as_(self, name: str) -> Client:
        """The browser of a person who has signed in."""
        if name not in self.clients:
            client = Client()
            client.force_login(self.people[name])
            self.clients[name] = client
        return self.clients[name]

    def call(self, name: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Ask the API as a person: GET, or POST with a body; return the status and what it says."""
        client, address = self.as_(name), f"/api/v1/{path}"
        if body is None:
            answer = client.get(address)
        else:
            answer = client.post(address, json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    def decide_to_split(self, case: Case, rest_on: date) -> None:
        """Let Bea propose that the rest comes later, and Paul and Pia approve it."""
        wanted = {"case": case.number, "resolution": "split", "inputs": {"rest_on": f"{rest_on}"}}
        status, proposal = self.call("bea", "proposals/", wanted)
        assert status == 201, proposal
        for name in ("paul", "pia"):
            seen = {"values_hash": proposal["values_hash"]}
            status, said = self.call(name, f"proposals/{proposal['id']}/actions/approve/", seen)
            assert status == 200, said

    def queue(self, name: str, team: str) -> str:
        """The page of a team's queue, as a person sees it."""
        page = self.as_(name).get(f"/queues/{self.company.code}/{team}/")
        assert page.status_code == 200
        return page.content.decode()

    # --- what is open -----------------------------------------------------------------------------

    def open_cases(self) -> list[Case]:
        """The cases of this company that have not ended, oldest first."""
        return list(Case.objects.filter(company=self.company).exclude(state__in=ENDED).order_by("pk"))

    def the_case(self) -> Case:
        """The only open case there is."""
        (case,) = self.open_cases()
        return case

    def state_of(self, case: Case) -> str:
        """The state a case is in by now."""
        return Case.objects.get(pk=case.pk).state


def build(folder: Path, code: str = "weserland") -> House:
    """Set up a company with its teams, people, rules and connections, a week before the scenarios happen."""
    company = make.CompanyFactory.create(code=code)
    make.WarehouseFactory.create(company=company, name="Kassel")
    calendar = make.CalendarFactory.create()
    teams = {
        team: make.TeamFactory.create(company=company, code=team, calendar=calendar) for team in TEAM_NAMES
    }
    make.CompanyPolicyFactory.create(company=company, calendar=calendar, fallback_team=teams["PRO"])
    make.ApprovalRuleFactory.create(company=company)
    for team in teams.values():
        make.EscalationStepFactory.create(team=team, level=1, after_minutes=60, role=Role.LEAD)
    erp, edi = (
        _connection(company, kind, folder / f"{code}-{kind}")
        for kind in (ConnectionKind.FILE_DROP, ConnectionKind.EDI)
    )
    token = tokens.create(
        "gateway", company=company, scopes=["inbound:write", "documents:write"], now=LAST_WEEK
    ).secret
    return House(
        company=company,
        teams=teams,
        people=dict(_people(teams, "" if code == "weserland" else f"-{code}")),
        erp=FileErp(Path(erp.settings["folder"])),
        erp_connection=erp,
        edi_connection=edi,
        token=token,
    )


def _connection(company: Company, kind: ConnectionKind, folder: Path) -> Connection:
    settings: dict[str, Any] = {"folder": str(folder)}
    inside: tuple[str, ...] = ("incoming", "outgoing")
    if kind == ConnectionKind.FILE_DROP:
        settings["settle_seconds"] = 0
        inside = ("incoming/answers", "outgoing/commands")
    for name in inside:
        (folder / name).mkdir(parents=True)
    connection: Connection = make.ConnectionFactory.create(
        company=company,
        code=f"{company.code}-{kind.value}".replace("_", "-"),
        name=f"{company.name}, {kind.label}",
        kind=kind,
        settings=settings,
    )
    return connection


def _people(teams: dict[str, Team], suffix: str) -> Iterator[tuple[str, User]]:
    for name, team, role, limit in PEOPLE:
        person: User = make.UserFactory.create(
            username=name + suffix, first_name=name.title(), last_name="", erp_user=name.upper()
        )
        amount = None if limit is None else Decimal(limit)
        Membership.objects.create(user=person, team=teams[team], role=role, limit=amount)
        yield name, person


def on(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """The moment of `day` on the clocks of Berlin."""
    return make.berlin(day, hour, minute) + timedelta(seconds=second)


def in_berlin(moment: datetime) -> str:
    """A moment as people in Kassel write it."""
    return f"{localtime(moment, BERLIN):%Y-%m-%d %H:%M}"
