"""Correcting a copy of an interchange in the browser: the text, trying it out, and reading it."""

import pytest
from django.test import Client

from erp_connectors.exchange import inbox
from erp_connectors.exchange.models import Correction, Interchange, InterchangeStatus
from erp_connectors.exchange.processing import process_interchange
from exceptions_app.audit.models import Event
from exceptions_app.people.models import Role
from tests.builders.factories import Ground, MembershipFactory, UserFactory, ground
from tests.builders.x12 import ack, confirmation_855, po1
from tests.exceptions_app.web.scenes import browser_of
from tests.exceptions_app.web.test_cases import text_of


def ground_with_ines() -> Ground:
    """Make the ground, with Ines who leads integration."""
    world = ground()
    world.people["ines"] = UserFactory.create(username="ines")
    MembershipFactory.create(user=world.people["ines"], team=world.teams["EDI"], role=Role.LEAD)
    return world


SCENE = ground_with_ines


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def refused(world: Ground) -> Interchange:
    """An 855 whose quantity is no number."""
    payload = confirmation_855(
        "4500010001",
        [po1("10", "100", acks=[ack("IQ", "8<2", on="20261202")])],
        sender="SUP77",
        receiver="WESERLAND",
    )
    received = inbox.receive(payload, connection=world.edi, channel="api", file_name="answer.edi")
    process_interchange(received.interchange.pk)
    return Interchange.objects.get()


def browser(world: Ground, name: str = "ines") -> Client:
    return browser_of(world.people[name])


def edited(refused: Interchange) -> str:
    """Return what a browser would send of the corrected copy."""
    return bytes(refused.payload).decode().replace("8<2", "82").replace("\n", "\r\n")


def test_the_form_shows_what_came_and_what_is_wrong_with_it(world: Ground, refused: Interchange) -> None:
    page = browser(world).get(f"/interchanges/{refused.pk}/correct/").content.decode()

    assert "ACK*IQ*8&lt;2*EA" in page
    assert 'class="findings"' in page
    assert (
        f'href="/interchanges/{refused.pk}/correct/"'
        in browser(world).get(f"/interchanges/{refused.pk}/").content.decode()
    )


def test_trying_out_shows_verdict_and_difference_and_keeps_what_was_typed(
    world: Ground, refused: Interchange
) -> None:
    sent = {"text": edited(refused), "reason": "Typed wrong", "try": "1"}
    page = browser(world).post(f"/interchanges/{refused.pk}/correct/", sent).content.decode()

    assert "What would come of it Processed" in " ".join(text_of(page).split())
    assert "<ins>+ACK*IQ*82*EA" in page
    assert "<del>-ACK*IQ*8&lt;2*EA" in page
    assert 'value="Typed wrong"' in page
    assert Interchange.objects.count() == 1


def test_the_copy_is_read_and_the_original_names_it(world: Ground, refused: Interchange) -> None:
    ines, sent = browser(world), {"text": edited(refused), "reason": "Typed wrong"}
    answer = ines.post(f"/interchanges/{refused.pk}/correct/", sent, follow=True)
    correction = Correction.objects.get()
    process_interchange(correction.corrected_id)

    assert answer.redirect_chain == [(f"/interchanges/{correction.corrected_id}/", 302)]
    assert Interchange.objects.get(pk=refused.pk).status == InterchangeStatus.CORRECTED
    original = text_of(ines.get(f"/interchanges/{refused.pk}/").content.decode())
    assert "Corrected by hand" in original
    assert "Typed wrong" in original
    copy = ines.get(f"/interchanges/{correction.corrected_id}/").content.decode()
    assert "<ins>+ACK*IQ*82*EA" in copy
    event = Event.objects.get(kind="interchange.corrected")
    assert (event.actor, event.reason) == (world.people["ines"], "Typed wrong")
    assert event.after["interchange"] == str(correction.corrected_id)
    assert "+ACK*IQ*82*EA" in event.after["diff"]


def test_without_a_reason_or_a_change_nothing_is_read(world: Ground, refused: Interchange) -> None:
    unchanged = bytes(refused.payload).decode()
    for sent, words in (
        ({"text": edited(refused), "reason": " "}, "Say why"),
        ({"text": unchanged, "reason": "x"}, "Nothing was changed"),
        ({"text": "", "reason": "x"}, "Nothing is left"),
    ):
        answer = browser(world).post(f"/interchanges/{refused.pk}/correct/", sent)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Correction.objects.exists()


def test_a_member_reads_it_again_and_does_not_correct(world: Ground, refused: Interchange) -> None:
    ed = browser(world, "ed")
    page = ed.get(f"/interchanges/{refused.pk}/").content.decode()
    assert f'href="/interchanges/{refused.pk}/correct/"' not in page
    assert "<textarea" not in ed.get(f"/interchanges/{refused.pk}/correct/").content.decode()
    sent = {"text": edited(refused), "reason": "x"}
    assert ed.post(f"/interchanges/{refused.pk}/correct/", sent).status_code == 422
    assert not Correction.objects.exists()

    ed.post(f"/interchanges/{refused.pk}/read-again/")
    assert Interchange.objects.get().status == InterchangeStatus.RECEIVED
    assert Event.objects.get(kind="interchange.replayed").actor == world.people["ed"]


def test_a_lead_of_another_team_looks_and_reads_nothing_again(world: Ground, refused: Interchange) -> None:
    paul = browser(world, "paul")
    assert "/read-again/" not in paul.get(f"/interchanges/{refused.pk}/").content.decode()
    paul.post(f"/interchanges/{refused.pk}/read-again/")

    assert Interchange.objects.get().status == InterchangeStatus.QUARANTINED


def test_what_a_copy_took_the_place_of_is_not_read_again(world: Ground, refused: Interchange) -> None:
    ines, sent = browser(world), {"text": edited(refused), "reason": "Typed wrong"}
    ines.post(f"/interchanges/{refused.pk}/correct/", sent)
    process_interchange(Correction.objects.get().corrected_id)

    page = ines.post(f"/interchanges/{refused.pk}/read-again/", follow=True).content.decode()
    assert "read that one again" in text_of(page)
    assert Interchange.objects.get(pk=refused.pk).status == InterchangeStatus.CORRECTED
