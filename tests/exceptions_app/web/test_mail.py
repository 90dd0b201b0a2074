"""Outgoing mail: what waits, what was sent and what failed, for the integration team, leads and auditors."""

from datetime import timedelta
from typing import Any

import pytest

from suppliers.messaging.models import MessageState, SupplierMessage
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import PAYLOAD, text_of

SCENE = set_scene


def test_messages_are_listed_with_their_state_the_newest_first(scene: Scene) -> None:
    case = scene.shortage()
    make.SupplierMessageFactory.about(case, subject="older", state=MessageState.SENT)
    make.SupplierMessageFactory.about(
        case,
        subject="newer",
        created_at=TUESDAY_TEN + timedelta(minutes=1),
        attempts=2,
        last_error="The mail server hung up",
    )
    words = text_of(scene.browser("ed").get("/mail/").content.decode())
    assert words.index("newer") < words.index("older")
    assert "Waiting to be sent 2 The mail server hung up" in words
    assert "Sent 0 none" in words


def test_one_state_is_shown_alone(scene: Scene) -> None:
    case = scene.shortage()
    for state in MessageState:
        make.SupplierMessageFactory.about(case, subject=f"is {state}", state=state)
    words = text_of(scene.browser("ed").get("/mail/?state=failed", headers=FRAGMENT).content.decode())
    assert "is failed" in words
    assert "is sent" not in words


def test_a_message_is_read_in_full_with_the_servers_words(scene: Scene) -> None:
    message = make.SupplierMessageFactory.about(
        scene.shortage(), state=MessageState.FAILED, last_error="550 no such user", body=f"Hello {PAYLOAD}"
    )
    page = scene.browser("ed").get(f"/mail/{message.pk}/").content.decode()
    words = text_of(page)
    assert "550 no such user" in words
    assert message.message_id.strip("<>") in words
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert 'href="/cases/EX-1/"' not in page, "the case is not in a queue of Ed's"
    assert 'href="/cases/EX-1/"' in scene.browser("paul").get(f"/mail/{message.pk}/").content.decode()


def test_the_page_is_for_those_who_look_after_the_exchange(scene: Scene) -> None:
    message = make.SupplierMessageFactory.about(scene.shortage())
    for path in ("/mail/", f"/mail/{message.pk}/"):
        assert scene.browser("bea").get(path).status_code == 403
        assert scene.browser("paul").get(path).status_code == 200
    assert "Outgoing mail" in scene.browser("ed").get("/connections/").content.decode()
    assert 'href="/mail/"' not in scene.browser("bea").get("/cases/").content.decode()


def test_messages_of_another_company_do_not_exist(scene: Scene) -> None:
    other = make.ground("elbeland", supplier_number="78")
    foreign = make.SupplierMessageFactory.create(supplier=other.supplier, subject="theirs")
    ed = scene.browser("ed")
    assert "theirs" not in ed.get("/mail/").content.decode()
    assert ed.get(f"/mail/{foreign.pk}/").status_code == 404


def test_without_a_message_the_page_says_where_they_come_from(scene: Scene) -> None:
    assert "No message here" in scene.browser("ed").get("/mail/").content.decode()


def test_pages_go_on_where_they_ended_also_within_one_moment(scene: Scene) -> None:
    make.SupplierMessageFactory.create_batch(60, supplier=scene.world.supplier)
    ed, seen, path = scene.browser("ed"), [], "/mail/"
    while path:
        answer = ed.get(path)
        seen += [row.id for row in answer.context["rows"]]
        path = answer.context["older_url"]
    assert len(seen) == 60
    assert set(seen) == {str(key) for key in SupplierMessage.objects.values_list("pk", flat=True)}


@pytest.mark.parametrize("older", ["x", "2026-11-24T09:00:00+00:00~x", "~", "2026-99-99~1"])
def test_a_cursor_nobody_gave_starts_at_the_top(scene: Scene, older: str) -> None:
    make.SupplierMessageFactory.about(scene.shortage(), subject="here")
    assert "here" in scene.browser("ed").get("/mail/", {"older": older}).content.decode()


def test_the_list_takes_as_many_queries_for_one_as_for_fifty(
    scene: Scene, django_assert_max_num_queries: Any
) -> None:
    case = scene.shortage()
    ed = scene.browser("ed")
    make.SupplierMessageFactory.about(case)
    ed.get("/mail/")
    with django_assert_max_num_queries(60) as few:
        ed.get("/mail/")
    for _ in range(49):
        make.SupplierMessageFactory.about(case)
    with django_assert_max_num_queries(len(few.captured_queries)):
        ed.get("/mail/")
