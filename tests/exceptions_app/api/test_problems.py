"""Every error is a problem document that says what happened, where, and the way out."""

from typing import Any

import pytest
from django.test import Client, override_settings
from redis.exceptions import ConnectionError as RedisConnectionError

from exceptions_app.cases.models import Case
from tests.builders import factories
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import Caller, problem, with_token

pytestmark = pytest.mark.django_db
SCENE = factories.ground


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def caller(world: Ground) -> Caller:
    return with_token(world.company, "cases:read", "cases:write", "orders:read", acts_as=world.people["bea"])


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize(
    "path", ["/api/v1/nothing/", "/api/", "/api/v2/cases/", "/api/v1/cases/EX-1/nothing/"]
)
def test_an_address_that_is_none_of_ours_is_404(caller: Caller, method: str, path: str) -> None:
    caller.client.handler.enforce_csrf_checks = True
    body = problem(caller.call(method, path), 404)
    assert body["instance"] == path
    assert "/api/v1/docs/" in body["detail"]


def test_an_address_without_its_last_slash_is_told_so(caller: Caller) -> None:
    assert "end with a slash" in problem(caller.get("cases"), 404)["detail"]


def test_a_row_that_is_not_there_is_404(caller: Caller) -> None:
    for path in ("cases/EX-404/", "orders/404/", "orders/x/", "orders/99999999999999999999/", "proposals/x/"):
        assert problem(caller.get(path), 404)["instance"] == f"/api/v1/{path}"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", "cases/"),
        ("put", "cases/EX-1/"),
        ("get", "proposals/preview/"),
        ("get", "documents/"),
        ("patch", "orders/"),
    ],
)
def test_a_method_a_route_does_not_have_is_405(world: Ground, method: str, path: str) -> None:
    caller = with_token(world.company, "cases:read", "orders:read", "documents:write")
    answer = caller.call(method, path)
    problem(answer, 405)
    assert answer["Allow"]


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'"' + b"x" * 100])
def test_a_body_that_is_not_json_is_400(world: Ground, caller: Caller, body: bytes) -> None:
    answer = caller.post("proposals/", body)
    assert problem(answer, 400)["type"].endswith(("parse_error", "invalid"))


def test_a_body_of_another_media_type_is_415(caller: Caller) -> None:
    problem(caller.post("proposals/", b"a=1", content_type="application/x-www-form-urlencoded"), 415)
    problem(caller.post("proposals/", b"<a/>", content_type="application/xml"), 415)


def test_a_body_that_is_too_large_is_413(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exceptions_app.api.bodies.LARGEST_JSON", 100)
    problem(caller.post("proposals/", {"case": "x" * 100}), 413)


def test_an_answer_in_another_format_is_406(caller: Caller) -> None:
    problem(caller.call("get", "cases/", headers={"Accept": "application/xml"}), 406)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], {"#"}),
        ({}, {"#/case", "#/resolution"}),
        ({"case": "EX-1", "resolution": "split", "inputs": []}, {"#/inputs"}),
        ({"case": "EX-1", "resolution": "split", "expected_version": "x"}, {"#/expected_version"}),
        ({"case": "\x00", "resolution": "split"}, {"#/case"}),
        ({"case": ["EX-1"], "resolution": {}}, {"#/case", "#/resolution"}),
    ],
)
def test_every_value_that_cannot_be_used_is_named_with_its_place(
    caller: Caller, body: Any, pointers: set[str]
) -> None:
    errors = problem(caller.post("proposals/", body), 400)["errors"]
    assert {error["pointer"].removesuffix("/non_field_errors") for error in errors} == pointers


GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (
            "post",
            "proposals/",
            {"case": "EX-1", "resolution": "split", "inputs": [], "expected_version": "x"},
        ),
        ("post", "proposals/", b"{"),
        ("post", "cases/EX-1/actions/dismiss/", {"reason": ""}),
        ("post", "cases/EX-1/actions/handle/", {}),
        ("get", "cases/?severity=huge&updated_after=yesterday", None),
        ("get", "cases/?cursor=x", None),
        ("get", "orders/x/", None),
        ("put", "orders/", {}),
        ("get", "suppliers/", None),
    ],
)
def test_a_fault_is_told_in_english_whatever_the_caller_reads(
    world: Ground, caller: Caller, method: str, path: str, body: Any
) -> None:
    case = factories.CaseFactory.create(
        number="EX-1", order=factories.order_line(world).order, team=world.teams["PRO"]
    )
    factories.QueueEntryFactory.create(case=case)
    english = caller.call(method, path, data=body)
    german = caller.call(method, path, data=body, headers=GERMAN)
    assert german.status_code >= 400
    assert german["Content-Language"] == "en"
    assert german.content == english.content


