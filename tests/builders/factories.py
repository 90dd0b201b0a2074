"""Factories of all models: a valid row in a line, a believable world in one call.

`ground()` is the common ground of the golden scenarios: Weserland with its people, one supplier by EDI and an
ERP by file. `order_line(...)` and `offer(...)` leave the rows that a recorded order and answer would leave.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from erp_connectors.canonical import documents
from erp_connectors.canonical.codec import content_hash, to_builtins
from erp_connectors.canonical.commands import LineValues
from erp_connectors.canonical.documents import OfferedPart, OrderState
from erp_connectors.canonical.values import DocumentVersion, Price, Quantity, SchedulePart
from erp_connectors.companies import Company, Connection, ConnectionKind, Warehouse
from erp_connectors.documents.models import (
    CustomerDemand,
    Document,
    DocumentHead,
    Item,
    ItemName,
    ItemPack,
    KnownItem,
    LineMatch,
    OrderLine,
    OrderReference,
    PurchaseOrder,
    ShipmentNumber,
    StockLevel,
    Supplier,
)
from erp_connectors.documents.position import AnswerFact, LinePosition
from erp_connectors.exchange.models import (
    Command,
    ControlNumber,
    Correction,
    IdempotencyKey,
    Interchange,
    OutgoingFile,
    PartnerProfile,
    Quarantine,
    StreamState,
    Transaction,
    TransactionStatus,
)
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestProposal
from exceptions_app.cases.models import (
    AgreementRow,
    Case,
    CaseLine,
    Clock,
    ClockKind,
    ClockSegment,
    QueueEntry,
    QueueRole,
    Task,
)
from exceptions_app.detection.models import LookOver, Watch
from exceptions_app.incidents.models import Incident
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import (
    Absence,
    ApiToken,
    Delegation,
    Membership,
    Role,
    SavedView,
    Team,
    User,
)
from exceptions_app.performance.models import PriceObservation
from exceptions_app.policies import changes, matrix
from exceptions_app.policies.draft_models import Action, PolicyChange, PolicyDraft
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    PolicyRelease,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeMode,
    TypeSetting,
)
from exceptions_app.policies.shadow_models import DraftFinding, DraftShadow
from exceptions_app.proposals.models import (
    Answer,
    Approval,
    ApprovalNeed,
    Bundle,
    Decision,
    KeptApart,
    Proposal,
    ProposalLine,
)
from exceptions_app.routing.models import CaseRoute
from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.signing_in.models import BrowserSession, DirectoryGroup, DirectoryIdentity, SignInTry
from exceptions_app.sla.models import ClockFinding, FindingKind, Heartbeat
from suppliers.messaging.models import MessageCase, SupplierMessage
from suppliers.profiles import Contact, SupplierProfile

BERLIN = ZoneInfo("Europe/Berlin")
#: The moment most tests happen at: Tuesday 2026-11-24 10:00 in Berlin.
TUESDAY_TEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LAST_WEEK = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
PASSWORD = "right-the-line-26"


def berlin(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """Return the moment of `day` at `hour`:`minute` on the clocks of Berlin."""
    return datetime.combine(day, time(hour, minute), tzinfo=BERLIN)


# --- the organisation and its connections -------------------------------------------------------------------


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company
        django_get_or_create = ["code"]

    code = factory.Sequence(lambda n: f"company-{n}")
    name = factory.LazyAttribute(lambda company: company.code.title())
    currency = "EUR"
    time_zone = "Europe/Berlin"


class WarehouseFactory(DjangoModelFactory[Warehouse]):
    class Meta:
        model = Warehouse
        django_get_or_create = ["company", "code"]

    company = factory.SubFactory(CompanyFactory)
    code = "KAS"
    name = "Kassel"


class ConnectionFactory(DjangoModelFactory[Connection]):
    class Meta:
        model = Connection
        django_get_or_create = ["code"]

    company = factory.SubFactory(CompanyFactory)
    code = factory.Sequence(lambda n: f"erp-{n}")
    name = factory.LazyAttribute(lambda connection: f"ERP {connection.code}")
    kind = ConnectionKind.FILE_DROP
    time_zone = "Europe/Berlin"


class EdiConnectionFactory(ConnectionFactory):
    code = factory.Sequence(lambda n: f"edi-{n}")
    name = factory.LazyAttribute(lambda connection: f"EDI {connection.code}")
    kind = ConnectionKind.EDI


class StreamStateFactory(DjangoModelFactory[StreamState]):
    class Meta:
        model = StreamState
        django_get_or_create = ["connection", "stream"]

    connection = factory.SubFactory(ConnectionFactory)
    stream = "orders"
    watermark = TUESDAY_TEN
    last_success_at = TUESDAY_TEN


class InterchangeFactory(DjangoModelFactory[Interchange]):
    class Meta:
        model = Interchange

    connection = factory.SubFactory(EdiConnectionFactory)
    channel = "folder"
    payload = factory.Sequence(lambda n: f"ISA interchange {n}".encode())
    sha256 = factory.LazyAttribute(lambda interchange: content_hash(interchange.payload.decode()))
    size = factory.LazyAttribute(lambda interchange: len(interchange.payload))
    received_at = TUESDAY_TEN


class CorrectionFactory(DjangoModelFactory[Correction]):
    """A corrected copy of a message that was refused."""

    class Meta:
        model = Correction

    original = factory.SubFactory(InterchangeFactory, status="corrected")
    corrected = factory.SubFactory(
        InterchangeFactory, connection=factory.SelfAttribute("..original.connection")
    )
    diff = "-ACK*IQ*many*EA\n+ACK*IQ*82*EA"
    reason = "Typed wrong"
    made_by = "Ines Iversen"
    made_at = TUESDAY_TEN


class TransactionFactory(DjangoModelFactory[Transaction]):
    class Meta:
        model = Transaction

    interchange = factory.SubFactory(InterchangeFactory)
    position = factory.Sequence(lambda n: n)
    kind = "855"
    verdict = "accepted"
    status = TransactionStatus.APPLIED


class QuarantineFactory(DjangoModelFactory[Quarantine]):
    class Meta:
        model = Quarantine

    interchange = factory.SubFactory(InterchangeFactory)
    since = TUESDAY_TEN


class OutgoingFileFactory(DjangoModelFactory[OutgoingFile]):
    class Meta:
        model = OutgoingFile

    connection = factory.SubFactory(EdiConnectionFactory)
    kind = "997"
    file_name = factory.Sequence(lambda n: f"997-{n}.edi")
    payload = b"ISA"
    created_at = TUESDAY_TEN


class ControlNumberFactory(DjangoModelFactory[ControlNumber]):
    class Meta:
        model = ControlNumber

    connection = factory.SubFactory(EdiConnectionFactory)
    partner = "NORDMANN"


class IdempotencyKeyFactory(DjangoModelFactory[IdempotencyKey]):
    class Meta:
        model = IdempotencyKey

    caller = "token:1"
    key = factory.Sequence(lambda n: f"key-{n}")
    body_hash = "0" * 64
    status = 202
    answer: dict[str, Any] = {}
    created_at = TUESDAY_TEN


# --- people and policies ------------------------------------------------------------------------------------


class ReleaseFactory(DjangoModelFactory[PolicyRelease]):
    class Meta:
        model = PolicyRelease
        django_get_or_create = ["number"]

    number = 1
    title = "First policies"
    published_at = LAST_WEEK


class PolicyRowFactory(DjangoModelFactory[Any]):
    class Meta:
        abstract = True

    release = factory.SubFactory(ReleaseFactory)


class CalendarFactory(PolicyRowFactory):
    """Monday to Friday, 08:00 to 17:00 in Berlin, with the holidays of Hesse."""

    class Meta:
        model = Calendar
        django_get_or_create = ["code"]

    code = "kassel"
    name = "Kassel"
    zone = "Europe/Berlin"
    hours = factory.LazyFunction(lambda: {str(day): [["08:00", "17:00"]] for day in range(5)})
    country = "DE"
    subdivision = "HE"


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team
        django_get_or_create = ["company", "code"]

    company = factory.SubFactory(CompanyFactory)
    code = "PRO"
    name = factory.LazyAttribute(lambda team: TEAM_NAMES[team.code])
    calendar = factory.SubFactory(CalendarFactory)


TEAM_NAMES: dict[str, str] = {
    "PRO": "Procurement",
    "PLN": "Planning",
    "WHS": "Warehouse",
    "FIN": "Finance",
    "CSR": "Customer service",
    "SUP": "Supplier management",
    "EDI": "Integration",
}


@cache
def _hashed(password: str) -> str:
    return make_password(password)  # slow on purpose, so once


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        django_get_or_create = ["username"]
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    first_name = factory.LazyAttribute(lambda user: user.username.title())
    last_name = "Example"
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(lambda: _hashed(PASSWORD))


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership
        django_get_or_create = ["user", "team"]

    user = factory.SubFactory(UserFactory)
    team = factory.SubFactory(TeamFactory)
    role = Role.MEMBER
    limit = None


class AbsenceFactory(DjangoModelFactory[Absence]):
    """Away on the Tuesday of the tests."""

    class Meta:
        model = Absence

    person = factory.SubFactory(UserFactory)
    first_day = date(2026, 11, 23)
    last_day = date(2026, 11, 27)


class ApiTokenFactory(DjangoModelFactory[ApiToken]):
    class Meta:
        model = ApiToken

    name = "integration"
    company = factory.SubFactory(CompanyFactory)
    prefix = factory.Sequence(lambda n: f"rl_{n}")
    hashed = factory.Sequence(lambda n: content_hash(n))
    scopes = factory.LazyFunction(lambda: ["cases:read"])
    created_at = LAST_WEEK
    expires_at = LAST_WEEK + timedelta(days=365)


class DirectoryGroupFactory(DjangoModelFactory[DirectoryGroup]):
    class Meta:
        model = DirectoryGroup
        django_get_or_create = ["group", "team"]

    group = "finance"
    team = factory.SubFactory(TeamFactory)


class SavedViewFactory(DjangoModelFactory[SavedView]):
    class Meta:
        model = SavedView

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"View {n}")
    path = "/queue/"


class CompanyPolicyFactory(PolicyRowFactory):
    class Meta:
        model = CompanyPolicy
        django_get_or_create = ["company"]

    company = factory.SubFactory(CompanyFactory)
    calendar = factory.SubFactory(CalendarFactory)
    fallback_team = factory.SubFactory(TeamFactory, company=factory.SelfAttribute("..company"))


class ExchangeRateFactory(PolicyRowFactory):
    class Meta:
        model = ExchangeRate

    company = factory.SubFactory(CompanyFactory)
    currency = "USD"
    rate = Decimal("0.90")


class ToleranceRowFactory(PolicyRowFactory):
    class Meta:
        model = ToleranceRow

    type_code = "quantity_short"


class TermRowFactory(PolicyRowFactory):
    class Meta:
        model = TermRow


class ImpactDefaultsFactory(PolicyRowFactory):
    class Meta:
        model = ImpactDefaults

    handling_cost = Decimal(40)


class SeverityBandsFactory(PolicyRowFactory):
    class Meta:
        model = SeverityBands

    medium = Decimal(100)
    high = Decimal(500)
    critical = Decimal(2500)


class TypeSettingFactory(PolicyRowFactory):
    class Meta:
        model = TypeSetting

    type_code = "quantity_short"
    mode = TypeMode.OFF


class RoutingRuleFactory(PolicyRowFactory):
    class Meta:
        model = RoutingRule

    position = factory.Sequence(lambda n: n)
    name = factory.LazyAttribute(lambda rule: f"Rule {rule.position}")
    team = factory.SubFactory(TeamFactory)


class ResponsibilityFactory(PolicyRowFactory):
    class Meta:
        model = Responsibility

    team = factory.SubFactory(TeamFactory)
    person = factory.SubFactory(UserFactory)


class ServiceLevelRowFactory(PolicyRowFactory):
    class Meta:
        model = ServiceLevelRow

    type_code = "quantity_short"
    respond_hours = Decimal(4)
    resolve_hours = Decimal(16)


class EscalationStepFactory(PolicyRowFactory):
    class Meta:
        model = EscalationStep
        django_get_or_create = ["team", "side", "level"]

    team = factory.SubFactory(TeamFactory)
    side = "ours"
    level = 1


class ClockWarningFactory(PolicyRowFactory):
    class Meta:
        model = ClockWarning


class SupplierTimeRowFactory(PolicyRowFactory):
    class Meta:
        model = SupplierTimeRow

    answer_hours = Decimal(16)
    remind_every_hours = Decimal(8)


def steps_asking(asks: str) -> list[dict[str, Any]]:
    """Return whom a rule asks, written as people write it, as a row keeps it."""
    return matrix.kept_steps(matrix.read_steps(asks))


class ApprovalRuleFactory(PolicyRowFactory):
    """Short by more than 10 percent: planning too (TAXONOMY, quantity_short)."""

    class Meta:
        model = ApprovalRule

    class Params:
        asks = "PLN"

    name = "Short by more than 10 %"
    type_code = "quantity_short"
    percent_above = Decimal(10)
    steps = factory.LazyAttribute(lambda rule: steps_asking(rule.asks))


class TaskTemplateFactory(PolicyRowFactory):
    class Meta:
        model = TaskTemplate

    type_code = "quantity_short"
    team_code = "PLN"
    title = "Cover customer orders"


class MessageTemplateFactory(PolicyRowFactory):
    class Meta:
        model = MessageTemplate

    inquiry = "confirmation"
    language = "en"
    subject = "Confirm {order}"
    body = "Please confirm:\n{lines}\n{person}"
    line = "{line}: {ordered}"


class PolicyDraftFactory(DjangoModelFactory[PolicyDraft]):
    """A draft that somebody began to write."""

    class Meta:
        model = PolicyDraft

    title = "Wider tolerances"
    reason = "Agreed with Nordmann in November."
    created_at = LAST_WEEK
    created_by = factory.SubFactory(UserFactory)
    changed_at = LAST_WEEK


class PolicyChangeFactory(DjangoModelFactory[PolicyChange]):
    """Another tolerance, to be added."""

    class Meta:
        model = PolicyChange

    draft = factory.SubFactory(PolicyDraftFactory)
    table = "tolerancerow"
    action = Action.ADD
    after = factory.LazyFunction(lambda: changes.values_of(ToleranceRowFactory.build()))
    changed_at = LAST_WEEK
    changed_by = factory.SelfAttribute("draft.created_by")


class BacktestFactory(DjangoModelFactory[Backtest]):
    """A backtest of the week before, that is done and found nothing."""

    class Meta:
        model = Backtest

    draft = factory.SubFactory(PolicyDraftFactory)
    version = 1
    since = LAST_WEEK
    until = TUESDAY_TEN
    status = "done"
    asked_at = TUESDAY_TEN


class BacktestCaseFactory(DjangoModelFactory[BacktestCase]):
    """A case that would not have opened."""

    class Meta:
        model = BacktestCase

    backtest = factory.SubFactory(BacktestFactory)
    company = factory.SubFactory(CompanyFactory)
    type_code = "price_mismatch"
    number = factory.Sequence(lambda n: f"45{n:08}")
    effects = factory.LazyFunction(lambda: ["not_opened"])
    headline = "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)"
    team = "Procurement"
    amount = Decimal("-340.00")
    expected_loss = Decimal("-365.00")
    live = factory.LazyFunction(
        lambda: {
            "opened_at": TUESDAY_TEN.isoformat(),
            "closed_at": None,
            "reason": "",
            "headline": "Confirmed at 12.84 EUR",
            "lines": ["10"],
            "amount": "340.00",
            "expected_loss": "365.00",
            "severity": 2,
            "team": "Procurement",
            "due_at": None,
            "is_overdue": False,
            "level": 0,
        }
    )


class BacktestProposalFactory(DjangoModelFactory[BacktestProposal]):
    """A proposal that would need finance too."""

    class Meta:
        model = BacktestProposal

    backtest = factory.SubFactory(BacktestFactory)
    proposal = factory.SubFactory("tests.builders.factories.ProposalFactory")
    company = factory.SelfAttribute("proposal.case.company")
    effect = "needs_more"
    amount = factory.SelfAttribute("proposal.amount")
    live = factory.LazyFunction(lambda: ["Procurement: limit of 3,283.20 EUR or more"])
    tried = factory.LazyFunction(
        lambda: ["Procurement: limit of 3,283.20 EUR or more", "Finance: Large decisions"]
    )


class DraftShadowFactory(DjangoModelFactory[DraftShadow]):
    """A draft in shadow on everything."""

    class Meta:
        model = DraftShadow

    draft = factory.SubFactory(PolicyDraftFactory)
    version = 1
    changes = factory.LazyFunction(list)
    began_at = TUESDAY_TEN


class DraftFindingFactory(DjangoModelFactory[DraftFinding]):
    """A case a draft in shadow would not open."""

    class Meta:
        model = DraftFinding

    shadow = factory.SubFactory(DraftShadowFactory)
    company = factory.SubFactory(CompanyFactory)
    effect = "not_opened"
    type_code = "price_mismatch"
    subject_kind = "order"
    subject_id = factory.Sequence(lambda n: n)
    key = "price_mismatch:10"
    headline = "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)"
    amount = Decimal("340.00")
    expected_loss = Decimal("365.00")
    live = factory.LazyFunction(lambda: {"severity": 2, "team": "Procurement"})
    found_at = TUESDAY_TEN
    updated_at = TUESDAY_TEN


# --- the mirror ---------------------------------------------------------------------------------------------


class SupplierFactory(DjangoModelFactory[Supplier]):
    class Meta:
        model = Supplier
        django_get_or_create = ["connection", "number"]

    connection = factory.SubFactory(ConnectionFactory)
    company = factory.SelfAttribute("connection.company")
    number = factory.Sequence(lambda n: f"{70000 + n}")
    name = factory.LazyAttribute(lambda supplier: f"Supplier {supplier.number}")
    tier = "B"
    email = factory.LazyAttribute(lambda supplier: f"orders-{supplier.number}@example.com")


class SupplierProfileFactory(DjangoModelFactory[SupplierProfile]):
    class Meta:
        model = SupplierProfile

    supplier = factory.SubFactory(SupplierFactory)


class ContactFactory(DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    supplier = factory.SubFactory(SupplierFactory)
    name = "Nora Nordmann"
    email = "nora@example.com"


class PartnerProfileFactory(DjangoModelFactory[PartnerProfile]):
    class Meta:
        model = PartnerProfile

    connection = factory.SubFactory(EdiConnectionFactory)
    supplier = factory.SubFactory(SupplierFactory)
    name = factory.LazyAttribute(lambda profile: profile.supplier.name)
    their_qualifier = "ZZ"
    their_id = factory.LazyAttribute(lambda profile: f"SUP{profile.supplier.number}")
    our_qualifier = "ZZ"
    our_id = "WESERLAND"


class ItemFactory(DjangoModelFactory[Item]):
    class Meta:
        model = Item
        django_get_or_create = ["connection", "number"]

    connection = factory.SubFactory(ConnectionFactory)
    number = factory.Sequence(lambda n: f"ITEM-{n}")
    description = factory.LazyAttribute(lambda item: f"Article {item.number}")
    base_unit = "EA"
    category = "seals"
    abc_class = "B"


class ItemPackFactory(DjangoModelFactory[ItemPack]):
    class Meta:
        model = ItemPack

    item = factory.SubFactory(ItemFactory)
    unit = "CS"
    factor = Decimal(12)


class ItemNameFactory(DjangoModelFactory[ItemName]):
    class Meta:
        model = ItemName

    item = factory.SubFactory(ItemFactory)
    supplier_number = "70001"
    number = factory.Sequence(lambda n: f"THEIRS-{n}")


class DocumentFactory(DjangoModelFactory[Document]):
    class Meta:
        model = Document

    kind = documents.DocumentKind.PURCHASE_ORDER.value
    connection = factory.SubFactory(ConnectionFactory)
    company = factory.SelfAttribute("connection.company")
    key = factory.Sequence(lambda n: f"document-{n}")
    first_said_at = LAST_WEEK
    said_at = factory.SelfAttribute("first_said_at")
    content: dict[str, Any] = {}
    content_hash = factory.LazyAttribute(lambda document: content_hash(document.content))
    recorded_at = factory.SelfAttribute("said_at")


class DocumentHeadFactory(DjangoModelFactory[DocumentHead]):
    """An invoice by itself, with its document."""

    class Meta:
        model = DocumentHead

    connection = factory.SubFactory(ConnectionFactory)
    company = factory.SelfAttribute("connection.company")
    kind = documents.DocumentKind.INVOICE.value
    number = factory.Sequence(lambda n: f"INV-{n}")
    key = factory.SelfAttribute("number")
    document = factory.SubFactory(
        DocumentFactory,
        connection=factory.SelfAttribute("..connection"),
        kind=factory.SelfAttribute("..kind"),
        key=factory.SelfAttribute("..key"),
    )
    first_said_at = LAST_WEEK
    total = Decimal("1190.00")
    currency = "EUR"


class OrderReferenceFactory(DjangoModelFactory[OrderReference]):
    class Meta:
        model = OrderReference
        django_get_or_create = ["connection", "supplier_number", "order_number"]

    connection = factory.SubFactory(ConnectionFactory)
    supplier_number = "70001"
    order_number = factory.Sequence(lambda n: f"45000{n:05}")


class ShipmentNumberFactory(DjangoModelFactory[ShipmentNumber]):
    class Meta:
        model = ShipmentNumber

    document = factory.SubFactory(DocumentFactory, kind=documents.DocumentKind.SHIP_NOTICE.value)
    connection = factory.SelfAttribute("document.connection")
    number = factory.Sequence(lambda n: f"SHIP-{n}")


class LineMatchFactory(DjangoModelFactory[LineMatch]):
    """Somebody said that the first line of an invoice is line 10 of an order."""

    class Meta:
        model = LineMatch

    supplier = factory.SubFactory(SupplierFactory)
    connection = factory.SelfAttribute("supplier.connection")
    kind = documents.DocumentKind.INVOICE.value
    key = factory.Sequence(lambda n: f"INV-{n}")
    line = 1
    words = factory.LazyFunction(lambda: {"item": "SEAL-KIT"})
    order_number = "4500010001"
    line_number = "10"
    made_by = "Finn Example"
    made_at = TUESDAY_TEN


class KnownItemFactory(DjangoModelFactory[KnownItem]):
    class Meta:
        model = KnownItem

    supplier = factory.SubFactory(SupplierFactory)
    connection = factory.SelfAttribute("supplier.connection")
    scheme = "supplier"
    number = factory.Sequence(lambda n: f"THEIRS-{n}")
    item_number = "SEAL-KIT"
    made_by = "Finn Example"
    made_at = TUESDAY_TEN


class PurchaseOrderFactory(DjangoModelFactory[PurchaseOrder]):
    """A released order without lines, with its references and its document."""

    class Meta:
        model = PurchaseOrder
        skip_postgeneration_save = True

    supplier = factory.SubFactory(SupplierFactory)
    connection = factory.SelfAttribute("supplier.connection")
    company = factory.SelfAttribute("supplier.company")
    number = factory.Sequence(lambda n: f"45000{n:05}")
    state = OrderState.RELEASED.value
    currency = factory.SelfAttribute("company.currency")
    released_at = LAST_WEEK
    document = factory.SubFactory(
        DocumentFactory,
        connection=factory.SelfAttribute("..connection"),
        supplier=factory.SelfAttribute("..supplier"),
        key=factory.SelfAttribute("..number"),
        first_said_at=factory.SelfAttribute("..released_at"),
    )

    @factory.post_generation
    def reference(self: PurchaseOrder, create: bool, extracted: object, **options: Any) -> None:
        for supplier_number in ("", self.supplier.number):
            self.document.orders.add(
                OrderReferenceFactory.create(
                    connection=self.connection, supplier_number=supplier_number, order_number=self.number
                )
            )


class PriceObservationFactory(DjangoModelFactory[PriceObservation]):
    """An order of 10,000.00 confirmed 0.8 % dearer."""

    class Meta:
        model = PriceObservation

    order = factory.SubFactory(PurchaseOrderFactory)
    supplier = factory.SelfAttribute("order.supplier")
    said_at = TUESDAY_TEN
    ordered = Decimal(10_000)
    difference = Decimal(80)
    currency = "EUR"


class OrderLineFactory(DjangoModelFactory[OrderLine]):
    """A line with the position an unanswered order has; `offer` gives it an answer."""

    class Meta:
        model = OrderLine

    order = factory.SubFactory(PurchaseOrderFactory)
    number = factory.Sequence(lambda n: str((n + 1) * 10))
    item = factory.SubFactory(ItemFactory, connection=factory.SelfAttribute("..order.connection"))
    item_number = factory.SelfAttribute("item.number")
    description = factory.SelfAttribute("item.description")
    warehouse = factory.SubFactory(WarehouseFactory, company=factory.SelfAttribute("..order.company"))
    quantity = Decimal(100)
    unit = "EA"
    price = Decimal("182.40")
    price_per = Decimal(1)
    cancelled = False
    requested_on = date(2026, 12, 2)
    position = factory.LazyAttribute(lambda line: to_builtins(_unanswered(line)))


def _unanswered(line: Any) -> LinePosition:
    order = line.order
    quantity = Quantity(line.quantity, line.unit)
    return LinePosition(
        order_number=order.number,
        currency=order.currency,
        state=OrderState(order.state),
        order_version=DocumentVersion(order.document.said_at, order.document.revision),
        line=documents.OrderLine(
            number=line.number,
            item=line.item_number,
            quantity=quantity,
            price=None if line.price is None else Price(line.price, order.currency, line.price_per),
            schedule=(SchedulePart(quantity, line.requested_on),),
            description=line.description,
            warehouse=line.warehouse.code if line.warehouse else None,
            cancelled=line.cancelled,
        ),
        unchanged_since=order.document.said_at,
        released_at=order.released_at,
    )


def offer(
    line: OrderLine,
    *parts: tuple[Decimal | int | str, date | None],
    at: datetime = TUESDAY_TEN,
    **answer: Any,
) -> OrderLine:
    """Leave what a recorded answer leaves on `line`: `parts` are (quantity, date) in the unit of the line.

    `answer` are more fields of the AnswerFact. No parts: nothing is offered. The first answer stays.
    """
    fact = AnswerFact(
        **{
            "version": DocumentVersion(at),
            "first_said_at": at,
            "offered": tuple(OfferedPart(Quantity(Decimal(value), line.unit), day) for value, day in parts),
            **answer,
        }
    )
    position = line.position | {"answer": to_builtins(fact)}
    if line.answered_at is None:
        line.answered_at = at
        position |= {
            "answered_at": to_builtins(at),
            "first_promise": to_builtins(fact.offered),
        }
    line.position = position
    line.save()
    return line


def change_line(
    line: OrderLine, *parts: tuple[Decimal | int | str, date], at: datetime = TUESDAY_TEN
) -> OrderLine:
    """Leave what a new revision of the order leaves: the line scheduled as `parts`."""
    schedule = tuple(SchedulePart(Quantity(Decimal(value), line.unit), day) for value, day in parts)
    line.quantity = sum((part.quantity.value for part in schedule), Decimal(0))
    line.requested_on = schedule[0].date
    ordered = line.position["line"] | {
        "quantity": to_builtins(Quantity(line.quantity, line.unit)),
        "schedule": to_builtins(schedule),
    }
    line.position = line.position | {
        "line": ordered,
        "order_version": to_builtins(DocumentVersion(at)),
        "unchanged_since": to_builtins(at),
    }
    line.save()
    return line


def values_of(line: OrderLine) -> LineValues:
    """Return the values of `line` that a command may change, as the ERP has them now."""
    quantity = Quantity(line.quantity, line.unit)
    return LineValues(
        quantity=quantity,
        schedule=(SchedulePart(quantity, line.requested_on or date(2026, 12, 2)),),
        price=None if line.price is None else Price(line.price, line.order.currency, line.price_per),
        cancelled=line.cancelled,
    )


class StockLevelFactory(DjangoModelFactory[StockLevel]):
    class Meta:
        model = StockLevel

    item = factory.SubFactory(ItemFactory)
    warehouse = factory.SubFactory(
        WarehouseFactory, company=factory.SelfAttribute("..item.connection.company")
    )
    on_hand = Decimal(10)
    unit = factory.SelfAttribute("item.base_unit")
    as_of = TUESDAY_TEN


class CustomerDemandFactory(DjangoModelFactory[CustomerDemand]):
    class Meta:
        model = CustomerDemand

    connection = factory.SelfAttribute("item.connection")
    order_number = factory.Sequence(lambda n: f"SO-{n}")
    line_number = "1"
    customer = "Customer"
    customer_class = "A"
    item = factory.SubFactory(ItemFactory)
    warehouse = factory.SubFactory(
        WarehouseFactory, company=factory.SelfAttribute("..item.connection.company")
    )
    open_quantity = Decimal(95)
    unit = factory.SelfAttribute("item.base_unit")
    due_on = date(2026, 12, 3)


class CommandFactory(DjangoModelFactory[Command]):
    class Meta:
        model = Command

    order = factory.SubFactory(PurchaseOrderFactory)
    connection = factory.SelfAttribute("order.connection")
    kind = "split_schedule"
    content: dict[str, Any] = {}
    authorisation = factory.LazyFunction(lambda: {"kind": "within_limit", "release": 1})
    created_at = TUESDAY_TEN


# --- cases, decisions and the rest --------------------------------------------------------------------------


class WatchFactory(DjangoModelFactory[Watch]):
    class Meta:
        model = Watch

    subject_kind = "order"
    subject_id = factory.Sequence(lambda n: n)
    due_at = TUESDAY_TEN


class LookOverFactory(DjangoModelFactory[LookOver]):
    class Meta:
        model = LookOver

    asked_at = LAST_WEEK


class CaseFactory(DjangoModelFactory[Case]):
    """A new shortage of one order, owned by procurement, without lines."""

    class Meta:
        model = Case

    number = factory.Sequence(lambda n: f"EX-F{n}")
    order = factory.SubFactory(PurchaseOrderFactory)
    supplier = factory.SelfAttribute("order.supplier")
    company = factory.SelfAttribute("order.company")
    type_code = "quantity_short"
    subject_id = factory.LazyAttribute(lambda case: case.order.pk if case.order else None)
    group_key = factory.LazyAttribute(lambda case: f"order:{case.order.pk}")
    headline = factory.LazyAttribute(lambda case: f"18 EA short on {case.order.number}")
    state_since = TUESDAY_TEN
    severity = 3
    priority = Decimal("3283.20")
    amount = Decimal("3283.20")
    expected_loss = Decimal("321.14")
    team = factory.SubFactory(TeamFactory, company=factory.SelfAttribute("..company"))
    release = factory.SubFactory(ReleaseFactory)
    opened_at = TUESDAY_TEN
    updated_at = TUESDAY_TEN


class CaseLineFactory(DjangoModelFactory[CaseLine]):
    class Meta:
        model = CaseLine

    case = factory.SubFactory(CaseFactory)
    order_line = factory.SubFactory(OrderLineFactory, order=factory.SelfAttribute("..case.order"))
    line_number = factory.SelfAttribute("order_line.number")
    key = factory.LazyAttribute(lambda line: f"{line.case.type_code}:{line.case.order.pk}:{line.line_number}")
    quantity = Decimal(18)
    unit = "EA"
    amount = Decimal("3283.20")
    currency = "EUR"
    release = factory.SubFactory(ReleaseFactory)
    opened_at = TUESDAY_TEN


class QueueEntryFactory(DjangoModelFactory[QueueEntry]):
    class Meta:
        model = QueueEntry

    case = factory.SubFactory(CaseFactory)
    team = factory.SelfAttribute("case.team")
    role = QueueRole.OWNER
    priority = factory.SelfAttribute("case.priority")


class ClockFactory(DjangoModelFactory[Clock]):
    class Meta:
        model = Clock

    case = factory.SubFactory(CaseFactory)
    kind = ClockKind.RESPOND
    calendar = factory.SubFactory(CalendarFactory)
    release = factory.SubFactory(ReleaseFactory)
    base_minutes = Decimal(240)
    allowed_minutes = Decimal(240)
    stopped_at = None
    running_since = factory.LazyAttribute(lambda clock: None if clock.stopped_at else TUESDAY_TEN)
    due_at = TUESDAY_TEN + timedelta(hours=4)
    sweep_at = factory.SelfAttribute("due_at")


class ClockSegmentFactory(DjangoModelFactory[ClockSegment]):
    class Meta:
        model = ClockSegment

    clock = factory.SubFactory(ClockFactory)
    calendar = factory.SelfAttribute("clock.calendar")
    started_at = TUESDAY_TEN


class ClockFindingFactory(DjangoModelFactory[ClockFinding]):
    class Meta:
        model = ClockFinding

    clock = factory.SubFactory(ClockFactory)
    case = factory.SelfAttribute("clock.case")
    kind = FindingKind.DUE
    words = "It is due an hour too late."
    found_at = TUESDAY_TEN


class HeartbeatFactory(DjangoModelFactory[Heartbeat]):
    class Meta:
        model = Heartbeat

    name = factory.Sequence(lambda n: f"sweep-{n}")
    beaten_at = TUESDAY_TEN


class CaseRouteFactory(DjangoModelFactory[CaseRoute]):
    class Meta:
        model = CaseRoute

    case = factory.SubFactory(CaseFactory)
    facts = factory.LazyFunction(lambda: {"severity": 3})
    team_words = "No rule says otherwise: it belongs to procurement."
    release = factory.SubFactory(ReleaseFactory)
    routed_at = TUESDAY_TEN


class IncidentFactory(DjangoModelFactory[Incident]):
    class Meta:
        model = Incident

    number = factory.Sequence(lambda n: f"I-{n:06}")
    supplier = factory.SubFactory(SupplierFactory)
    company = factory.SelfAttribute("supplier.connection.company")
    type_code = "date_later"
    suggested_at = TUESDAY_TEN
    joined_at = TUESDAY_TEN


class OverrideFactory(DjangoModelFactory[Override]):
    class Meta:
        model = Override

    case = factory.SubFactory(CaseFactory)
    kind = "position"
    words = "Line 10: 90 EA received, not 80 EA"
    before = factory.LazyFunction(lambda: {"fact": "received", "line": "10", "said": "80 EA"})
    after = factory.LazyFunction(
        lambda: {"fact": "received", "line": "10", "quantity": "90", "unit": "EA", "on": "2026-11-24"}
    )
    reason = "I counted them."
    made_by = factory.SubFactory(UserFactory)
    made_by_name = "Paul Example"
    made_at = TUESDAY_TEN


class AgreementRowFactory(DjangoModelFactory[AgreementRow]):
    class Meta:
        model = AgreementRow

    order_line = factory.SubFactory(OrderLineFactory)
    key = "quantity_short:1:10"
    type_code = "quantity_short"
    kind = "accepted"
    state = "active"
    before = factory.LazyAttribute(lambda row: to_builtins(values_of(row.order_line)))
    after = factory.LazyAttribute(lambda row: to_builtins(values_of(row.order_line)))
    quantity = Decimal(18)
    made_at = TUESDAY_TEN


class ShadowFindingFactory(DjangoModelFactory[ShadowFinding]):
    """A shortage that a type in shadow found: 18 of 100, still so."""

    class Meta:
        model = ShadowFinding

    order = factory.SubFactory(PurchaseOrderFactory)
    company = factory.SelfAttribute("order.company")
    supplier = factory.SelfAttribute("order.supplier")
    type_code = "quantity_short"
    subject_kind = "order"
    subject_id = factory.SelfAttribute("order.pk")
    group_key = factory.LazyAttribute(lambda finding: f"erp/{finding.order.number}")
    key = "quantity_short:10"
    line_number = "10"
    headline = factory.LazyAttribute(lambda finding: f"18 EA short on {finding.order.number}")
    quantity = Decimal(18)
    unit = "EA"
    amount = Decimal("3283.20")
    currency = "EUR"
    at_risk = Decimal("3283.20")
    severity = 3
    team = factory.SubFactory(TeamFactory, company=factory.SelfAttribute("..company"))
    release = factory.SubFactory(ReleaseFactory)
    found_at = TUESDAY_TEN
    updated_at = factory.SelfAttribute("found_at")


class TaskFactory(DjangoModelFactory[Task]):
    class Meta:
        model = Task

    case = factory.SubFactory(CaseFactory)
    team = factory.SubFactory(TeamFactory, code="PLN", company=factory.SelfAttribute("..case.company"))
    title = "Cover customer orders"
    created_at = TUESDAY_TEN
    due_at = TUESDAY_TEN + timedelta(hours=8)


class ProposalFactory(DjangoModelFactory[Proposal]):
    class Meta:
        model = Proposal
        skip_postgeneration_save = True

    case = factory.SubFactory(CaseFactory)
    resolution = "split"
    summary = "82 now, 18 on 2026-12-16"
    amount = Decimal("3283.20")
    percent = Decimal(18)
    proposed_by = factory.SubFactory(UserFactory)
    release = factory.SubFactory(ReleaseFactory)
    created_at = TUESDAY_TEN


class BundleFactory(DjangoModelFactory[Bundle]):
    class Meta:
        model = Bundle

    incident = factory.SubFactory(IncidentFactory)
    resolution = "accept_date"
    amount = Decimal("3283.20")
    proposed_by = factory.SubFactory(UserFactory)
    created_at = TUESDAY_TEN


class ProposalLineFactory(DjangoModelFactory[ProposalLine]):
    class Meta:
        model = ProposalLine

    case_line = factory.SubFactory(CaseLineFactory)
    proposal = factory.SubFactory(ProposalFactory, case=factory.SelfAttribute("..case_line.case"))
    order_line = factory.SelfAttribute("case_line.order_line")
    before = factory.LazyAttribute(lambda row: to_builtins(values_of(row.order_line)))
    after = factory.LazyAttribute(lambda row: to_builtins(values_of(row.order_line)))


class DelegationFactory(DjangoModelFactory[Delegation]):
    """A week from the Tuesday of the scenarios on."""

    class Meta:
        model = Delegation
        skip_postgeneration_save = True

    person = factory.SubFactory(UserFactory)
    delegate = factory.SubFactory(UserFactory)
    first_day = date(2026, 11, 24)
    last_day = date(2026, 11, 30)
    made_at = TUESDAY_TEN


class ApprovalNeedFactory(DjangoModelFactory[ApprovalNeed]):
    class Meta:
        model = ApprovalNeed

    proposal = factory.SubFactory(ProposalFactory)
    label = "Procurement, limit 3,283.20"
    team = factory.SelfAttribute("proposal.case.team")
    place = factory.Sequence(int)


class ApprovalFactory(DjangoModelFactory[Approval]):
    class Meta:
        model = Approval

    need = factory.SubFactory(ApprovalNeedFactory)
    person = factory.SubFactory(UserFactory)
    decision = Decision.APPROVED
    values_hash = "0" * 64
    decided_at = TUESDAY_TEN


class AnswerFactory(DjangoModelFactory[Answer]):
    class Meta:
        model = Answer

    question = factory.SubFactory(ApprovalFactory, decision=Decision.ASKED)
    person = factory.SelfAttribute("question.need.proposal.proposed_by")
    words = "Their price list of this quarter says so."
    said_at = TUESDAY_TEN


class KeptApartFactory(DjangoModelFactory[KeptApart]):
    """The buyer of an order, who asks for its price increase."""

    class Meta:
        model = KeptApart

    proposal = factory.SubFactory(ProposalFactory)
    person = factory.SelfAttribute("proposal.proposed_by")
    pair = "buyer_and_price"


class BrowserSessionFactory(DjangoModelFactory[BrowserSession]):
    class Meta:
        model = BrowserSession

    session_key = factory.Sequence("session-{}".format)
    session_data = "empty"
    expire_date = TUESDAY_TEN + timedelta(days=1)
    person = factory.SubFactory(UserFactory)
    since = TUESDAY_TEN
    last_seen_at = TUESDAY_TEN
    address = "192.0.2.7"
    device = "Firefox on Linux"


class SignInTryFactory(DjangoModelFactory[SignInTry]):
    class Meta:
        model = SignInTry

    name = "a hash"
    address = "192.0.2.7"
    at = TUESDAY_TEN


class DirectoryIdentityFactory(DjangoModelFactory[DirectoryIdentity]):
    class Meta:
        model = DirectoryIdentity

    issuer = "https://directory.example"
    subject = factory.Sequence("subject-{}".format)
    person = factory.SubFactory(UserFactory)


class NotificationFactory(DjangoModelFactory[Notification]):
    class Meta:
        model = Notification
        skip_postgeneration_save = True

    case = factory.SubFactory(CaseFactory)
    team = factory.SelfAttribute("case.team")
    kind = NotificationKind.ALERT
    title = "Short"
    created_at = TUESDAY_TEN


class SupplierMessageFactory(DjangoModelFactory[SupplierMessage]):
    """A message that waits to be sent; `SupplierMessageFactory.about(case)` is about a case."""

    class Meta:
        model = SupplierMessage

    supplier = factory.SubFactory(SupplierFactory)
    company = factory.SelfAttribute("supplier.company")
    inquiry = "missing_quantity"
    language = "en"
    sender_name = "Bea Example, Weserland"
    recipients = factory.LazyAttribute(lambda message: [message.supplier.email])
    subject = "Missing quantity on order 4500010001"
    body = "Dear Sir or Madam,\n\nwhen do the 18 EA come?"
    asked_by = "bea"
    created_at = TUESDAY_TEN
    queued_at = factory.SelfAttribute("created_at")
    due_at = factory.SelfAttribute("created_at")
    message_id = factory.Sequence(lambda n: f"<message-{n}@example.com>")

    @classmethod
    def about(cls, *cases: Case, **values: Any) -> SupplierMessage:
        """Make a message about some cases of one supplier."""
        message: SupplierMessage = cls.create(supplier=cases[0].supplier, **values)
        for case in cases:
            MessageCaseFactory.create(message=message, case_number=case.number)
        return message


class MessageCaseFactory(DjangoModelFactory[MessageCase]):
    class Meta:
        model = MessageCase

    message = factory.SubFactory(SupplierMessageFactory)
    case_number = factory.Sequence(lambda n: f"EX-{n}")


# --- worlds -------------------------------------------------------------------------------------------------

ERP_STREAMS = ("orders", "receipts", "invoices", "stock", "demand", "suppliers", "items")
EDI_STREAMS = ("confirmations", "ship_notices")


@dataclass(kw_only=True)
class Ground:
    """The common ground of the scenarios; `people` by their short names (bea, paul, mona, pia ...)."""

    company: Company
    warehouse: Warehouse
    calendar: Calendar
    erp: Connection
    edi: Connection
    supplier: Supplier
    teams: dict[str, Team]
    people: dict[str, User] = field(default_factory=dict)


PEOPLE = (
    # name, team, role, limit
    ("bea", "PRO", Role.MEMBER, "2500"),
    ("paul", "PRO", Role.LEAD, "25000"),
    ("mona", "PRO", Role.MANAGER, "250000"),
    ("pia", "PLN", Role.MEMBER, None),
    ("finn", "FIN", Role.MEMBER, "2500"),
    ("fritz", "FIN", Role.MEMBER, "2500"),
    ("wade", "WHS", Role.MEMBER, None),
    ("cora", "CSR", Role.MEMBER, None),
    ("sam", "SUP", Role.MEMBER, None),
    ("ed", "EDI", Role.MEMBER, None),
)


def ground(code: str = "weserland", *, supplier_number: str = "77") -> Ground:
    """Make a company with all teams and people, its ERP and EDI, and the supplier Nordmann Dichtungen.

    A second company takes another `code`; its people are named after it (bea-<code>). Streams are current
    at TUESDAY_TEN (`see_until` moves them).
    """
    company = CompanyFactory.create(code=code)
    calendar = CalendarFactory.create()
    release = ReleaseFactory.create()
    teams = {
        team.code: team
        for team in Team.objects.bulk_create(
            TeamFactory.build(company=company, code=team, calendar=calendar) for team in TEAM_NAMES
        )
    }
    CompanyPolicyFactory.create(company=company, calendar=calendar, fallback_team=teams["PRO"])
    EscalationStep.objects.bulk_create(
        EscalationStepFactory.build(team=team, release=release) for team in teams.values()
    )
    if not ApprovalRule.objects.exists():
        ApprovalRuleFactory.create()
    erp = ConnectionFactory.create(company=company, code=f"{code}-erp")
    edi = EdiConnectionFactory.create(company=company, code=f"{code}-edi")
    supplier = SupplierFactory.create(
        connection=erp, number=supplier_number, name="Nordmann Dichtungen", tier="A", buyer="BEA"
    )
    SupplierProfileFactory.create(supplier=supplier)
    PartnerProfileFactory.create(connection=edi, supplier=supplier)
    world = Ground(
        company=company,
        warehouse=WarehouseFactory.create(company=company),
        calendar=calendar,
        erp=erp,
        edi=edi,
        supplier=supplier,
        teams=teams,
    )
    suffix = "" if code == "weserland" else f"-{code}"
    world.people = {
        user.first_name.lower(): user
        for user in User.objects.bulk_create(
            UserFactory.build(username=name + suffix, first_name=name.title(), erp_user=name.upper())
            for name, *_ in PEOPLE
        )
    }
    Membership.objects.bulk_create(
        MembershipFactory.build(
            user=world.people[name],
            team=teams[team],
            role=role,
            limit=None if limit is None else Decimal(limit),
        )
        for name, team, role, limit in PEOPLE
    )
    see_until(world, TUESDAY_TEN)
    return world


def see_until(world: Ground, moment: datetime) -> None:
    """Move the watermark of every stream of both connections to `moment`."""
    StreamState.objects.bulk_create(
        [
            StreamStateFactory.build(
                connection=connection, stream=stream, watermark=moment, last_success_at=moment
            )
            for connection, streams in ((world.erp, ERP_STREAMS), (world.edi, EDI_STREAMS))
            for stream in streams
        ],
        update_conflicts=True,
        unique_fields=["connection", "stream"],
        update_fields=["watermark", "last_success_at"],
    )


def order_line(world: Ground, *, number: str = "4500010001", line: str = "10", **values: Any) -> OrderLine:
    """Make line `line` of order `number` of the world's supplier (100 EA at 182.40 for 2026-12-02)."""
    order = PurchaseOrder.objects.filter(connection=world.erp, number=number).first()
    if order is None:
        order = PurchaseOrderFactory.create(supplier=world.supplier, number=number, buyer="BEA")
    if "item" not in values:
        values["item"] = ItemFactory.create(connection=world.erp, number="SEAL-KIT", description="Seal kit")
    created: OrderLine = OrderLineFactory.create(
        order=order, number=line, warehouse=world.warehouse, **values
    )
    return created


def shortage_ground() -> tuple[Ground, OrderLine]:
    """Make the ground of scenario 1."""
    world = ground()
    return world, awaited_line(world)


def awaited_line(world: Ground) -> OrderLine:
    """Make the line of scenario 1: 100 ordered, 10 on hand, customers waiting for 95 and 15."""
    line = order_line(world)
    StockLevelFactory.create(item=line.item, warehouse=world.warehouse, on_hand=Decimal(10))
    for number, customer_class, quantity in (("SO-881", "A", 95), ("SO-882", "B", 15)):
        CustomerDemandFactory.create(
            item=line.item,
            warehouse=world.warehouse,
            order_number=number,
            customer_class=customer_class,
            open_quantity=Decimal(quantity),
        )
    return line
