"""The auditor's screen: what happened, found quickly, proved, and only what concerns one's companies."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exceptions_app.audit import queries, seals
from exceptions_app.audit.models import Event, UnsealedEvent
from exceptions_app.audit.queries import Search
from exceptions_app.audit.record import Actor, record
from exceptions_app.people.models import Role, User
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.exceptions_app.web.scenes import Scene, browser_of, set_scene

SCENE = set_scene


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    settings.RIGHTLINE_HOME = tmp_path
    return tmp_path


def auditor(world: Ground, *more: Ground) -> User:
    ivo: User = make.UserFactory.create(username="ivo", first_name="Ivo", last_name="Imhof")
    for each in (world, *more):
        make.MembershipFactory.create(user=ivo, team=each.teams["FIN"], role=Role.AUDITOR, limit=None)
    return ivo


def tell(summary: str, kind: str = "case.updated", *, minutes: int = 0, **values: Any) -> Event:
    at = TUESDAY_TEN + timedelta(minutes=minutes)
    return record(kind, at=at, summary=summary, subject=values.pop("subject", ("thing", "1")), **values)


def listed(client: Client, **query: Any) -> list[str]:
    answer = client.get("/audit/", query)
    assert answer.status_code == 200
    return [row["event"].summary for row in answer.context["rows"]]


def text_of(answer: HttpResponse) -> str:
    return b"".join(answer).decode()  # type: ignore[arg-type]


def verify(file: Path, *options: Any) -> str:
    out = StringIO()
    call_command("verify_export", str(file), *options, stdout=out)
    return out.getvalue()


def test_the_history_is_for_managers_and_auditors(scene: Scene) -> None:
    for address in ("/audit/", "/audit/sample/", "/audit/report/", "/audit/export/csv/"):
        assert scene.browser("bea").get(address).status_code == 403
        assert scene.browser("mona").get(address).status_code == 200
    assert "Audit" not in scene.browser("bea").get("/cases/").content.decode()


def test_an_auditor_begins_with_the_history(scene: Scene) -> None:
    assert browser_of(auditor(scene.world)).get("/")["Location"] == "/audit/"
    assert scene.browser("mona").get("/")["Location"] == "/queues/weserland/PRO/"


def test_an_auditor_sees_the_events_of_their_companies_only(scene: Scene) -> None:
    other = make.ground("elbeland", supplier_number="78")
    tell("ours", company=scene.world.company)
    theirs = tell("theirs", company=other.company)
    tell("everybody's")
    ivo = browser_of(auditor(scene.world))

    assert listed(ivo) == ["ours"]
    assert ivo.get(f"/audit/{theirs.pk}/").status_code == 404
    assert "theirs" not in text_of(ivo.get("/audit/export/jsonl/"))


def test_who_audits_every_company_sees_what_is_about_none_too(scene: Scene) -> None:
    other = make.ground("elbeland", supplier_number="78")
    tell("everybody's")
    assert listed(browser_of(auditor(scene.world, other))) == ["everybody's"]
    assert listed(scene.browser("mona")) == []


def test_events_are_found_by_time_person_kind_subject_and_words(scene: Scene) -> None:
    world, case = scene.world, scene.shortage()
    bea = world.people["bea"]
    tell("taken", "case.taken", case=case, actor=Actor(bea), subject=("case", "EX-1"))
    tell("much later", minutes=3 * 24 * 60, company=world.company, reason="The Größe was wrong")
    tell("by a machine", company=world.company, actor=Actor(label="Warehouse"))
    tell("published", "policy.published", company=world.company, subject=("policy_release", "12"))
    while seals.seal_committed():
        continue
    ivo = browser_of(auditor(world))

    assert len(listed(ivo)) == 4
    assert listed(ivo, **{"from": "2026-11-26"}) == ["much later"]
    assert "much later" not in listed(ivo, to="2026-11-25")
    assert listed(ivo, kind=["case.taken", "policy.published"]) == ["published", "taken"]
    assert listed(ivo, who="bea") == ["taken"]
    assert listed(ivo, who="warehouse") == ["by a machine"]
    assert listed(ivo, subject="ex-1") == listed(ivo, subject=case.order.number) == ["taken"]
    assert listed(ivo, subject="Release 12") == listed(ivo, subject="12") == ["published"]
    assert listed(ivo, q="größe") == ["much later"]
    assert listed(ivo, q="nothing like it") == []


def test_pages_by_keyset_show_each_event_once_even_of_one_moment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exceptions_app.web.keyset.PAGE", 2)
    for number in range(5):
        tell(str(number), company=scene.world.company)
    ivo, seen, address = browser_of(auditor(scene.world)), [], "/audit/"
    while address:
        answer = ivo.get(address)
        seen += [row["event"].summary for row in answer.context["rows"]]
        address = answer.context["page"].after and answer.context["after_url"]

    assert seen == ["4", "3", "2", "1", "0"]
    for nonsense in ("x", "1", "2026-11-24T10:00:00+00:00~1", "x~" + "9" * 30):
        assert ivo.get("/audit/", {"after": nonsense}).status_code == 200
        assert scene.browser("mona").get("/shadow/", {"after": nonsense}).status_code == 200


def test_twenty_events_are_shown_with_as_many_queries_as_three(scene: Scene) -> None:
    ivo = browser_of(auditor(scene.world))

    def count() -> int:
        seals.seal_committed()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            listed(ivo, who="bea", subject="EX-1")
        return len(asked)

    case = scene.shortage()
    for number in range(3):
        tell(str(number), case=case, actor=Actor(scene.world.people["bea"]))
    listed(ivo)
    few = count()
    for number in range(20):
        tell(str(number), case=case, actor=Actor(scene.world.people["bea"]))
    assert count() == few


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (Search(), "event_of_company"),
        (Search(kinds=("case.taken",)), "event_of_kind"),
        (Search(kinds=("case.taken", "case.7")), "event_of_kind"),
        (Search(who="bea"), "event_of_actor"),
        (Search(subject="EX-1"), "event_of_case"),
        (Search(text="größe"), "event_text"),
    ],
)
def test_every_search_goes_by_an_index(scene: Scene, search: Search, index: str) -> None:
    Event.objects.bulk_create(_many(scene, make.ground("elbeland", supplier_number="78")))
    while seals.seal_committed():
        continue
    with connection.cursor() as cursor:
        # What VACUUM does now and then.
        cursor.execute("SELECT gin_clean_pending_list('event_text')")
        cursor.execute("ANALYZE exceptions_app_event, exceptions_app_eventtext, exceptions_app_seal")
        cursor.execute("SET LOCAL enable_seqscan = off")
    own, several = queries.in_parts(auditor(scene.world), search)
    plan = own[0].order_by("-at", "-id")[:51].explain()
    assert index in plan, plan
    plan = several[0].order_by("-at", "-event")[:51].explain()
    assert "Seq Scan" not in plan, plan


def _many(scene: Scene, other: Ground) -> list[Event]:
    case, bea, mona = scene.shortage(), scene.world.people["bea"], scene.world.people["mona"]
    return [
        Event(
            at=TUESDAY_TEN + timedelta(minutes=number),
            kind=f"case.{number % 40}" if number % 100 else "case.taken",
            case=case if number % 50 == 0 else None,
            # Hers and her company's are few, and old.
            company=scene.world.company if number < 100 else other.company,
            subject_kind="case",
            subject_id=f"EX-{number}",
            actor=bea if number % 100 == 1 else mona,
            summary=f"event {number}" if number % 500 else "die Größe",
        )
        for number in range(2000)
    ]


def test_an_export_takes_as_many_queries_with_many_gaps_as_with_few(scene: Scene, home: Path) -> None:
    other = make.ground("elbeland", supplier_number="78")
    ivo = browser_of(auditor(scene.world))

    def asked(rounds: int) -> int:
        for number in range(rounds):
            tell(str(number), company=scene.world.company)
            tell("between", company=other.company)
        seals.seal_committed()
        with CaptureQueriesContext(connection) as queries:
            (home / "taken").write_text(text_of(ivo.get("/audit/export/jsonl/")))
        assert "they lead to the head" in verify(home / "taken")
        return len(queries)

    asked(1)
    assert asked(2) == asked(20)


def test_what_is_too_much_for_a_file_is_cut_and_the_file_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exceptions_app.audit.export.MOST_EVENTS", 2)
    for number in range(3):
        tell(f"event {number}", company=scene.world.company)
    seals.seal_committed()
    answer = browser_of(auditor(scene.world)).get("/audit/export/jsonl/")
    lines = text_of(answer).splitlines()

    assert "-newest-2.jsonl" in answer["Content-Disposition"]
    assert json.loads(lines[0])["is_cut"] is True
    assert not any("event 0" in line for line in lines)


def test_one_event_shows_what_changed_and_that_the_chain_around_it_holds(scene: Scene) -> None:
    told = tell(
        "limit raised",
        company=scene.world.company,
        before={"limit": "2500.00", "team": "PRO"},
        after={"limit": "25000.00", "lines": [{"number": "10"}]},
    )
    seals.seal_committed()
    ivo = browser_of(auditor(scene.world))
    answer = ivo.get(f"/audit/{told.pk}/")

    assert [(each.name, each.before, each.after, each.is_changed) for each in answer.context["moved"]] == [
        ("Team", "PRO", "–", True),
        ("Limit", "2500.00", "25000.00", True),
        ("Lines", "–", "number 10", False),
    ]
    assert answer.context["broken"] is None
    assert seals.head().hash.hex() in answer.content.decode()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE exceptions_app_event SET reason = 'x' WHERE id = %s", [told.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert "The chain does not hold here" in ivo.get(f"/audit/{told.pk}/").content.decode()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_proves_itself_offline(scene: Scene, home: Path, form: str) -> None:
    for number in range(9):
        tell(
            f'=HYPERLINK("{number}"), "größer"\u2028',
            "case.taken" if number % 3 else "case.updated",
            company=scene.world.company,
            reason="'+1\r\n2",
        )
    seals.seal_committed()
    ivo = browser_of(auditor(scene.world))
    answer = ivo.get(f"/audit/export/{form}/", {"kind": "case.taken"})
    file = home / f"export.{form}"
    file.write_bytes(b"".join(answer))  # type: ignore[arg-type]

    told = Event.objects.order_by("-id")[0]
    assert (told.kind, told.after["rows"]) == ("export.taken", 6)
    assert told.after["filter"] == {"kind": ["case.taken"]}
    assert "6 events hold" in verify(file)
    assert "was written outside the database" in verify(file, "--heads", home / "audit-heads" / "heads.txt")
    assert ("they lead to the head" in verify(file)) is (form == "jsonl")

    tampered = home / f"tampered.{form}"
    text = file.read_bytes().decode()
    tampered.write_bytes(text.replace("größer", "kleiner", 1).encode())
    with pytest.raises(CommandError, match="is not what was sealed"):
        verify(tampered)
    tampered.write_bytes(text[: text.rstrip().rindex("\n")].encode())
    with pytest.raises(CommandError, match="the end of the file was cut off"):
        verify(tampered)
    (home / "other-heads.txt").write_text("2026-11-24T10:00:00Z 9 00\n")
    with pytest.raises(CommandError, match="is not in"):
        verify(file, "--heads", home / "other-heads.txt")


def test_no_cell_of_the_csv_is_a_formula(scene: Scene) -> None:
    tell("=1+1", company=scene.world.company, reason="@x")
    seals.seal_committed()
    text = text_of(browser_of(auditor(scene.world)).get("/audit/export/csv/"))
    assert "'=1+1" in text
    assert ",=1" not in text
    assert ",@x" not in text


def test_an_event_taken_out_of_an_export_is_missed(scene: Scene, home: Path) -> None:
    for number in range(4):
        tell(str(number), company=scene.world.company)
    seals.seal_committed()
    lines = text_of(browser_of(auditor(scene.world)).get("/audit/export/jsonl/")).splitlines(keepends=True)
    file = home / "export.jsonl"
    file.write_text("".join(lines[:2] + lines[3:]))
    with pytest.raises(CommandError, match="says it has 4 events, and has 3"):
        verify(file)
    header = json.loads(lines[0]) | {"events": 3}
    file.write_text("".join([json.dumps(header) + "\n", lines[1], *lines[3:]]))
    assert "the way to the head is not in the file" in verify(file)


def test_text_that_is_moved_from_one_column_to_the_next_is_found(scene: Scene, home: Path) -> None:
    tell("x", company=scene.world.company)
    seals.seal_committed()
    text = text_of(browser_of(auditor(scene.world)).get("/audit/export/jsonl/"))
    lines = [json.loads(line) for line in text.splitlines()]
    told = lines[1]["event"]
    told["id"], told["at"] = f"{told['id']},{told['at']}", None
    told["case_id"], told["company_id"] = None, told["case_id"]
    (home / "moved.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(CommandError, match="is not what was sealed"):
        verify(home / "moved.jsonl")


def test_a_file_that_is_no_export_is_refused(home: Path) -> None:
    for content in ("", "{}", "a,b\n1,2\n", "{", '{"rightline_audit_export": 2, "events": 0}\n'):
        (home / "x").write_text(content)
        with pytest.raises(CommandError):
            verify(home / "x")


def decided(scene: Scene, number: int) -> None:
    people = scene.world.people
    about: dict[str, Any] = {"company": scene.world.company, "subject": ("proposal", str(number))}
    tell("proposed", "proposal.proposed", actor=Actor(people["bea"]), **about)
    who = people["bea"] if number == 3 else people["paul"]
    tell(f"approved {number}", "proposal.approved", actor=Actor(who), **about)


def test_a_sample_is_drawn_again_by_its_seed_with_all_that_is_known(scene: Scene, home: Path) -> None:
    for number in range(30):
        decided(scene, number)
    seals.seal_committed()
    ivo = browser_of(auditor(scene.world))

    def drawn(seed: str) -> list[str]:
        return [
            each["event"].summary
            for each in ivo.get("/audit/sample/", {"seed": seed, "n": 10}).context["decisions"]
        ]

    first = ivo.get("/audit/sample/", {"seed": "blue", "n": 10}).context["decisions"]
    assert len(first) == 10
    for each in first:
        kinds = [told["event"].kind for told in each["evidence"]]
        assert kinds == ["proposal.proposed", "proposal.approved"]

    assert drawn("blue") == drawn("blue") != drawn("green")

    file = home / "sample.jsonl"
    file.write_text(text_of(ivo.get("/audit/sample/export/jsonl/", {"seed": "blue", "n": 10})))
    assert "20 events hold: they lead to the head" in verify(file)


def test_the_report_names_overrides_and_who_had_a_hand_in_something_twice(scene: Scene) -> None:
    for number in range(5):
        decided(scene, number)
    tell("Severity raised", "case.severity_overridden", company=scene.world.company)
    report = browser_of(auditor(scene.world)).get("/audit/report/").context

    assert [each["event"].summary for each in report["overrides"]] == ["Severity raised"]
    pairs = [(pair["first"]["event"].summary, pair["second"]["event"].summary) for pair in report["twice"]]
    assert pairs == [("proposed", "approved 3")]


def test_a_lagging_sealer_is_shown(scene: Scene) -> None:
    tell("x", company=scene.world.company)
    UnsealedEvent.objects.update(since=TUESDAY_TEN - timedelta(minutes=5))
    page = browser_of(auditor(scene.world)).get(reverse("web:audit")).content.decode()
    assert "the sealer does not keep up" in page
