"""A message is checked before it becomes a row, and is due at once."""

import pytest
from django.test import override_settings

from erp_connectors import clock
from erp_connectors.errors import ConflictError
from suppliers.messaging import outbox
from suppliers.messaging.addresses import UnusableMessage
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders.factories import TUESDAY_TEN
from tests.suppliers.messaging.letters import NORA, ORDERS, now, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_tuesday(db: None) -> None:
    clock.set_now(TUESDAY_TEN)


@override_settings(DEFAULT_FROM_EMAIL="Rightline <rightline@weserland.example>")
def test_a_queued_message_is_due_at_once_under_an_id_of_its_own() -> None:
    message = queued(NORA, cases=["EX-1", "EX-2"], cc=[NORA, ORDERS])
    assert (message.state, message.due_at) == (MessageState.QUEUED, message.created_at)
    assert message.message_id == f"<{message.pk}@weserland.example>"
    assert (message.recipients, message.cc) == ([NORA], [ORDERS]), "nobody gets it twice"
    assert [each.case_number for each in message.cases.all()] == ["EX-1", "EX-2"]


def test_a_message_is_found_by_every_case_it_is_about_the_newest_first() -> None:
    first, second = queued(cases=["EX-1", "EX-2"]), queued(cases=["EX-2"])
    queued(cases=["EX-3"])
    assert list(outbox.messages_about("EX-1")) == [first]
    assert list(outbox.messages_about("EX-2")) == [second, first]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"recipients": [" "]}, "recipients"),
        ({"recipients": ["nora"]}, "recipients"),
        ({"cc": ["a@b.example\nBcc: c@d.example"]}, "cc"),
        ({"subject": "\n"}, "subject"),
        ({"body": ""}, "body"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_field_and_leaves_no_row(
    values: dict[str, object], field: str
) -> None:
    with pytest.raises(UnusableMessage) as refused:
        queued(**values)
    assert refused.value.field == field
    assert not SupplierMessage.objects.exists()


def test_an_address_of_ours_that_is_none_is_left_out() -> None:
    message = queued(reply_to="bea\r\nBcc: x@y.example", sender_name="Bea\r\nBcc: x@y.example")
    assert (message.reply_to, message.sender_name) == ("", "Bea Bcc: x@y.example")


def test_only_a_message_that_failed_is_queued_again() -> None:
    message = queued()
    with pytest.raises(ConflictError, match="waiting to be sent"):
        outbox.queue_again(message, at=clock.now())
    SupplierMessage.objects.update(
        state=MessageState.FAILED, refused={NORA: "550"}, last_error="x", due_at=None, attempts=7
    )
    again = outbox.queue_again(message, at=TUESDAY_TEN)
    assert (again.state, again.refused, again.last_error, again.attempts) == (MessageState.QUEUED, {}, "", 0)
    assert (again.queued_at, again.due_at, again.message_id) == (TUESDAY_TEN, TUESDAY_TEN, message.message_id)
    assert now(message).undelivered == [NORA]
