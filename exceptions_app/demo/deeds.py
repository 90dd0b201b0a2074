"""What people did in the demo's last days: took cases, wrote notes, asked suppliers, proposed decisions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from erp_connectors.documents.models import Item
from erp_connectors.errors import PermanentError
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions as cases
from exceptions_app.cases.models import ENDED, Case, CaseState, ClockKind
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.people import delegation
from exceptions_app.people.models import Role, User
from exceptions_app.playbook.ordering import ITEM
from exceptions_app.playbook.registry import resolutions_for
from exceptions_app.proposals import actions as proposals
from exceptions_app.proposals.approvals import open_approvals
from exceptions_app.proposals.fingerprint import values_hash

NOTES = {
    "PRO": (
        "Called them: the line was down for two days, they are catching up.",
        "Asked for a firm date for the rest, answer promised for tomorrow.",
        "Second time this month. Raising it in the next supplier review.",
        "Customer can wait until the end of next week for the remainder.",
    ),
    "WHS": ("Counted twice, it is as booked. Photos are in the shared folder.",),
    "FIN": ("On hold until Procurement has heard from them.",),
    "PLN": ("Moved stock from Bremen for the most urgent; the rest has to wait.",),
    "CSR": ("Told the customer; they can live with Thursday.",),
    "EDI": ("Their provider changed the mapping last week; asked for the old one.",),
}
#: How many cases somebody takes at each step, and of which teams.
TAKEN_PER_STEP = {"PRO": 3, "WHS": 2, "FIN": 1, "SUP": 1, "EDI": 1, "PLN": 1, "CSR": 1}
ASKED_ABOUT = (CaseState.ASSIGNED, CaseState.IN_PROGRESS)
#: So many people ask a supplier why it does not answer.
ASKING = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody of a team proposes a resolution for cases of a type, so many times, and says why."""

    team: str
    type_code: str
    resolution: str
    times: int
    reason: str


WISHES = (
    Wish(
        "PRO",
        "quantity_short",
        "cancel_remainder",
        3,
        "The rest comes too late; a second source is cheaper.",
    ),
    Wish("PRO", "price_mismatch", "accept_price", 2, "Raw material went up; the others ask for more."),
    Wish("PRO", "date_later", "accept_date", 1, "Stock lasts until then."),
    Wish("PRO", "substitution", "accept_substitute", 1, "Same fit and material by their data sheet."),
    Wish("FIN", "invoice_price", "accept_as_billed", 1, "The price list of this quarter says so."),
    Wish("FIN", "invoice_terms", "accept_as_billed", 1, "Agreed by telephone for this order."),
    Wish("WHS", "receipt_damaged", "claim", 1, "Broken on arrival, the driver has signed for it."),
)


def people_work(moment: datetime) -> None:
    """Let people take the most urgent of their new cases; every other one gets a note."""
    for code, count in TAKEN_PER_STEP.items():
        people = User.objects.filter(memberships__team__code=code).exclude(
            memberships__role__in=(Role.MANAGER, Role.AUDITOR)
        )
        for person in people.order_by("username"):
            mine = Case.objects.filter(state=CaseState.ASSIGNED, owner=person, opened_at__lt=moment)
            for index, case in enumerate(mine.order_by("-priority", "id")[:count]):
                _take(case, person, NOTES.get(code, ()) if index % 2 == 0 else ())


def people_claim() -> None:
    """Let the warehouse claim what came broken, and whoever has to agree do so."""
    for case in Case.objects.filter(type_code="receipt_damaged").exclude(state__in=ENDED).order_by("id"):
        person = User.objects.filter(memberships__team=case.team, memberships__role=Role.MEMBER).first()
        if person is not None and _propose(case, person, "claim", "Broken on arrival."):
            _let_approve(case)


def people_decide(*, spared: Collection[str]) -> None:
    """Leave proposals that others have to agree to, so that leads, planners and Finance find something.

    Cases on the orders `spared` are for whoever takes the tour.
    """
    for wish in WISHES:
        people = User.objects.filter(memberships__team__code=wish.team).exclude(
            memberships__role=Role.MANAGER
        )
        for person in people.order_by("username"):
            _fulfil(wish, person, spared)


