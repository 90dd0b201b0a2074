"""Notifications are mailed once, to whom they are for, and failing to do so stops nothing."""

import smtplib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import override_settings

from erp_connectors import clock
from exceptions_app.notifications.models import Notification
from exceptions_app.notifications.send import MOST_TRIES, send_due
from tests.builders.factories import (
    TUESDAY_TEN,
    CaseFactory,
    CompanyFactory,
    MembershipFactory,
    NotificationFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_tuesday(db: None) -> None:
    clock.set_now(TUESDAY_TEN)


def due(**values: object) -> Notification:
    made: Notification = NotificationFactory.create(**{"due_at": TUESDAY_TEN, **values})
    return made


def for_person(**values: object) -> Notification:
    person = UserFactory.create(username="bea", email="bea@example.com")
    return due(person=person, team=None, **values)


def now(notification: Notification) -> Notification:
    return Notification.objects.get(pk=notification.pk)


class Broken:
    """A mail server that refuses, `times` times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int = 10**6) -> None:
        self.left, self.error, self.send = times, error, EmailMessage.send
        broken = self

        def refuse(message: EmailMessage) -> int:
            if broken.left:
                broken.left -= 1
                raise broken.error
            return broken.send(message)

        monkeypatch.setattr(EmailMessage, "send", refuse)


def test_a_notification_is_mailed_once_to_its_person() -> None:
    case = CaseFactory.create(number="EX-7")
    notification = for_person(case=case, title="Approval wanted", body="18 EA short")
    assert send_due() == 1
    assert send_due() == 0
    (message,) = mail.outbox
    assert message.to == ["bea@example.com"]
    assert message.subject == "[Rightline] Approval wanted"
    assert "18 EA short" in message.body
    assert "/cases/EX-7/" in message.body
    sent = now(notification)
    assert sent.mailed_at is not None
    assert (sent.due_at, sent.lease_until, sent.last_error) == (None, None, "")


def test_a_team_is_mailed_at_every_address_it_has() -> None:
    team = TeamFactory.create(code="PLN")
    for name, values in {
        "pia": {},
        "pat": {"email": ""},
        "gone": {"is_active": False},
        "zoe": {},
    }.items():
        MembershipFactory.create(team=team, user=UserFactory.create(username=name, **values))
    UserFactory.create(username="stranger")
    due(team=team)
    send_due()
    assert mail.outbox[0].to == ["pia@example.com", "zoe@example.com"]


def test_nobody_to_mail_is_no_error_for_ever() -> None:
    notification = due(team=TeamFactory.create(code="WHS"))
    send_due()
    assert mail.outbox == []
    assert now(notification).due_at is None
    assert "Nobody" in now(notification).last_error


def test_what_is_not_due_is_not_mailed() -> None:
    Notification.objects.filter(pk=for_person().pk).update(due_at=TUESDAY_TEN + timedelta(minutes=1))
    NotificationFactory.create(due_at=None)
    assert send_due() == 0


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError("no server"), smtplib.SMTPRecipientsRefused({}), ValueError("bad header")],
)
def test_a_mail_that_fails_is_tried_again_later(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    Broken(monkeypatch, error, times=1)
    notification = for_person()
    send_due()
    failed = now(notification)
    assert failed.due_at is not None
    assert timedelta(seconds=59) < failed.due_at - TUESDAY_TEN < timedelta(seconds=75)
    assert type(error).__name__ in failed.last_error
    assert send_due() == 0
    clock.set_now(TUESDAY_TEN + timedelta(minutes=2))
    assert send_due() == 1
    assert len(mail.outbox) == 1
    assert now(notification).last_error == ""


def test_one_mail_that_fails_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, OSError("no route"), times=1)
    for_person()
    for_person()
    assert send_due() == 2
    assert len(mail.outbox) == 1


def test_a_mail_is_given_up_after_the_last_try(monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, OSError("no route"))
    notification = for_person()
    for hours in range(MOST_TRIES):
        clock.set_now(TUESDAY_TEN + timedelta(hours=3 * hours))
        assert send_due() == 1
    clock.set_now(TUESDAY_TEN + timedelta(days=30))
    assert send_due() == 0
    assert now(notification).last_error.startswith("Given up")


def test_a_worker_that_died_loses_its_mail_to_another() -> None:
    notification = for_person()
    Notification.objects.filter(pk=notification.pk).update(lease_until=TUESDAY_TEN + timedelta(minutes=2))
    assert send_due() == 0
    clock.set_now(TUESDAY_TEN + timedelta(minutes=3))
    assert send_due() == 1


def test_a_title_cannot_smuggle_in_a_header() -> None:
    for_person(title="Short\r\nBcc: everybody@example.com")
    send_due()
    (message,) = mail.outbox
    assert message.subject == "[Rightline] Short Bcc: everybody@example.com"
    assert message.recipients() == ["bea@example.com"]


@override_settings(PUBLIC_ADDRESS="https://rightline.example.com")
def test_links_lead_to_where_people_reach_rightline() -> None:
    for_person(case=CaseFactory.create(number="EX-8"))
    send_due()
    assert "https://rightline.example.com/cases/EX-8/" in mail.outbox[0].body


# --- many at once -------------------------------------------------------------------------------------------


def alerts(count: int, *, at: datetime = TUESDAY_TEN, **values: Any) -> list[Notification]:
    """Make so many alerts to planning that are due at once, with somebody there to be told."""
    team = TeamFactory.create(code="PLN", company=CompanyFactory.create(code="weserland"))
    MembershipFactory.create(team=team, user=UserFactory.create(username="pia"))
    return [
        due(team=team, title=f"Less will come {n}", created_at=at, **{"due_at": at, **values})
        for n in range(1, count + 1)
    ]


def later(minutes: int) -> datetime:
    return TUESDAY_TEN + timedelta(minutes=minutes)


def test_many_that_arrive_at_once_are_one_mail() -> None:
    made = alerts(14)
    assert send_due() == 14
    (message,) = mail.outbox
    assert message.subject == "[Rightline] 14 new cases"
    assert "Less will come 1\n" in message.body
    assert f"/cases/{made[13].case.number}/" in message.body
    assert not Notification.objects.filter(mailed_at=None).exists()
    assert not Notification.objects.exclude(due_at=None).exists()


def test_a_few_are_mailed_one_by_one() -> None:
    alerts(3)
    send_due()
    assert [message.subject[-1] for message in mail.outbox] == ["1", "2", "3"]


def test_a_mail_of_very_many_names_the_first_fifty() -> None:
    alerts(53)
    send_due(limit=100)
    assert mail.outbox[0].body.count("Less will come") == 50
    assert "and 3 more" in mail.outbox[0].body


def test_after_many_were_mailed_what_follows_is_collected_for_ten_minutes() -> None:
    alerts(14)
    send_due()
    clock.set_now(later(1))
    alerts(2, at=later(1))
    clock.set_now(later(4))
    alerts(3, at=later(4))
    assert send_due() == 5
    assert send_due() == 0
    assert len(mail.outbox) == 1
    assert set(Notification.objects.exclude(due_at=None).values_list("attempts", flat=True)) == {0}
    clock.set_now(later(11))
    assert send_due() == 5
    assert mail.outbox[1].subject == "[Rightline] 5 new cases"


def test_what_is_for_others_or_of_another_kind_is_not_held_back() -> None:
    alerts(14)
    send_due()
    team = TeamFactory.create(code="WHS")
    MembershipFactory.create(team=team, user=UserFactory.create(username="wade"))
    due(team=team)
    planning = Notification.objects.filter(team__code="PLN")[0].team
    due(team=planning, kind="task")
    send_due()
    assert len(mail.outbox) == 3


def test_a_mail_of_many_that_fails_is_tried_again_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    Broken(monkeypatch, OSError("no route"), times=1)
    alerts(5)
    send_due()
    assert mail.outbox == []
    clock.set_now(later(2))
    send_due()
    assert [message.subject for message in mail.outbox] == ["[Rightline] 5 new cases"]


def test_whoever_is_told_elsewhere_gets_no_mail_of_it() -> None:
    (spared, told) = alerts(2)
    pia = UserFactory.create(username="pia")
    MembershipFactory.create(team=spared.team, user=UserFactory.create(username="pat"))
    spared.not_for.add(pia)
    send_due()
    assert [message.to for message in mail.outbox] == [
        ["pat@example.com"],
        ["pat@example.com", "pia@example.com"],
    ]
    assert told.title in mail.outbox[1].subject
