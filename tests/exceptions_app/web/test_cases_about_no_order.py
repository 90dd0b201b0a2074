"""Cases about a message or a stream are shown, listed, exported and told over the API like others."""

from typing import Any

import pytest

from exceptions_app.cases.models import Case
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import Scene, set_scene

SCENE = set_scene


def case_of(scene: Scene, number: str, type_code: str, **values: Any) -> Case:
    """Return a case of integration about no order, with one line."""
    case = make.CaseFactory.create(
        number=number,
        type_code=type_code,
        company=scene.world.company,
        team=scene.world.teams["EDI"],
        order=None,
        supplier=None,
        amount=None,
        group_key=number,
        headline=f"{number} could not be applied",
        **values,
    )
    make.CaseLineFactory.create(
        case=case,
        order_line=None,
        line_number="",
        key=f"{type_code}:1",
        quantity=None,
        unit="",
        amount=None,
        currency="",
        expected={"applied": True},
        actual={"text": "BAK03 is empty.", "kind": "855"},
        evidence={},
    )
    make.QueueEntryFactory.create(case=case, team=case.team, role="owner")
    return case


@pytest.fixture
def message(scene: Scene) -> Case:
    interchange = make.InterchangeFactory.create(
        connection=scene.world.erp, file_name="orders.csv", received_at=TUESDAY_TEN
    )
    return case_of(
        scene, "EX-7", "message_quarantined", interchange=interchange, subject_kind="message", subject_id=7
    )


@pytest.fixture
def stream(scene: Scene) -> Case:
    state = make.StreamStateFactory.create(connection=scene.world.erp, stream="orders")
    case = case_of(scene, "EX-8", "feed_silent", stream=state, subject_kind="stream", subject_id=state.pk)
    case.lines.update(actual={"text": "BAK03 is empty.", "silent_since": TUESDAY_TEN.isoformat()})
    return case


def test_their_pages_show_what_is_wrong(scene: Scene, message: Case, stream: Case) -> None:
    ed = scene.browser("ed")
    for case in (message, stream):
        answer = ed.get(f"/cases/{case.number}/")
        assert answer.status_code == 200
        assert "BAK03 is empty." in answer.content.decode()


def test_they_stand_in_the_queue_and_in_its_export(scene: Scene, message: Case, stream: Case) -> None:
    ed = scene.browser("ed")
    team = scene.world.teams["EDI"]
    page = ed.get(f"/queues/{team.company.code}/{team.code}/")
    assert page.status_code == 200
    assert "EX-7 could not be applied" in page.content.decode()
    export = ed.get(f"/queues/{team.company.code}/{team.code}/export/csv/")
    assert "EX-8 could not be applied" in export.content.decode()


def test_the_api_tells_them_without_order_and_supplier(scene: Scene, message: Case, stream: Case) -> None:
    ed = scene.browser("ed")
    for case in (message, stream):
        answer = ed.get(f"/api/v1/cases/{case.number}/").json()
        assert (answer["order"], answer["supplier"], answer["type"]) == (None, None, case.type_code)


def test_a_case_about_an_invoice_names_it_and_shows_it(scene: Scene) -> None:
    invoice = scene.invoice("EX-9", document="INV-77").document
    assert invoice is not None
    finn = scene.browser("finn")
    page = finn.get("/cases/EX-9/").content.decode()
    path = f"/cases/EX-9/documents/{invoice.document_id}/"

    assert '<dt>Invoice</dt><dd class="mono">INV-77</dd>' in page
    assert path in page
    assert finn.get(path).status_code == 200
    other = make.DocumentFactory.create(connection=scene.world.erp, key="INV-78")
    assert finn.get(f"/cases/EX-9/documents/{other.pk}/").status_code == 404


def test_a_case_about_a_message_leads_to_it_whoever_may_see_it(scene: Scene, message: Case) -> None:
    path = f"/interchanges/{message.interchange_id}/"
    scene.tell(message, "PRO")

    assert path in scene.browser("ed").get("/cases/EX-7/").content.decode()
    told = scene.browser("bea").get("/cases/EX-7/").content.decode()
    assert path not in told
    assert "orders.csv" in told
