"""Whose auditors read of a draft and its release: those of every company it binds, each their own rules."""

from typing import Any
from uuid import UUID

import pytest

from exceptions_app.audit import queries, seals
from exceptions_app.audit.models import Event
from exceptions_app.audit.queries import Search, visible_events
from exceptions_app.audit.record import RIGHTLINE, record
from exceptions_app.people.models import Role, User
from exceptions_app.policies.models import EscalationStep, PolicyRow
from exceptions_app.policies.release import publish
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.api.callers import Caller, signed_in, with_token
from tests.exceptions_app.policies.writing import administrator, begun, by, published, write_change, write_new
from tests.exceptions_app.web.scenes import browser_of

pytestmark = pytest.mark.django_db
SCENE = make.ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def other(world: Ground) -> Ground:
    return make.ground("elbeland", supplier_number="78")


@pytest.fixture
def third(world: Ground) -> Ground:
    return make.ground("saaleland", supplier_number="79")


def auditor(world: Ground) -> User:
    person: User = make.UserFactory.create()
    make.MembershipFactory.create(user=person, team=world.teams["FIN"], role=Role.AUDITOR, limit=None)
    return person


def read_by(person: User) -> list[str]:
    return list(visible_events(person).order_by("at", "id").values_list("summary", flat=True))


def tolerance(world: Ground | None, **values: Any) -> PolicyRow:
    company = world.company if world else None
    row: PolicyRow = make.ToleranceRowFactory.build(company=company, **values)
    return row


def told_of(caller: Caller, subject: str) -> dict[str, Any]:
    """Return the one event of a release, over the API."""
    (event,) = caller.get(f"events/?kind=policy.published&subject={subject}").json()["results"]
    found: dict[str, Any] = event
    return found


def release_of(*rows: PolicyRow) -> None:
    """Publish a draft that adds these rules."""
    ada, anton = administrator("ada"), administrator("anton")
    draft = begun(ada)
    for row in rows:
        write_new(draft, row, ada)
    published(draft, ada, anton)


def test_a_release_is_read_by_the_auditors_of_each_company_it_binds_with_their_own_rules_alone(
    world: Ground, other: Ground, third: Ground
) -> None:
    release_of(tolerance(world, type_code="price_mismatch"), tolerance(other, type_code="quantity_short"))

    ours, theirs = read_by(auditor(world)), read_by(auditor(other))
    assert sum("Release" in words and "Tighter prices" in words for words in ours) == 1
    assert sum("put to review" in words or "approved" in words for words in ours) == 2
    assert any("price mismatch" in words for words in ours)
    assert not any("short" in words for words in ours)
    assert any("short" in words for words in theirs)
    assert not any("price mismatch" in words for words in theirs)
    assert read_by(auditor(third)) == []


def test_a_rule_of_all_companies_is_read_by_all_auditors_also_of_one_that_comes_later(world: Ground) -> None:
    release_of(tolerance(None))
    later = make.ground("elbeland", supplier_number="78")

    assert read_by(auditor(world)) == read_by(auditor(later))
    assert any("New: Tolerance" in words for words in read_by(auditor(later)))
    assert any("Release" in words for words in read_by(auditor(later)))


def test_a_rule_that_moves_is_read_where_it_held_and_where_it_will(
    world: Ground, other: Ground, third: Ground
) -> None:
    step = EscalationStep.objects.filter(team=world.teams["PRO"]).first()
    assert step is not None
    ada = administrator("ada")
    write_change(begun(ada), step, ada, team=other.teams["PRO"].pk)

    assert len(read_by(auditor(world))) == len(read_by(auditor(other))) == 1
    assert read_by(auditor(third)) == []


def test_a_draft_that_binds_nobody_yet_is_read_where_its_writer_keeps_the_rules(
    world: Ground, other: Ground
) -> None:
    begun(world.people["mona"])
    begun(administrator("ada"))

    assert len(read_by(auditor(world))) == 1
    assert read_by(auditor(other)) == []


