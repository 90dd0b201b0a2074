"""What follows from a message once it was sent, could not be, or is no longer wanted; and the reminder."""

from datetime import datetime, timedelta

from django.db import transaction

from erp_connectors import clock
from erp_connectors.exchange.waking import wake
from exceptions_app.asking.ask import SEND, cases_of
from exceptions_app.asking.facts import Facts
from exceptions_app.asking.wording import wording_for
from exceptions_app.audit.record import record
from exceptions_app.cases import lifecycle
from exceptions_app.cases.change import Step, change, lock
from exceptions_app.cases.models import Case, CaseState
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import User
from exceptions_app.policies.texts import fill
from suppliers.messaging import outbox, sending
from suppliers.messaging.addresses import LONGEST_BODY, LONGEST_SUBJECT, one_line
from suppliers.messaging.models import MessageState, SupplierMessage
from suppliers.profiles import Language

#: The clocks of several cases may ask for a reminder of one message; it is sent once.
REMIND_AT_MOST_EVERY = timedelta(hours=4)
#: How the history tells each end of a message.
TOLD = {
    MessageState.SENT: ("sent", "Sent to {to}: {subject}"),
    MessageState.FAILED: ("failed", "Not delivered to {to}: {subject}"),
    MessageState.WITHDRAWN: ("withdrawn", "Not sent any more: {subject}"),
}


def send_messages(limit: int) -> int:
    """Send the messages that are due, and let their cases follow; return how many were taken."""
    return sending.send_due(limit, ended=message_ended, is_wanted=is_wanted)


def is_wanted(message: SupplierMessage) -> bool:
    """Say whether somebody still waits for the answer; a reminder is for cases that wait for it alone."""
    cases = Case.objects.filter(number__in=message.cases.values("case_number"))
    if message.reminds_id is not None:
        return cases.filter(state=CaseState.WAITING_SUPPLIER).exists()
    return cases.exclude(state__in=lifecycle.SETTLED).exists()


def message_ended(message: SupplierMessage) -> None:
    """Tell each case what became of a message; one that reached nobody gives back the cases it made wait.

    Called in the transaction that ends the message.
    """
    at = clock.now()
    kind, words = TOLD[MessageState(message.state)]
    to = ", ".join(message.delivered if message.state == MessageState.SENT else message.recipients)
    for case in [lock(each) for each in cases_of(message)]:
        record(
            f"message.{kind}",
            at=at,
            case=case,
            subject=("message", str(message.pk)),
            summary=words.format(to=to, subject=message.subject),
            after={
                "message": str(message.pk),
                "message_id": message.message_id,
                "delivered": message.delivered,
                "refused": message.refused,
            },
            reason=message.last_error,
        )
        if message.state == MessageState.FAILED and _waits_for_this_alone(case, message):
            step = Step(
                kind="not_asked",
                summary="The supplier was not reached; work goes on",
                transition=lifecycle.resume,
                reason=message.last_error[:1000],
                is_answer=False,
            )
            change(case, step, at=at)
    if message.refused or message.state == MessageState.FAILED:
        _tell_whoever_asked(message, at)


def _waits_for_this_alone(case: Case, message: SupplierMessage) -> bool:
    """Say whether nothing but this message made the case wait: no word by telephone, no other mail."""
    if case.state != CaseState.WAITING_SUPPLIER or case.state_since < message.queued_at:
        return False
    others = outbox.messages_about(case.number).filter(
        state__in=(MessageState.QUEUED, MessageState.SENT), queued_at__gte=case.state_since
    )
    return not others.exclude(pk=message.pk).exists()


def _tell_whoever_asked(message: SupplierMessage, at: datetime) -> None:
    person = User.objects.filter(username=message.asked_by, is_active=True).first()
    case = next(iter(cases_of(message)), None)
    if person is None and case is None:
        return
    Notification.objects.create(
        case=case,
        person=person,
        team=None if person or case is None else case.team,
        kind=NotificationKind.NEWS,
        title=f"Not delivered to everybody: {message.subject}"[:300],
        body=message.last_error,
        created_at=at,
        due_at=at,
    )


def remind_when_due(case: Case, number: int, at: datetime) -> bool:
    """Remind the supplier because its clock says so; return whether a reminder is on its way (`sla`)."""
    return remind(case, at=at) is not None


@transaction.atomic
def remind(case: Case, *, at: datetime) -> SupplierMessage | None:
    """Remind the supplier of what it was asked about a case that still waits, and return the reminder.

    None where there is nothing to remind of: it does not wait, or nothing was sent by mail since it does. One
    reminder goes out for all cases of a message; who asks again within four hours gets the same one.
    """
    if lock(case).state != CaseState.WAITING_SUPPLIER:
        return None
    asked = _asked_by_mail(case)
    if asked is None:
        return None
    newest = asked.reminders.order_by("-created_at").first()
    if newest is not None and newest.created_at > at - REMIND_AT_MOST_EVERY:
        return newest
    waiting = [each for each in cases_of(asked) if each.state == CaseState.WAITING_SUPPLIER]
    reminder = _reminder(asked, waiting, at)
    for each in waiting:
        record(
            "message.reminded",
            at=at,
            case=each,
            subject=("message", str(reminder.pk)),
            summary=f"Reminded {asked.supplier.name}: {reminder.subject}",
            after={"message": str(reminder.pk)},
        )
    wake(SEND)
    return reminder


def _asked_by_mail(case: Case) -> SupplierMessage | None:
    """Lock and return the newest mail that reached the supplier since the case waits."""
    waiting_since = Case.objects.values_list("state_since", flat=True).get(pk=case.pk)
    return (
        SupplierMessage.objects.select_for_update(of=("self",))
        .filter(
            cases__case_number=case.number,
            state=MessageState.SENT,
            reminds=None,
            queued_at__gte=waiting_since,
        )
        .select_related("supplier")
        .order_by("-queued_at", "-id")
        .first()
    )


def _reminder(asked: SupplierMessage, cases: list[Case], at: datetime) -> SupplierMessage:
    language = Language(asked.language)
    wording = wording_for(cases, Inquiry.REMINDER, language, at=at)
    person = User.objects.filter(username=asked.asked_by).first()
    facts = Facts(cases, language=language, person=str(person or asked.sender_name), at=at)
    named = facts.of_mail(wording.words.line) | {
        "asked_on": facts.day(asked.queued_at.date()),
        "asked_about": asked.subject,
        "asked": asked.body,
    }
    reached = asked.delivered
    reminder = outbox.compose(
        asked.supplier,
        inquiry=Inquiry.REMINDER,
        language=language,
        recipients=[each for each in asked.recipients if each in reached] or reached,
        cc=[each for each in asked.cc if each in reached],
        subject=one_line(fill(wording.words.subject, named))[:LONGEST_SUBJECT],
        body=fill(wording.words.body, named)[:LONGEST_BODY],
        at=at,
        sender_name=asked.sender_name,
        reply_to=asked.reply_to,
        template_id=wording.template_id,
        release=wording.release,
        reminds=asked,
    )
    return outbox.queue(reminder, cases=[case.number for case in cases])
