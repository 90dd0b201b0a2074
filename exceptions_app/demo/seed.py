"""Brings the demo distributor in through the real channels, as its last days would have gone.

The clock of the whole installation is set back a few business days and walks forward: at each step the
ERP's extracts and the suppliers' confirmations of that time go through the inbox, are processed and looked
at, and the clocks are swept. So the queue holds young and old work when a new user first sees it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from erp_connectors import clock
from erp_connectors.companies import Company, Connection, ConnectionKind
from erp_connectors.connectors.base import Stream
from erp_connectors.connectors.simulator import extracts
from erp_connectors.connectors.simulator.file_erp import FileErp
from erp_connectors.documents.models import Supplier
from erp_connectors.exchange import inbox, polling, processing
from erp_connectors.exchange.models import PartnerProfile
from exceptions_app import intake, sla
from exceptions_app.audit.record import Actor
from exceptions_app.calendars import BusinessCalendar
from exceptions_app.demo import deeds, erp, letters, organisation, world
from exceptions_app.demo.catalogue import COMPANIES, DemoCompany, DemoSupplier
from exceptions_app.demo.places import logins_of, memory_of
from exceptions_app.demo.world import Answer, World
from exceptions_app.policies.lookup import business_calendar
from exceptions_app.policies.models import CompanyPolicy
from exceptions_app.policies.release import publish
from suppliers.profiles import SupplierProfile

DAYS_REPLAYED = 3
TIMES_OF_DAY = (time(8, 30), time(11, 30), time(15, 30))
BATCH = 200
Say = Callable[[str], None]


@dataclass(slots=True)
class _Stage:
    """One company on its way through the last days. `control` numbers each supplier's interchanges."""

    demo: DemoCompany
    world: World
    erp_connection: Connection
    edi_connection: Connection
    erp: FileErp
    sent_until: datetime | None = None
    control: int = 0


def seed(
    *,
    number: int,
    now: datetime,
    home: Path,
    say: Say,
    companies: Sequence[DemoCompany] = COMPANIES,
) -> None:
    """Create the demo from the seed `number`, ending at `now`. The database must hold no company yet."""
    release = publish("The rules of the demo", by=Actor(label="Demo", source="command"), at=now)
    stages = []
    organisation.administrator()
    organisation.mail_templates(release)
    for demo in companies:
        company = organisation.set_up(demo, release, now)
        stages.append(_stage(demo, company, number, now, home))
    try:
        for moment in _moments(stages[0], now):
            clock.set_now(moment)
            for stage in stages:
                _live_until(stage, moment)
            _catch_up(moment)
            say(f"{moment:%a %d %b %H:%M} UTC is done")
            if moment != now:
                deeds.people_work(moment)
    finally:
        clock.reset()
    deeds.people_decide()
    deeds.people_ask()
    for stage in stages:
        erp.remember(stage.erp, memory_of(home, stage.demo.code))
    _write_logins(home, companies)


def _stage(demo: DemoCompany, company: Company, number: int, now: datetime, home: Path) -> _Stage:
    calendar: BusinessCalendar = business_calendar(CompanyPolicy.objects.get(company=company).calendar)
    folder = home / "exchange" / f"{demo.code}-erp"
    erp_connection = _connection(company, ConnectionKind.FILE_DROP, "ERP", folder)
    edi_connection = _connection(company, ConnectionKind.EDI, "EDI", home / "exchange" / f"{demo.code}-edi")
    built = world.build(demo, calendar, seed=number, now=now)
    return _Stage(demo, built, erp_connection, edi_connection, FileErp(folder))


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


def _moments(stage: _Stage, now: datetime) -> Iterator[datetime]:
    """Yield the steps of the replay, oldest first, ending with `now`."""
    zone = ZoneInfo(stage.demo.time_zone)
    calendar = business_calendar(CompanyPolicy.objects.get(company=stage.erp_connection.company).calendar)
    today = now.astimezone(zone).date()
    for days in range(DAYS_REPLAYED, -1, -1):
        for hour in TIMES_OF_DAY:
            moment = datetime.combine(calendar.shift_days(today, -days), hour, zone)
            if moment < now:
                yield moment
    yield now


