"""Asking suppliers about selected cases: one message to each, looked at first, each sent for itself."""

import re
from html import unescape
from typing import Any

from erp_connectors.documents.models import Supplier
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState
from suppliers.messaging.models import SupplierMessage
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import text_of

WRITE, SEND = "/queues/weserland/PRO/ask/", "/queues/weserland/PRO/ask/send/"

SCENE = set_scene


def post(
    scene: Scene, address: str, entered: dict[str, Any], *, fragment: bool = True, who: str = "bea"
) -> Any:
    return scene.browser(who).post(address, entered, headers=FRAGMENT if fragment else {})


def other_supplier(scene: Scene, number: str) -> Case:
    """Make a shortage with another supplier."""
    case = scene.shortage(number)
    supplier = make.SupplierFactory.create(connection=scene.world.erp, number="78", name="Castellan")
    Case.objects.filter(pk=case.pk).update(supplier=supplier)
    return Case.objects.get(pk=case.pk)


def fields_of(page: str) -> dict[str, Any]:
    """Return what the dialog would send if nothing were changed."""
    hidden = re.findall(r'<input type="hidden" name="((?:version|language|next)[^"]*)" value="([^"]*)"', page)
    fields: dict[str, Any] = dict(hidden)
    fields["case"] = re.findall(r'name="case" value="([^"]*)"', page)
    for name, value in re.findall(r'name="(recipients[^"]*)" value="([^"]*)" checked', page):
        fields.setdefault(name, []).append(value)
    for name, value in re.findall(r'name="(subject[^"]*)" value="([^"]*)"', page):
        fields[name] = unescape(value)
    for name, value in re.findall(
        r'<textarea[^>]* name="(body[^"]*)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL
    ):
        fields[name] = unescape(value)
    for name, options in re.findall(
        r'<select[^>]* name="(inquiry[^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        fields[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    return fields


def written(scene: Scene, *numbers: str) -> dict[str, Any]:
    return fields_of(post(scene, WRITE, {"case": numbers}).content.decode())


def test_each_supplier_gets_one_message_that_lists_all_its_cases(scene: Scene) -> None:
    scene.shortage("EX-1"), scene.shortage("EX-2"), other_supplier(scene, "EX-3")
    answer = post(scene, WRITE, {"case": ["EX-1", "EX-2", "EX-3"]})
    words = text_of(answer.content.decode())
    assert "Ask 2 suppliers" in words
    assert "Missing quantity on order 4500000001, 4500000002" in answer.content.decode()
    assert words.index("Nordmann Dichtungen") < words.index("Castellan")
    assert not SupplierMessage.objects.exists()


def test_sending_leaves_one_message_on_every_case_and_all_of_them_waiting(scene: Scene) -> None:
    scene.shortage("EX-1"), scene.shortage("EX-2"), other_supplier(scene, "EX-3")
    answer = post(scene, SEND, written(scene, "EX-1", "EX-2", "EX-3"))
    assert answer.status_code == 200
    assert "2 messages are sent." in answer.content.decode()
    assert "Case-Changed" in answer
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.WAITING_SUPPLIER}
    about = [
        [each.case_number for each in message.cases.all()]
        for message in SupplierMessage.objects.order_by("supplier__number")
    ]
    assert about == [["EX-1", "EX-2"], ["EX-3"]]
    page = scene.browser("bea").get("/cases/EX-2/").content.decode()
    assert "Missing quantity on order 4500000001, 4500000002" in page


def test_another_inquiry_writes_the_text_anew(scene: Scene) -> None:
    scene.shortage("EX-1")
    fields = written(scene, "EX-1")
    name = next(name for name in fields if name.startswith("inquiry"))
    again = fields_of(post(scene, WRITE, fields | {name: "other"}).content.decode())
    assert again[name] == "other"
    assert again[name.replace("inquiry", "subject")] == "Order 4500000001"


def test_what_cannot_be_sent_to_one_is_shown_again_and_the_other_is_sent(scene: Scene) -> None:
    scene.shortage("EX-1"), other_supplier(scene, "EX-3")
    fields = written(scene, "EX-1", "EX-3")
    suffix = f"-{Supplier.objects.get(number='78').pk}"
    answer = post(scene, SEND, fields | {f"subject{suffix}": "", f"body{suffix}": "Typed with care"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1 message is sent." in page
    assert "The subject is empty." in page
    assert fields_of(page)[f"body{suffix}"].strip() == "Typed with care"
    assert fields_of(page)["case"] == ["EX-3"]
    assert SupplierMessage.objects.get().supplier == scene.world.supplier


def test_a_case_that_changed_meanwhile_stops_its_message_alone(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    other_supplier(scene, "EX-3")
    fields = written(scene, "EX-1", "EX-3")
    actions.override_severity(case, severity=1, reason="Stock", by=Actor(scene.world.people["mona"]))
    answer = post(scene, SEND, fields)
    assert answer.status_code == 422
    assert "EX-1 changed meanwhile" in answer.content.decode()
    assert [each.case_number for each in SupplierMessage.objects.get().cases.all()] == ["EX-3"]


def test_cases_one_cannot_ask_about_are_left_out_with_the_reason(scene: Scene) -> None:
    scene.shortage("EX-1"), scene.shortage("EX-2", state=CaseState.MONITORING)
    Case.objects.filter(pk=scene.shortage("EX-4").pk).update(supplier=None)
    answer = post(scene, WRITE, {"case": ["EX-1", "EX-2", "EX-4"]})
    words = text_of(answer.content.decode())
    assert "EX-2 18 EA short on EX-2 not possible in its state" in words
    assert "has no supplier" in words
    assert fields_of(answer.content.decode())["case"] == ["EX-1"]


def test_a_case_of_somebody_else_is_not_asked_about(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    scene.tell(case, "PLN")
    answer = scene.browser("pia").post(
        "/queues/weserland/PLN/ask/send/", {"case": ["EX-1"]}, headers=FRAGMENT
    )
    assert "not possible in its state or with your role" in answer.content.decode()
    assert not SupplierMessage.objects.exists()


def test_without_a_selection_one_is_told_to_select(scene: Scene) -> None:
    for address in (WRITE, SEND):
        assert "No case is selected" in post(scene, address, {}).content.decode()


def test_without_htmx_the_dialog_is_a_page_and_sending_leads_back(scene: Scene) -> None:
    scene.shortage("EX-1")
    page = post(scene, WRITE, {"case": ["EX-1"], "next": "/cases/"}, fragment=False).content.decode()
    assert "<html" in page
    answer = post(scene, SEND, fields_of(page), fragment=False)
    assert (answer.status_code, answer["Location"]) == (302, "/cases/")


def test_the_queue_offers_it(scene: Scene) -> None:
    scene.shortage("EX-1")
    assert f'hx-post="{WRITE}"' in scene.browser("bea").get("/queues/weserland/PRO/").content.decode()
