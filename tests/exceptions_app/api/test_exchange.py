"""Deliveries: taken at once, once, and shown with what became of them."""

from datetime import timedelta
from typing import Any

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import IdempotencyKey, Interchange, InterchangeStatus
from erp_connectors.exchange.processing import process_interchange
from exceptions_app.audit.models import Event
from tests.builders import edifact, factories
from tests.builders.factories import Ground
from tests.builders.x12 import ack, confirmation_855, po1
from tests.exceptions_app.api.callers import ORDER, Caller, json_of, problem, results, signed_in, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground

X12 = "application/edi-x12"


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, "inbound:write", "interchanges:read", "interchanges:write")


def answer_855(**values: Any) -> bytes:
    """Return the 855 of scenario 1: 82 of 100 pieces."""
    return confirmation_855(
        "4500010001",
        [po1("10", "100", acks=[ack("IQ", "82", on="20261202")])],
        sender="SUP77",
        receiver="WESERLAND",
        **values,
    )


def recorded_order(world: Ground) -> PurchaseOrder:
    """Let the ERP of a company tell of the order, and return it."""
    sender = with_token(world.company, "documents:write")
    sent = json_of(sender.post("documents/", ORDER | {"number": "4500010001"}), 202)
    process_interchange(sent["id"])
    return PurchaseOrder.objects.get(connection=world.erp, number="4500010001")


def test_a_delivery_is_stored_byte_for_byte_and_answered_with_202(world: Ground, caller: Caller) -> None:
    payload = answer_855() + b"\r\n\x00\xff"
    answer = json_of(caller.post(f"inbound/{world.edi.code}/", payload, content_type=X12), 202)
    row = Interchange.objects.get()
    assert bytes(row.payload) == payload
    assert (row.channel, row.content_type, row.connection) == ("api", X12, world.edi)
    assert answer["id"] == str(row.pk)
    assert (answer["status"], answer["size"], answer["connection"]) == (
        "received",
        len(payload),
        world.edi.code,
    )


@pytest.mark.parametrize(
    "content_type", [X12, "application/edifact", "application/json", "text/csv; charset=utf-8"]
)
def test_every_media_type_of_the_interface_is_taken(world: Ground, caller: Caller, content_type: str) -> None:
    assert caller.post(f"inbound/{world.erp.code}/", b"{}", content_type=content_type).status_code == 202


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""]
)
def test_another_media_type_is_refused_with_those_there_are(
    world: Ground, caller: Caller, content_type: str
) -> None:
    answer = caller.post(f"inbound/{world.edi.code}/", b"ISA", content_type=content_type)
    assert "application/edi-x12" in problem(answer, 415)["detail"]
    assert not Interchange.objects.exists()


def test_nothing_is_refused(world: Ground, caller: Caller) -> None:
    answer = caller.post(f"inbound/{world.edi.code}/", b"", content_type=X12)
    assert "empty" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(("content_type", "name"), [(X12, "LARGEST"), ("application/json", "LARGEST_JSON")])
def test_too_much_is_refused_before_it_is_kept(
    world: Ground, caller: Caller, monkeypatch: pytest.MonkeyPatch, content_type: str, name: str
) -> None:
    monkeypatch.setattr(f"exceptions_app.api.bodies.{name}", 1000)
    fits = caller.post(f"inbound/{world.edi.code}/", b"x" * 1000, content_type=content_type)
    assert fits.status_code == 202
    answer = caller.post(f"inbound/{world.edi.code}/", b"x" * 1001, content_type=content_type)
    assert "1000 bytes" in problem(answer, 413)["detail"]
    assert Interchange.objects.count() == 1


def test_a_body_longer_than_it_says_is_not_read_to_its_end(world: Ground, caller: Caller) -> None:
    answer = caller.client.post(
        f"/api/v1/inbound/{world.edi.code}/",
        b"x" * 50,
        content_type=X12,
        headers={"Authorization": f"Bearer {caller.secret}"},
        CONTENT_LENGTH=str(inbox.LARGEST + 1),
    )
    problem(answer, 413)  # type: ignore[arg-type]


