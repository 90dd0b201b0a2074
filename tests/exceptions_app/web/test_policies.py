"""The pages of the rules: drafts and releases in sentences, and what two people do with them."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from exceptions_app.audit.models import Event
from exceptions_app.people.models import User
from exceptions_app.policies.draft_models import DraftState, PolicyDraft
from exceptions_app.policies.models import PolicyRelease, ToleranceRow
from tests.builders import factories as make
from tests.exceptions_app.policies.writing import (
    administrator,
    approved,
    begun,
    published,
    write_change,
)
from tests.exceptions_app.web.scenes import Scene, browser_of, set_scene

SCENE = set_scene
SENTENCE = "Tolerance for price mismatch at Nordmann Dichtungen: 2 % becomes 1.5 %"


@pytest.fixture
def ada(scene: Scene) -> User:
    return administrator("ada")


@pytest.fixture
def anton(scene: Scene) -> User:
    return administrator("anton")


@pytest.fixture
def tolerance(scene: Scene) -> ToleranceRow:
    row: ToleranceRow = make.ToleranceRowFactory.create(
        company=scene.world.company,
        type_code="price_mismatch",
        supplier=scene.world.supplier,
        percent_state="value",
        percent=Decimal(2),
    )
    return row


@pytest.fixture
def draft(tolerance: ToleranceRow, ada: User) -> PolicyDraft:
    written = begun(ada)
    write_change(written, tolerance, ada, percent="1.5000")
    return written


def page_of(draft: PolicyDraft, person: User) -> str:
    return browser_of(person).get(f"/policies/drafts/{draft.pk}/").content.decode()


def do(draft: PolicyDraft, person: User, verb: str, **entered: Any) -> Any:
    version = PolicyDraft.objects.get(pk=draft.pk).version
    return browser_of(person).post(f"/policies/drafts/{draft.pk}/do/{verb}/", {"version": version, **entered})


def state(draft: PolicyDraft) -> str:
    return PolicyDraft.objects.get(pk=draft.pk).state


# --- reading ------------------------------------------------------------------------------------------------


def test_a_draft_says_what_it_changes_in_words_who_wrote_it_and_why(draft: PolicyDraft, ada: User) -> None:
    html = page_of(draft, ada)
    for words in (SENTENCE, "Ada Example", "Agreed in November.", "Being written", "Put to review"):
        assert words in html
    assert "{&quot;" not in html


def test_the_list_shows_drafts_then_releases(
    scene: Scene, draft: PolicyDraft, ada: User, anton: User
) -> None:
    client = browser_of(ada)
    assert "Tighter prices" in client.get("/policies/").content.decode()
    published(draft, ada, anton)
    assert f"/policies/drafts/{draft.pk}/" not in client.get("/policies/").content.decode()
    releases = client.get("/policies/?show=releases").content.decode()
    assert releases.index("Tighter prices") < releases.index("First policies")
    assert client.get("/policies/?show=nothing").status_code == 404


def test_a_release_says_what_it_changed(draft: PolicyDraft, ada: User, anton: User) -> None:
    number = published(draft, ada, anton).number
    html = browser_of(ada).get(f"/policies/releases/{number}/").content.decode()
    for words in (SENTENCE, "Agreed in November.", "Take it back"):
        assert words in html
    first = browser_of(ada).get("/policies/releases/1/").content.decode()
    assert "set up without a draft" in first


# --- who may ------------------------------------------------------------------------------------------------


def test_members_see_no_rules_leads_read_them_and_managers_review(
    scene: Scene, draft: PolicyDraft, ada: User
) -> None:
    bea, paul, mona = (scene.world.people[name] for name in ("bea", "paul", "mona"))
    assert browser_of(bea).get("/policies/").status_code == 403
    assert ">Rules<" not in browser_of(bea).get("/queues/weserland/PRO/").content.decode()
    do(draft, ada, "submit")
    assert SENTENCE in page_of(draft, paul)
    assert do(draft, paul, "approve").status_code == 409
    assert state(draft) == DraftState.IN_REVIEW
    assert do(draft, mona, "approve").status_code == 302
    assert state(draft) == DraftState.APPROVED


def test_a_draft_of_another_company_does_not_exist(scene: Scene, draft: PolicyDraft) -> None:
    other = make.ground("elbland", supplier_number="78")
    assert browser_of(other.people["mona"]).get(f"/policies/drafts/{draft.pk}/").status_code == 404


# --- on its way ---------------------------------------------------------------------------------------------


def test_two_people_bring_a_draft_to_a_release(
    scene: Scene, draft: PolicyDraft, ada: User, anton: User
) -> None:
    assert do(draft, ada, "submit").status_code == 302
    own = do(draft, ada, "approve")
    assert own.status_code == 409
    assert "somebody else has to approve it" in own.content.decode()
    assert do(draft, anton, "approve", words="As agreed.").status_code == 302
    assert "Publish now" not in page_of(draft, ada)
    for verb in ("publish", "schedule"):
        refused = do(draft, ada, verb, moment="2031-12-01T06:00")
        assert refused.status_code == 409
        assert "Ada Example wrote the rule, so another person has to publish it." in refused.content.decode()
    assert do(draft, anton, "publish").status_code == 302
    assert ToleranceRow.objects.get().percent == Decimal("1.5")
    release = PolicyRelease.objects.first()
    assert release is not None
    assert (release.number, release.published_by) == (2, anton)
    reviewed = Event.objects.get(kind="policy.approved")
    assert (reviewed.actor, reviewed.reason) == (anton, "As agreed.")
    assert "Release 2: " in page_of(draft, ada)


def test_asking_back_a_comment_and_a_withdrawal_stay_in_the_history(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    do(draft, ada, "submit")
    do(draft, anton, "comment", words="Is this for all items?")
    assert do(draft, anton, "ask-back", words="Does Nordmann know?").status_code == 302
    html = page_of(draft, ada)
    assert "Is this for all items?" in html
    assert "Does Nordmann know?" in html
    assert do(draft, ada, "withdraw", words="").status_code == 409
    do(draft, ada, "withdraw", words="They protest.")
    assert state(draft) == DraftState.WITHDRAWN
    assert "Withdrawn" in browser_of(ada).get("/policies/?show=withdrawn").content.decode()


def test_what_somebody_changed_meanwhile_is_looked_at_again(
    draft: PolicyDraft, ada: User, anton: User
) -> None:
    do(draft, ada, "submit")
    seen = PolicyDraft.objects.get().version
    do(draft, ada, "reopen", words="One more.")
    do(draft, ada, "submit")
    answer = browser_of(anton).post(f"/policies/drafts/{draft.pk}/do/approve/", {"version": seen})
    assert answer.status_code == 409
    assert "Somebody changed the draft since you opened it" in answer.content.decode()
    assert state(draft) == DraftState.IN_REVIEW


def test_a_time_is_entered_in_the_readers_zone(draft: PolicyDraft, ada: User, anton: User) -> None:
    approved(draft, ada, anton)
    assert do(draft, anton, "schedule", moment="2031-12-01T06:00").status_code == 302
    at = PolicyDraft.objects.get().publish_at
    assert at is not None
    assert at.isoformat() == "2031-12-01T05:00:00+00:00"
    html = page_of(draft, anton)
    assert "is published at 2031-12-01 05:00 UTC" in html
    assert 'value="2031-12-01T06:00"' in html
    assert "Published at its time" in html
    assert do(draft, anton, "schedule", moment="soon").status_code == 409
    do(draft, anton, "schedule", moment="")
    assert PolicyDraft.objects.get().publish_at is None


def test_a_conflict_is_told_with_its_way_out(draft: PolicyDraft, ada: User, anton: User) -> None:
    approved(draft, ada, anton)
    ToleranceRow.objects.update(percent=Decimal("1.8"))
    html = page_of(draft, anton)
    assert "2 % becomes 1.8 %" in html
    assert "Rebase on what is there" in html
    refused = do(draft, anton, "publish")
    assert (refused.status_code, PolicyRelease.objects.count()) == (409, 1)
    assert do(draft, ada, "rebase").status_code == 302
    assert "1.8 % becomes 1.5 %" in page_of(draft, ada)


def test_a_release_is_taken_back_by_a_draft(draft: PolicyDraft, ada: User, anton: User) -> None:
    number = published(draft, ada, anton).number
    client = browser_of(anton)
    client.post(f"/policies/releases/{number}/take-back/", {"reason": ""})
    assert PolicyDraft.objects.count() == 1
    answer = client.post(f"/policies/releases/{number}/take-back/", {"reason": "They protest."})
    back = PolicyDraft.objects.first()
    assert back is not None
    assert answer["Location"] == f"/policies/drafts/{back.pk}/"
    assert "1.5 % becomes 2 %" in page_of(back, ada)
    release = client.get(f"/policies/releases/{number}/").content.decode()
    assert f"/policies/drafts/{back.pk}/" in release


def test_a_change_is_taken_out_and_the_title_is_mended(draft: PolicyDraft, ada: User) -> None:
    change = draft.changes.get()
    do(draft, ada, "name", title="Tighter, from December", reason="Agreed.")
    do(draft, ada, "take-out", change=change.pk)
    html = page_of(draft, ada)
    assert "Tighter, from December" in html
    assert "It changes nothing yet." in html


def test_a_verb_there_is_none_of_is_not_found(draft: PolicyDraft, ada: User) -> None:
    assert do(draft, ada, "burn").status_code == 404


# --- the way to the administration --------------------------------------------------------------------------


def test_links_lead_to_the_row_and_let_the_administration_write_into_the_draft(
    draft: PolicyDraft, ada: User, tolerance: ToleranceRow
) -> None:
    client = browser_of(ada)
    edit = f"/policies/drafts/{draft.pk}/write/tolerancerow/?row={tolerance.pk}"
    assert edit in client.get(f"/policies/drafts/{draft.pk}/").content.decode()
    answer = client.get(edit)
    assert answer["Location"] == f"/admin/exceptions_app/tolerancerow/{tolerance.pk}/change/"
    assert client.session["policy_draft"] == draft.pk


def test_a_draft_is_begun_here(scene: Scene) -> None:
    client = scene.browser("mona")
    client.post("/policies/begin/", {"title": "Slower answers", "reason": "Holidays."})
    begun_here = PolicyDraft.objects.get()
    assert (begun_here.title, begun_here.reason) == ("Slower answers", "Holidays.")
    assert scene.browser("paul").post("/policies/begin/", {"title": "No"}).status_code == 403


# --- files --------------------------------------------------------------------------------------------------


def test_rules_are_exported_and_what_is_different_is_imported(
    scene: Scene, tolerance: ToleranceRow, ada: User
) -> None:
    client = browser_of(ada)
    answer = client.get("/policies/export/")
    assert "attachment" in answer["Content-Disposition"]
    content = json.loads(answer.content)
    content["tables"]["tolerancerow"][0]["percent"] = "1.5000"
    file = SimpleUploadedFile("rules.json", json.dumps(content).encode())
    taken = client.post("/policies/import/", {"file": file, "title": "From Hamburg", "reason": "As there."})
    made = PolicyDraft.objects.get()
    assert taken["Location"] == f"/policies/drafts/{made.pk}/"
    assert SENTENCE in page_of(made, ada)
    assert json.loads(client.get(f"/policies/drafts/{made.pk}/export/").content)["title"] == "From Hamburg"


def test_a_file_that_cannot_be_read_says_why(scene: Scene, ada: User) -> None:
    client: Client = browser_of(ada)
    refused = client.post("/policies/import/", {"file": SimpleUploadedFile("rules.json", b"[]")})
    assert refused.status_code == 422
    assert "This is no file of rules" in refused.content.decode()
    assert client.post("/policies/import/", {}).status_code == 422
