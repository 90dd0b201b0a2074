"""The lists of a team's tasks and alerts: what is to do and by when, doing it, and what one was told."""

import csv
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exceptions_app.cases.models import Case, CaseState, QueueEntry, QueueRole, Task, TaskState
from exceptions_app.web import keyset
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import Scene, set_scene

QUEUE = "/queues/weserland/PLN/"

SCENE = set_scene


def page(scene: Scene, query: str = "?role=task", name: str = "pia") -> str:
    return scene.browser(name).get(f"{QUEUE}{query}").content.decode()


def titles_in(html: str) -> list[str]:
    return re.findall(r"data-open-case>([^<]+)</a>", html)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def task(scene: Scene, number: str, minutes: int = 0, **values: Any) -> Task:
    return scene.give_task(
        scene.shortage(number),
        "PLN",
        **{"title": f"Cover {number}", "due_at": TUESDAY_TEN + timedelta(minutes=minutes), **values},
    )


# --- tasks --------------------------------------------------------------------------------------------------


def test_what_is_due_first_comes_first_with_its_case_and_orders(scene: Scene) -> None:
    orders = [{"order": "SO-881"}, {"order": "SO-882"}]
    task(scene, "EX-1", 120)
    task(scene, "EX-2", 60, facts={"items": [{"orders": orders}]})
    html = page(scene)
    assert titles_in(html) == ["Cover EX-2", "Cover EX-1"]
    assert "18 EA short on EX-2" in html
    assert "SO-881, SO-882" in html
    assert "with Procurement" in html


def test_a_task_that_is_late_says_so(scene: Scene) -> None:
    task(scene, "EX-1", -30)
    task(scene, "EX-2", 30)
    html = page(scene)
    assert html.count("crit-text") == 1
    assert "overdue" in text_of(html)


def test_the_tab_counts_the_tasks_also_of_cases_that_have_ended(scene: Scene) -> None:
    given = task(scene, "EX-1", outlives_case=True)
    QueueEntry.objects.update(is_open=False)
    Case.objects.filter(pk=given.case_id).update(state=CaseState.CLOSED)
    html = page(scene, "")
    assert titles_in(html) == ["Cover EX-1"]
    assert 'Tasks for us<span class="count">1</span>' in html


def test_a_task_is_done_from_the_list_with_what_came_of_it(scene: Scene) -> None:
    given = task(scene, "EX-1")
    here = f"{QUEUE}?role=task"
    answer = scene.browser("pia").post(
        f"/tasks/{given.pk}/complete/", {"outcome": "18 from Bremen", "next": here}
    )
    assert (answer.status_code, answer["Location"]) == (302, here)
    given.refresh_from_db()
    assert (given.state, given.outcome) == (TaskState.DONE, "18 from Bremen")
    assert titles_in(page(scene)) == []
    done = page(scene, "?role=task&task=done")
    assert titles_in(done) == ["Cover EX-1"]
    assert "18 from Bremen · Pia Example" in text_of(done)


def test_it_leads_nowhere_but_to_our_pages(scene: Scene) -> None:
    given = task(scene, "EX-1")
    answer = scene.browser("pia").post(f"/tasks/{given.pk}/complete/", {"next": "https://elsewhere.example/"})
    assert answer["Location"] == "/cases/EX-1/"


def test_what_is_no_longer_needed_stands_with_what_is_done(scene: Scene) -> None:
    task(scene, "EX-1", state=TaskState.VOID, outcome="Every customer order is covered")
    task(scene, "EX-2")
    assert titles_in(page(scene)) == ["Cover EX-2"]
    assert "Every customer order is covered" in page(scene, "?role=task&task=done")


def test_only_who_works_in_the_team_is_offered_to_complete_it(scene: Scene) -> None:
    given = task(scene, "EX-1")
    assert f'action="/tasks/{given.pk}/complete/"' in page(scene)
    assert f'action="/tasks/{given.pk}/complete/"' not in page(scene, name="mona")


def test_tasks_are_filtered_as_cases_are(scene: Scene) -> None:
    task(scene, "EX-1")
    task(scene, "EX-2")
    Case.objects.filter(number="EX-2").update(severity=4)
    assert titles_in(page(scene, "?role=task&severity=critical")) == ["Cover EX-2"]
    assert titles_in(page(scene, "?role=task&q=EX-1")) == ["Cover EX-1"]


