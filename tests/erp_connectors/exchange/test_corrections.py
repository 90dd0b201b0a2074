"""A corrected copy of what could not be applied: tried out, read in its place, and the original stays."""

import pytest

from erp_connectors import clock
from erp_connectors.documents.models import Document
from erp_connectors.errors import ConflictError
from erp_connectors.exchange import corrections, inbox
from erp_connectors.exchange.corrections import CannotCorrect, NothingChanged
from erp_connectors.exchange.models import (
    Correction,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    Quarantine,
    Transaction,
    TransactionStatus,
)
from erp_connectors.exchange.processing import process_interchange
from tests.builders.factories import Ground, ground
from tests.builders.x12 import Parties, ack, confirmation_segments, interchange, po1

pytestmark = pytest.mark.django_db
SCENE = ground

GOOD, BAD = "82", "many"


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


def confirmations(*quantities: str) -> bytes:
    """Return one interchange with an 855 for each quantity."""
    sets = [
        (
            "855",
            confirmation_segments(
                f"450001000{place}", [po1("10", "100", acks=[ack("IQ", quantity, on="20261202")])]
            ),
        )
        for place, quantity in enumerate(quantities)
    ]
    return interchange(sets, parties=Parties(sender="SUP77", receiver="WESERLAND"))


def read(world: Ground, payload: bytes) -> Interchange:
    received = inbox.receive(payload, connection=world.edi, channel="api", file_name="answer.edi")
    process_interchange(received.interchange.pk)
    return Interchange.objects.get(pk=received.interchange.pk)


def corrected(original: Interchange, old: str = BAD, new: str = GOOD) -> Correction:
    """Correct the text of an interchange and have the copy read."""
    text = corrections.text_of(original).replace(old, new)
    correction = corrections.correct(original, text, reason="Typed", by="Ines", at=clock.now())
    process_interchange(correction.corrected_id)
    original.refresh_from_db()
    correction.corrected.refresh_from_db()
    return correction


def statuses(of: Interchange) -> list[str]:
    return list(Transaction.objects.filter(interchange=of).values_list("status", flat=True))


def test_a_copy_is_read_in_place_of_the_original_which_stays_as_it_came(world: Ground) -> None:
    payload = confirmations(BAD)
    original = read(world, payload)
    assert original.status == InterchangeStatus.QUARANTINED

    correction = corrected(original)

    assert correction.corrected.status == InterchangeStatus.PROCESSED
    assert (original.status, bytes(original.payload)) == (InterchangeStatus.CORRECTED, payload)
    assert statuses(original) == [TransactionStatus.CORRECTED]
    assert Document.objects.get().transaction == correction.corrected.transactions.get()
    assert (correction.made_by, correction.reason) == ("Ines", "Typed")
    assert any(line.startswith("-ACK") and BAD in line for line in correction.diff.split("\n"))
    assert correction.corrected.received_at == original.received_at


def test_what_was_applied_already_is_not_applied_twice(world: Ground) -> None:
    original = read(world, confirmations(GOOD, BAD))
    assert original.status == InterchangeStatus.PARTLY

    correction = corrected(original)

    assert statuses(original) == [TransactionStatus.APPLIED, TransactionStatus.CORRECTED]
    assert statuses(correction.corrected) == [TransactionStatus.DUPLICATE, TransactionStatus.APPLIED]
    assert Document.objects.count() == 2


def test_what_was_applied_already_is_not_changed_through_the_copy(world: Ground) -> None:
    original = read(world, confirmations(GOOD, BAD))

    correction = corrected(original, GOOD, "50")

    assert TransactionStatus.APPLIED not in statuses(correction.corrected)
    assert Document.objects.count() == 1


def test_a_copy_that_is_refused_waits_in_its_place(world: Ground) -> None:
    original = read(world, confirmations(BAD))
    correction = corrected(original, BAD, "several")

    assert original.status == InterchangeStatus.CORRECTED
    assert correction.corrected.status == InterchangeStatus.QUARANTINED
    assert set(Quarantine.objects.values_list("interchange", flat=True)) == {
        original.pk,
        correction.corrected_id,
    }
    again = corrected(correction.corrected, "several", GOOD)
    assert again.corrected.status == InterchangeStatus.PROCESSED


def test_the_partner_gets_one_answer_to_what_it_sent(world: Ground) -> None:
    original = read(world, confirmations(BAD))
    answers = OutgoingFile.objects.count()
    corrected(original)

    assert answers == OutgoingFile.objects.count() == 1


def test_the_partner_gets_its_answer_where_it_had_none(world: Ground) -> None:
    original = read(world, confirmations(GOOD).replace(b"ISA*", b"ISX*", 1))
    assert not OutgoingFile.objects.exists()

    corrected(original, "ISX*", "ISA*")

    assert OutgoingFile.objects.get().kind == "997"


def test_trying_out_tells_what_would_come_of_it_and_changes_nothing(world: Ground) -> None:
    original = read(world, confirmations(GOOD, BAD))
    text = corrections.text_of(original).replace(BAD, GOOD)
    before = (Interchange.objects.count(), Document.objects.count(), OutgoingFile.objects.count())

    tried = corrections.try_out(original, text, at=clock.now())

    assert tried.interchange.status == InterchangeStatus.PROCESSED
    assert [each.status for each in tried.transactions] == ["duplicate", "applied"]
    assert GOOD in tried.diff
    assert (Interchange.objects.count(), Document.objects.count(), OutgoingFile.objects.count()) == before
    assert statuses(original) == [TransactionStatus.APPLIED, TransactionStatus.REJECTED]


def test_trying_out_says_what_is_still_wrong(world: Ground) -> None:
    original = read(world, confirmations(BAD))
    text = corrections.text_of(original).replace(BAD, "several")

    (tried,) = corrections.try_out(original, text, at=clock.now()).transactions

    assert tried.status == TransactionStatus.REJECTED
    assert any("several" in str(finding) for finding in tried.findings)


def test_an_unchanged_text_and_bytes_that_came_before_are_no_correction(world: Ground) -> None:
    original = read(world, confirmations(BAD))
    read(world, confirmations(GOOD))
    text = corrections.text_of(original)

    with pytest.raises(NothingChanged):
        corrections.correct(original, text, reason="x", by="Ines", at=clock.now())
    with pytest.raises(CannotCorrect, match="came before"):
        corrections.correct(original, text.replace(BAD, GOOD), reason="x", by="Ines", at=clock.now())


def test_what_is_applied_or_corrected_or_being_corrected_is_not_corrected(world: Ground) -> None:
    applied, original = read(world, confirmations(GOOD)), read(world, confirmations("none"))
    text = corrections.text_of(original).replace("none", "7")
    with pytest.raises(CannotCorrect, match="nothing waits"):
        corrections.correct(applied, text, reason="x", by="Ines", at=clock.now())

    waiting = corrections.correct(original, text, reason="x", by="Ines", at=clock.now())
    with pytest.raises(ConflictError, match="being read"):
        corrections.correct(original, text + "\n", reason="x", by="Ines", at=clock.now())

    process_interchange(waiting.corrected_id)
    with pytest.raises(CannotCorrect, match="corrected by hand"):
        corrections.correct(original, text + "\n", reason="x", by="Ines", at=clock.now())
