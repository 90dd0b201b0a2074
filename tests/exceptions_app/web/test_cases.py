"""A case: the page, then its fragment; its verbs, two people at once, and text that nobody should trust."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as CacheIsDown

from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import Case, CaseState, Clock, QueueRole, Task, TaskState
from exceptions_app.web.presence import look
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.builders.impacts import impact_of_a_shortage
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene

PAYLOAD = "<script>alert(1)</script><img src=x onerror=alert(2)>"

SCENE = set_scene


def use(browser: Client, verb: str, number: str = "EX-1", *, fragment: bool = True, **entered: Any) -> Any:
    return browser.post(f"/cases/{number}/do/{verb}/", entered, headers=FRAGMENT if fragment else {})


def text_of(html: str) -> str:
    """Return what one reads: without tags, with single spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).replace("\N{NO-BREAK SPACE}", " ").split())


# --- the page and its fragment ------------------------------------------------------------------------------


def test_the_page_shows_ordered_beside_confirmed_with_the_difference(scene: Scene) -> None:
    scene.shortage()
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "Quantity 100 pcs 82 pcs −18 −18.0 %" in words
    assert "Delivery 2 Dec 2 Dec 0" in words
    assert "Unit price € 182.40" in words


@pytest.mark.parametrize(
    ("used", "theirs"),
    [
        (60, "With the supplier since 10:00, 2h 59m left to answer"),
        (300, "With the supplier since 10:00, answer overdue by 1h 00m"),
    ],
)
def test_while_the_supplier_owes_an_answer_both_clocks_are_shown(
    scene: Scene, used: int, theirs: str
) -> None:
    case = scene.shortage(state=CaseState.WAITING_SUPPLIER)
    Clock.objects.filter(case=case).update(running_since=None, due_at=None, used_minutes=Decimal(60))
    scene.ask_supplier(case, used=Decimal(used))
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert theirs in words
    assert "Resolution paused, 15h 00m left" in words


def test_when_the_supplier_has_answered_its_clock_is_gone_and_ours_runs(scene: Scene) -> None:
    scene.ask_supplier(scene.shortage(), used=Decimal(300), running_since=None)
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "With the supplier" not in words
    assert "The supplier's answer" not in words
    assert "Resolution in 15h 59m" in words


def test_lines_nobody_has_answered_stand_in_one_table(scene: Scene) -> None:
    case = scene.shortage(type_code="confirmation_late")
    assert case.order is not None
    for number in ("20", "30"):
        line = make.order_line(scene.world, number=case.order.number, line=number)
        make.CaseLineFactory.create(case=case, order_line=line)
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "20 Seal kit SEAL-KIT 100 pcs 2 Dec € 182.40 30 Seal kit" in words
    assert "The supplier has said nothing about these lines yet." in words


def test_the_fragment_is_the_case_without_its_frame(scene: Scene) -> None:
    scene.shortage()
    answer = scene.browser("bea").get("/cases/EX-1/", headers=FRAGMENT)
    fragment = answer.content.decode().strip()

    assert fragment.startswith('<article class="case" id="case"')
    assert "<html" not in fragment
    assert answer["Cache-Control"] == "private, no-store"


def test_the_page_names_the_customer_orders_at_risk(scene: Scene) -> None:
    case = scene.shortage()
    order = {"order": "SO-881", "line": "1", "customer": "Kessler", "class": "A", "due_on": "2026-12-03"}
    item = {"item": "SEAL-KIT", "description": "Seal kit", "warehouse": "KAS", "unit": "EA"}
    make.TaskFactory.create(
        case=case, facts={"items": [item | {"orders": [order | {"quantity": "95", "short": "3"}]}]}
    )
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "SO-881 Kessler A 3 Dec 95 pcs 3 pcs" in words