def test_an_unknown_and_an_inactive_connection_are_not_there(world: Ground, caller: Caller) -> None:
    problem(caller.post("inbound/nowhere/", b"x", content_type=X12), 404)
    world.edi.is_active = False
    world.edi.save()
    problem(caller.post(f"inbound/{world.edi.code}/", b"x", content_type=X12), 404)


def test_the_connection_of_another_company_is_not_there(world: Ground, caller: Caller) -> None:
    other = factories.ground("fulda")
    problem(caller.post(f"inbound/{other.edi.code}/", b"x", content_type=X12), 404)
    assert not Interchange.objects.exists()


# --- the same again -----------------------------------------------------------------------------------------


def test_the_same_key_with_the_same_delivery_gets_the_first_answer_again(
    world: Ground, caller: Caller
) -> None:
    path = f"inbound/{world.erp.code}/"
    first = json_of(caller.post(path, b"a;b\n", content_type="text/csv", Idempotency_Key="k1"), 202)
    Interchange.objects.update(status=InterchangeStatus.PROCESSED)
    again = json_of(caller.post(path, b"a;b\n", content_type="text/csv", Idempotency_Key="k1"), 202)
    assert again == first
    assert Interchange.objects.count() == 1


def test_the_same_key_with_another_body_or_connection_is_a_conflict(world: Ground, caller: Caller) -> None:
    caller.post(f"inbound/{world.erp.code}/", b"a;b\n", content_type="text/csv", Idempotency_Key="k1")
    for path, body in ((world.erp.code, b"a;c\n"), (world.edi.code, b"a;b\n")):
        answer = caller.post(f"inbound/{path}/", body, content_type="text/csv", Idempotency_Key="k1")
        assert "another body" in problem(answer, 409)["detail"]
    assert Interchange.objects.count() == 1


def test_the_key_of_another_caller_is_another_key(world: Ground, caller: Caller) -> None:
    second = with_token(world.company, "inbound:write")
    for each in (caller, second):
        answer = each.post(
            f"inbound/{world.erp.code}/", b"a;b\n", content_type="text/csv", Idempotency_Key="k1"
        )
        assert answer.status_code == 202
    assert Interchange.objects.count() == 2


def test_a_key_that_is_too_long_is_refused(world: Ground, caller: Caller) -> None:
    answer = caller.post(
        f"inbound/{world.erp.code}/", b"x", content_type="text/csv", Idempotency_Key="k" * 201
    )
    problem(answer, 422)
    assert not IdempotencyKey.objects.exists()


def test_the_same_edi_without_a_key_is_the_first_interchange_again(world: Ground, caller: Caller) -> None:
    path = f"inbound/{world.edi.code}/"
    first = json_of(caller.post(path, answer_855(), content_type=X12), 202)
    again = json_of(caller.post(path, answer_855(), content_type=X12), 202)
    assert again["id"] == first["id"]
    assert Interchange.objects.count() == 1


# --- what became of it --------------------------------------------------------------------------------------


def test_an_interchange_shows_verdict_documents_and_cases_of_each_transaction(
    world: Ground, caller: Caller
) -> None:
    order = recorded_order(world)
    case = factories.CaseFactory.create(order=order, team=world.teams["PRO"])
    elsewhere = factories.ground("fulda")
    factories.CaseFactory.create(order=recorded_order(elsewhere), team=elsewhere.teams["PRO"])
    sent = json_of(caller.post(f"inbound/{world.edi.code}/", answer_855(), content_type=X12), 202)
    process_interchange(sent["id"])

    shown = json_of(caller.get(f"interchanges/{sent['id']}/"))

    assert shown["status"] == "processed", shown
    (transaction,) = shown["transactions"]
    assert (transaction["kind"], transaction["status"]) == ("855", "applied")
    assert [document["kind"] for document in transaction["documents"]] == ["confirmation"]
    assert transaction["cases"] == [case.number]


