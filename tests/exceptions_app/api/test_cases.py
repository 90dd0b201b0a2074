"""Cases over the API: the list with every filter, one case whole, its history, and its verbs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_connectors.exchange.models import StreamState
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, CaseState, Severity, Task, TaskState
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.api.callers import Caller, json_of, problem, results, signed_in, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def case(world: Ground) -> Case:
    return case_of(world, "EX-1")


def case_of(world: Ground, number: str, *, order: str = "4500010001", **values: Any) -> Case:
    """Make a case in the queue of its team, with one line."""
    line = factories.order_line(world, number=order)
    values = {"team": world.teams["PRO"], "order": line.order} | values
    case: Case = factories.CaseFactory.create(number=number, **values)
    factories.CaseLineFactory.create(case=case, order_line=line, tolerance_id=7, expected={"quantity": "100"})
    factories.QueueEntryFactory.create(case=case)
    return case


def acting_as(world: Ground, name: str) -> Caller:
    return with_token(world.company, "cases:read", "cases:write", acts_as=world.people[name])


# --- the list -----------------------------------------------------------------------------------------------


def test_the_newest_change_comes_first_and_pages_go_on_where_they_ended(world: Ground) -> None:
    for number in range(5):
        case_of(
            world,
            f"EX-{number}",
            order=f"450001000{number}",
            updated_at=TUESDAY_TEN + timedelta(minutes=number if number != 3 else 2),
        )
    caller = signed_in(world.people["bea"])
    seen, address = [], "cases/?page_size=2"
    while address:
        page = json_of(caller.get(address))
        seen += [row["number"] for row in page["results"]]
        address = (page["next"] or "").replace("http://testserver", "")
    assert seen == ["EX-4", "EX-3", "EX-2", "EX-1", "EX-0"]


def test_a_row_has_words_times_in_utc_and_money_as_text(world: Ground, case: Case) -> None:
    case_of(world, "EX-2", order="2", owner=world.people["bea"], amount=None, due_at=TUESDAY_TEN)
    second, first = results(signed_in(world.people["bea"]).get("cases/"))
    assert (first["type"], first["state"], first["severity"]) == ("quantity_short", "new", "high")
    assert (first["company"], first["team"], first["supplier"]) == ("weserland", "PRO", "77")
    assert (first["amount"], first["owner"], first["version"]) == ("3283.20", None, 1)
    assert first["opened_at"] == "2026-11-24T09:00:00Z"
    assert (second["amount"], second["owner"], second["due_at"]) == (None, "bea", "2026-11-24T09:00:00Z")


def test_every_filter_keeps_what_it_names_and_nothing_else(world: Ground) -> None:
    plain = case_of(world, "EX-1")
    other = case_of(
        world,
        "EX-2",
        order="4500010002",
        type_code="date_later",
        state=CaseState.IN_PROGRESS,
        owner=world.people["paul"],
        severity=Severity.CRITICAL,
        updated_at=TUESDAY_TEN + timedelta(hours=1),
    )
    item = factories.ItemFactory.create(connection=world.erp, number="BOLT")
    line = factories.order_line(world, number="4500010002", line="20", item=item)
    factories.CaseLineFactory.create(case=other, order_line=line)
    factories.ClockFactory.create(case=other, breached_at=TUESDAY_TEN)
    factories.ClockFactory.create(case=other, kind="resolve", breached_at=TUESDAY_TEN)
    factories.ClockFactory.create(case=plain, breached_at=TUESDAY_TEN, stopped_at=TUESDAY_TEN)
    caller = signed_in(world.people["mona"])

    def numbers(**query: Any) -> list[str]:
        return [row["number"] for row in results(caller.get("cases/", **query))]

    only_other: list[dict[str, Any]] = [
        {"state": "in_progress"},
        {"type": "date_later"},
        {"owner": "paul"},
        {"order": "4500010002"},
        {"item": "BOLT"},
        {"severity": "critical"},
        {"breached": "true"},
        {"updated_after": "2026-11-24T10:30:00+01:00"},
    ]
    for query in only_other:
        assert numbers(**query) == ["EX-2"], query
    assert numbers(state=["new", "in_progress"]) == ["EX-2", "EX-1"]
    assert numbers(breached="false") == ["EX-1"]
    assert numbers(supplier="77", team="PRO") == ["EX-2", "EX-1"]
    assert numbers(item="SEAL-KIT", severity="high") == ["EX-1"]
    for query in ({"supplier": "78"}, {"team": "FIN"}, {"owner": "nobody"}, {"item": "NUT"}):
        assert numbers(**query) == []


def test_cases_about_something_else_than_an_order_say_what_it_is(world: Ground) -> None:
    head = factories.DocumentHeadFactory.create(connection=world.erp, number="INV-77")
    message = factories.InterchangeFactory.create(connection=world.edi)
    stream = StreamState.objects.get(connection=world.erp, stream="receipts")
    for number, values in (
        ("EX-1", {"subject_kind": "invoice", "document": head, "warehouse": world.warehouse}),
        ("EX-2", {"subject_kind": "message", "interchange": message}),
        ("EX-3", {"subject_kind": "stream", "stream": stream}),
    ):
        about = {"order": None, "supplier": None, "company": world.company, "group_key": number}
        about |= {"headline": f"{number} is about no order"}
        factories.CaseFactory.create(number=number, team=world.teams["FIN"], **about, **values)
    caller = with_token(world.company, "cases:read")
    rows = {row["number"]: row for row in results(caller.get("cases/"))}
    assert {number: (row["subject"], row["connection"]) for number, row in rows.items()} == {
        "EX-1": ("invoice", "weserland-erp"),
        "EX-2": ("message", "weserland-edi"),
        "EX-3": ("stream", "weserland-erp"),
    }
    assert (rows["EX-1"]["document"], rows["EX-1"]["warehouse"]) == ("INV-77", "KAS")
    assert (rows["EX-2"]["interchange"], rows["EX-3"]["stream"]) == (str(message.pk), "receipts")
    for query, expected in (
        ({"subject": "invoice"}, ["EX-1"]),
        ({"document": "INV-77"}, ["EX-1"]),
        ({"warehouse": "KAS"}, ["EX-1"]),
        ({"interchange": str(message.pk)}, ["EX-2"]),
        ({"connection": "weserland-erp"}, ["EX-3", "EX-1"]),
        ({"order": "4500010001"}, []),
    ):
        assert [row["number"] for row in results(caller.get("cases/", **query))] == expected, query
    shown = json_of(caller.get("cases/EX-2/"))
    assert (shown["assigned_by"], shown["order"], shown["lines"]) == (None, None, [])


# --- one case -----------------------------------------------------------------------------------------------


def test_a_case_comes_with_lines_tasks_and_the_verbs_of_the_caller(world: Ground, case: Case) -> None:
    factories.TaskFactory.create(case=case, team=world.teams["PRO"], facts={"orders": ["SO-881"]})
    shown = json_of(acting_as(world, "bea").get("cases/EX-1/"))
    assert [verb["code"] for verb in shown["actions"]] == [
        "take",
        "start",
        "ask",
        "wait_for_supplier",
        "comment",
        "escalate",
    ]
    assert shown["actions"][-1] == {
        "code": "escalate",
        "label": "Escalate",
        "needs": ["reason"],
        "takes": [],
    }
    (line,) = shown["lines"]
    assert (line["line_number"], line["quantity"], line["unit"]) == ("10", "18.000000", "EA")
    assert (line["expected"], line["tolerance_id"]) == ({"quantity": "100"}, 7)
    assert (shown["tasks"][0]["team"], shown["tasks"][0]["facts"]) == ("PRO", {"orders": ["SO-881"]})
    assert shown["release"] == 1


def test_a_token_that_acts_as_nobody_is_offered_no_verb(world: Ground, case: Case) -> None:
    assert json_of(with_token(world.company, "cases:read").get("cases/EX-1/"))["actions"] == []


def test_the_history_comes_oldest_first_with_values_before_and_after(world: Ground, case: Case) -> None:
    caller = acting_as(world, "bea")
    caller.post("cases/EX-1/actions/take/")
    caller.post("cases/EX-1/actions/comment/", {"text": "Called them"})
    taken, commented = results(caller.get("cases/EX-1/events/"))
    assert (taken["kind"], taken["actor"]) == ("case.taken", "Bea Example through warehouse system")
    assert (taken["before"]["state"], taken["after"]["state"]) == ("new", "assigned")
    assert taken["source"] == "api 127.0.0.1"
    assert commented["after"]["text"] == "Called them"
    (page,) = [json_of(caller.get("cases/EX-1/events/", page_size=1))]
    assert len(page["results"]) == 1
    assert page["next"]


def test_resolutions_name_what_has_to_be_entered(world: Ground, case: Case) -> None:
    line = case.lines.get().order_line
    assert line is not None
    factories.offer(line, ("82", line.requested_on))
    shown = json_of(acting_as(world, "bea").get("cases/EX-1/resolutions/"))
    split = next(each for each in shown if each["code"] == "split")
    assert split["label"]
    assert {"name", "label", "kind", "help", "initial", "unit", "line_number"} == set(split["fields"][0])
    assert json_of(signed_in(world.people["mona"]).get("cases/EX-1/resolutions/")) != []
    factories.QueueEntryFactory.create(case=case, team=world.teams["FIN"], role="told")
    assert json_of(acting_as(world, "finn").get("cases/EX-1/resolutions/")) == []


# --- verbs --------------------------------------------------------------------------------------------------


def test_a_verb_is_done_in_the_name_of_the_person_and_answers_with_the_case(
    world: Ground, case: Case
) -> None:
    answer = json_of(acting_as(world, "bea").post("cases/EX-1/actions/take/", {"expected_version": 1}))
    assert (answer["owner"], answer["state"], answer["version"]) == ("bea", "assigned", 2)
    event = Event.objects.get(kind="case.taken")
    assert event.actor == world.people["bea"]


@pytest.mark.parametrize(
    ("verb", "body", "field", "value"),
    [
        ("start", {}, "state", "in_progress"),
        ("assign", {"to": "bea"}, "owner", "bea"),
        ("hand_over", {"team": "PLN", "reason": "theirs"}, "team", "PLN"),
        ("override_severity", {"severity": "critical", "reason": "A customer"}, "severity", "critical"),
        ("escalate", {"reason": "late"}, "escalation_level", 1),
        ("dismiss", {"reason": "noise"}, "state", "dismissed"),
    ],
)
def test_a_lead_uses_every_verb_of_a_new_case(
    world: Ground, case: Case, verb: str, body: dict[str, str], field: str, value: Any
) -> None:
    answer = json_of(acting_as(world, "paul").post(f"cases/EX-1/actions/{verb}/", body))
    assert answer[field] == value


def test_a_case_waits_resumes_and_is_reopened(world: Ground, case: Case) -> None:
    caller = acting_as(world, "paul")
    states = [
        json_of(caller.post(f"cases/EX-1/actions/{verb}/", {"reason": "because"}))["state"]
        for verb in ("start", "wait_for_supplier", "resume", "dismiss", "reopen")
    ]
    assert states == ["in_progress", "waiting_supplier", "in_progress", "dismissed", "assigned"]


def test_what_a_verb_needs_and_what_nobody_is_are_named(world: Ground, case: Case) -> None:
    caller = acting_as(world, "paul")
    other = factories.ground("fulda")
    asked: list[tuple[str, dict[str, str], set[str]]] = [
        ("assign", {}, {"#/to"}),
        ("assign", {"to": "nobody"}, {"#/to"}),
        ("assign", {"to": other.people["bea"].username}, {"#/to"}),
        ("hand_over", {"team": "PLN"}, {"#/reason"}),
        ("hand_over", {"team": "XXX", "reason": "x"}, {"#/team"}),
        ("override_severity", {"severity": "huge", "reason": "x"}, {"#/severity"}),
        ("comment", {"text": "  "}, {"#/text"}),
    ]
    for verb, body, pointers in asked:
        errors = problem(caller.post(f"cases/EX-1/actions/{verb}/", body), 400)["errors"]
        assert {error["pointer"] for error in errors} == pointers, verb
    assert Case.objects.get(pk=case.pk).version == 1


def test_what_the_machine_refuses_is_403_in_its_words(world: Ground, case: Case) -> None:
    caller = acting_as(world, "paul")
    answer = caller.post("cases/EX-1/actions/assign/", {"to": "pia"})
    assert "does not work in" in problem(answer, 403)["detail"]


# --- tasks --------------------------------------------------------------------------------------------------


def test_tasks_are_listed_filtered_and_completed_by_their_team(world: Ground, case: Case) -> None:
    factories.QueueEntryFactory.create(case=case, team=world.teams["PLN"], role="task")
    task = factories.TaskFactory.create(case=case)
    done = factories.TaskFactory.create(case=case, team=world.teams["PRO"], state=TaskState.DONE)
    caller = acting_as(world, "pia")
    assert [row["id"] for row in results(caller.get("tasks/"))] == [task.pk, done.pk]
    for query in ({"state": "open"}, {"team": "PLN"}):
        assert [row["id"] for row in results(caller.get("tasks/", case="EX-1", **query))] == [task.pk]

    answer = json_of(caller.post(f"tasks/{task.pk}/complete/", {"outcome": "Moved 15 from Bremen"}))

    assert (answer["state"], answer["outcome"]) == ("done", "Moved 15 from Bremen")
    assert Task.objects.get(pk=task.pk).done_by == world.people["pia"]
    assert "done already" in problem(caller.post(f"tasks/{task.pk}/complete/"), 403)["detail"]
    problem(acting_as(world, "bea").post(f"tasks/{task.pk}/complete/"), 403)


def test_money_keeps_its_last_cent(world: Ground) -> None:
    case_of(world, "EX-9", amount=Decimal("99999999999999999.99"))
    assert json_of(acting_as(world, "bea").get("cases/EX-9/"))["amount"] == "99999999999999999.99"
