"""The test bench of the rules, and the table of who looks after what."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from exceptions_app.people.models import Absence
from exceptions_app.policies.models import Responsibility
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.administration.forms import errors, form_of, send
from tests.exceptions_app.administration.publishing import publish_what_is_written

pytestmark = pytest.mark.django_db
SCENE = factories.ground
BENCH = "/admin/exceptions_app/routingrule/bench/"


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def root(client: Client, world: Ground) -> Client:
    client.force_login(factories.UserFactory.create(username="ada", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def rules(world: Ground) -> None:
    """Large cases go to finance, those with tier A suppliers to supplier management."""
    for position, name, team, condition in (
        (10, "Large", "FIN", {"all": [clause("amount", "above", "5000"), clause("type", "is_known")]}),
        (20, "Tier A", "SUP", {"not": clause("supplier_tier", "is_not", "A")}),
        (30, "All", "PLN", {}),
    ):
        factories.RoutingRuleFactory.create(
            position=position, name=name, team=world.teams[team], condition=condition
        )


def clause(fact: str, op: str, *value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op} | ({"value": value[0]} if value else {})


def verdicts(answer: Any) -> list[tuple[str, str]]:
    return [(rule.name, str(rule.verdict.label)) for rule in answer.rules]


# --- a case by its number -----------------------------------------------------------------------------------


def test_a_case_is_answered_rule_by_rule_and_clause_by_clause(
    root: Client, world: Ground, rules: None
) -> None:
    line = factories.order_line(world)
    case = factories.CaseFactory.create(number="EX-7", order=line.order, team=world.teams["PRO"])
    factories.CaseLineFactory.create(case=case, order_line=line)
    page = root.get(BENCH, {"case": " ex-7 "})
    answer = page.context["answer"]
    assert (answer.team, answer.person) == ("Supplier management", "Sam Example")
    assert verdicts(answer) == [
        ("Large", "Does not hold"),
        ("Tier A", "Takes it"),
        ("All", "Would hold, but comes later"),
    ]
    assert [(each.depth, each.holds, each.words, each.is_now) for each in answer.rules[0].clauses] == [
        (0, False, "All of these hold", ""),
        (1, False, "Amount in company currency is above 5,000", "3,283.2"),
        (1, True, "Type is known", "quantity_short"),
    ]
    assert [(each.depth, each.words) for each in answer.rules[1].clauses] == [
        (0, "This does not hold"),
        (1, "Supplier tier is not A"),
    ]
    html = page.content.decode()
    assert "18 EA short on" in html
    assert "Rule “Tier A” of Release 1." in html
    assert "Sam Example has the least to do at the moment." in html


def test_its_facts_are_put_into_the_form_to_be_changed(root: Client, world: Ground) -> None:
    line = factories.order_line(world)
    case = factories.CaseFactory.create(number="EX-7", order=line.order, team=world.teams["PRO"])
    factories.CaseLineFactory.create(case=case, order_line=line)
    form = root.get(BENCH, {"case": "EX-7"}).context["form"]
    assert form.initial["company"] == world.company.pk
    assert form.initial["severity"] == "high"
    assert (form.initial["item"], form.initial["category"]) == ("SEAL-KIT", "seals")
    assert form.initial["amount"] == "3283.20"


def test_a_number_nobody_knows_is_said(root: Client) -> None:
    page = root.get(BENCH, {"case": "EX-404"}).content.decode()
    assert "There is no case EX-404." in page


# --- facts by hand ------------------------------------------------------------------------------------------


def by_hand(root: Client, world: Ground, **facts: str) -> Any:
    return root.get(BENCH, {"company": world.company.pk, "type": "quantity_short", **facts})


def test_facts_entered_by_hand_are_answered(root: Client, world: Ground, rules: None) -> None:
    bruno = factories.UserFactory.create(username="bruno")
    factories.MembershipFactory.create(user=bruno, team=world.teams["PLN"])
    factories.ResponsibilityFactory.create(
        team=world.teams["PLN"], person=bruno, supplier=world.supplier, category="pumps"
    )
    large = by_hand(root, world, amount="5000.01").context["answer"]
    assert (large.team, verdicts(large)[0]) == ("Finance", ("Large", "Takes it"))
    other = by_hand(
        root,
        world,
        supplier="77",
        supplier_tier="B",
        severity="low",
        category="seals, pumps",
        warehouse="KAS",
    ).context["answer"]
    assert (other.team, other.person) == ("Planning", "Bruno Example")
    facts = dict(other.facts)
    assert (facts["Item category"], facts["Severity"]) == ("pumps, seals", "Low")
    assert facts["Family of types"] == "confirmation"
    assert facts["Amount in company currency"] == "not known"


def test_what_is_no_value_of_a_fact_is_refused_at_its_field(root: Client, world: Ground) -> None:
    page = by_hand(root, world, amount="much")
    assert "must be a number" in page.context["form"].errors["amount"][0]
    assert "answer" not in page.context


def test_a_company_without_a_policy_says_so(root: Client) -> None:
    company = factories.CompanyFactory.create()
    page = root.get(BENCH, {"company": company.pk, "type": "quantity_short"}).content.decode()
    assert "has no company policy" in page


# --- who may, and how one gets there ------------------------------------------------------------------------


def test_the_rules_lead_to_the_bench(root: Client) -> None:
    assert f'href="{BENCH}"' in root.get("/admin/exceptions_app/routingrule/").content.decode()


def test_the_types_lead_to_what_they_would_have_opened_in_shadow(root: Client) -> None:
    assert (
        f'href="{reverse("web:shadow")}"' in root.get("/admin/exceptions_app/typesetting/").content.decode()
    )


def test_it_is_open_to_those_who_may_see_rules(client: Client, world: Ground) -> None:
    person = factories.UserFactory.create(is_staff=True)
    client.force_login(person)
    assert client.get(BENCH).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_routingrule"))
    assert client.get(BENCH).status_code == 200


# --- who looks after what, and who is away ------------------------------------------------------------------


def test_a_responsibility_holds_in_the_company_of_its_team(root: Client, world: Ground) -> None:
    answer = send(
        root,
        "/admin/exceptions_app/responsibility/add/",
        team=str(world.teams["PRO"].pk),
        person=str(world.people["bea"].pk),
        category="seals",
    )
    assert answer.status_code == 302, errors(answer)
    publish_what_is_written()
    assert Responsibility.objects.get().company == world.company


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("person", "does not work in"),
        ("company", "it can hold only there"),
        ("supplier", "belongs to Elbland"),
        ("warehouse", "belongs to Elbland"),
    ],
)
def test_a_responsibility_of_others_is_refused(field: str, told: str, root: Client, world: Ground) -> None:
    other = factories.ground("elbland", supplier_number="78")
    theirs = {
        "person": world.people["finn"],
        "company": other.company,
        "supplier": other.supplier,
        "warehouse": other.warehouse,
    }
    entered = {"team": str(world.teams["PRO"].pk), "person": str(world.people["bea"].pk)}
    answer = send(
        root,
        "/admin/exceptions_app/responsibility/add/",
        **entered | {field: str(theirs[field].pk)},
    )
    assert told in errors(answer)[field][0]


def test_an_absence_is_entered_beside_the_person_and_told(root: Client, world: Ground) -> None:
    bea = world.people["bea"]
    place = f"/admin/exceptions_app/user/{bea.pk}/change/"
    fields = form_of(root.get(place))
    answer = root.post(
        place,
        fields
        | {
            "absences-TOTAL_FORMS": "1",
            "absences-0-id": "",
            "absences-0-person": str(bea.pk),
            "absences-0-first_day": "2026-12-01",
            "absences-0-last_day": "2026-12-04",
        },
    )
    assert answer.status_code == 302, errors(answer)
    absence = Absence.objects.get()
    assert (absence.person, absence.last_day.day) == (bea, 4)
