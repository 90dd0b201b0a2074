"""The pages of incidents: what came together, one decision for all of it, and its approval."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from erp_connectors.exchange.models import Command
from exceptions_app.incidents.models import IncidentState
from exceptions_app.proposals.models import Bundle
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.incidents.storm import Storm, noticed, ready
from tests.exceptions_app.web.scenes import FRAGMENT, browser_of
from tests.exceptions_app.web.test_cases import text_of

CANCEL = "/incidents/IN-1/decide/cancel_remainder/"


SCENE = noticed


@pytest.fixture
def five(scene: Storm, tmp_path: Path) -> Storm:
    return ready(scene, tmp_path, at=TUESDAY_TEN + timedelta(minutes=2))


def browser(storm: Storm, name: str) -> Client:
    return browser_of(storm.world.people[name])


def lines(storm: Storm, count: int = 5) -> list[str]:
    return [f"{case.number}:10" for case in storm.cases()[:count]]


def test_the_list_says_what_came_together_and_how_much_is_open(five: Storm) -> None:
    page = text_of(browser(five, "bea").get("/incidents/").content.decode())

    assert "IN-1" in page
    assert "Quantity short, Nordmann Dichtungen" in page
    assert "5 of 5 cases open" in page


def test_an_empty_list_says_what_would_be_there(five: Storm) -> None:
    page = text_of(browser(five, "bea").get("/incidents/?state=ended").content.decode())

    assert "No incident here" in page


@pytest.mark.parametrize("query", ["", "?state=suggested", "?state=nonsense", "?older=x", "?older=99"])
def test_the_list_bears_any_address(five: Storm, query: str) -> None:
    assert browser(five, "bea").get(f"/incidents/{query}").status_code == 200


def test_the_page_shows_its_cases_and_what_may_be_decided(five: Storm) -> None:
    page = browser(five, "bea").get("/incidents/IN-1/").content.decode()

    assert all(case.number in page for case in five.cases())
    assert CANCEL in page


def test_a_number_of_queries_does_not_grow_with_the_cases(
    five: Storm, django_assert_max_num_queries: object
) -> None:
    bea = browser(five, "bea")
    bea.get("/incidents/")
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        bea.get("/incidents/")


def test_people_of_another_company_do_not_find_it(five: Storm) -> None:
    stranger = five.world.people["cora"]
    stranger.memberships.all().delete()

    assert browser_of(stranger).get("/incidents/IN-1/").status_code == 404
    assert browser_of(stranger).get(CANCEL).status_code == 404


def test_it_is_confirmed_on_its_page(five: Storm) -> None:
    bea = browser(five, "bea")
    answer = bea.post("/incidents/IN-1/change/confirm/", {"words": "Strike", "version": "1"}, follow=True)

    assert "Confirmed: Strike" in text_of(answer.content.decode())
    assert five.incident().state == IncidentState.CONFIRMED


def test_who_may_not_is_told_so_beside_what_was_typed(five: Storm) -> None:
    answer = browser(five, "pia").post("/incidents/IN-1/change/confirm/", {"words": "Strike"})

    assert answer.status_code == 422
    assert "may not decide on incidents" in text_of(answer.content.decode())


def test_somebody_elses_change_is_not_overwritten(five: Storm) -> None:
    paul, bea = browser(five, "paul"), browser(five, "bea")
    paul.post("/incidents/IN-1/change/confirm/", {"words": "Strike", "version": "1"})
    answer = bea.post("/incidents/IN-1/change/dismiss/", {"words": "Chance", "version": "1"})

    assert answer.status_code == 422
    assert "changed meanwhile" in text_of(answer.content.decode())
    assert five.incident().cause == "Strike"


def test_the_whole_is_looked_at_before_it_is_proposed(five: Storm) -> None:
    answer = browser(five, "bea").get(CANCEL, {"line": lines(five, 4)})
    page = text_of(answer.content.decode())

    assert "4 cases" in page
    assert "32.00" in page
    assert "within your limit" in page
    assert not Bundle.objects.exists()


def test_it_is_proposed_for_what_is_ticked(five: Storm) -> None:
    answer = browser(five, "bea").post(CANCEL, {"line": lines(five, 3), "reason": "Strike"}, follow=True)

    assert "Proposed for 3 cases." in text_of(answer.content.decode())
    assert Bundle.objects.get().proposals.count() == 3
    assert Command.objects.count() == 3


def test_nothing_ticked_is_said_beside_the_form(five: Storm) -> None:
    answer = browser(five, "bea").post(CANCEL, {"reason": "Strike"})

    assert answer.status_code == 422
    assert "Choose at least one line" in text_of(answer.content.decode())


def test_what_cannot_be_is_said_case_by_case(five: Storm) -> None:
    reduce = "/incidents/IN-1/decide/reduce_line/"
    answer = browser(five, "bea").post(reduce, {"line": lines(five, 2), "quantity": "99"})
    page = text_of(answer.content.decode())

    assert answer.status_code == 422
    assert all(f"{case.number}: New quantity: 99 EA is more than 92 EA" in page for case in five.cases()[:2])


def test_all_that_is_in_view_is_approved_at_once(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit="20.00")
    browser(five, "bea").post(CANCEL, {"line": lines(five), "reason": "Strike"})
    bundle = Bundle.objects.get()
    paul = browser(five, "paul")
    page = paul.get(f"/bundles/{bundle.pk}/").content.decode()
    assert page.count('name="proposal"') == 5

    seen = {
        f"hash-{proposal.pk}": page.split(f'name="hash-{proposal.pk}" value="')[1].split('"')[0]
        for proposal in bundle.proposals.all()
    }
    ticked = [str(proposal.pk) for proposal in bundle.proposals.order_by("pk")[:4]]
    answer = paul.post(f"/bundles/{bundle.pk}/", {"proposal": ticked, **seen}, follow=True)

    assert "You approved it for 4 cases." in text_of(answer.content.decode())
    assert Command.objects.count() == 4


def test_values_nobody_saw_are_not_approved(five: Storm) -> None:
    five.world.people["bea"].memberships.update(limit="20.00")
    browser(five, "bea").post(CANCEL, {"line": lines(five), "reason": "Strike"})
    bundle = Bundle.objects.get()
    ticked = [str(proposal.pk) for proposal in bundle.proposals.all()]
    browser(five, "paul").post(f"/bundles/{bundle.pk}/", {"proposal": ticked})

    assert not Command.objects.exists()


def test_the_case_names_its_incident(five: Storm) -> None:
    browser(five, "bea").post("/incidents/IN-1/change/confirm/", {"words": "Strike", "version": "1"})
    page = browser(five, "bea").get(f"/cases/{five.cases()[0].number}/").content.decode()

    assert "/incidents/IN-1/" in page
    assert "Strike" in text_of(page)


# --- adding and taking out ----------------------------------------------------------------------------------


@pytest.fixture
def six(five: Storm) -> Storm:
    """One more case like the five, of an order of its own, that no sweep has seen."""
    five.more(1)
    return five


def test_who_may_adds_a_case_that_is_found_by_its_order(six: Storm) -> None:
    bea, sixth = browser(six, "bea"), six.cases()[-1]
    assert sixth.order is not None
    found = bea.get("/incidents/IN-1/", {"find": sixth.order.number}, headers=FRAGMENT).content.decode()
    assert "<html" not in found
    assert f'value="{sixth.number}"' in found
    assert "No open case of this kind" in text_of(bea.get("/incidents/IN-1/?find=4711").content.decode())

    sent = {"case": sixth.number, "words": "The same mill"}
    page = text_of(bea.post("/incidents/IN-1/change/add/", sent, follow=True).content.decode())
    assert "1 case added." in page
    assert "6 of 6 cases open" in page
    assert f"1 added: {sixth.number}" in page
    assert "The same mill" in page


def test_a_case_is_taken_out_with_a_reason_that_stays(five: Storm) -> None:
    bea, first = browser(five, "bea"), five.cases()[0]
    assert f'value="{first.number}" form="bulk"' in bea.get("/incidents/IN-1/").content.decode()
    sent = {"case": first.number, "words": "Another mill"}
    page = text_of(bea.post("/incidents/IN-1/change/take-out/", sent, follow=True).content.decode())

    assert "1 case taken out." in page
    assert "4 of 4 cases open" in page
    case = text_of(bea.get(f"/cases/{first.number}/").content.decode())
    assert "Has nothing to do with IN-1" in case
    assert "Another mill" in case


@pytest.mark.parametrize(
    ("sent", "told"), [({"words": "x"}, "Tick at least one case"), ({}, "Give a reason")]
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    five: Storm, sent: dict[str, str], told: str
) -> None:
    sent = sent or {"case": five.cases()[0].number}
    answer = browser(five, "bea").post("/incidents/IN-1/change/take-out/", sent)
    page = answer.content.decode()

    assert answer.status_code == 422
    assert told in text_of(page)
    assert f'value="{sent.get("words", "")}"' in page
    assert five.incident().cases.count() == 5


def test_only_what_is_alike_and_free_is_offered_and_taken(six: Storm) -> None:
    bea, sixth = browser(six, "bea"), six.cases()[-1]
    sixth.type_code = "price_mismatch"
    sixth.save()

    assert f'id="add-{sixth.number}"' not in bea.get("/incidents/IN-1/").content.decode()
    answer = bea.post("/incidents/IN-1/change/add/", {"case": sixth.number, "words": "x"})
    assert answer.status_code == 422
    assert "that is in no incident can join IN-1" in text_of(answer.content.decode())


def test_who_may_not_manage_incidents_neither_adds_nor_takes_out(six: Storm) -> None:
    first, sixth = six.cases()[0], six.cases()[-1]
    pia = browser(six, "pia")
    page = pia.get("/incidents/IN-1/").content.decode()
    assert "change/add/" not in page
    assert "change/take-out/" not in page

    for verb, case in (("add", sixth), ("take-out", first)):
        answer = pia.post(f"/incidents/IN-1/change/{verb}/", {"case": case.number, "words": "x"})
        assert answer.status_code == 422
    assert six.incident().cases.count() == 5


def test_a_case_offers_the_incident_it_could_belong_to(six: Storm) -> None:
    bea, sixth = browser(six, "bea"), six.cases()[-1]
    address = f"/cases/{sixth.number}/"
    assert "Add to IN-1" in text_of(bea.get(address).content.decode())
    sent = {"case": sixth.number, "words": "The same mill", "next": address}
    answer = bea.post("/incidents/IN-1/change/add/", sent, follow=True)

    assert answer.redirect_chain[-1][0] == address
    page = text_of(answer.content.decode())
    assert "Belongs to IN-1" in page
    assert "Add to IN-1" not in page
