"""Brings the demo distributor in through the real channels, as its last days would have gone.

The clock of the whole installation is set back some business days and walks forward: at each step the ERP's
extracts and the letters of suppliers and carriers of that time go through the inbox, are processed and looked
at, and the clocks are swept. So the queues hold young and old work when a new user first sees them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from erp_connectors import clock
from erp_connectors.canonical.documents import Invoice, PurchaseOrder, Receipt, Stock
from erp_connectors.canonical.values import DocumentVersion
from erp_connectors.companies import Company, Connection, ConnectionKind
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange import inbox, polling, processing
from erp_connectors.exchange.models import PartnerProfile
from exceptions_app import intake, priority, sla
from exceptions_app.audit.record import Actor
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo import deeds, erp, ledger, organisation, releases, world
from exceptions_app.demo.catalogue import COMPANIES, DemoCompany, DemoSupplier, Standard
from exceptions_app.demo.letters import QUALIFIERS, letters
from exceptions_app.demo.parties import honest
from exceptions_app.demo.parties.misdeeds import Document
from exceptions_app.demo.places import ledger_of, logins_of, memory_of
from exceptions_app.demo.stories import Told, Voice
from exceptions_app.demo.world import World
from exceptions_app.detection import watch
from exceptions_app.incidents import suggest
from exceptions_app.policies.calendar_rows import business_calendar
from exceptions_app.policies.models import CompanyPolicy
from exceptions_app.policies.release import publish
from suppliers.profiles import SupplierProfile

#: The first step lies so many business days back, so that what was agreed then is overdue today; the others
#: are of the last days.
FIRST_STEP = -17
DAYS_REPLAYED = 3
TIMES_OF_DAY = (time(9, 30), time(15, 30))
BATCH = 200
#: The ERP is to tell its stock this often. Its job broke some days ago.
STOCK_EVERY = timedelta(hours=8)
STOCK_TOLD_LAST = -2
Say = Callable[[str], None]


@dataclass(slots=True)
class _Stage:
    """One company on its way through the last days. `control` numbers all interchanges of its suppliers."""

    demo: DemoCompany
    world: World
    calendar: BusinessCalendar
    erp_connection: Connection
    edi_connection: Connection
    erp: FileErp
    told_until: datetime | None = None
    control: int = 1

    @property
    def zone(self) -> ZoneInfo:
        """Where the company is."""
        return ZoneInfo(self.demo.time_zone)


def seed(
    *,
    number: int,
    now: datetime,
    home: Path,
    say: Say,
    companies: Sequence[DemoCompany] = COMPANIES,
) -> None:
    """Create the demo from the seed `number`, ending at `now`. The database must hold no company yet."""
    _wait_for_the_disk(False)
    release = publish("The rules of the demo", by=Actor(label="Demo", source="command"), at=now)
    stages = []
    ada, anton = organisation.administrators()
    organisation.mail_templates(release)
    for demo in companies:
        company = organisation.set_up(demo, release)
        stages.append(_stage(demo, company, number, now, home))
    releases.make_history(stages[0].erp_connection.company, ada, anton, now)
    try:
        for step, moment in enumerate(_moments(stages[0], now)):
            clock.set_now(moment)
            for stage in stages:
                _live_until(stage, moment)
            _catch_up(moment)
            say(f"{moment.astimezone(UTC):%a %d %b %H:%M} UTC is done")
            if step == 0:
                deeds.people_claim()
            elif moment != now:
                deeds.people_work(moment)
        deeds.people_decide(spared=[stage.world.orders[0].number for stage in stages if stage.demo.tour_item])
        deeds.people_ask()
        deeds.people_override(clock.now())
        deeds.people_stand_in(clock.now())
    finally:
        # The first commit that waits again waits for all before it.
        _wait_for_the_disk(True)
        clock.reset()
    for stage in stages:
        erp.remember(stage.erp, memory_of(home, stage.demo.code))
        ledger.remember(
            ledger.opened(stage.world, seed=number, control=stage.control), ledger_of(home, stage.demo.code)
        )
    _write_logins(home, companies)


def _wait_for_the_disk(is_wanted: bool) -> None:
    """Have commits of this session wait until they are on disk; a demo cut off half-way is built anew."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET synchronous_commit TO {'on' if is_wanted else 'off'}")


# --- setting up -------------------------------------------------------------------------------------------


