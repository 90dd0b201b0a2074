"""What is kept in English is read in the reader's language: events of every kind, headlines, marks, mails."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.utils import translation

from config.env import PROJECT
from erp_connectors.exchange.models import CommandState
from exceptions_app.audit.record import Actor
from exceptions_app.cases import actions
from exceptions_app.cases.models import CaseState
from exceptions_app.detection import registry
from exceptions_app.detection.detect import detect
from exceptions_app.notifications.send import send_due
from exceptions_app.people.models import User
from exceptions_app.sla.timers import What
from exceptions_app.spoken.reading import PLACE, event_in_words, has_words, in_words
from exceptions_app.spoken.sentences import EVENTS, OF_ANY_ROW, PHRASES
from tests.builders import factories as make
from tests.exceptions_app.web.scenes import Scene, set_scene

SCENE = set_scene
#: Whose first word is the kind; of a step or a note, what stands before it follows from where it is.
TELLERS = {"record", "event", "tell", "_tell", "_tell_history", "Step", "note", "_note", "_decide"}
#: Where a note is none of the history, or its kinds are "what.verb" of any row (`OF_ANY_ROW`).
ELSEWHERE = {"migrations", "administration", "backtest", "demo"}
#: The kinds of commands and clocks follow what became of them.
OF_STATES = {f"command.{state.value}" for state in CommandState} | {f"clock.{what.value}" for what in What}


@pytest.fixture
def german() -> Iterator[None]:
    with translation.override("de"):
        yield


# --- every kind has words -----------------------------------------------------------------------------------


def kinds_told() -> Iterator[tuple[str, str]]:
    """Yield each kind of event that the code names, and where."""
    for path in sorted((PROJECT / "exceptions_app").rglob("*.py")):
        if ELSEWHERE.intersection(path.parts):
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _name(call.func) in TELLERS:
                for kind in _kinds(call):
                    yield _full(kind, path, _name(call.func)), f"{path.name}:{call.lineno}"


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _kinds(call: ast.Call) -> list[str]:
    """Return the literal kinds of a call: named `kind`, or the first words among what is passed."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
    for argument in named or call.args:
        found = [each.value for each in ast.walk(argument) if isinstance(each, ast.Constant)]
        words = [word for word in found if isinstance(word, str) and word.replace("_", "").isalpha()]
        dotted = [word for word in found if isinstance(word, str) and _is_dotted(word)]
        if isinstance(argument, ast.Constant | ast.IfExp) and (dotted or words):
            return dotted or words
    return []


def _is_dotted(word: str) -> bool:
    return word.count(".") == 1 and word.replace(".", "").replace("_", "").isalpha() and word.islower()


def _full(kind: str, path: Path, teller: str) -> str:
    """Return a kind with what it is told of, where the call leaves that to whom it calls."""
    if "." in kind:
        return kind
    if "proposals" in path.parts:
        return f"proposal.{kind}"
    if teller == "_tell_history":
        return f"task.{kind}"
    return f"incident.{kind}" if teller in ("_note", "_decide") else f"case.{kind}"


def test_every_kind_of_event_has_words() -> None:
    told = [
        (kind, where)
        for kind, where in kinds_told()
        if kind.split(".")[0] in {known.split(".")[0] for known in EVENTS}
    ]
    assert len({kind for kind, _ in told}) > 80, "the search finds what is told"
    missing = {kind: where for kind, where in told if not has_words(kind)}
    missing |= {kind: "a state" for kind in OF_STATES if not has_words(kind)}
    assert not missing, "give it a sentence in exceptions_app/spoken/sentences.py"


def test_every_sentence_is_translated_with_the_same_places(german: None) -> None:
    said = [sentence for sentences in EVENTS.values() for sentence in sentences]
    for sentence in (*said, *PHRASES, *OF_ANY_ROW):
        translated = translation.gettext(sentence)
        assert set(PLACE.findall(translated)) == set(PLACE.findall(sentence)), sentence
    same = {sentence for sentence in (*said, *PHRASES) if translation.gettext(sentence) == sentence}
    assert same <= {"Status: {what} → {after}", "{name}: {state} → {after}"}


def test_every_sentence_is_recognised_by_its_kind(german: None) -> None:
    filled = {"n": "3", "day": "2026-12-02", "days": "2026-12-02", "much": "18 EA", "line": "10"}
    for kind, sentences in EVENTS.items():
        for sentence in sentences:
            summary = PLACE.sub(lambda place: filled.get(place[1], "Nordmann"), sentence)
            assert event_in_words(kind, summary) != summary, (kind, sentence)


def test_every_headline_is_read_in_the_language_of_the_reader(german: None) -> None:
    headlines = {
        kind.headline(deviation)
        for kind in registry.all_types()
        for example in kind.examples()
        for deviation in detect(example.snapshot, example.agreements, example.as_of, [kind]).deviations
    }
    assert len(headlines) > 80
    assert {headline for headline in headlines if in_words(headline) == headline} == set()


