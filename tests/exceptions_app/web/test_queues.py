"""The queue of a team: the page, then its fragment; what it shows, filters, pages and takes away."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from openpyxl import load_workbook

from exceptions_app.cases import counts
from exceptions_app.cases.counts import QueueSummary, open_entries, queue_summary, role_counts, work_waiting
from exceptions_app.cases.listing import PAGE, Page, case_list_page, queue_page
from exceptions_app.cases.models import Case, CaseState, Clock, ClockKind, QueueEntry, QueueRole
from exceptions_app.people.models import SavedView
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene

QUEUE = "/queues/weserland/PRO/"

SCENE = set_scene


def numbers_in(html: str) -> list[str]:
    """Return the numbers of the cases listed, in order."""
    return [part.partition('"')[0] for part in html.split('data-case="')[1:]]


def words_of(html: str) -> str:
    """Return the text a reader sees, its spaces made one."""
    return " ".join(strip_tags(html).replace("\N{NO-BREAK SPACE}", " ").split())


# --- the page and its fragment ------------------------------------------------------------------------------


def test_the_page_shows_what_a_buyer_needs_of_a_case(scene: Scene) -> None:
    scene.shortage("EX-1", severity=4, owner=scene.world.people["bea"], state=CaseState.IN_PROGRESS)
    page = scene.browser("bea").get(QUEUE).content.decode()

    for text in ("18 EA short on EX-1", "Quantity short", "Nordmann Dichtungen", "€\N{NO-BREAK SPACE}3,283"):
        assert text in page
    assert "4500000001 / 10" in page
    assert "In progress" in page
    assert "15h\N{NO-BREAK SPACE}59m" in page
    assert 'class="severity critical"' in page
    assert "Bea Example" in page


def test_the_fragment_is_the_list_without_its_frame(scene: Scene) -> None:
    scene.shortage("EX-1")
    answer = scene.browser("bea").get(QUEUE, headers=FRAGMENT)
    fragment = answer.content.decode().strip()

    assert fragment.startswith('<section class="queue"')
    assert numbers_in(fragment) == ["EX-1"]
    assert "<html" not in fragment
    assert "HX-Request" in answer["Vary"]


def test_the_most_urgent_case_comes_first(scene: Scene) -> None:
    scene.shortage("EX-1", amount="10")
    scene.shortage("EX-2", amount="300")
    scene.shortage("EX-3", amount="20")

    assert numbers_in(scene.browser("bea").get(QUEUE).content.decode()) == ["EX-2", "EX-3", "EX-1"]


@pytest.mark.parametrize(
    ("headers", "most"),
    [
        # Session, person, teams, stand-ins, time; tabs, figures, rows, clocks, people, views, blind spots;
        # and of the frame what waits in the queues, for approval, and the news.
        pytest.param({}, 15, id="page"),
        pytest.param(FRAGMENT, 12, id="fragment"),
    ],
)
@pytest.mark.parametrize("query", ["", "?breached=supplier"])
def test_a_page_takes_as_few_queries_with_20_cases_as_with_3(
    scene: Scene, headers: dict[str, str], most: int, query: str
) -> None:
    bea = scene.browser("bea")

    def queries_of_a_page() -> int:
        for case in Case.objects.exclude(clocks__kind=ClockKind.SUPPLIER):
            scene.ask_supplier(case, used=Decimal(300))
        with CaptureQueriesContext(connection) as captured:
            page = bea.get(f"{QUEUE}{query}", headers=headers).content.decode()
        assert len(numbers_in(page)) == min(PAGE, QueueEntry.objects.count())
        return len(captured)

    scene.crowd(scene.shortage(), 2)
    queries_of_a_page()
    with_three = queries_of_a_page()
    scene.crowd(Case.objects.get(number="EX-1"), 17, first=3)

    assert queries_of_a_page() == with_three == most
    assert QueueEntry.objects.count() == 20


def test_a_case_that_waits_for_approval_says_so(scene: Scene) -> None:
    case = scene.shortage("EX-1", state=CaseState.IN_PROGRESS)
    make.ProposalFactory.create(case=case, state="pending_approval")

    assert "Waiting for approval" in scene.browser("bea").get(QUEUE, headers=FRAGMENT).content.decode()


def test_a_broken_promise_shows_by_how_much_in_working_time(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    Clock.objects.filter(case=case).update(
        used_minutes=Decimal(1002), breached_at=TUESDAY_TEN - timedelta(minutes=42)
    )
    page = scene.browser("bea").get(QUEUE).content.decode()

    assert "\N{MINUS SIGN}0h\N{NO-BREAK SPACE}42m" in page
    assert "sla-text breached" in page


def test_a_paused_clock_does_not_look_like_a_running_one(scene: Scene) -> None:
    case = scene.shortage("EX-1", state=CaseState.WAITING_SUPPLIER)
    Clock.objects.filter(case=case).update(running_since=None, due_at=None, used_minutes=Decimal(60))
    page = scene.browser("bea").get(QUEUE).content.decode()

    assert "sla-text paused" in page
    assert "15h\N{NO-BREAK SPACE}00m" in page


def test_with_the_supplier_its_clock_stands_before_ours(scene: Scene) -> None:
    case = scene.shortage("EX-1", state=CaseState.WAITING_SUPPLIER)
    Clock.objects.filter(case=case).update(running_since=None, due_at=None, used_minutes=Decimal(60))
    scene.ask_supplier(case, used=Decimal(300))
    row = words_of(
        scene.browser("bea").get(QUEUE, headers=FRAGMENT).content.decode().split('class="sla"')[-1]
    )

    assert row.index("\N{MINUS SIGN}1h 00m") < row.index("answer overdue") < row.index("15h 00m")
    assert "left, clock paused" in row
    assert "With the supplier since" in row


def test_once_the_supplier_has_answered_only_our_clock_is_shown(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    scene.ask_supplier(case, used=Decimal(300), running_since=None)
    page = scene.browser("bea").get(f"{QUEUE}?breached=supplier", headers=FRAGMENT).content.decode()
    row = scene.browser("bea").get(QUEUE, headers=FRAGMENT).content.decode()

    assert numbers_in(page) == []
    assert "With the supplier since" not in row
    assert "15h\N{NO-BREAK SPACE}59m" in row


def test_what_the_supplier_owes_is_a_choice_of_the_filter(scene: Scene) -> None:
    page = scene.browser("bea").get(f"{QUEUE}?breached=supplier").content.decode()

    assert "<strong>Overdue at the supplier</strong>" in page
    assert 'name="breached" value="supplier" checked' in page


# --- tabs ---------------------------------------------------------------------------------------------------


def test_each_role_has_a_tab_with_its_count(scene: Scene) -> None:
    ours, told = scene.shortage("EX-1"), scene.shortage("EX-2")
    QueueEntry.objects.filter(case=ours).update(team=scene.world.teams["PLN"])
    scene.tell(told, "PLN")
    pia = scene.browser("pia")

    assert numbers_in(pia.get("/queues/weserland/PLN/?role=owner").content.decode()) == ["EX-1"]
    assert numbers_in(pia.get("/queues/weserland/PLN/?role=told").content.decode()) == ["EX-2"]


def test_the_first_tab_that_holds_anything_opens_by_itself(scene: Scene) -> None:
    scene.give_task(scene.shortage("EX-1"), "PLN")

    page = scene.browser("pia").get("/queues/weserland/PLN/").content.decode()

    assert numbers_in(page) == ["EX-1"]


def test_an_ended_case_is_no_longer_in_the_queue(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    QueueEntry.objects.filter(case=case).update(is_open=False)

    page = scene.browser("bea").get(QUEUE).content.decode()

    assert numbers_in(page) == []
    assert "Nothing deviates" in page


# --- filters ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=me", ["EX-2"]),
        ("owner=none", ["EX-3", "EX-1"]),
        ("owner=bea", ["EX-2"]),
        ("severity=high", ["EX-3"]),
        ("severity=medium", ["EX-3", "EX-2"]),
        ("type=confirmation_late", ["EX-3"]),
        ("type=quantity_short&type=confirmation_late", ["EX-3", "EX-2", "EX-1"]),
        ("state=assigned", ["EX-2"]),
        ("breached=true", ["EX-1"]),
        ("breached=false", ["EX-3", "EX-2"]),
        ("breached=supplier", ["EX-3"]),
        ("supplier=nordm", ["EX-3", "EX-2", "EX-1"]),
        ("supplier=77", ["EX-3", "EX-2", "EX-1"]),
        ("supplier=nobody", []),
        ("q=EX-2", ["EX-2"]),
        ("q=4500000003", ["EX-3"]),
        ("q=seal+kit", ["EX-3", "EX-2", "EX-1"]),
        ("q=SEAL-KIT&severity=high", ["EX-3"]),
        ("severity=nonsense", ["EX-3", "EX-2", "EX-1"]),
    ],
)
def test_a_filter_in_the_address_keeps_what_it_names(scene: Scene, query: str, found: list[str]) -> None:
    late = scene.shortage("EX-1", severity=1, amount="1")
    Clock.objects.filter(case=late).update(breached_at=TUESDAY_TEN)
    scene.shortage("EX-2", severity=2, amount="2", owner=scene.world.people["bea"], state=CaseState.ASSIGNED)
    asked = scene.shortage("EX-3", severity=3, amount="3", type_code="confirmation_late")
    scene.ask_supplier(asked, used=Decimal(300))

    page = scene.browser("bea").get(f"{QUEUE}?{query}", headers=FRAGMENT).content.decode()

    assert numbers_in(page) == found


def test_a_filter_without_a_match_says_how_to_see_more(scene: Scene) -> None:
    scene.shortage("EX-1")
    page = scene.browser("bea").get(f"{QUEUE}?q=nothing-like-this").content.decode()

    assert "No case fits these filters" in page
    assert 'href="/search/?q=nothing-like-this"' in page


def test_fields_left_empty_leave_the_address(scene: Scene) -> None:
    answer = scene.browser("bea").get(f"{QUEUE}?q=&severity=high&supplier=")

    assert answer.status_code == 302
    assert answer["Location"] == f"{QUEUE}?severity=high"


# --- pages --------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_and_lead_back_without_loss(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 8):
        scene.shortage(f"EX-{n}", amount=str(n // 2))
    entries = open_entries(scene.world.teams["PRO"])

    def page(**cursor: str) -> Page:
        return queue_page(entries, now=TUESDAY_TEN, size=3, **cursor)

    first = page()
    second = page(after=first.after or "")
    third = page(after=second.after or "")

    numbers = [[row.number for row in each.rows] for each in (first, second, third)]
    assert numbers == [["EX-7", "EX-6", "EX-5"], ["EX-4", "EX-3", "EX-2"], ["EX-1"]]
    assert (first.before, third.after) == (None, None)
    assert page(before=third.before or "").rows == second.rows
    assert page(before=second.before or "").rows == first.rows
    assert page(before=second.before or "").before is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "1~x", "~", "1~2~3"])
def test_a_cursor_that_cannot_be_read_starts_at_the_top(scene: Scene, cursor: str) -> None:
    scene.shortage("EX-1")
    answer = scene.browser("bea").get(QUEUE, {"after": cursor} if cursor else {})

    assert numbers_in(answer.content.decode()) == ["EX-1"]


def test_a_long_queue_is_counted_no_further_than_the_cap(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "CAP", 2)
    for n in range(4):
        scene.shortage(f"EX-{n}")
    team = scene.world.teams["PRO"]
    summary = queue_summary(open_entries(team), person=scene.world.people["bea"], now=TUESDAY_TEN)

    assert role_counts(team)[QueueRole.OWNER] == 3
    assert work_waiting([team]) == {team.pk: 3}
    assert (summary.open, summary.is_capped) == (3, True)


def test_the_figures_above_the_list_are_those_of_the_list(scene: Scene) -> None:
    scene.shortage("EX-1", amount="100.50", owner=scene.world.people["bea"])
    overdue = scene.shortage("EX-2", amount="200")
    Clock.objects.filter(case=overdue).update(due_at=TUESDAY_TEN - timedelta(hours=1))
    soon = scene.shortage("EX-3", amount="1", due_at=TUESDAY_TEN + timedelta(hours=3))
    Clock.objects.filter(case=soon).update(due_at=soon.due_at)

    summary = queue_summary(
        open_entries(scene.world.teams["PRO"]), person=scene.world.people["bea"], now=TUESDAY_TEN
    )

    assert summary == QueueSummary(
        open=3,
        breached=1,
        due_soon=1,
        mine=1,
        unassigned=2,
        expected_loss=Decimal("301.50"),
        orders=3,
        documents=0,
        suppliers=1,
    )


# --- blind --------------------------------------------------------------------------------------------------


def test_the_queue_says_since_when_it_is_blind(scene: Scene) -> None:
    case = scene.shortage("EX-1")
    make.WatchFactory.create(subject_id=case.order_id, blind_since=TUESDAY_TEN - timedelta(minutes=30))

    page = scene.browser("bea").get(QUEUE).content.decode()

    assert "Blind since 09:30" in page
    assert scene.world.edi.name in page


def test_the_blindness_of_another_company_is_not_shown(scene: Scene) -> None:
    other = make.order_line(make.ground("elbeland", supplier_number="78"))
    make.WatchFactory.create(subject_id=other.order_id, blind_since=TUESDAY_TEN)

    assert "Blind since" not in scene.browser("bea").get(QUEUE).content.decode()


# --- the case beside the list -------------------------------------------------------------------------------


def test_the_address_opens_a_case_beside_the_list(scene: Scene) -> None:
    scene.shortage("EX-1")
    page = scene.browser("bea").get(f"{QUEUE}?case=EX-1").content.decode()

    assert "with-panel" in page
    assert 'id="case-headline"' in page


def test_a_case_out_of_sight_is_not_opened_beside_the_list(scene: Scene) -> None:
    scene.shortage("EX-1")
    page = scene.browser("pia").get("/queues/weserland/PLN/?case=EX-1").content.decode()

    assert "18 EA short on EX-1" not in page


# --- taking it away -----------------------------------------------------------------------------------------


def test_the_csv_holds_the_cases_of_the_filter_and_no_formula(scene: Scene) -> None:
    scene.world.supplier.name = "=HYPERLINK(0)"
    scene.world.supplier.save()
    scene.shortage("EX-1", headline="@SUM(1+1)", severity=4)
    scene.shortage("EX-2", severity=1)

    answer = scene.browser("bea").get(f"{QUEUE}export/csv/?severity=critical")
    heads, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig")))

    assert answer["Content-Disposition"] == 'attachment; filename="rightline-weserland-pro-2026-11-24.csv"'
    assert [row[0] for row in rows] == ["EX-1"]
    assert rows[0][heads.index("Supplier")] == "'=HYPERLINK(0)"
    assert rows[0][heads.index("Headline")] == "'@SUM(1+1)"
    assert rows[0][heads.index("Expected loss")] == rows[0][heads.index("Value")] == "3283.20"


def test_the_workbook_holds_numbers_as_numbers_and_text_as_text(scene: Scene) -> None:
    scene.shortage("EX-1", headline="=1+1")
    answer = scene.browser("bea").get(f"{QUEUE}export/xlsx/")
    sheet = load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    heads, row = (list(cells) for cells in sheet.iter_rows())
    by_head = {head.value: cell for head, cell in zip(heads, row, strict=True)}

    assert by_head["Headline"].value == "'=1+1"
    assert by_head["Headline"].data_type == "s"
    assert by_head["Expected loss"].value == Decimal("3283.2") or by_head["Expected loss"].value == 3283.2


def test_another_form_of_export_does_not_exist(scene: Scene) -> None:
    assert scene.browser("bea").get(f"{QUEUE}export/pdf/").status_code == 404


# --- saved views --------------------------------------------------------------------------------------------


def test_filters_are_kept_under_a_name_and_found_again(scene: Scene) -> None:
    bea = scene.browser("bea")
    saved = bea.post("/views/", {"name": "Critical", "path": QUEUE, "query": "severity=critical"})
    page = bea.get(QUEUE).content.decode()

    assert saved.status_code == 302
    assert f'href="{QUEUE}?severity=critical"' in page


def test_a_shared_view_is_seen_by_others_but_only_its_owner_forgets_it(scene: Scene) -> None:
    view = make.SavedViewFactory.create(
        user=scene.world.people["bea"], name="Ours", path=QUEUE, is_shared=True
    )
    paul = scene.browser("paul")

    assert "Ours" in paul.get(QUEUE).content.decode()
    assert paul.post(f"/views/{view.pk}/delete/").status_code == 404
    assert scene.browser("bea").post(f"/views/{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "/admin/", "//elsewhere.example/", ""])
def test_a_view_leads_nowhere_but_to_our_lists(scene: Scene, path: str) -> None:
    scene.browser("bea").post("/views/", {"name": "Trap", "path": path, "query": ""})

    assert not SavedView.objects.exists()


# --- many cases at once -------------------------------------------------------------------------------------


def test_the_effect_on_each_selected_case_is_shown_before_anything_happens(scene: Scene) -> None:
    scene.shortage("EX-1", owner=scene.world.people["bea"], state=CaseState.ASSIGNED)
    scene.shortage("EX-2")
    asked = scene.browser("bea").post(f"{QUEUE}bulk/", {"verb": "take", "case": ["EX-1", "EX-2"]})
    page = asked.content.decode()

    assert "1 of 2 cases" in page
    assert "is yours already" in page
    assert "from nobody to you" in page
    assert Case.objects.get(number="EX-2").owner is None


def test_the_verb_is_used_on_every_case_that_allows_it(scene: Scene) -> None:
    for number in ("EX-1", "EX-2"):
        scene.shortage(number)
    answer = scene.browser("bea").post(
        f"{QUEUE}bulk/take/",
        {"case": ["EX-1", "EX-2"], "version-EX-1": "1", "version-EX-2": "7"},
        headers=FRAGMENT,
    )
    page = answer.content.decode()

    assert "1 case done." in page
    assert "EX-2 changed meanwhile" in page
    assert "Case-Changed" in answer
    owners = dict(QueueEntry.objects.values_list("case__number", "case__owner__username"))
    assert owners == {"EX-1": "bea", "EX-2": None}


def test_assigning_many_needs_a_person_of_the_team(scene: Scene) -> None:
    scene.shortage("EX-1")
    pia = scene.world.people["pia"]
    refused = scene.browser("paul").post(f"{QUEUE}bulk/assign/", {"case": "EX-1", "to": str(pia.pk)})

    assert refused.status_code == 422
    assert "Choose a person." in refused.content.decode()


def test_a_lead_gives_many_cases_to_one_person(scene: Scene) -> None:
    scene.shortage("EX-1")
    scene.shortage("EX-2")
    bea = scene.world.people["bea"]
    answer = scene.browser("paul").post(
        f"{QUEUE}bulk/assign/", {"case": ["EX-1", "EX-2"], "to": str(bea.pk), "next": QUEUE}
    )

    assert answer.status_code == 302
    assert set(QueueEntry.objects.values_list("case__owner__username", flat=True)) == {"bea"}


def test_cases_out_of_sight_cannot_be_selected(scene: Scene) -> None:
    scene.shortage("EX-1")
    answer = scene.browser("pia").post("/queues/weserland/PLN/bulk/", {"verb": "comment", "case": "EX-1"})

    assert "No case is selected" in answer.content.decode()


# --- all cases ----------------------------------------------------------------------------------------------


def test_all_cases_show_ended_ones_the_last_changed_first(scene: Scene) -> None:
    scene.shortage("EX-1", updated_at=TUESDAY_TEN - timedelta(hours=2), state=CaseState.CLOSED)
    scene.shortage("EX-2", updated_at=TUESDAY_TEN - timedelta(hours=1))
    bea = scene.browser("bea")

    assert numbers_in(bea.get("/cases/").content.decode()) == ["EX-2", "EX-1"]
    assert numbers_in(bea.get("/cases/?state=closed", headers=FRAGMENT).content.decode()) == ["EX-1"]


def test_all_cases_page_by_page(scene: Scene) -> None:
    for n in range(1, 6):
        scene.shortage(f"EX-{n}", updated_at=TUESDAY_TEN - timedelta(hours=n // 2))

    def page(**cursor: str) -> Page:
        return case_list_page(Case.objects.all(), now=TUESDAY_TEN, size=2, **cursor)

    first = page()
    second = page(after=first.after or "")

    assert [row.number for row in first.rows + second.rows] == ["EX-1", "EX-3", "EX-2", "EX-5"]
    assert page(before=second.before or "").rows == first.rows


def test_an_empty_search_is_no_search(scene: Scene) -> None:
    scene.shortage("EX-1")
    page = scene.browser("bea").get("/cases/?q=").content.decode()

    assert numbers_in(page) == ["EX-1"]
    assert 'name="q" form="filters" value=""' in page
