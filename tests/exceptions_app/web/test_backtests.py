"""The pages on which a draft is tried: a backtest asked for, what it found, and the draft in shadow."""

import csv
from io import StringIO
from typing import Any

import pytest

from exceptions_app.backtest.models import Backtest, BacktestCase
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.policies.shadow_models import DraftShadow
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.policies.writing import administrator
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, browser_of, set_scene

SCENE = set_scene


@pytest.fixture
def draft(scene: Scene) -> PolicyDraft:
    change = make.PolicyChangeFactory.create(company=scene.world.company)
    made: PolicyDraft = change.draft
    return made


def found(scene: Scene, draft: PolicyDraft, **values: Any) -> BacktestCase:
    backtest = Backtest.objects.filter(draft=draft).first() or make.BacktestFactory.create(draft=draft)
    made: BacktestCase = make.BacktestCaseFactory.create(
        backtest=backtest, **{"company": scene.world.company, "supplier": scene.world.supplier, **values}
    )
    return made


def page_of(scene: Scene, draft: PolicyDraft, query: str = "", name: str = "paul", **headers: str) -> str:
    backtest = Backtest.objects.get(draft=draft)
    return scene.browser(name).get(f"/policies/backtests/{backtest.pk}/{query}", **headers).content.decode()


def test_a_draft_is_tried_from_its_page_and_the_page_leads_to_the_result(
    scene: Scene, draft: PolicyDraft
) -> None:
    browser = browser_of(administrator("ada"))
    here = f"/policies/drafts/{draft.pk}/"
    assert "Judge history again" in browser.get(here).content.decode()
    days = {"since": "2026-11-01", "until": "2026-11-20"}
    answer = browser.post(f"{here}backtest/", days, follow=True)
    backtest = Backtest.objects.get()
    assert answer.redirect_chain == [(f"/policies/backtests/{backtest.pk}/", 302)]
    assert "every 2s" in answer.content.decode()
    assert (backtest.draft, backtest.asked_by) == (draft, administrator("ada"))
    assert f"/policies/backtests/{backtest.pk}/" in browser.get(here).content.decode()


def test_days_that_make_no_sense_are_refused_in_words(scene: Scene, draft: PolicyDraft) -> None:
    days = {"since": "2026-11-20", "until": "2026-11-01"}
    answer = browser_of(administrator("ada")).post(
        f"/policies/drafts/{draft.pk}/backtest/", days, follow=True
    )
    assert "Choose a first day that is before the last one." in answer.content.decode()
    assert not Backtest.objects.exists()


def test_the_result_shows_figures_first_then_each_case_with_its_order_and_why(
    scene: Scene, draft: PolicyDraft
) -> None:
    found(scene, draft, number="4500018834", case="EX-1")
    page = page_of(scene, draft)
    for words in (
        "Would not have opened",
        "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)",
        "4500018834",
        "Price mismatch",
        "−€\N{NO-BREAK SPACE}340.00".replace(".00", ""),
        "Procurement",
    ):
        assert words in page


def test_proposals_that_would_need_others_are_shown_with_whom_and_what_they_come_to(
    scene: Scene, draft: PolicyDraft
) -> None:
    case = make.CaseFactory.create(company=scene.world.company)
    backtest = make.BacktestFactory.create(draft=draft)
    make.BacktestProposalFactory.create(backtest=backtest, proposal__case=case)
    make.BacktestProposalFactory.create(backtest=backtest, proposal__summary="Of a company of others")
    page = page_of(scene, draft)
    for words in (
        "Would need more approvals",
        case.number,
        "82 now, 18 on 2026-12-16",
        "Finance: Large decisions",
        "€\N{NO-BREAK SPACE}3,283.20",
    ):
        assert words in page
    assert "Of a company of others" not in page
    assert "No case would be otherwise" not in page


def test_the_list_is_narrowed_by_what_is_clicked(scene: Scene, draft: PolicyDraft) -> None:
    found(scene, draft, number="4500000001")
    found(scene, draft, number="4500000002", effects=["other_team", "due_otherwise"])
    narrowed = page_of(scene, draft, "?effect=other_team", **FRAGMENT)
    assert "4500000002" in narrowed
    assert "4500000001" not in narrowed


def test_what_is_of_another_company_is_neither_shown_nor_counted(scene: Scene, draft: PolicyDraft) -> None:
    found(scene, draft, number="4500000003")
    found(scene, draft, number="4500000004", company=make.CompanyFactory.create())
    page = page_of(scene, draft)
    assert "4500000003" in page
    assert "4500000004" not in page


def test_it_is_taken_away_as_a_file(scene: Scene, draft: PolicyDraft) -> None:
    case = found(scene, draft)
    browser = scene.browser("paul")
    content = browser.get(f"/policies/backtests/{case.backtest_id}/export/csv/").content.decode("utf-8-sig")
    (row,) = csv.DictReader(StringIO(content))
    assert (row["Effect"], row["Type"], row["Order"]) == (
        "Would not have opened",
        "Price mismatch",
        case.number,
    )
    assert (row["Value, difference"], row["Team, now"], row["Team, as tried"]) == (
        "-340.00",
        "Procurement",
        "",
    )


def test_a_backtest_is_stopped_from_its_page(scene: Scene, draft: PolicyDraft) -> None:
    backtest = make.BacktestFactory.create(draft=draft, status="running", due_at=TUESDAY_TEN)
    browser_of(administrator("ada")).post(f"/policies/backtests/{backtest.pk}/stop/")
    backtest.refresh_from_db()
    assert backtest.status == "stopped"


def test_a_draft_is_put_into_shadow_on_chosen_types_and_suppliers(scene: Scene, draft: PolicyDraft) -> None:
    browser, here = browser_of(administrator("ada")), f"/policies/drafts/{draft.pk}/"
    chosen = {"types": ["price_mismatch"], "suppliers": scene.world.supplier.number}
    browser.post(f"{here}shadow/begin/", chosen)
    shadow = DraftShadow.objects.get()
    assert (shadow.types, shadow.suppliers) == (["price_mismatch"], [scene.world.supplier.pk])
    assert "In shadow since" in browser.get(here).content.decode()

    browser.post(f"{here}shadow/end/")
    shadow.refresh_from_db()
    assert shadow.ended_at is not None


def test_an_unknown_supplier_is_named(scene: Scene, draft: PolicyDraft) -> None:
    browser = browser_of(administrator("ada"))
    answer = browser.post(f"/policies/drafts/{draft.pk}/shadow/begin/", {"suppliers": "X9"}, follow=True)
    assert "There is no supplier X9." in answer.content.decode()
    assert not DraftShadow.objects.exists()


def test_what_a_draft_in_shadow_found_stands_on_its_page_and_among_the_shadows(
    scene: Scene, draft: PolicyDraft
) -> None:
    shadow = make.DraftShadowFactory.create(draft=draft)
    make.DraftFindingFactory.create(shadow=shadow, company=scene.world.company)
    browser = scene.browser("paul")
    page = browser.get(f"/policies/drafts/{draft.pk}/shadow/").content.decode()
    assert "Confirmed at 12.84 EUR, ordered at 12.5 EUR (+2.72 %)" in page
    assert "Medium, Procurement" in page
    among = browser.get("/shadow/").content.decode()
    assert "Drafts in shadow" in among
    assert f"/policies/drafts/{draft.pk}/shadow/" in among
