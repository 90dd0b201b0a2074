"""EDIFACT through the inbox: recorded for the partner of its UNB, answered by a CONTRL in the folder."""

from pathlib import Path
from typing import Any

import pytest

from erp_connectors.documents.models import Document
from erp_connectors.edi import EnvelopeIds
from erp_connectors.edi.partners import Partners, rules_of
from erp_connectors.errors import ConfigurationError
from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import Interchange, OutgoingFile, TransactionStatus
from erp_connectors.exchange.outgoing import send_due
from erp_connectors.exchange.processing import process_interchange, replay
from tests.builders.edifact import (
    Parties,
    cps,
    despatch_advice,
    interchange,
    invoice,
    lin,
    order,
    order_response,
    order_response_segments,
    receiving_advice,
)
from tests.builders.factories import Ground, PartnerProfileFactory, ground

pytestmark = pytest.mark.django_db

PARTIES = Parties(sender="4000001000005", receiver="4099999000003")
LINE = lin("10", action="6", item="MAT-1", kind="IN", quantities={"21": "100", "113": "82"})


@pytest.fixture
def world() -> Ground:
    world = ground()
    PartnerProfileFactory.create(
        connection=world.edi,
        supplier=world.supplier,
        name="Nordmann by EDIFACT",
        their_qualifier="14",
        their_id=PARTIES.sender,
        our_qualifier="14",
        our_id=PARTIES.receiver,
    )
    return world


def take(world: Ground, payload: bytes, **values: Any) -> Interchange:
    """Receive and process; return the interchange as it has become."""
    received = inbox.receive(payload, connection=world.edi, **({"channel": "api"} | values))
    process_interchange(received.interchange.pk)
    received.interchange.refresh_from_db()
    return received.interchange


def statuses(taken: Interchange) -> list[str]:
    return list(taken.transactions.order_by("position").values_list("status", flat=True))


def test_an_order_response_is_recorded_with_the_partners_supplier(world: Ground) -> None:
    taken = take(world, order_response("1000", [LINE], parties=PARTIES), content_type="application/edifact")

    document, transaction = Document.objects.get(), taken.transactions.get()
    assert (document.kind, document.key, document.supplier) == ("confirmation", "1000", world.supplier)
    assert (transaction.kind, transaction.control_number, transaction.status) == ("ORDRSP", "1", "applied")
    assert transaction.reading["lines"][0]["qty"] == [["21", "100", "PCE"], ["113", "82", "PCE"]]
    assert transaction.mapping_version == "edifact-1"
    assert bytes(taken.payload)[transaction.offset_from : transaction.offset_to].startswith(b"UNH+1+ORDRSP")
    assert taken.envelope["ref"] == "1"


def test_every_interchange_is_answered_by_one_contrl_in_the_outgoing_folder(
    world: Ground, tmp_path: Path
) -> None:
    world.edi.settings = {"folder": str(tmp_path)}
    world.edi.save()
    messages = [("ORDRSP", order_response_segments(number, [LINE])) for number in ("1000", "2000")]
    broken = interchange(messages, control="R-7", parties=PARTIES).replace(b"UNT+10+2", b"UNT+9+2")

    taken = take(world, broken)

    assert statuses(taken) == [TransactionStatus.APPLIED, TransactionStatus.REJECTED]
    answer = taken.acknowledgements.get(kind="CONTRL")
    assert answer.status == "waiting"
    send_due()
    (written,) = (tmp_path / "outgoing").iterdir()
    text = written.read_text("latin-1")
    assert "UNB+UNOC:3+4099999000003:14+4000001000005:14+" in text
    assert "UCI+R-7+4000001000005:14+4099999000003:14+7'" in text
    assert "UCM+1+ORDRSP:D:96A:UN:EAN008+7'UCM+2+ORDRSP:D:96A:UN:EAN008+4+29'" in text


def test_what_follows_the_answer_is_recorded_as_what_it_is(world: Ground) -> None:
    shipped = [cps("1"), lin("10", item="MAT-1", kind="IN", quantities={"12": "82"})]
    billed = [lin("10", item="MAT-1", kind="IN", quantities={"47": "82"}, price="12.50")]
    received = [lin("10", item="MAT-1", kind="IN", quantities={"48": "82", "194": "80", "124": "2"})]
    for payload in (
        despatch_advice("D-1", shipped, order="1000", control="1", parties=PARTIES),
        invoice("R-1", billed, order="1000", control="2", parties=PARTIES),
        receiving_advice("W-1", received, order="1000", control="3", parties=PARTIES),
    ):
        assert statuses(take(world, payload)) == [TransactionStatus.APPLIED]

    kinds = Document.objects.order_by("kind").values_list("kind", "key")
    assert list(kinds) == [("invoice", "R-1"), ("receipt", "W-1"), ("ship_notice", "D-1")]