def _live_until(stage: _Stage, moment: datetime) -> None:
    """Bring in everything that happened in this company between the last step and `moment`."""
    since = stage.sent_until
    if since is None:
        _bring(stage, Stream.SUPPLIERS, extracts.suppliers_csv(stage.world.suppliers), moment)
        _bring(stage, Stream.ITEMS, extracts.items_csv(stage.world.items), moment)
        _process()
        _profiles(stage)
    orders = [
        order
        for order in stage.world.orders
        if order.released_at and _between(since, order.released_at, moment)
    ]
    if orders:
        stage.erp.keep(orders, at=moment)
        kept = [stage.erp.orders[order.number] for order in orders]
        _bring(stage, Stream.ORDERS, extracts.orders_csv(kept), moment)
    if since is None:
        _bring(stage, Stream.STOCK, extracts.stock_csv(stage.world.stock), moment)
        _bring(stage, Stream.DEMAND, extracts.demand_csv(stage.world.demand), moment)
    answers = [answer for answer in stage.world.answers if _between(since, answer.sent_at, moment)]
    for supplier, theirs in _by_supplier(answers):
        stage.control += 1
        at = max(answer.sent_at for answer in theirs)
        payload = letters.confirmations_855(stage.demo, supplier, theirs, control=stage.control, at=at)
        name = f"{supplier.number}-{stage.control:05d}.x12"
        inbox.receive(payload, connection=stage.edi_connection, channel="folder", file_name=name)
    stage.sent_until = moment


def _between(since: datetime | None, moment: datetime, until: datetime) -> bool:
    return moment <= until and (since is None or moment > since)


def _bring(stage: _Stage, stream: Stream, payload: bytes, moment: datetime) -> None:
    name = f"{stream}_{moment:%Y%m%dT%H%M%S}.csv"
    inbox.receive(payload, connection=stage.erp_connection, channel="folder", file_name=name)


def _by_supplier(answers: list[Answer]) -> list[tuple[DemoSupplier, list[Answer]]]:
    groups: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[answer.supplier.number].append(answer)
    return [(theirs[0].supplier, theirs) for theirs in groups.values() if theirs[0].supplier.edi_id]


def _profiles(stage: _Stage) -> None:
    """Say how each supplier speaks, once the ERP has told of it."""
    rows = {row.number: row for row in Supplier.objects.filter(connection=stage.erp_connection)}
    for supplier in stage.demo.suppliers:
        SupplierProfile.objects.create(
            supplier=rows[supplier.number], expects_confirmation=bool(supplier.edi_id)
        )
        if supplier.edi_id:
            PartnerProfile.objects.create(
                connection=stage.edi_connection,
                supplier=rows[supplier.number],
                name=supplier.name,
                their_qualifier=letters.GLN,
                their_id=supplier.edi_id,
                our_qualifier=letters.GLN,
                our_id=stage.demo.edi_id,
                time_zone=stage.demo.time_zone,
            )


def _catch_up(moment: datetime) -> None:
    """Do what the workers would: process, poll, look, sweep."""
    _process()
    while polling.poll_due():
        pass
    while intake.evaluate_due(BATCH):
        pass
    while sla.sweep(moment, BATCH):
        pass


def _process() -> None:
    while processing.process_due(BATCH):
        pass


def _write_logins(home: Path, companies: Sequence[DemoCompany]) -> None:
    people = ", ".join(f"{person.username} ({_task(person.team)})" for person in companies[0].people)
    text = f"Sign in as {people} or ada (administrator); password {organisation.DEMO_PASSWORD}.\n"
    logins_of(home).write_text(text)


def _task(team: str) -> str:
    return organisation.TEAM_NAMES[team].lower()
