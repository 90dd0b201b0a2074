"""What could not be applied becomes a case of the integration team, and ends when it is read again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.exchange import inbox, processing
from erp_connectors.exchange.models import Interchange, Quarantine
from erp_connectors.exchange.reporters import Reported, reported
from exceptions_app import intake
from exceptions_app.api.interchanges import cases_of
from exceptions_app.cases.models import AgreementRow, Case, CaseLine
from exceptions_app.detection import watch
from exceptions_app.detection.models import Watch
from exceptions_app.detection.subject import word_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.subjects.registry import subject
from tests.builders.factories import TUESDAY_TEN, Ground, ground

pytestmark = pytest.mark.django_db
SCENE = ground
HEADING = "order,supplier,line,item,quantity,unit,price,schedule_date\n"
GOOD = "1000,77,10,SEAL-KIT,100,EA,12.50,2026-12-02\n"
BAD = "2000,77,10,SEAL-KIT,many,EA,12.50,2026-12-02\n"


@pytest.fixture
def world(scene: Ground, tmp_path: Path) -> Iterator[Ground]:
    clock.set_now(TUESDAY_TEN)
    scene.erp.settings = {"folder": str(tmp_path)}
    scene.erp.save()
    yield scene
    clock.reset()


def receive(world: Ground, *rows: str, heading: str = HEADING) -> Interchange:
    payload = (heading + "".join(rows)).encode()
    received = inbox.receive(
        payload, connection=world.erp, channel="api", file_name="orders.csv", content_type="text/csv"
    )
    processing.process_interchange(received.interchange.pk)
    return Interchange.objects.get(pk=received.interchange.pk)


def look(minutes: int = 0) -> None:
    at = TUESDAY_TEN + timedelta(minutes=minutes)
    ids = list(Watch.objects.filter(subject_kind="message").values_list("subject_id", flat=True))
    assert intake.evaluate(ids, at, kind=SubjectKind.MESSAGE).failures == {}


def test_a_message_that_is_applied_in_full_is_not_watched(world: Ground) -> None:
    receive(world, GOOD)
    assert not Quarantine.objects.exists()
    assert not Watch.objects.filter(subject_kind="message").exists()


def test_every_part_that_was_refused_is_a_line_of_one_case_of_integration(world: Ground) -> None:
    message = receive(world, GOOD, BAD, BAD.replace("2000", "3000"))
    look()

    case = Case.objects.get()
    assert (case.type_code, case.team, case.interchange) == (
        "message_quarantined",
        world.teams["EDI"],
        message,
    )
    assert (case.order, case.supplier, case.document) == (None, None, None)
    assert sorted(line.key for line in case.lines.all()) == ["message_quarantined:1", "message_quarantined:2"]
    assert "orders 2000 of orders.csv was not applied" in case.headline


def test_a_message_nobody_can_read_is_one_line(world: Ground) -> None:
    receive(world, heading="a,b\n1,2\n")
    look()
    assert [line.key for line in CaseLine.objects.all()] == ["message_quarantined:"]
    assert "heading" in Case.objects.get().headline


def test_the_case_closes_once_the_message_is_applied(world: Ground) -> None:
    message = receive(world, BAD.replace("many", "1,234"))
    look()
    assert Case.objects.get().is_open
    world.erp.settings |= {"decimal_mark": "."}
    world.erp.save()
    Interchange.objects.filter(pk=message.pk).update(payload=(HEADING + BAD.replace("many", "5")).encode())
    processing.replay(Interchange.objects.get(pk=message.pk))
    processing.process_interchange(message.pk)
    look(5)

    assert Case.objects.get().close_reason == "processed"


def test_what_somebody_ignores_is_settled_until_the_message_says_something_else(world: Ground) -> None:
    receive(world, BAD)
    look()
    line = CaseLine.objects.get()
    loaded = subject(SubjectKind.MESSAGE).load([line.case.subject_id or 0], TUESDAY_TEN)
    fingerprint = loaded.subjects[line.case.subject_id or 0].snapshot.fingerprint
    AgreementRow.objects.create(
        subject_kind="message",
        subject_id=line.case.subject_id,
        key=line.key,
        type_code="message_quarantined",
        kind="accepted",
        state="active",
        answer=word_of(fingerprint, line.expected),
        made_at=TUESDAY_TEN,
    )
    watch.mark("message", [line.case.subject_id or 0])
    look(5)

    assert Case.objects.get().close_reason == "agreed"


def test_the_report_on_a_file_names_the_case_of_the_message_itself(world: Ground) -> None:
    message = receive(world, BAD)
    said = reported(Reported(orders=[], heads=[], interchange=message.pk))
    assert said["cases"] == [Case.objects.get().number]


def test_a_test_message_opens_no_case(world: Ground) -> None:
    message = receive(world, BAD)
    Interchange.objects.filter(pk=message.pk).update(is_test=True)
    look()
    assert not Case.objects.exists()


def test_many_bad_rows_show_as_many_as_a_person_can_read(world: Ground) -> None:
    rows: list[Any] = [BAD.replace("2000", str(number)) for number in range(2000, 2060)]
    receive(world, *rows)
    look()
    assert CaseLine.objects.count() == 50


def test_a_delivery_names_the_case_of_what_was_refused_of_it(world: Ground) -> None:
    message = receive(world, GOOD, BAD)
    look()
    good, bad = message.transactions.order_by("position")
    assert cases_of(message) == {good.pk: set(), bad.pk: {Case.objects.get().number}}