def test_the_page_shows_every_term_of_the_loss_with_its_inputs_sources_and_ages(scene: Scene) -> None:
    impact = impact_of_a_shortage()
    scene.shortage(impact=impact, expected_loss=Decimal(impact["expected_loss"]))
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    for said in (
        "Impact estimated Expected loss € 1,055.14 Revenue at risk € 4,104.00 shown, not added",
        "Short 18 pcs of 18 pcs missing Value € 3,283.20",
        "10 · Seal kit · Kassel 99 % likely to run out, 18 pcs short, until 16 Dec",
        "On hand 10 pcs stock level · 07:00",
        "Other goods that arrive before 82 pcs open orders",
        "Customers wait for 110 pcs customer orders",
        "Usual demand a day 4 pcs stock level · 07:00",
        "Until the goods are here 22 days item master · 07:00",
        "Lost margin estimated € 287.28",
        "Margin of one € 45.60 policy release 3 · 07:00 estimated",
        "Sales lost without stock 35.0 % policy release 3",
        "Penalties € 517.27",
        "Penalty a day, SO-881 € 40.00 customer orders · 07:00 Days late, SO-881 13 days computed",
        "Expediting € 49.74",
        "Handling € 25.00",
        "How critical the item is item master · 07:00 × 1.2",
        "Expected loss € 1,055.14",
    ):
        assert said in words, (said, words[words.index("Impact") :][:2500])


def test_the_page_names_the_customers_a_case_would_leave_uncovered_without_a_task(scene: Scene) -> None:
    scene.shortage(impact=impact_of_a_shortage())
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "SO-881 Kessler Maschinenbau A 3 Dec 95 pcs 3 pcs SO-882 Harzer Hydraulik B 3 Dec" in words


def test_a_case_of_several_lines_shows_what_each_adds(scene: Scene) -> None:
    impact, other = impact_of_a_shortage(), impact_of_a_shortage(line="20", short=9)
    impact["terms"] += [term for term in other["terms"] if term["line"]]
    impact["goods"] += other["goods"]
    scene.shortage(impact=impact)
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "Lost margin estimated € 430.92 Line 10: € 287.28" in words
    assert "Line 20: € 143.64" in words
    assert "20 · Seal kit · Kassel" in words


def test_a_case_nobody_has_weighed_shows_no_impact(scene: Scene) -> None:
    scene.shortage()

    assert 'id="impact"' not in scene.browser("bea").get("/cases/EX-1/").content.decode()


def test_what_nobody_knows_is_said_to_be_unknown(scene: Scene) -> None:
    impact = impact_of_a_shortage()
    impact["terms"][0]["inputs"][1]["value"] = None
    scene.shortage(impact=impact)

    assert "Margin of one not known" in text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())


def test_the_page_names_the_tolerance_and_the_release_that_decided(scene: Scene) -> None:
    case = scene.shortage()
    row = make.ToleranceRowFactory.create(
        supplier=scene.world.supplier, percent_state="value", percent="5", amount_state="zero"
    )
    case.lines.update(tolerance_id=row.pk)
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "Tolerance 5 %, 0 (Nordmann Dichtungen), policy release 1" in words


def test_the_page_shows_what_was_agreed(scene: Scene) -> None:
    case = scene.shortage()
    make.AgreementRowFactory.create(order_line=case.lines.get().order_line, case_line=case.lines.get())

    assert "Accepted 18 pcs · in force" in text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())


def test_the_history_tells_who_did_what_the_newest_first(scene: Scene) -> None:
    case = scene.shortage()
    bea, paul = (Actor(person=scene.world.people[name]) for name in ("bea", "paul"))
    actions.take(case, by=bea)
    actions.comment(case, text="Nora will call back", by=paul)
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert words.index("Paul Example Nora will call back") < words.index("Taken by Bea Example")


def test_a_page_takes_the_same_number_of_queries_with_1_and_with_20_lines(
    scene: Scene, django_assert_max_num_queries: Any
) -> None:
    case = scene.shortage()
    bea = scene.browser("bea")
    bea.get("/cases/EX-1/")
    with django_assert_max_num_queries(100) as few:
        bea.get("/cases/EX-1/")
    for number in range(20, 220, 10):
        line = make.order_line(scene.world, number=case.order.number, line=str(number))  # type: ignore[union-attr]
        make.CaseLineFactory.create(case=case, order_line=line)

    with django_assert_max_num_queries(len(few.captured_queries)):
        assert 'id="line-210"' in bea.get("/cases/EX-1/").content.decode()


# --- verbs --------------------------------------------------------------------------------------------------