def test_a_refused_message_names_segment_element_component_and_value(world: Ground, tmp_path: Path) -> None:
    world.edi.settings = {"folder": str(tmp_path)}
    world.edi.save()
    wrong = lin("10", item="MAT-1", kind="IN", quantities={"21": "100", "113": "many"})

    taken = take(world, order_response("1000", [wrong], parties=PARTIES), channel="folder", file_name="a.edi")

    (finding,) = [each for each in taken.transactions.get().findings if each["severity"] == "error"]
    assert [finding[name] for name in ("segment", "element", "component", "value")] == ["QTY", 1, 2, "many"]
    report = bytes(OutgoingFile.objects.get(kind="report", file_name__endswith=".txt").payload).decode()
    assert "segment 8 QTY, element 1, component 2, value many: " in report


def test_acknowledgements_and_our_own_orders_have_no_effect(world: Ground) -> None:
    report = [("UCI", "1", (PARTIES.receiver, "14"), (PARTIES.sender, "14"), "7")]
    acknowledgement = take(world, interchange([("CONTRL", report)], parties=PARTIES))
    copy = take(world, order("1000", [LINE], control="2", parties=PARTIES))

    assert statuses(acknowledgement) == [TransactionStatus.IGNORED]
    assert acknowledgement.transactions.get().reading["uci"] == ["1", PARTIES.receiver, PARTIES.sender, "7"]
    assert statuses(copy) == [TransactionStatus.NOT_MAPPED]
    assert copy.transactions.get().findings[-1]["code"] == "ORDER_COPY"
    assert [file.interchange for file in OutgoingFile.objects.all()] == [copy]


def test_a_test_touches_nothing_live(world: Ground) -> None:
    taken = take(world, order_response("1000", [LINE], parties=PARTIES, test=True))

    assert statuses(taken) == [TransactionStatus.TEST]
    assert taken.is_test
    assert Document.objects.count() == 0


def test_an_unknown_partner_waits_in_quarantine_until_it_is_set_up(world: Ground) -> None:
    stranger = Parties(sender="DORN", sender_qualifier="", receiver=PARTIES.receiver)
    taken = take(world, order_response("1000", [LINE], parties=stranger))
    assert statuses(taken) == [TransactionStatus.QUARANTINED]

    PartnerProfileFactory.create(
        connection=world.edi,
        supplier=world.supplier,
        their_qualifier="",
        their_id="DORN",
        our_qualifier="14",
        our_id=PARTIES.receiver,
    )
    replay(taken)
    process_interchange(taken.pk)

    assert statuses(taken) == [TransactionStatus.APPLIED]


def test_a_profile_overrides_the_edifact_tables(world: Ground) -> None:
    profile = world.edi.partners.get(their_id=PARTIES.sender)
    profile.overrides = {
        "edifact": {"confirmed_quantity": ["12"], "decimal_marks": ",", "actions": {"36": "5"}}
    }
    profile.save()
    ids = EnvelopeIds(
        standard="EDIFACT",
        sender_qualifier="14",
        sender=PARTIES.sender,
        receiver_qualifier="14",
        receiver=PARTIES.receiver,
    )

    rules = Partners(world.edi).rules(ids)

    assert rules is not None
    assert rules.edifact.confirmed_quantity == ("12",)
    assert rules.edifact.actions == {"36": "5"}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"actions": {"36": "99"}}, "'99'"),
        ({"header_status": {"9": "nothing"}}, "'nothing'"),
        ({"quantity_kinds": {"66": "promised"}}, "'promised'"),
        ({"purposes": {"9": "amended"}}, "'amended'"),
        ({"line_number_source": "PO101"}, "'PO101'"),
        ({"decimal_marks": "'"}, "decimal mark"),
        ({"quantities": {}}, "quantities"),
    ],
)
def test_an_override_that_cannot_be_used_is_named(world: Ground, overrides: Any, words: str) -> None:
    profile = world.edi.partners.get(their_id=PARTIES.sender)
    profile.overrides = {"edifact": overrides}

    with pytest.raises(ConfigurationError) as refused:
        rules_of(profile)

    assert "'Nordmann by EDIFACT'" in str(refused.value)
    assert words in str(refused.value)
