"""Asking the supplier of cases by mail, again if it did not arrive, and reminding it.

The mail is a row in the transaction that moves the cases, and goes out by itself. From then on the supplier
owes the answer; a mail nobody got gives the cases back to whoever asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from erp_connectors import clock
from erp_connectors.exchange.waking import wake
from exceptions_app.asking.draft import Draft, draft, inquiries_for
from exceptions_app.audit.record import Actor
from exceptions_app.cases import lifecycle
from exceptions_app.cases.change import RELATED, Step, change, lock, states_of
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.people.models import User
from exceptions_app.people.permissions import NotAllowed, may
from suppliers.messaging import outbox
from suppliers.messaging.addresses import UnusableMessage
from suppliers.messaging.models import SupplierMessage
from suppliers.profiles import Language

#: Work that the supplier can be asked about; while it owes an answer, it can be asked something else.
STATES = states_of(lifecycle.wait_for_supplier) | {str(CaseState.WAITING_SUPPLIER)}
SEND = "exceptions_app.tasks.send_messages"


def ask(
    case: Case,
    *,
    inquiry: str,
    by: Actor,
    expected_version: int | None = None,
    cases: Sequence[Case] = (),
    **written: Any,
) -> Case:
    """Ask the supplier of a case, and return the case, which waits for the answer; see `ask_about`.

    `cases`: more of the same supplier, which the same message is about.
    """
    ask_about(
        [case, *(other for other in cases if other != case)],
        inquiry=inquiry,
        by=by,
        versions={} if expected_version is None else {case.number: expected_version},
        **written,
    )
    return _as_it_is(case)


@transaction.atomic
def ask_about(
    cases: Sequence[Case],
    *,
    inquiry: str,
    by: Actor,
    versions: Mapping[str, int] | None = None,
    **written: Any,
) -> SupplierMessage:
    """Send one message about cases of one supplier, which then all wait for its answer; all or nothing.

    `written`: what somebody changed of the draft (`compose`). `versions`: the cases as they were when the
    message was written, by number. Raises UnusableMessage, NotAllowed and StaleVersion.
    """
    person = _require_person(by)
    at = clock.now()
    message = compose(cases, inquiry=inquiry, person=person, at=at, **written)
    outbox.queue(message, cases=[case.number for case in cases])
    # Always in the same order, so that two messages about the same cases queue up.
    for case in sorted(cases, key=lambda case: case.pk):
        change(
            case,
            _step(lock(case), message, person),
            by=by,
            expected_version=(versions or {}).get(case.number),
            at=at,
        )
    wake(SEND)
    return message


def compose(
    cases: Sequence[Case],
    *,
    inquiry: str,
    person: User,
    at: datetime,
    recipients: Iterable[str] | None = None,
    cc: Iterable[str] = (),
    subject: str | None = None,
    body: str | None = None,
    language: str = "",
) -> SupplierMessage:
    """Return the message as it would be sent, not yet saved; what is None is as `draft` has it.

    Raises UnusableMessage, naming the field, and NotAllowed for cases of no supplier or of several.
    """
    drafted = draft(
        cases,
        person=person,
        at=at,
        inquiry=_inquiry(inquiry, cases),
        language=_language(language) if language else None,
    )
    return outbox.compose(
        drafted.supplier,
        inquiry=drafted.inquiry,
        language=drafted.language,
        recipients=(
            drafted.recipients if recipients is None else _known(recipients, drafted, field="recipients")
        ),
        cc=_known(cc, drafted, field="cc", colleague=person),
        subject=drafted.subject if subject is None else subject,
        body=drafted.body if body is None else body,
        at=at,
        sender_name=sender_name(person, cases[0]),
        reply_to=person.email,
        asked_by=person.username,
        template_id=drafted.wording.template_id,
        release=drafted.wording.release,
    )


@transaction.atomic
def send_again(case: Case, message: SupplierMessage, *, by: Actor) -> SupplierMessage:
    """Try once more to send a message about a case that failed; its cases wait for the answer again.

    Raises NotAllowed, and ConflictError when it has not failed or is under way again.
    """
    person = _require_person(by)
    if not may(person, "ask", case):
        raise NotAllowed(f"{by.name} may not do this with {case.number}.")
    at = clock.now()
    cases = [lock(each) for each in cases_of(message)]
    message = outbox.queue_again(message, at=at)
    for each in cases:
        if each.state in STATES and may(person, "ask", each):
            change(each, _step(each, message, person, again=True), by=by, at=at)
    wake(SEND)
    return message


def cases_of(message: SupplierMessage) -> list[Case]:
    """Return the cases a message is about, in the order in which they are locked."""
    numbers = message.cases.values_list("case_number", flat=True)
    return list(Case.objects.filter(number__in=list(numbers)).order_by("pk"))


def sender_name(person: User | str, case: Case) -> str:
    """Return in whose name a mail about a case is written."""
    return f"{person}, {case.company.name}"


def _as_it_is(case: Case) -> Case:
    """Return the case as it is now, with everything around it."""
    return Case.objects.select_related(*RELATED).get(pk=case.pk)


# --- small pieces -------------------------------------------------------------------------------------------


def _step(case: Case, message: SupplierMessage, person: User, *, again: bool = False) -> Step:
    """Return what happens to one case: the supplier owes an answer from now on, or one more."""
    verb = "asked again" if again else "asked"
    waits = case.state == CaseState.WAITING_SUPPLIER
    return Step(
        kind="asked",
        summary=f"{person} {verb} {message.supplier.name}: {message.subject}",
        transition=None if waits else lifecycle.wait_for_supplier,
        arguments={} if waits else {"person": person},
        action="ask" if waits else None,
        states=STATES,
        check=lambda locked: _require_may(person, locked),
        after={"message": str(message.pk), "inquiry": message.inquiry, "recipients": message.recipients},
    )


def _require_may(person: User, case: Case) -> None:
    if not may(person, "ask", case):
        raise NotAllowed(f"{person} may not do this with {case.number}.")


def _require_person(by: Actor) -> User:
    if by.person is None:
        raise NotAllowed(f"{by.name} may not do this: a supplier is asked by a person.")
    return by.person


def _inquiry(code: str, cases: Sequence[Case]) -> Inquiry:
    offered = inquiries_for(cases)
    if code not in offered:
        raise UnusableMessage(f"Ask about one of: {', '.join(offered)}.", field="inquiry")
    return Inquiry(code)


def _language(code: str) -> Language:
    if code not in Language.values:
        raise UnusableMessage(f"Write in one of: {', '.join(Language.values)}.", field="language")
    return Language(code)


def _known(
    chosen: Iterable[str], drafted: Draft, *, field: str, colleague: User | None = None
) -> tuple[str, ...]:
    """Return the chosen addresses, all of which must be known: figures of ours go to nobody else."""
    known = {each.address for each in drafted.addresses}
    if colleague is not None and colleague.email:
        known.add(colleague.email)
    wanted = tuple(address.strip() for address in chosen if address.strip())
    if unknown := [address for address in wanted if address not in known]:
        raise UnusableMessage(
            f"“{unknown[0][:80]}” is no address of {drafted.supplier.name} that we know; "
            "an administrator can add a contact.",
            field=field,
        )
    return wanted