def test_a_set_up_without_a_draft_binds_everybody(world: Ground, other: Ground) -> None:
    publish("First rules", by=RIGHTLINE, at=TUESDAY_TEN)
    assert len(read_by(auditor(world))) == len(read_by(auditor(other))) == 1


def test_screen_search_sample_report_and_export_agree_on_who_reads_a_release(
    world: Ground, other: Ground, third: Ground, tmp_path: Any, settings: Any
) -> None:
    settings.RIGHTLINE_HOME = tmp_path
    release_of(tolerance(world, type_code="price_mismatch"), tolerance(other, type_code="quantity_short"))
    while seals.seal_committed():
        continue
    told = Event.objects.get(kind="policy.published")

    for world_, is_bound in ((world, True), (other, True), (third, False)):
        browser = browser_of(auditor(world_))
        for query in ({}, {"q": "tighter"}, {"kind": "policy.published"}, {"subject": told.subject_id}):
            shown = [row["event"] for row in browser.get("/audit/", query).context["rows"]]
            assert (told in shown) is is_bound, query
        assert browser.get(f"/audit/{told.pk}/").status_code == (200 if is_bound else 404)
        drawn = [each["event"] for each in browser.get("/audit/sample/").context["decisions"]]
        assert (told in drawn) is is_bound
        file = b"".join(browser.get("/audit/export/jsonl/"))  # type: ignore[call-overload]
        assert (str(told.pk) in file.decode()) is is_bound


def test_the_api_agrees_with_the_screen(world: Ground, other: Ground, third: Ground) -> None:
    release_of(tolerance(world, type_code="price_mismatch"), tolerance(other))
    for each in (world, other, third):
        person, token = auditor(each), with_token(each.company, "history:read")
        shown = set(visible_events(person).values_list("pk", flat=True))
        for caller in (signed_in(person), token):
            listed = caller.get("events/?page_size=200").json()["results"]
            assert {UUID(event["id"]) for event in listed} == shown


def test_the_api_tells_the_place_in_the_chain(world: Ground) -> None:
    publish("First rules", by=RIGHTLINE, at=TUESDAY_TEN)
    caller = with_token(world.company, "history:read")

    subject = str(Event.objects.get().subject_id)
    assert told_of(caller, subject)["seal"] is None
    assert seals.seal_committed()
    assert len(told_of(caller, subject)["hash"]) == 64


def test_events_of_several_of_ones_companies_are_listed_once(
    world: Ground, other: Ground, third: Ground
) -> None:
    release_of(tolerance(world), tolerance(other))
    person = auditor(world)
    make.MembershipFactory.create(user=person, team=other.teams["FIN"], role=Role.AUDITOR, limit=None)

    shown = [row["event"].pk for row in browser_of(person).get("/audit/").context["rows"]]
    assert len(shown) == len(set(shown)) == visible_events(person).count()
    assert queries.found(visible_events(person), Search(kinds=("policy.published",))).count() == 1


def test_whose_rule_somebody_wrote_and_approved_alone_is_told_there_only(
    world: Ground, other: Ground, third: Ground
) -> None:
    ada, companies = by(administrator("ada")), [world.company.pk, other.company.pk]
    for kind, whose in (("policy.draft_changed", companies[1:]), ("policy.approved", companies)):
        record(kind, at=TUESDAY_TEN, summary=kind, subject=("policy_draft", "1"), actor=ada, companies=whose)

    def told(person: User) -> int:
        events = visible_events(person)
        return len(queries.two_hands(events, visible=events, most=10))

    assert [told(auditor(each)) for each in (world, other, third)] == [0, 1, 0]


@pytest.mark.parametrize(
    "query", ["since=soon", "q=%00", "subject=%00", "who=%00x", "kind=%00", "cursor=nonsense"]
)
def test_what_no_column_can_hold_is_answered_in_words(world: Ground, query: str) -> None:
    answer = with_token(world.company, "history:read").get(f"events/?{query}")
    assert answer.status_code in (200, 400, 404), answer.content
