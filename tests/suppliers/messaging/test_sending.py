"""Messages reach a real mail server once, whatever it does, and every end of one is told above."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings

from erp_connectors import clock
from suppliers.messaging import outbox, sending
from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders.factories import TUESDAY_TEN
from tests.peers.mail_server import MailServer, mail_server
from tests.suppliers.messaging.letters import NORA, ORDERS, now, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_tuesday(db: None) -> None:
    clock.set_now(TUESDAY_TEN)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with (
        mail_server() as running,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=running.port,
            EMAIL_USE_TLS=False,
            EMAIL_HOST_USER="",
            EMAIL_TIMEOUT=5,
            DEFAULT_FROM_EMAIL="rightline@weserland.example",
        ),
    ):
        yield running


class Above:
    """Those who are told of an end, and asked whether a message is wanted."""

    def __init__(self, *, wants: bool = True) -> None:
        self.told: list[tuple[str, str]] = []
        self.wants = wants

    def ended(self, message: SupplierMessage) -> None:
        self.told.append((message.subject, str(message.state)))

    def is_wanted(self, message: SupplierMessage) -> bool:
        return self.wants


def send(above: Above | None = None, limit: int = 50) -> int:
    above = above or Above()
    return sending.send_due(limit, ended=above.ended, is_wanted=above.is_wanted)


def later(**passed: float) -> None:
    clock.set_now(clock.now() + timedelta(**passed))


# --- it arrives ---------------------------------------------------------------------------------------------


def test_a_message_arrives_as_it_was_written_and_is_sent_once(server: MailServer) -> None:
    message, above = queued(NORA, cc=[ORDERS], subject="Bestellung 45 – Übergröße"), Above()
    assert send(above) == 1
    assert send(above) == 0
    (received,) = server.received
    assert (received.sender, received.recipients) == ("rightline@weserland.example", (NORA, ORDERS))
    read = received.mail
    assert read["Subject"] == "Bestellung 45 – Übergröße"
    assert read["From"] == '"Bea Example, Weserland" <rightline@weserland.example>'
    assert (read["To"], read["Cc"], read["Reply-To"]) == (NORA, ORDERS, "bea@example.com")
    assert read["Message-ID"] == message.message_id
    assert read.get_content_type() == "text/plain"
    assert read.get_content().replace("\r\n", "\n").strip() == "Dear Nora,\nplease confirm."
    sent = now(message)
    assert (sent.state, sent.delivered, sent.refused) == (MessageState.SENT, [NORA, ORDERS], {})
    assert (sent.due_at, sent.lease_until, sent.last_error) == (None, None, "")
    assert sent.sent_at is not None
    assert above.told == [("Bestellung 45 – Übergröße", "sent")]


def test_without_a_mail_server_the_mail_is_where_the_settings_say() -> None:
    queued()
    assert send() == 1
    (written,) = mail.outbox
    assert (written.to, written.subject) == ([NORA], "Order 4500010001")


def test_text_that_would_be_a_header_elsewhere_is_only_text(server: MailServer) -> None:
    queued(subject="45\r\nBcc: all@elsewhere.example", body="Hello\n.\n..\nBcc: all@elsewhere.example\nBye")
    send()
    (received,) = server.received
    assert received.recipients == (NORA,)
    assert received.mail["Bcc"] is None
    assert "Hello\n.\n..\nBcc: all@elsewhere.example\nBye" in received.mail.get_content().replace(
        "\r\n", "\n"
    )


def test_a_reminder_refers_to_what_it_reminds_of(server: MailServer) -> None:
    first = queued()
    queued(reminds=first, subject="Reminder")
    send()
    assert server.received[1].mail["In-Reply-To"] == first.message_id


# --- it is refused ------------------------------------------------------------------------------------------


def test_a_refused_address_ends_the_message_with_the_servers_words(server: MailServer) -> None:
    server.answers[NORA] = (550, "no such user here")
    message, above = queued(), Above()
    send(above)
    failed = now(message)
    assert (failed.state, failed.due_at) == (MessageState.FAILED, None)
    assert failed.refused == {NORA: "550 no such user here"}
    assert failed.last_error == f"{NORA}: 550 no such user here"
    assert above.told == [("Order 4500010001", "failed")]
    assert server.received == []
    later(days=1)
    assert send(above) == 0


def test_one_refused_address_of_two_does_not_keep_the_other_waiting(server: MailServer) -> None:
    server.answers[NORA] = (550, "no such user here")
    message = queued(NORA, ORDERS)
    send()
    assert server.received[0].recipients == (ORDERS,)
    sent = now(message)
    assert (sent.state, sent.delivered) == (MessageState.SENT, [ORDERS])
    assert sent.last_error == f"{NORA}: 550 no such user here", "whoever asked must see it"


def test_a_message_that_failed_is_tried_again_under_the_same_id(server: MailServer) -> None:
    server.answers[NORA] = (550, "no such user here")
    message = queued()
    send()
    server.answers.clear()
    outbox.queue_again(message, at=clock.now())
    send()
    assert server.received[0].mail["Message-ID"] == message.message_id
    assert now(message).state == MessageState.SENT


def test_a_mail_the_server_will_not_have_fails(server: MailServer) -> None:
    server.to_mail = (554, "looks like spam")
    message = queued()
    send()
    assert now(message).state == MessageState.FAILED
    assert now(message).last_error == "The mail server refuses the mail: 554 looks like spam"


# --- it has to wait -----------------------------------------------------------------------------------------


def test_a_deferred_address_is_tried_again_later_each_time_later(server: MailServer) -> None:
    server.answers[NORA] = (451, "try again later")
    message, above = queued(), Above()
    waits = []
    for _ in range(7):
        send(above)
        waiting = now(message)
        assert (waiting.state, waiting.lease_until) == (MessageState.QUEUED, None)
        assert waiting.due_at is not None
        waits.append(round((waiting.due_at - clock.now()).total_seconds(), -1))
        assert send(above) == 0
        clock.set_now(waiting.due_at)
    assert waits == [30, 60, 120, 240, 480, 600, 600]
    assert now(message).last_error == f"{NORA}: 451 try again later"
    server.answers.clear()
    send(above)
    assert len(server.received) == 1
    assert above.told == [("Order 4500010001", "sent")]


def test_who_has_got_it_does_not_get_it_again_when_another_was_deferred(server: MailServer) -> None:
    server.answers[NORA] = (450, "greylisted")
    message = queued(NORA, ORDERS)
    send()
    server.answers.clear()
    later(minutes=1)
    send()
    assert [received.recipients for received in server.received] == [(ORDERS,), (NORA,)]
    assert {received.mail["Message-ID"] for received in server.received} == {message.message_id}
    assert now(message).state == MessageState.SENT


def test_half_a_day_later_whoever_asked_is_told_that_nobody_was_asked(server: MailServer) -> None:
    server.answers[NORA] = (451, "try again later")
    message, above = queued(), Above()
    send(above)
    later(hours=4)
    send(above)
    assert now(message).state == MessageState.FAILED
    assert now(message).last_error.startswith("Given up after 2 tries. nora@nordmann.example: 451")
    assert above.told == [("Order 4500010001", "failed")]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"greeting": (421, "too busy")}, "does not talk to us: 421 too busy"),
        (
            {"to_sender": (553, "who are you")},
            "refuses rightline@weserland.example as sender: 553 who are you",
        ),
        ({"to_sender": (452, "disk full")}, "does not take the mail now: 452 disk full"),
        ({"to_mail": (452, "disk full")}, "does not take the mail now: 452 disk full"),
    ],
)
def test_what_an_administrator_or_time_can_mend_keeps_the_message_waiting(
    server: MailServer, behaviour: dict[str, object], words: str
) -> None:
    for name, value in behaviour.items():
        setattr(server, name, value)
    message = queued()
    send()
    assert now(message).state == MessageState.QUEUED
    assert words in now(message).last_error


def test_while_nobody_listens_one_message_is_tried_and_all_of_them_wait(server: MailServer) -> None:
    with override_settings(EMAIL_PORT=1):
        first, second = queued(), queued()
        assert send() == 1
        assert send() == 0
    assert "cannot be handed over" in now(first).last_error
    assert (now(second).attempts, now(second).last_error) == (0, "")
    later(seconds=31)
    assert send() == 2
    assert len(server.received) == 2


def test_a_server_that_hangs_up_before_its_last_word_gets_the_mail_again_under_the_same_id(
    server: MailServer,
) -> None:
    server.hangs_up = True
    message = queued()
    send()
    assert now(message).state == MessageState.QUEUED
    server.hangs_up = False
    later(minutes=1)
    send()
    assert [received.mail["Message-ID"] for received in server.received] == [message.message_id] * 2


def test_a_server_that_says_nothing_at_the_end_has_taken_the_mail_all_the_same(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_server: smtplib.SMTP) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(smtplib.SMTP, "quit", gone)
    message = queued()
    send()
    assert now(message).state == MessageState.SENT


# --- workers ------------------------------------------------------------------------------------------------


def test_a_worker_that_died_loses_its_message_to_another(server: MailServer) -> None:
    message = queued()
    SupplierMessage.objects.update(lease_until=clock.now() + timedelta(minutes=2), attempts=1)
    assert send() == 0
    later(minutes=3)
    assert send() == 1
    assert now(message).attempts == 2


def test_what_the_server_took_is_not_sent_again_although_telling_it_above_failed(
    server: MailServer,
) -> None:
    message, above = queued(), Above()

    def broken(_message: SupplierMessage) -> None:
        raise RuntimeError("no space left")

    with pytest.raises(RuntimeError):
        sending.send_due(ended=broken, is_wanted=above.is_wanted)
    assert (now(message).state, now(message).delivered) == (MessageState.QUEUED, [NORA])
    later(minutes=3)
    send(above)
    assert len(server.received) == 1
    assert above.told == [("Order 4500010001", "sent")]


def test_whoever_lost_the_lease_while_sending_writes_nothing(server: MailServer) -> None:
    message = queued()

    def taken_over(_message: SupplierMessage) -> None:
        SupplierMessage.objects.update(lease_until=clock.now() + timedelta(minutes=9))

    with pytest.raises(sending.LeaseLost):
        sending.send_due(ended=taken_over, is_wanted=lambda _: True)
    assert now(message).state == MessageState.QUEUED


def test_a_message_nobody_wants_any_more_is_withdrawn_unsent(server: MailServer) -> None:
    message, above = queued(), Above(wants=False)
    send(above)
    assert server.received == []
    assert (now(message).state, now(message).due_at) == (MessageState.WITHDRAWN, None)
    assert above.told == [("Order 4500010001", "withdrawn")]


def test_no_more_are_taken_than_wanted_the_longest_due_first(server: MailServer) -> None:
    queued(subject="second", at=clock.now() - timedelta(seconds=1))
    queued(subject="first", at=clock.now() - timedelta(seconds=9))
    assert send(limit=1) == 1
    assert [received.mail["Subject"] for received in server.received] == ["first"]