def test_taking_a_case_makes_it_mine_and_says_so(scene: Scene) -> None:
    scene.shortage()
    answer = use(scene.browser("bea"), "take", version="1")

    assert answer.status_code == 200
    assert "Case-Changed" in answer
    assert "EX-1 is yours now." in answer.content.decode()
    assert Case.objects.get().owner == scene.world.people["bea"]


def test_without_htmx_a_verb_leads_back_to_the_page(scene: Scene) -> None:
    scene.shortage()
    answer = use(scene.browser("bea"), "take", fragment=False, version="1")

    assert answer.status_code == 302
    assert answer["Location"] == "/cases/EX-1/"


def test_a_verb_without_its_reason_is_refused_with_what_was_typed(scene: Scene) -> None:
    scene.shortage()
    answer = use(scene.browser("paul"), "override_severity", version="1", severity="4", reason="")
    page = answer.content.decode()

    assert answer.status_code == 422
    assert 'id="verb-override_severity"' in page
    assert re.search(r'data-verb="override_severity"\s+open', page)
    assert '<option value="4" selected>' in page
    assert Case.objects.get().severity == 3


def test_a_verb_that_is_not_ones_own_is_refused(scene: Scene) -> None:
    scene.shortage()
    answer = use(scene.browser("bea"), "dismiss", version="1", reason="no")

    assert answer.status_code == 409
    assert "your role does not allow it" in answer.content.decode()
    assert Case.objects.get().state == CaseState.NEW


def test_a_verb_nobody_knows_does_not_exist(scene: Scene) -> None:
    scene.shortage()

    assert use(scene.browser("bea"), "delete").status_code == 404


def test_every_verb_for_a_lead_does_what_its_button_says(scene: Scene) -> None:
    scene.shortage()
    paul, bea = scene.browser("paul"), scene.world.people["bea"]
    for verb, entered, state in (
        ("take", {}, CaseState.ASSIGNED),
        ("start", {}, CaseState.IN_PROGRESS),
        ("wait_for_supplier", {}, CaseState.WAITING_SUPPLIER),
        ("resume", {}, CaseState.IN_PROGRESS),
        ("wait_for_supplier", {}, CaseState.WAITING_SUPPLIER),
        ("note_answer", {"answer": "Nora: on Friday"}, CaseState.IN_PROGRESS),
        ("assign", {"to": str(bea.pk)}, CaseState.ASSIGNED),
        ("escalate", {"reason": "Customer waits"}, CaseState.ASSIGNED),
        ("override_severity", {"severity": "4", "reason": "Line stops"}, CaseState.ASSIGNED),
        ("dismiss", {"reason": "A test order"}, CaseState.DISMISSED),
        ("reopen", {"reason": "Not a test"}, None),
    ):
        answer = use(paul, verb, **entered)
        assert answer.status_code == 200, (verb, text_of(answer.content.decode())[:400])
        if state is not None:
            assert Case.objects.get().state == state, verb

    assert Case.objects.get().is_open


def test_a_case_handed_out_of_sight_leads_home(scene: Scene) -> None:
    scene.shortage()
    answer = use(scene.browser("paul"), "hand_over", reason="Theirs", team=str(scene.world.teams["SUP"].pk))

    assert answer.status_code in (200, 204)
    assert Case.objects.get().team == scene.world.teams["SUP"]


def test_a_task_is_done_with_what_came_of_it(scene: Scene) -> None:
    case = scene.shortage()
    scene.tell(case, "PLN", QueueRole.TASK)
    task = make.TaskFactory.create(case=case, team=scene.world.teams["PLN"])
    answer = scene.browser("pia").post(
        f"/tasks/{task.pk}/complete/", {"outcome": "Moved SO-882 to Friday"}, headers=FRAGMENT
    )

    assert answer.status_code == 200
    done = Task.objects.get()
    assert (done.state, done.outcome, done.done_by) == (
        TaskState.DONE,
        "Moved SO-882 to Friday",
        scene.world.people["pia"],
    )


def test_a_task_of_another_team_is_refused(scene: Scene) -> None:
    task = make.TaskFactory.create(case=scene.shortage(), team=scene.world.teams["PLN"])
    answer = scene.browser("bea").post(f"/tasks/{task.pk}/complete/", headers=FRAGMENT)

    assert answer.status_code == 409
    assert "This is a task of Planning" in answer.content.decode()


