"""`manage.py decode`: a dry run that touches nothing and fails only for a path it cannot read."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.builders.edifact import lin, order_response
from tests.builders.x12 import (
    ack,
    at7,
    change_confirmation_865,
    confirmation_855,
    invoice_810,
    it1,
    order_change_860,
    po1,
    poc,
    rcd,
    receipt_861,
    shipment_status_214,
)
from tests.erp_connectors.edi.decoding import read

LINES = [po1("1", "100", price="2.50", acks=[ack("IQ", "80", on="20261201")])]
CLEAN = confirmation_855("4500010001", LINES)


def decode(*paths: Path, flags: tuple[str, ...] = ()) -> str:
    output = StringIO()
    call_command("decode", *map(str, paths), *flags, stdout=output, stderr=StringIO())
    return output.getvalue()


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_it_prints_verdict_findings_reading_and_document_as_json(tmp_path: Path) -> None:
    (report,) = json.loads(decode(written(tmp_path, "a.x12", CLEAN), flags=("--json",)))

    (interchange,) = report["interchanges"]
    (group,) = interchange["groups"]
    (transaction,) = group["transactions"]
    assert report["verdict"] == interchange["verdict"] == group["verdict"] == "accept"
    assert (interchange["sender"], interchange["receiver"]) == ("ZZ/SUPPLIER", "ZZ/BUYER")
    assert (transaction["set"], transaction["control_number"]) == ("855", "0001")
    assert transaction["document_kind"] == "confirmation"
    (line,) = transaction["document"]["lines"]
    assert line["offered"][0]["quantity"] == {"value": "80", "unit": "EA"}
    assert line["price"]["amount"] == "2.5"
    assert transaction["reading"]["lines"][0]["price"] == "2.50"
    assert transaction["reading"]["qty_sum"] == 100


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (change_confirmation_865("A-1", [poc("1", "NC", "5")]), "confirmation"),
        (order_change_860("A-1", [poc("1", "NC", "5")]), None),
        (receipt_861("R-1", [rcd("1", "5")]), "receipt"),
        (invoice_810("I-1", [it1("1", "5")], total="5000"), "invoice"),
        (shipment_status_214("P-1", [at7("AG", "NS", "20261201")]), "shipment_status"),
    ],
    ids=["865", "860", "861", "810", "214"],
)
def test_it_shows_every_set_with_its_reading_and_its_document(
    tmp_path: Path, data: bytes, kind: str | None
) -> None:
    (report,) = json.loads(decode(written(tmp_path, "a.x12", data), flags=("--json",)))

    transaction = report["interchanges"][0]["groups"][0]["transactions"][0]
    assert transaction["document_kind"] == kind
    assert (transaction["document"] is not None) is (kind is not None)
    assert transaction["reading"]["set"] == transaction["set"]


def test_it_prints_the_same_for_people(tmp_path: Path) -> None:
    text = decode(written(tmp_path, "a.x12", CLEAN.replace(b"SE*7*0001", b"SE*9*0001")))

    assert "interchange 000000001 ZZ/SUPPLIER -> ZZ/BUYER: accept" in text
    assert "855 0001: reject, AK5 R 4" in text
    assert "error SE_COUNT at byte" in text


def test_a_refused_file_is_an_answer_and_not_a_failure(tmp_path: Path) -> None:
    (report,) = json.loads(decode(written(tmp_path, "a.txt", b"no edi at all"), flags=("--json",)))

    assert report["verdict"] == "quarantine"
    assert [finding["code"] for finding in report["findings"]] == ["UNREADABLE_BYTES", "HEADER_UNREADABLE"]


def test_an_unpadded_isa_is_read_when_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "a.x12", CLEAN.replace(b"SUPPLIER       ", b"SUPPLIER"))

    (strict,) = json.loads(decode(path, flags=("--json",)))
    (lenient,) = json.loads(decode(path, flags=("--json", "--lenient-isa")))

    assert (strict["verdict"], lenient["verdict"]) == ("reject", "accept")


def test_a_path_it_cannot_read_ends_in_status_2_after_the_others(tmp_path: Path) -> None:
    output, errors = StringIO(), StringIO()
    path = written(tmp_path, "a.x12", CLEAN)

    with pytest.raises(SystemExit) as ended:
        call_command("decode", str(tmp_path / "none"), str(path), "--json", stdout=output, stderr=errors)

    assert ended.value.code == 2
    assert [report["file"] for report in json.loads(output.getvalue())] == [str(path)]
    assert "none" in errors.getvalue()


def test_it_needs_no_database(tmp_path: Path) -> None:
    """pytest-django refuses any query here, for no test of this file asks for a database."""
    assert read(CLEAN).file.sha256 in decode(written(tmp_path, "a.x12", CLEAN), flags=("--json",))


def test_edifact_is_shown_with_the_words_of_its_own_answers(tmp_path: Path) -> None:
    data = order_response("4500010001", [lin("1", action="5", quantities={"21": "9"})])
    path = written(tmp_path, "a.edi", data.replace(b"UNT+9+1", b"UNT+8+1"))

    text = decode(path)
    (report,) = json.loads(decode(path, flags=("--json",)))

    assert "interchange 1 14/SUPPLIER -> 14/BUYER: accept, UCI A" in text
    assert "group: reject, UCF R*1*1*0" in text
    assert "ORDRSP 1: reject, UCM R 29" in text
    assert report["standard"] == "EDIFACT"
    (message,) = report["interchanges"][0]["groups"][0]["transactions"]
    assert message["version"] == "D:96A:UN:EAN008"


def test_an_edifact_header_without_a_syntax_version_is_read_when_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "a.edi", order_response("A-1", []).replace(b"UNOC:3", b"UNOC"))

    (strict,) = json.loads(decode(path, flags=("--json",)))
    (lenient,) = json.loads(decode(path, flags=("--json", "--lenient-isa")))

    assert (strict["verdict"], lenient["verdict"]) == ("quarantine", "accept")
