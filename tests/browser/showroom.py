"""A believable queue for pictures and browser tests, from factories: no document is read, no rule is asked.

`python -m tests.browser.showroom` fills an empty development database with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.timezone import localtime

from erp_connectors import clock
from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import (
    Confirmation,
    ConfirmationLine,
    LineAnswer,
    OfferedPart,
    Receipt,
    ReceiptLine,
)
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents import store
from erp_connectors.documents.models import Document, OrderLine, Supplier
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import Case, CaseState, ClockKind, QueueRole
from exceptions_app.demo import releases
from exceptions_app.policies.models import ToleranceRow
from exceptions_app.proposals.actions import propose
from tests.builders import factories as make
from tests.builders.factories import Ground, values_of
from tests.builders.impacts import impact_of_a_shortage

SUPPLIERS = (
    ("Nordmann Dichtungen", "A"),
    ("Castellan Bearings", "A"),
    ("Ferrum Fasteners", "B"),
    ("Vantor Pumps", "A"),
    ("Polyplast Kraków", "B"),
    ("Delta Conduit", "C"),
    ("Helix Semicon", "A"),
    ("Brandt Schläuche & Kupplungen GmbH", "B"),
)
ITEMS = (
    ("SK-40", "Hydraulic seal kit 40 mm", "182.40"),
    ("DGB-6204", "Deep groove ball bearing 6204-2RS", "4.85"),
    ("HEX-M12", "Hexagon bolt M12 x 60, zinc plated", "0.42"),
    ("CP-25", "Circulation pump 25-60", "214.00"),
    ("CG-M20", "Cable gland M20, polyamide", "1.15"),
    ("HC-34", "Hose coupling 3/4 inch", "12.60"),
)
LOSSES = {1: Decimal("85.40"), 2: Decimal("412.00"), 3: Decimal("2240.50"), 4: Decimal("7180.00")}
CUSTOMERS = {"SO-881": "Kessler Maschinenbau", "SO-882": "Harzer Hydraulik"}
#: What a case of the showroom is like: type, quantity short, state, severity, share of its time used.
SHAPES = (
    ("quantity_short", 18, CaseState.IN_PROGRESS, 4, 118),
    ("confirmation_late", 0, CaseState.NEW, 3, 84),
    ("quantity_short", 40, CaseState.ASSIGNED, 3, 62),
    ("confirmation_late", 0, CaseState.WAITING_SUPPLIER, 2, 41),
    ("quantity_short", 5, CaseState.NEW, 2, 33),
    ("quantity_short", 12, CaseState.MONITORING, 2, 21),
    ("confirmation_late", 0, CaseState.NEW, 1, 9),
)


@dataclass(frozen=True)
class Showroom:
    """The ground with its cases, the most urgent first."""

    world: Ground
    cases: list[Case]


def furnish(cases: int = 24, *, now: datetime | None = None) -> Showroom:
    """Make `cases` cases in the queue of procurement; the first has its answer, tasks and talk."""
    now = now or clock.now()
    world = make.ground()
    make.see_until(world, now)
    suppliers = [world.supplier] + [
        make.SupplierFactory.create(connection=world.erp, number=str(78 + position), name=name, tier=tier)
        for position, (name, tier) in enumerate(SUPPLIERS[1:])
    ]
    made = [_case(world, suppliers[n % len(suppliers)], n, now) for n in range(cases)]
    if made:
        _tell_the_story(world, made[0], now)
    return Showroom(world, made)


def _case(world: Ground, supplier: Supplier, n: int, now: datetime) -> Case:
    type_code, short, state, severity, used = SHAPES[n % len(SHAPES)]
    number, description, price = ITEMS[n % len(ITEMS)]
    item = make.ItemFactory.create(connection=world.erp, number=number, description=description)
    order = make.PurchaseOrderFactory.create(
        supplier=supplier, number=f"45000{10001 + n}", buyer="BEA", released_at=now - timedelta(days=4)
    )
    wanted = (now + timedelta(days=9 + n % 5)).date()
    line = make.OrderLineFactory.create(
        order=order,
        number="10",
        item=item,
        warehouse=world.warehouse,
        price=Decimal(price),
        quantity=Decimal(100 + 20 * (n % 4)),
        requested_on=wanted,
    )
    if short:
        make.offer(line, (line.quantity - short, wanted), at=now - timedelta(hours=3))
    amount = (Decimal(short) or line.quantity) * Decimal(price)
    headline = (
        f"{short} EA short: {line.quantity - short:f} of {line.quantity:f} offered, {description}"
        if short
        else f"No confirmation, {line.quantity:f} EA {description}"
    )
    case: Case = make.CaseFactory.create(
        number=f"EX-{20418 + n}",
        order=order,
        type_code=type_code,
        headline=headline,
        severity=severity,
        priority=LOSSES[severity] * 3 - n,
        amount=amount,
        expected_loss=LOSSES[severity],
        team=world.teams["PRO"],
        state=state,
        state_since=now - timedelta(hours=2),
        owner=None if state == CaseState.NEW else world.people["bea" if n % 3 else "paul"],
        opened_at=now - timedelta(hours=5, minutes=n),
        updated_at=now - timedelta(minutes=n),
    )
    make.CaseLineFactory.create(
        case=case, order_line=line, quantity=Decimal(short) or line.quantity, amount=amount
    )
    make.QueueEntryFactory.create(case=case)
    if short:
        make.QueueEntryFactory.create(case=case, team=world.teams["PLN"], role=QueueRole.TOLD)
    running = None if state == CaseState.WAITING_SUPPLIER else now
    make.ClockFactory.create(
        case=case,
        kind=ClockKind.RESOLVE,
        allowed_minutes=Decimal(960),
        used_minutes=Decimal(960 * used // 100),
        running_since=running,
        due_at=None if running is None else now + timedelta(minutes=960 * (100 - used) // 100),
        breached_at=now - timedelta(hours=2) if used > 100 else None,
    )
    record(
        "case.opened",
        at=case.opened_at,
        case=case,
        subject=("case", case.number),
        summary=f"opened: {headline}",
    )
    return case


def _tell_the_story(world: Ground, case: Case, now: datetime) -> None:
    """Give the first case what a real one has: its answer as a document, customer orders, talk."""
    line = case.lines.get().order_line
    assert line is not None
    assert line.item is not None
    bea, paul = world.people["bea"], world.people["paul"]
    make.StockLevelFactory.create(item=line.item, warehouse=world.warehouse, on_hand=Decimal(10))
    impact = impact_of_a_shortage(now=now)
    Case.objects.filter(pk=case.pk).update(impact=impact, expected_loss=Decimal(impact["expected_loss"]))
    for number, rank, quantity in (("SO-881", "A", 95), ("SO-882", "B", 15)):
        make.CustomerDemandFactory.create(
            item=line.item,
            warehouse=world.warehouse,
            order_number=number,
            customer=CUSTOMERS[number],
            customer_class=rank,
            open_quantity=Decimal(quantity),
            due_on=line.requested_on,
        )
    _receive_answer(world, case, line, now)
    for code, title in (("PLN", "Find cover for"), ("CSR", "Tell the customers of")):
        make.TaskFactory.create(
            case=case,
            team=world.teams[code],
            title=f"{title} SO-881, SO-882",
            facts=_shortfalls(line),
            created_at=now - timedelta(hours=4),
            due_at=now + timedelta(hours=4),
        )
    for actor, minutes, kind, summary in (
        (Actor(), 270, "clock.breached", "First response is overdue"),
        (Actor(person=paul), 200, "case.assigned", f"Assigned to {bea}"),
        (Actor(person=bea), 180, "case.started", f"{bea} began to work on it"),
        (Actor(person=bea), 90, "case.commented", "Nora says 18 more by mid December at the earliest."),
    ):
        record(
            kind,
            at=now - timedelta(minutes=minutes),
            case=case,
            subject=("case", case.number),
            summary=summary,
            actor=actor,
        )


def _shortfalls(line: OrderLine) -> dict[str, object]:
    orders = [
        {
            "order": number,
            "line": "1",
            "customer": CUSTOMERS[number],
            "class": rank,
            "due_on": f"{line.requested_on:%Y-%m-%d}",
            "quantity": quantity,
            "short": short,
        }
        for number, rank, quantity, short in (("SO-881", "A", "95", "3"), ("SO-882", "B", "15", "15"))
    ]
    item = {"item": line.item_number, "description": line.description, "warehouse": "KAS", "unit": "EA"}
    return {"items": [item | {"orders": orders}]}


def _receive_answer(world: Ground, case: Case, line: OrderLine, now: datetime) -> Document:
    """Leave the 855 behind the case: interchange, transaction and document."""
    said = now - timedelta(hours=3)
    assert case.order is not None
    body = (
        f"ST*855*0001~BAK*00*AC*{case.order.number}*{localtime(said):%Y%m%d}~"
        f"PO1*10*100*EA*182.4**BP*{line.item_number}~ACK*IQ*82*EA*067*{line.requested_on:%Y%m%d}~"
        "CTT*1~SE*6*0001~"
    )
    head = (
        "ISA*00*          *00*          *ZZ*SUP77          *ZZ*WESERLAND      "
        f"*{said:%y%m%d}*{said:%H%M}*U*00401*000005521*0*P*>~GS*PR*SUP77*WESERLAND*{said:%Y%m%d}*{said:%H%M}*5521*X*004010~"
    )
    payload = f"{head}{body}GE*1*5521~IEA*1*000005521~".encode()
    interchange = make.InterchangeFactory.create(
        connection=world.edi,
        payload=payload,
        file_name="nordmann-855-5521.edi",
        status="processed",
        verdict="accept",
        received_at=said,
        processed_at=said,
        envelope={
            "standard": "X12",
            "sender": "SUP77",
            "receiver": "WESERLAND",
            "control_number": "000005521",
        },
    )
    transaction = make.TransactionFactory.create(
        interchange=interchange,
        position=1,
        kind="855",
        verdict="accept",
        control_number="0001",
        offset_from=len(head),
        offset_to=len(head) + len(body),
    )
    content = Confirmation(
        order_number=case.order.number,
        version=DocumentVersion(said),
        lines=(
            ConfirmationLine(
                line_number="10",
                answers=(LineAnswer.CHANGED,),
                offered=(OfferedPart(Quantity(Decimal(82), "EA"), line.requested_on),),
                rule="IQ",
            ),
        ),
    )
    reference = make.OrderReferenceFactory.create(
        connection=world.erp, supplier_number=world.supplier.number, order_number=case.order.number
    )
    document: Document = make.DocumentFactory.create(
        kind="confirmation",
        connection=world.erp,
        supplier=world.supplier,
        key=f"855 {case.order.number}",
        first_said_at=said,
        transaction=transaction,
        content=to_builtins(content),
    )
    document.orders.add(reference)
    return document


def give_every_team_something(room: Showroom) -> None:
    """Add a case for every team, an invoice for finance and a message for integration; tasks and alerts."""
    world = room.world
    for code, case in zip(("WHS", "SUP", "CSR"), room.cases[3:6], strict=True):
        case.team, case.warehouse = world.teams[code], world.warehouse
        case.save()
        make.QueueEntryFactory.create(case=case)
    about_nothing = {"order": None, "company": world.company, "updated_at": room.cases[0].updated_at}
    invoice = make.CaseFactory.create(
        number="EX-20500",
        type_code="invoice_quantity",
        headline="Invoice INV-77: 120 EA billed, 118 received",
        subject_kind="invoice",
        group_key="erp/INV-77",
        document=make.DocumentHeadFactory.create(connection=world.erp, number="INV-77"),
        supplier=world.supplier,
        team=world.teams["FIN"],
        **about_nothing,
    )
    message = make.CaseFactory.create(
        number="EX-20501",
        type_code="unit_unknown",
        headline="A message could not be applied",
        subject_kind="message",
        group_key="edi/1",
        interchange=make.InterchangeFactory.create(connection=world.edi, file_name="855-000017.x12"),
        supplier=None,
        team=world.teams["EDI"],
        **about_nothing,
    )
    for case in (invoice, message):
        make.QueueEntryFactory.create(case=case)
    now = room.cases[0].updated_at
    for n in range(14):
        make.NotificationFactory.create(
            case=room.cases[n % 8], team=world.teams["PLN"], title=f"Less will come {n}", created_at=now
        )
    make.QueueEntryFactory.create(case=room.cases[6], team=world.teams["PLN"], role=QueueRole.TASK)
    make.TaskFactory.create(
        case=room.cases[6],
        team=world.teams["PLN"],
        title="Say which items matter most",
        created_at=now - timedelta(days=1),
        due_at=now - timedelta(hours=1),
    )
    for finding in range(3):
        make.ShadowFindingFactory.create(
            order=make.PurchaseOrderFactory.create(supplier=world.supplier, number=f"46000{finding}"),
            team=world.teams["WHS"],
            type_code="date_earlier",
            found_at=now,
        )
    make.RoutingRuleFactory.create(
        position=10,
        name="Large ones",
        team=world.teams["FIN"],
        condition={"all": [{"fact": "amount", "op": "above", "value": "5000"}]},
    )


def give_every_page_something(room: Showroom) -> None:
    """Add what the pages around the cases show: an incident decided on, mail, files, a loose receipt."""
    world, first = room.world, room.cases[0]
    make.WatchFactory.create(subject_id=room.cases[3].order_id, blind_since=room.cases[3].opened_at)
    make.InterchangeFactory.create(
        connection=world.edi,
        status="quarantined",
        file_name="broken.edi",
        findings=[{"code": "ISA_LENGTH", "text": "18 short.", "severity": "error", "way_out": "Ask."}],
    )
    for case, state, error in ((room.cases[1], "failed", "550 no such user"), (first, "sent", "")):
        make.SupplierMessageFactory.about(case, state=state, last_error=error)
    propose(
        first,
        resolution="split",
        inputs={"rest_on": f"{first.opened_at.year + 1}-01-15"},
        reason="As Nora said.",
        by=Actor(person=world.people["bea"]),
    )
    _write_rules(room)
    _bring_together(room, [case for case in room.cases[1:] if case.type_code == "quantity_short"][:4])
    line = ReceiptLine(
        order_number="45O0010001", line_number="10", received=Quantity(Decimal(82), "EA"), item="SK-40"
    )
    receipt = Receipt(
        number="GR-1", version=DocumentVersion(first.opened_at), received_on=localtime().date(), lines=(line,)
    )
    store.record(receipt, connection=world.erp, company=world.company, received_at=first.opened_at)


def _write_rules(room: Showroom) -> None:
    """Make a release of rules, and a draft that waits for review while a rule of it moved."""
    ada, anton = (make.UserFactory.create(username=name, is_superuser=True) for name in ("ada", "anton"))
    company = room.world.company
    tolerance = make.ToleranceRowFactory.create(
        company=company, type_code="price_mismatch", percent_state="value", percent=Decimal(2)
    )
    make.SeverityBandsFactory.create(company=company)
    releases.make_history(company, ada, anton, room.cases[0].opened_at)
    ToleranceRow.objects.filter(pk=tolerance.pk).update(percent=Decimal("1.25"))
    make.PolicyChangeFactory.create(draft__created_by=room.world.people["mona"])


def _bring_together(room: Showroom, cases: list[Case]) -> None:
    """Make one incident of the cases, with one decision for all of them that waits for Mona."""
    world = room.world
    incident = make.IncidentFactory.create(
        number="IN-1", supplier=world.supplier, type_code="quantity_short", cause="Strike at the mill"
    )
    bundle = make.BundleFactory.create(
        incident=incident,
        resolution="reduce_line",
        proposed_by=world.people["bea"],
        amount=sum(case.amount or Decimal(0) for case in cases[:3]),
    )
    for case in cases:
        case.incident, case.team, case.supplier = incident, world.teams["PRO"], world.supplier
        case.save()
    for case in cases[:3]:
        proposal = make.ProposalFactory.create(
            case=case,
            bundle=bundle,
            resolution="reduce_line",
            summary="Take what is offered",
            amount=case.amount,
            state="pending_approval",
            proposed_by=world.people["bea"],
        )
        line = make.ProposalLineFactory.create(case_line=case.lines.get(), proposal=proposal)
        before = values_of(line.order_line)
        taken = Quantity(line.order_line.quantity - line.case_line.quantity, before.quantity.unit)
        schedule = (replace(before.schedule[0], quantity=taken),)
        line.after = to_builtins(replace(before, quantity=taken, schedule=schedule))
        line.save()
        make.ApprovalNeedFactory.create(proposal=proposal)
    case = cases[0]
    make.ClockFactory.create(
        case=case, kind=ClockKind.SUPPLIER, due_at=case.opened_at, breached_at=case.opened_at
    )