# --- two people at once -------------------------------------------------------------------------------------


def test_a_stale_form_is_refused_with_both_versions_and_what_was_typed(scene: Scene) -> None:
    case = scene.shortage()
    actions.override_severity(
        case, severity=1, reason="Stock came", by=Actor(person=scene.world.people["mona"])
    )
    answer = use(scene.browser("paul"), "escalate", version="1", reason="The customer stands at the door")
    page = answer.content.decode()
    words = text_of(page)

    assert answer.status_code == 409
    assert "Severity High Low" in words
    assert "Mona Example: Severity set to low" in words
    assert "The customer stands at the door" in words
    assert '<input type="hidden" name="version" value="2">' in page
    assert Case.objects.get().escalation_level == 0


def test_the_same_form_sent_once_more_goes_through(scene: Scene) -> None:
    case = scene.shortage()
    actions.take(case, by=Actor(person=scene.world.people["mona"]))

    assert use(scene.browser("paul"), "escalate", version="1", reason="Late").status_code == 409
    assert use(scene.browser("paul"), "escalate", version="2", reason="Late").status_code == 200


def test_people_see_who_else_looks_at_a_case(scene: Scene) -> None:
    scene.shortage()
    scene.browser("paul").get("/cases/EX-1/")
    words = text_of(scene.browser("bea").get("/cases/EX-1/").content.decode())

    assert "Paul Example is looking at this case too." in words


def test_whoever_looked_more_than_a_minute_ago_is_gone(scene: Scene) -> None:
    case, people = scene.shortage(), scene.world.people
    look(case, people["paul"], now=TUESDAY_TEN)

    assert look(case, people["bea"], now=TUESDAY_TEN + timedelta(seconds=60)) == ["Paul Example"]
    assert look(case, people["bea"], now=TUESDAY_TEN + timedelta(seconds=61)) == []


def test_a_case_is_shown_although_the_cache_is_down(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.shortage()

    def down(*arguments: object) -> None:
        raise CacheIsDown

    monkeypatch.setattr(cache, "get", down)

    assert scene.browser("bea").get("/cases/EX-1/").status_code == 200


def test_the_pulse_tells_what_changed_since_the_page_was_drawn(scene: Scene) -> None:
    case = scene.shortage()
    actions.take(case, by=Actor(person=scene.world.people["paul"]))
    bea = scene.browser("bea")

    assert (
        "Taken by Paul Example" in bea.get("/cases/EX-1/pulse/?version=1", headers=FRAGMENT).content.decode()
    )
    assert "Taken by" not in bea.get("/cases/EX-1/pulse/?version=2", headers=FRAGMENT).content.decode()


def test_the_pulse_keeps_asking_about_the_version_that_is_on_the_page(scene: Scene) -> None:
    case = scene.shortage()
    actions.take(case, by=Actor(person=scene.world.people["paul"]))
    pulse = scene.browser("bea").get("/cases/EX-1/pulse/?version=1", headers=FRAGMENT).content.decode()

    assert "/cases/EX-1/pulse/?version=1" in pulse


# --- text that nobody should trust --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/queues/weserland/PRO/?case=EX-1", "/cases/EX-1/", "/search/?q=EX-1", "/cases/"]
)
def test_text_of_suppliers_and_people_is_shown_and_never_run(scene: Scene, path: str) -> None:
    scene.world.supplier.name = PAYLOAD
    scene.world.supplier.save()
    case = scene.shortage(headline=PAYLOAD)
    line = case.lines.get().order_line
    assert line is not None
    line.description = PAYLOAD
    line.save()
    actions.comment(case, text=PAYLOAD, by=Actor(person=scene.world.people["bea"]))
    make.TaskFactory.create(case=case, title=PAYLOAD, body=PAYLOAD)
    page = scene.browser("bea").get(path).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_page_runs_nothing_that_stands_in_it(scene: Scene) -> None:
    scene.shortage()
    answer = scene.browser("bea").get("/queues/weserland/PRO/?case=EX-1")
    page = answer.content.decode()

    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"\sstyle=", page)
    assert "<style" not in page