def people_ask() -> None:
    """Leave questions to suppliers, some of them about two orders, so that somebody is waited for."""
    late = Case.objects.filter(type_code="confirmation_late", state__in=ASKED_ABOUT).select_related(
        "supplier", "order", "company"
    )
    for buyer in User.objects.filter(pk__in=late.values("owner")).order_by("username")[:ASKING]:
        mine = late.filter(owner=buyer).order_by("-priority", "id")
        first = mine[0]
        more = mine.filter(supplier=first.supplier).exclude(pk=first.pk)[:1]
        cases.ask(first, inquiry=Inquiry.CONFIRMATION, cases=list(more), by=Actor(buyer, "web"))


def people_override(moment: datetime) -> None:
    """Let a lead of procurement set by hand what no document says, so that its mark can be seen."""
    lead = User.objects.filter(memberships__team__code="PRO", memberships__role=Role.LEAD).first()
    if lead is None:
        return
    worked = Case.objects.filter(team__memberships__user=lead, state=CaseState.IN_PROGRESS)
    case = worked.filter(type_code="quantity_short").order_by("-priority", "id").first()
    if case is not None:
        cases.override_clock(
            case,
            clock_kind=ClockKind.RESOLVE,
            deed="move",
            due=moment + timedelta(days=3),
            reason="The customer agreed by telephone to wait until then; sales confirmed it.",
            by=Actor(lead, "web"),
        )


def people_stand_in(now: datetime) -> None:
    """Let Lena approve for Paul up to 10,000 for two weeks: he is at a trade fair, and looks in at times."""
    people = User.objects.in_bulk(["paul", "lena"], field_name="username")
    terms = delegation.Terms(
        delegate=people["lena"],
        first_day=now.date(),
        last_day=now.date() + timedelta(days=14),
        limit=Decimal(10000),
        reason="At the trade fair",
    )
    delegation.delegate(people["paul"], terms, by=Actor(people["paul"], "web"), at=now)


def _take(case: Case, person: User, notes: tuple[str, ...]) -> None:
    actor = Actor(person, "web")
    case = cases.start(case, by=actor)
    if notes:
        cases.comment(case, text=notes[case.pk % len(notes)], by=actor)


def _fulfil(wish: Wish, person: User, spared: Collection[str]) -> None:
    """Let the person propose it for the most urgent cases that are theirs."""
    mine = Case.objects.filter(owner=person, type_code=wish.type_code).exclude(state__in=ENDED)
    mine = mine.exclude(order__number__in=spared)
    proposed = 0
    for case in mine.order_by("-priority", "id"):
        if proposed < wish.times and _propose(case, person, wish.resolution, wish.reason, is_left=True):
            proposed += 1


def _propose(case: Case, person: User, resolution: str, reason: str, *, is_left: bool = False) -> bool:
    """Propose a resolution as it is filled in already, or as they find out; return whether it was done.

    `is_left`: only where somebody else has to agree, so that it waits.
    """
    form = next((each for each in resolutions_for(case, person) if each.code == resolution), None)
    if form is None:
        return False
    inputs: dict[str, object] = {field.name: field.initial for field in form.fields if field.initial}
    if any(field.name == ITEM and not field.initial for field in form.fields):
        inputs[ITEM] = _looked_up(case)
    try:
        plan = proposals.preview(case, resolution=resolution, inputs=inputs, person=person)
        if plan.problems or (is_left and not plan.needs):
            return False
        proposals.propose(case, resolution=resolution, inputs=inputs, reason=reason, by=Actor(person, "web"))
    except PermanentError:
        return False
    return True


def _looked_up(case: Case) -> str:
    """Return which of our items it is that a supplier calls by a name nobody knows; empty: none of them."""
    line = case.lines.select_related("order_line").first()
    if case.order is None or line is None or line.order_line is None:
        return ""
    items = Item.objects.filter(connection=case.order.connection_id, base_unit=line.order_line.unit)
    delivered = items.filter(names__supplier_number=case.order.supplier.number)
    other = delivered.exclude(number=line.order_line.item_number).order_by("number").first()
    return other.number if other else ""


def _let_approve(case: Case) -> None:
    """Let people agree to what is proposed for a case until nobody else is needed."""
    for person in User.objects.filter(memberships__team__company=case.company_id).order_by("pk"):
        for proposal in open_approvals(person).filter(case=case):
            proposals.approve(
                proposal,
                by=Actor(person, "web"),
                values_hash=values_hash(proposal),
                comment="Agreed.",
            )