def test_edifact_is_taken_and_read_as_what_it_is(world: Ground, caller: Caller) -> None:
    parties = edifact.Parties(sender="SUP77", receiver="WESERLAND")
    factories.PartnerProfileFactory.create(
        connection=world.edi,
        supplier=world.supplier,
        their_qualifier="14",
        their_id="SUP77",
        our_qualifier="14",
        our_id="WESERLAND",
    )
    recorded_order(world)
    answer = edifact.order_response(
        "4500010001", [edifact.lin("10", quantities={"21": "100", "113": "82"})], parties=parties
    )

    sent = json_of(caller.post(f"inbound/{world.edi.code}/", answer, content_type="application/edifact"), 202)
    process_interchange(sent["id"])
    shown = json_of(caller.get(f"interchanges/{sent['id']}/"))

    (transaction,) = shown["transactions"]
    assert (transaction["kind"], transaction["status"]) == ("ORDRSP", "applied")
    assert [document["kind"] for document in transaction["documents"]] == ["confirmation"]


def test_interchanges_are_listed_newest_first_and_filtered(world: Ground, caller: Caller) -> None:
    rows = [factories.InterchangeFactory.create(connection=world.edi) for _ in range(3)]
    other = factories.InterchangeFactory.create(
        connection=world.erp, channel="api", status=InterchangeStatus.QUARANTINED
    )
    listed = [row["id"] for row in results(caller.get("interchanges/"))]
    assert listed == [str(row.pk) for row in (other, *reversed(rows))]
    assert "payload" not in results(caller.get("interchanges/"))[0]
    for query in ({"connection": world.erp.code}, {"status": "quarantined"}, {"channel": "api"}):
        assert [row["id"] for row in results(caller.get("interchanges/", **query))] == [str(other.pk)]
    problem(caller.get("interchanges/", status="burnt"), 400)


def test_a_replay_has_the_interchange_read_again_and_is_told(world: Ground, caller: Caller) -> None:
    row = factories.InterchangeFactory.create(connection=world.edi, status=InterchangeStatus.QUARANTINED)
    answer = json_of(caller.post(f"interchanges/{row.pk}/replay/"), 202)
    assert answer["status"] == "received"
    row.refresh_from_db()
    assert row.status == InterchangeStatus.RECEIVED
    assert row.due_at is not None
    assert row.due_at <= clock.now() + timedelta(seconds=1)
    event = Event.objects.get(kind="interchange.replayed")
    assert (event.actor_name, event.subject_id) == ("warehouse system", str(row.pk))
    assert event.source == "api 127.0.0.1"


def test_a_person_of_the_integration_team_delivers_and_replays(world: Ground) -> None:
    caller = signed_in(world.people["ed"])
    sent = json_of(caller.post(f"inbound/{world.edi.code}/", answer_855(), content_type=X12), 202)
    assert caller.post(f"interchanges/{sent['id']}/replay/").status_code == 202
    assert Event.objects.get(kind="interchange.replayed").actor == world.people["ed"]


def test_a_lead_looks_at_the_exchange_and_cannot_replay(world: Ground) -> None:
    row = factories.InterchangeFactory.create(connection=world.edi)
    caller = signed_in(world.people["paul"])
    assert caller.get(f"interchanges/{row.pk}/").status_code == 200
    problem(caller.post(f"interchanges/{row.pk}/replay/"), 403)
    problem(caller.post(f"inbound/{world.edi.code}/", b"x", content_type=X12), 403)


def test_commands_show_authorisation_and_answer_and_are_filtered(world: Ground) -> None:
    line = factories.order_line(world)
    command = factories.CommandFactory.create(order=line.order, case_number="EX-1", answer={"words": "ok"})
    factories.CommandFactory.create(order=factories.order_line(world, number="4500010002").order)
    caller = with_token(world.company, "orders:read")
    (row,) = results(caller.get("commands/", case="EX-1"))
    assert (row["id"], row["order"], row["state"]) == (str(command.pk), line.order.number, "waiting")
    assert row["authorisation"]["kind"] == "within_limit"
    assert row["answer"] == {"words": "ok"}
    assert len(results(caller.get("commands/", order="4500010002"))) == 1
    assert results(caller.get("commands/", state="done")) == []
    assert json_of(caller.get(f"commands/{command.pk}/"))["id"] == str(command.pk)