def test_tasks_go_on_by_key_and_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "PAGE", 2)
    for number in range(1, 6):
        task(scene, f"EX-{number}", 10 * (number // 2))
    pia = scene.browser("pia")
    first = pia.get(f"{QUEUE}?role=task")
    second = pia.get(first.context["after_url"])
    third = pia.get(second.context["after_url"])
    pages = [titles_in(answer.content.decode()) for answer in (first, second, third)]
    assert pages == [["Cover EX-1", "Cover EX-2"], ["Cover EX-3", "Cover EX-4"], ["Cover EX-5"]]
    assert titles_in(pia.get(third.context["before_url"]).content.decode()) == pages[1]
    assert titles_in(pia.get(f"{QUEUE}?role=task&after=nonsense").content.decode()) == pages[0]


def test_tasks_are_taken_away(scene: Scene) -> None:
    task(scene, "EX-1", title="=1+1", facts={"items": [{"orders": [{"order": "SO-881"}]}]})
    answer = scene.browser("pia").get(f"{QUEUE}export/csv/?role=task")
    heads, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    by_head = dict(zip(heads, row, strict=True))
    assert (by_head["Task"], by_head["Case"], by_head["Customer orders"]) == ("'=1+1", "EX-1", "SO-881")
    assert by_head["Status"] == "Open"


def test_without_tasks_it_says_so(scene: Scene) -> None:
    assert "Nothing here" in page(scene)


# --- alerts -------------------------------------------------------------------------------------------------


def alert(scene: Scene, number: str, minutes: int = 0, **values: Any) -> None:
    make.NotificationFactory.create(
        **{
            "case": scene.shortage(number),
            "team": scene.world.teams["PLN"],
            "title": f"Less will come on {number}",
            "body": "Plan with what is offered.",
            "created_at": TUESDAY_TEN + timedelta(minutes=minutes),
            **values,
        }
    )


def test_alerts_are_listed_newest_first_with_what_became_of_the_case(scene: Scene) -> None:
    alert(scene, "EX-1")
    alert(scene, "EX-2", 5)
    alert(scene, "EX-3", kind="task")
    alert(scene, "EX-4", team=scene.world.teams["WHS"])
    Case.objects.filter(number="EX-1").update(state=CaseState.CLOSED)
    html = page(scene, "?role=alerts")
    assert titles_in(html) == ["Less will come on EX-2", "Less will come on EX-1"]
    assert "Plan with what is offered." in html
    assert "Closed" in html


def test_alerts_are_filtered_and_taken_away(scene: Scene) -> None:
    alert(scene, "EX-1")
    alert(scene, "EX-2")
    assert titles_in(page(scene, "?role=alerts&q=EX-2")) == ["Less will come on EX-2"]
    answer = scene.browser("pia").get(f"{QUEUE}export/csv/?role=alerts&q=EX-1")
    heads, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert dict(zip(heads, row, strict=True))["Alert"] == "Less will come on EX-1"


def test_alerts_go_on_by_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "PAGE", 2)
    for number in range(1, 4):
        alert(scene, f"EX-{number}", number)
    pia = scene.browser("pia")
    first = pia.get(f"{QUEUE}?role=alerts")
    second = pia.get(first.context["after_url"])
    assert titles_in(second.content.decode()) == ["Less will come on EX-1"]
    assert titles_in(pia.get(second.context["before_url"]).content.decode()) == titles_in(
        first.content.decode()
    )


# --- both ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["task", "alerts"])
def test_a_list_takes_the_same_number_of_queries_with_few_and_many(tab: str, scene: Scene) -> None:
    pia = scene.browser("pia")

    def queries_of_a_page() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert pia.get(f"{QUEUE}?role={tab}").status_code == 200
        return len(captured)

    for number in range(1, 3):
        task(scene, f"EX-{number}")
        make.NotificationFactory.create(
            case=Case.objects.get(number=f"EX-{number}"), team=scene.world.teams["PLN"]
        )
    queries_of_a_page()
    few = queries_of_a_page()
    for number in range(3, 13):
        task(scene, f"EX-{number}")
        make.NotificationFactory.create(
            case=Case.objects.get(number=f"EX-{number}"), team=scene.world.teams["PLN"]
        )
    assert queries_of_a_page() == few


def test_every_tab_keeps_the_filters(scene: Scene) -> None:
    scene.tell(scene.shortage("EX-1"), "PLN", QueueRole.TOLD)
    html = page(scene, "?role=told&severity=high&task=done")
    tabs = re.findall(
        r'href="(/queues/weserland/PLN/\?[^"]*role=\w+[^"]*)"', html.partition('class="tabs"')[2]
    )
    assert {re.search(r"role=(\w+)", each)[1] for each in tabs[:5]} == {  # type: ignore[index]
        "owner",
        "task",
        "approval",
        "told",
        "alerts",
    }
    assert all("severity=high" in each and "task=done" not in each for each in tabs[:5])