@pytest.mark.parametrize(
    ("kind", "summary", "german_words"),
    [
        (
            "case.opened",
            "18 EA short (18.0 %): 82 of 100 offered",
            "18 EA zu wenig (18.0 %): 82 von 100 angeboten",
        ),
        (
            "case.overridden",
            "Status set by hand to in progress",
            "Status von Hand gesetzt auf in Arbeit",
        ),
        (
            "proposal.approved",
            "Approved by Wilma Wagner, limit of 499.26 EUR or more: Claim 499.26 EUR for line 20",
            "Freigegeben von Wilma Wagner, Grenze von 499.26 EUR oder mehr: "
            "Gutschrift fordern: 499.26 EUR für Position 20",
        ),
        (
            "case.updated",
            "Line 10: 20 EA, was 18 EA; Line 20: agreed",
            "Position 10: 20 EA, war 18 EA; Position 20: vereinbart",
        ),
        (
            "proposal.partly_carried_out",
            "Partly carried out: order 4711: line 10, 30 done; line 20 refused (Locked by Ann)",
            "Zum Teil ausgeführt: Bestellung 4711: Position 10, 30 erledigt; "
            "Position 20 abgelehnt (Locked by Ann)",
        ),
        ("case.closed", "Closed: answered, agreed", "Geschlossen: beantwortet, vereinbart"),
        (
            "case.rerouted",
            "Goes to Planning: Rule “Short A” of Release 3.",
            "Geht an Planning: Regel „Short A“ aus Release 3.",
        ),
        (
            "clock.escalated",
            "Escalated to level 1: first response is overdue",
            "Eskaliert auf Stufe 1: erste Reaktion ist überfällig",
        ),
        ("case.updated", "Still open, with other values", "Weiter offen, mit anderen Werten"),
        (
            "proposal.proposed",
            "Proposed: Order 19 EA of LUB-10006 as line 20, cancel line 10",
            "Vorgeschlagen: Bestellen: 19 EA LUB-10006 als Position 20, stornieren: Position 10",
        ),
        ("case.commented", "Closed: agreed", "Closed: agreed"),
        ("case.asked", "Bea asked Nord: Closed: agreed", "Bea hat gefragt, Nord: Closed: agreed"),
    ],
)
def test_events_are_read_and_words_of_people_left_as_they_are(
    german: None, kind: str, summary: str, german_words: str
) -> None:
    assert event_in_words(kind, summary) == german_words


def test_a_mail_is_read_line_by_line_with_the_case_it_is_about(german: None) -> None:
    title = "Paul Example gave you EX-2 18 EA not confirmed, and 1 more line"
    read = "Paul Example hat Ihnen gegeben: EX-2 18 EA nicht bestätigt, und 1 weitere Position"
    assert in_words(title) == read
    lines = (
        "EX-2 18 EA not confirmed",
        "Procurement: limit of 3,283.20 EUR or more",
        "Proposed by Bea. Yes: agreed",
    )
    assert in_words("\n".join(lines)).split("\n") == [
        "EX-2 18 EA nicht bestätigt",
        "Procurement: Grenze von 3,283.20 EUR oder mehr",
        "Vorgeschlagen von Bea. Yes: agreed",
    ]


def test_why_a_case_went_where_it_went_is_read_sentence_by_sentence(german: None) -> None:
    assert in_words("No rule holds: the owner of this type. Bea is away until 2026-12-02.") == (
        f"{translation.gettext('No rule holds: the owner of this type.')} "
        f"{translation.gettext('%(who)s is away until %(day)s.') % {'who': 'Bea', 'day': '2026-12-02'}}"
    )


def test_an_english_reader_reads_what_is_kept() -> None:
    with translation.override("en"):
        assert event_in_words("case.closed", "Closed: agreed") == "Closed: agreed"
        assert in_words("Set by hand again") == "Set by hand again"


def test_what_nobody_recognises_stays_as_it_is(german: None) -> None:
    assert event_in_words("case.closed", "Something else") == "Something else"
    assert in_words("Line of thought") == "Line of thought"


# --- where it is read ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_timeline_marks_and_headline_are_in_the_language_of_the_reader(german: None, scene: Scene) -> None:
    case = scene.shortage(headline="18 EA short (18.0 %): 82 of 100 offered", state=CaseState.IN_PROGRESS)
    paul = Actor(scene.world.people["paul"], "web")
    actions.override_position(case, line="10", fact="received", quantity=90, reason="I counted.", by=paul)
    reader = scene.browser("bea")
    reader.cookies.load({"rightline_language": "de"})
    page = reader.get(f"/cases/{case.number}/", headers={"Accept-Language": "de"}).content.decode()

    assert "18 EA zu wenig (18.0 %): 82 von 100 angeboten" in page
    assert "Position 10: 90 EA erhalten, nicht 0" in page
    assert "Zu Position 10 angegeben: 90 erhalten" in page
    assert "I counted." in page


@pytest.mark.django_db
def test_each_reads_their_mail_in_their_own_language(scene: Scene) -> None:
    case = scene.shortage(headline="18 EA not confirmed")
    for name, language in (("bea", "de"), ("mona", "")):
        User.objects.filter(username=name).update(language=language)
        person = scene.world.people[name]
        make.NotificationFactory.create(
            case=case, person=person, title=f"Resolution is overdue: {case}", due_at=case.opened_at
        )
    send_due()

    assert {(*each.to, each.subject) for each in mail.outbox} == {
        ("bea@example.com", "[Rightline] Lösung ist überfällig: EX-1 18 EA nicht bestätigt"),
        ("mona@example.com", "[Rightline] Resolution is overdue: EX-1 18 EA not confirmed"),
    }