def _stage(demo: DemoCompany, company: Company, number: int, now: datetime, home: Path) -> _Stage:
    calendar: BusinessCalendar = business_calendar(CompanyPolicy.objects.get(company=company).calendar)
    folder = home / "exchange" / f"{demo.code}-erp"
    erp_connection = _connection(company, ConnectionKind.FILE_DROP, "ERP", folder)
    if demo.shows_everything:
        minutes = int(STOCK_EVERY.total_seconds() // 60)
        erp_connection.settings |= {"expect_every": {Stream.STOCK.value: minutes}}
        erp_connection.save(update_fields=["settings"])
    edi_connection = _connection(company, ConnectionKind.EDI, "EDI", home / "exchange" / f"{demo.code}-edi")
    built = world.build(demo, calendar, seed=number, now=now)
    return _Stage(demo, built, calendar, erp_connection, edi_connection, FileErp(folder))


def _connection(company: Company, kind: ConnectionKind, word: str, folder: Path) -> Connection:
    for name in ("incoming", "outgoing"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return Connection.objects.create(
        company=company,
        code=f"{company.code}-{word.lower()}",
        name=f"{company.name}, {word}",
        kind=kind,
        settings={"folder": str(folder)},
        time_zone=company.time_zone,
    )


def _profiles(stage: _Stage) -> None:
    """Say how each supplier speaks, once the ERP has told of it."""
    rows = {row.number: row for row in Supplier.objects.filter(connection=stage.erp_connection)}
    for supplier in stage.demo.suppliers:
        row, has_edi = rows[supplier.number], bool(supplier.edi_id)
        SupplierProfile.objects.create(
            supplier=row, expects_confirmation=has_edi, expects_ship_notice=has_edi
        )
        if has_edi:
            _partner(stage, supplier, row, supplier.standard, supplier.name)
        if has_edi and supplier.standard is Standard.EDIFACT:
            _partner(stage, supplier, row, Standard.X12, f"{supplier.name}, forwarder")


def _partner(stage: _Stage, supplier: DemoSupplier, row: Supplier, standard: Standard, name: str) -> None:
    PartnerProfile.objects.create(
        connection=stage.edi_connection,
        supplier=row,
        name=name,
        their_qualifier=QUALIFIERS[standard],
        their_id=supplier.edi_id,
        our_qualifier=QUALIFIERS[standard],
        our_id=stage.demo.edi_id,
        time_zone=stage.demo.time_zone,
    )


# --- walking through the days -----------------------------------------------------------------------------


def _moments(stage: _Stage, now: datetime) -> Iterator[datetime]:
    """Yield the steps of the replay, oldest first, ending with `now`."""
    today = now.astimezone(stage.zone).date()
    yield datetime.combine(stage.calendar.shift_days(today, FIRST_STEP), TIMES_OF_DAY[-1], stage.zone)
    for days in range(DAYS_REPLAYED, -1, -1):
        for hour in TIMES_OF_DAY:
            moment = datetime.combine(stage.calendar.shift_days(today, -days), hour, stage.zone)
            if moment < now:
                yield moment
    yield now


def _live_until(stage: _Stage, moment: datetime) -> None:
    """Bring in everything that happened in this company between the last step and `moment`."""
    since = stage.told_until
    if since is None:
        _bring(stage, Stream.SUPPLIERS, extracts.suppliers_csv(stage.world.suppliers), moment)
        _bring(stage, Stream.ITEMS, extracts.items_csv(stage.world.items), moment)
        _process()
        _profiles(stage)
    new = [
        order
        for order in stage.world.orders
        if order.released_at and _between(since, order.released_at, moment)
    ]
    _bring_orders(stage, new, moment)
    told = [each for each in stage.world.told if _between(since, each.at, moment)]
    _bring_told(stage, told, moment)
    _bring_stock(stage, since, moment)
    stage.told_until = moment


def _between(since: datetime | None, moment: datetime, until: datetime) -> bool:
    return moment <= until and (since is None or moment > since)


def _bring_orders(stage: _Stage, orders: Sequence[PurchaseOrder], moment: datetime) -> None:
    if orders:
        stage.erp.keep(orders, at=moment)
        kept = [stage.erp.orders[order.number] for order in orders]
        _bring(stage, Stream.ORDERS, extracts.orders_csv(kept), moment)


def _bring_stock(stage: _Stage, since: datetime | None, moment: datetime) -> None:
    """Tell stock and customer orders when the last days begin, and then only that the stock is as it was."""
    day = moment.astimezone(stage.zone).date()
    last = stage.calendar.shift_days(stage.world.now.date(), STOCK_TOLD_LAST)
    if since is None or day > last:
        return
    version = DocumentVersion(moment)
    is_first = day < last and moment.astimezone(stage.zone).time() == TIMES_OF_DAY[0]
    stock: Sequence[Stock] = stage.world.stock if is_first else stage.world.stock[:1]
    _bring(stage, Stream.STOCK, extracts.stock_csv(replace(each, version=version) for each in stock), moment)
    if is_first:
        demand = (replace(each, version=version) for each in stage.world.demand)
        _bring(stage, Stream.DEMAND, extracts.demand_csv(demand), moment)


def _bring_told(stage: _Stage, told: Sequence[Told], moment: datetime) -> None:
    """Bring in what was told, each party's documents in as few papers as it would send."""
    said = [(each, document) for each in told for document in each.documents]
    cancelled = [document for _, document in said if isinstance(document, PurchaseOrder)]
    receipts = [document for _, document in said if isinstance(document, Receipt)]
    invoices = [
        (each.supplier.number, honest.typed_in(document, stage.demo.clerks))
        for each, document in said
        if each.voice is Voice.INVOICES and isinstance(document, Invoice)
    ]
    _bring_cancelled(stage, cancelled, moment)
    _bring_letters(stage, [each for each in told if each.voice is Voice.SUPPLIER])
    if receipts:
        _bring(stage, Stream.RECEIPTS, extracts.receipts_csv(receipts), moment)
    if invoices:
        _bring(stage, Stream.INVOICES, extracts.invoices_csv(invoices), moment)


def _bring_cancelled(stage: _Stage, orders: Sequence[PurchaseOrder], moment: datetime) -> None:
    """Tell of cancelled orders after the orders themselves, which may be of the same step."""
    if orders:
        _process()
        _bring_orders(stage, orders, moment + timedelta(seconds=1))


def _bring(stage: _Stage, stream: Stream, payload: bytes, moment: datetime) -> None:
    name = f"{stream}_{moment:%Y%m%dT%H%M%S}.csv"
    inbox.receive(payload, connection=stage.erp_connection, channel="folder", file_name=name)


def _bring_letters(stage: _Stage, told: Sequence[Told]) -> None:
    """Bring in what suppliers sent: everything of one day in one interchange, as their computers would."""
    for some in _by_sending(stage, told):
        at = max(each.at for each in some)
        documents = [_said(document) for each in some for document in each.documents]
        sent = letters(stage.demo, some[0].supplier, documents, control=stage.control, at=at)
        stage.control += len(sent)
        for letter in sent:
            for payload in _arriving(some[0], letter.payload):
                inbox.receive(
                    payload,
                    connection=stage.edi_connection,
                    channel="folder",
                    file_name=letter.file_name,
                    received_at=at,
                )


def _by_sending(stage: _Stage, told: Sequence[Told]) -> list[list[Told]]:
    """Return what goes together: of one supplier and day; what is spoilt on its way goes by itself."""
    groups: dict[tuple[str, date, str], list[Told]] = defaultdict(list)
    for each in told:
        if each.documents:
            alone = each.sending.code if each.sending else ""
            groups[each.supplier.number, each.at.astimezone(stage.zone).date(), alone].append(each)
    return list(groups.values())


def _arriving(told: Told, payload: bytes) -> list[bytes]:
    return told.sending.act(payload, told.scene) if told.sending and told.scene else [payload]


def _said(document: Document | PurchaseOrder) -> Document:
    assert not isinstance(document, PurchaseOrder)
    return document


# --- what the workers would do ----------------------------------------------------------------------------


def _catch_up(moment: datetime) -> None:
    """Do what the workers would: process, poll, look, sweep."""
    _process()
    while polling.poll_due():
        pass
    watch.watch_streams()
    while intake.evaluate_due(BATCH):
        pass
    while sla.sweep(moment, BATCH):
        pass
    suggest.sweep(moment)
    while priority.sweep(moment, BATCH):
        pass


def _process() -> None:
    while processing.process_due(BATCH):
        pass


# --- what is kept beside the database ---------------------------------------------------------------------


def _write_logins(home: Path, companies: Sequence[DemoCompany]) -> None:
    people = ", ".join(f"{person.username} ({_task(person.team)})" for person in companies[0].people)
    text = f"Sign in as {people} or ada and anton (administrators); password {organisation.DEMO_PASSWORD}.\n"
    logins_of(home).write_text(text)


def _task(team: str) -> str:
    return organisation.TEAM_NAMES[team].lower()