def test_what_a_case_says_is_english_for_a_program(world: Ground, caller: Caller) -> None:
    case = factories.CaseFactory.create(
        number="EX-1", order=factories.order_line(world).order, team=world.teams["PRO"]
    )
    factories.QueueEntryFactory.create(case=case)
    for path in ("cases/EX-1/", "cases/EX-1/resolutions/", "cases/EX-1/inquiries/"):
        german = caller.call("get", path, headers=GERMAN)
        assert german.status_code == 200, german.content
        assert german.content == caller.get(path).content


@pytest.mark.parametrize(
    "query",
    [
        {"severity": "huge"},
        {"state": "asleep"},
        {"updated_after": "yesterday"},
        {"owner": "a\x00b"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(caller: Caller, query: dict[str, str]) -> None:
    (error,) = problem(caller.get("cases/", **query), 400)["errors"]
    assert error["pointer"] == f"#/{next(iter(query))}"


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0lMDA=", "bz0tMQ==", "%00", "cD0yMDI2LTExLTI0"])
@pytest.mark.parametrize("path", ["cases/", "orders/", "proposals/", "tasks/"])
def test_a_cursor_that_none_of_our_pages_gave_never_breaks_a_list(
    caller: Caller, path: str, cursor: str
) -> None:
    answer = caller.get(path, cursor=cursor)
    if answer.status_code != 200:
        problem(answer, 404)


def test_a_stale_version_is_409_and_says_who_changed_what(world: Ground, caller: Caller) -> None:
    case = factories.CaseFactory.create(
        number="EX-1", order=factories.order_line(world).order, team=world.teams["PRO"]
    )
    factories.QueueEntryFactory.create(case=case)
    lead = with_token(world.company, "cases:write", acts_as=world.people["paul"])
    assert lead.post("cases/EX-1/actions/dismiss/", {"reason": "agreed by phone"}).status_code == 200
    for verb in ("take", "escalate"):
        body = problem(
            caller.post(f"cases/EX-1/actions/{verb}/", {"expected_version": 1, "reason": "late"}), 409
        )
        assert "Paul" in body["detail"]
        assert "Dismissed" in body["detail"]


def test_more_calls_than_allowed_are_429_until_the_minute_is_over(world: Ground, caller: Caller) -> None:
    other = with_token(world.company, "cases:read")
    with override_settings(API_CALLS_PER_MINUTE=3):
        for _ in range(3):
            assert caller.get("cases/").status_code == 200
        answer = caller.get("cases/")
        problem(answer, 429)
        assert answer["Retry-After"] == "60"
        assert other.get("cases/").status_code == 200


def test_without_the_cache_everybody_is_let_in(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr("exceptions_app.api.throttling.cache.add", away)
    assert caller.get("cases/").status_code == 200


def test_a_fault_of_ours_is_a_problem_document_too(
    world: Ground, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("exceptions_app.api.access.visible_cases", broken)
    caller.client.raise_request_exception = False
    answer = caller.get("cases/")
    assert "secret" not in str(problem(answer, 500))


def test_a_fault_of_ours_on_a_page_stays_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("exceptions_app.api.health._hops", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/metrics")
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")


def test_a_refused_verb_changes_nothing(world: Ground, caller: Caller) -> None:
    case = factories.CaseFactory.create(
        number="EX-1", order=factories.order_line(world).order, team=world.teams["PRO"]
    )
    factories.QueueEntryFactory.create(case=case)
    body = problem(caller.post("cases/EX-1/actions/dismiss/", {"reason": "no"}), 403)
    assert "only: ask, comment, escalate, start, take, wait_for_supplier" in body["detail"]
    problem(caller.post("cases/EX-1/actions/fly/"), 404)
    assert Case.objects.get(pk=case.pk).version == 1
