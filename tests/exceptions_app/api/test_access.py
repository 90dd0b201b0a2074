"""Every route of the API as every kind of caller: who is let in, who is not, and who finds nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from exceptions_app.cases.models import Case
from exceptions_app.people.tokens import SCOPES
from exceptions_app.proposals.models import Proposal
from tests.builders import factories
from tests.builders.everything import row_of_everything
from tests.builders.factories import Ground
from tests.exceptions_app.api.callers import Caller, problem, signed_in, with_token

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Route:
    """A route, the scope it asks for, and what it says to a caller to whom the row does not belong.

    `path` may name rows of `Rows`. `needs_person`: a token that acts as nobody is refused. `elsewhere`: for
    a token of another company, `outsider`: for a person of the warehouse team of the same company, whose
    queue the case is not in.
    """

    method: str
    path: str
    scope: str
    elsewhere: int = 404
    outsider: int = 200
    needs_person: bool = False
    body: Any = None
    content_type: str = "application/json"
    is_list: bool = False


LIST = {"elsewhere": 200, "is_list": True}
ROUTES: dict[str, list[Route]] = {
    "api:inbound": [
        Route("post", "inbound/{erp}/", "inbound:write", outsider=403, body=b"x", content_type="text/csv")
    ],
    "api:documents": [
        Route("post", "documents/?connection={erp}", "documents:write", outsider=403, body=b"{}")
    ],
    "api:interchange-list": [Route("get", "interchanges/", "interchanges:read", **LIST)],
    "api:interchange-detail": [
        Route("get", "interchanges/{interchange}/", "interchanges:read", outsider=404)
    ],
    "api:interchange-replay": [
        Route("post", "interchanges/{interchange}/replay/", "interchanges:write", outsider=404)
    ],
    "api:interchange-text": [
        Route("get", "interchanges/{interchange}/text/", "interchanges:read", outsider=404)
    ],
    "api:interchange-try-correction": [
        Route(
            "post",
            "interchanges/{interchange}/corrections/preview/",
            "interchanges:read",
            outsider=404,
            needs_person=True,
            body={"text": "x"},
        )
    ],
    "api:interchange-correct": [
        Route(
            "post",
            "interchanges/{interchange}/corrections/",
            "interchanges:write",
            outsider=404,
            needs_person=True,
            body={"text": "x", "reason": "x"},
        )
    ],
    "api:command-list": [Route("get", "commands/", "orders:read", **LIST)],
    "api:command-detail": [Route("get", "commands/{command}/", "orders:read")],
    "api:order-list": [Route("get", "orders/", "orders:read", **LIST)],
    "api:order-detail": [Route("get", "orders/{order}/", "orders:read")],
    "api:supplier-list": [Route("get", "suppliers/", "suppliers:read", **LIST)],
    "api:supplier-detail": [Route("get", "suppliers/{supplier}/", "suppliers:read")],
    "api:case-list": [Route("get", "cases/", "cases:read", **LIST)],
    "api:case-detail": [Route("get", "cases/{case}/", "cases:read", outsider=404)],
    "api:case-events": [Route("get", "cases/{case}/events/", "cases:read", outsider=404)],
    "api:case-resolutions": [
        Route("get", "cases/{case}/resolutions/", "cases:read", outsider=404, needs_person=True)
    ],
    "api:case-inquiries": [
        Route("get", "cases/{case}/inquiries/", "cases:read", outsider=404, needs_person=True)
    ],
    "api:case-messages": [Route("get", "cases/{case}/messages/", "cases:read", outsider=404)],
    "api:case-send-again": [
        Route(
            "post",
            "cases/{case}/messages/{message}/send-again/",
            "cases:write",
            outsider=404,
            needs_person=True,
        )
    ],
    "api:case-act": [
        Route("post", "cases/{case}/actions/take/", "cases:write", outsider=404, needs_person=True)
    ],
    "api:task-list": [Route("get", "tasks/", "cases:read", **LIST)],
    "api:task-detail": [Route("get", "tasks/{task}/", "cases:read", outsider=404)],
    "api:task-complete": [
        Route("post", "tasks/{task}/complete/", "cases:write", outsider=404, needs_person=True)
    ],
    "api:incident-list": [Route("get", "incidents/", "cases:read", **LIST)],
    "api:incident-detail": [Route("get", "incidents/{incident}/", "cases:read")],
    "api:incident-act": [
        Route(
            "post",
            f"incidents/{{incident}}/actions/{verb}/",
            "cases:write",
            outsider=outsider,
            needs_person=True,
            body={"cause": "x", "reason": "x"},
        )
        for verb, outsider in (("confirm", 403), ("dismiss", 403), ("add", 400), ("take_out", 400))
    ],
    "api:incident-decidable": [
        Route("get", "incidents/{incident}/decidable/", "cases:read", needs_person=True)
    ],
    "api:incident-inquiries": [
        Route("get", "incidents/{incident}/inquiries/", "cases:read", needs_person=True)
    ],
    "api:incident-ask": [
        Route(
            "post",
            "incidents/{incident}/ask/",
            "cases:write",
            outsider=400,
            needs_person=True,
            body={"inquiry": "confirm"},
        )
    ],
    "api:bundle-list": [
        Route("get", "bundles/", "cases:read", **LIST),
        Route(
            "post",
            "bundles/",
            "cases:write",
            elsewhere=400,
            outsider=400,
            needs_person=True,
            body={"incident": "{incident}", "resolution": "split"},
        ),
    ],
    "api:bundle-preview": [
        Route(
            "post",
            "bundles/preview/",
            "cases:read",
            elsewhere=400,
            outsider=200,
            needs_person=True,
            body={"incident": "{incident}", "resolution": "split"},
        )
    ],
    "api:bundle-detail": [Route("get", "bundles/{bundle}/", "cases:read", outsider=404)],
    "api:bundle-approve": [
        Route(
            "post",
            "bundles/{bundle}/approve/",
            "cases:write",
            outsider=404,
            needs_person=True,
            body={"comment": "yes"},
        )
    ],
    "api:matching-list": [Route("get", "matching/", "orders:read", **LIST)],
    "api:matching-detail": [Route("get", "matching/{head}/", "orders:read")],
    "api:matching-line": [Route("get", "matching/{head}/lines/0/", "orders:read")],
    "api:matching-match": [
        Route(
            "post",
            "matching/{head}/match/",
            "documents:write",
            outsider=422,
            needs_person=True,
            body={"line": "0", "order": "none", "order_line": "1", "reason": "x"},
        )
    ],
    "api:matching-undo": [
        Route(
            "post",
            "matching/{head}/undo/",
            "documents:write",
            outsider=422,
            needs_person=True,
            body={"line": "0", "reason": "x"},
        )
    ],
    # What is about every company is read in each.
    "api:event-list": [Route("get", "events/", "history:read", elsewhere=200, outsider=200)],
    "api:shadow-finding-list": [Route("get", "shadow-findings/", "cases:read", **LIST)],
    "api:proposal-list": [
        Route("get", "proposals/", "cases:read", **LIST),
        Route(
            "post",
            "proposals/",
            "cases:write",
            elsewhere=400,
            outsider=400,
            needs_person=True,
            body={"case": "{case}", "resolution": "split"},
        ),
    ],
    "api:proposal-preview": [
        Route(
            "post",
            "proposals/preview/",
            "cases:read",
            elsewhere=400,
            outsider=400,
            needs_person=True,
            body={"case": "{case}", "resolution": "split"},
        )
    ],
    "api:proposal-detail": [Route("get", "proposals/{proposal}/", "cases:read", outsider=404)],
    "api:proposal-act": [
        Route(
            "post",
            f"proposals/{{proposal}}/actions/{verb}/",
            "cases:write",
            outsider=404,
            needs_person=True,
            body={"comment": "no", "values_hash": "0"},
        )
        for verb in ("approve", "reject", "ask_back", "withdraw")
    ],
    "api:approval-approve": [
        Route(
            "post",
            "approvals/approve/",
            "cases:write",
            elsewhere=400,
            outsider=400,
            needs_person=True,
            body={"comment": "yes"},
        )
    ],
    "api:approval-list": [Route("get", "approvals/", "cases:read", **LIST)],
    "api:policy-draft-list": [
        Route("get", "policies/drafts/", "policies:read", **LIST),
        Route("post", "policies/drafts/", "policies:write", elsewhere=400, outsider=403, needs_person=True),
    ],
    "api:policy-draft-detail": [Route("get", "policies/drafts/{draft}/", "policies:read", outsider=404)],
    "api:policy-draft-act": [
        Route(
            "post",
            "policies/drafts/{draft}/actions/comment/",
            "policies:write",
            outsider=404,
            needs_person=True,
        )
    ],
    "api:backtest-list": [
        Route("get", "policies/backtests/", "policies:read", **LIST),
        Route(
            "post",
            "policies/backtests/",
            "policies:write",
            elsewhere=400,
            outsider=400,
            needs_person=True,
            body={"draft": "{draft}", "since": "2026-11-01T00:00:00Z"},
        ),
    ],
    "api:backtest-detail": [Route("get", "policies/backtests/{backtest}/", "policies:read", outsider=404)],
    "api:backtest-cases": [
        Route("get", "policies/backtests/{backtest}/cases/", "policies:read", outsider=404)
    ],
    "api:backtest-approvals": [
        Route("get", "policies/backtests/{backtest}/approvals/", "policies:read", outsider=404)
    ],
    "api:backtest-stop": [
        Route(
            "post",
            "policies/backtests/{backtest}/actions/stop/",
            "policies:write",
            outsider=404,
            needs_person=True,
        )
    ],
    "api:policy-release-list": [Route("get", "policies/releases/", "policies:read", elsewhere=200)],
    "api:policy-release-detail": [
        Route("get", "policies/releases/1/", "policies:read", elsewhere=200, outsider=404)
    ],
    "api:policies": [Route("get", "policies/", "policies:read", elsewhere=200)],
    "api:tolerances-list": [Route("get", "policies/tolerances/", "policies:read", **LIST)],
    "api:terms-list": [Route("get", "policies/terms/", "policies:read", **LIST)],
    "api:routing-rules-list": [Route("get", "policies/routing-rules/", "policies:read", **LIST)],
    "api:service-levels-list": [Route("get", "policies/service-levels/", "policies:read", **LIST)],
    "api:impact-defaults-list": [Route("get", "policies/impact-defaults/", "policies:read", **LIST)],
    "api:severity-bands-list": [Route("get", "policies/severity-bands/", "policies:read", **LIST)],
    "api:type-settings-list": [Route("get", "policies/type-settings/", "policies:read", **LIST)],
    "api:responsibilities-list": [Route("get", "policies/responsibilities/", "policies:read", **LIST)],
    "api:task-templates-list": [Route("get", "policies/task-templates/", "policies:read", **LIST)],
    # The rules of all companies are everybody's.
    "api:approval-rules-list": [Route("get", "policies/approval-rules/", "policies:read", elsewhere=200)],
    "analytics_api:kpis": [Route("get", "kpis/", "kpis:read", elsewhere=200)],
    "analytics_api:kpi": [Route("get", "kpis/on_time_confirmation_rate/", "kpis:read", elsewhere=200)],
}
#: Open to everybody, or to nobody.
OPEN = {"api:schema", "api:docs", "no_such_route"}


def named_routes(patterns: list[Any], inside: str = "", below: str = "") -> Iterator[str]:
    """Yield the names of all routes below /api/."""
    for pattern in patterns:
        place = below + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from named_routes(pattern.url_patterns, inside + namespace, place)
        elif isinstance(pattern, URLPattern) and place.lstrip("^").startswith("api/"):
            yield f"{inside}{pattern.name}"


def test_every_route_has_its_row_in_the_table() -> None:
    missing = set(named_routes(get_resolver().url_patterns)) - set(ROUTES) - OPEN
    assert not missing, (
        f"{', '.join(sorted(missing))}: add a row to ROUTES in {__file__}, for example"
        ' "api:thing-detail": [Route("get", "things/{case}/", "cases:read", outsider=404)].'
    )
    assert set(ROUTES) | OPEN == set(named_routes(get_resolver().url_patterns))


SCENE = row_of_everything


@pytest.fixture
def world(scene: tuple[Ground, dict[str, str]]) -> Ground:
    return scene[0]


@pytest.fixture
def rows(scene: tuple[Ground, dict[str, str]]) -> dict[str, str]:
    """A key of a row of everything there is."""
    return scene[1]


def ask(caller: Caller, route: Route, rows: dict[str, str]) -> HttpResponse:
    body = route.body
    if isinstance(body, dict):
        body = {name: value.format(**rows) for name, value in body.items()}
    if route.method == "get":
        return caller.get(route.path.format(**rows))
    return caller.post(route.path.format(**rows), body, content_type=route.content_type)


def every_route(
    rows: dict[str, str], caller_for: Callable[[Route], Caller], expected: Callable[[Route], int | None]
) -> None:
    """Ask every route and tell of all answers that are not the expected ones at once."""
    wrong = []
    for routes in ROUTES.values():
        for route in routes:
            status = expected(route)
            if status is None:
                continue
            answer = ask(caller_for(route), route, rows)
            if answer.status_code != status:
                wrong.append((route.method, route.path, status, answer.status_code, answer.content[:200]))
            elif status >= 400:
                problem(answer, status)
            elif route.is_list and status == 200 and route.elsewhere == 200 and route.outsider != 200:
                assert answer.json()["results"] == []  # type: ignore[attr-defined]
    assert wrong == []


def test_nobody_is_let_in_nowhere(rows: dict[str, str]) -> None:
    every_route(rows, lambda route: Caller(), lambda route: 401)


@pytest.mark.parametrize(
    "secret", ["", "rl_", "rl_00000000_" + "x" * 43, "rl_\x00", "Bearer", "x" * 5000, "ü"]
)
def test_a_token_nobody_made_is_refused(rows: dict[str, str], secret: str) -> None:
    answer = Caller().call("get", "cases/", headers={"Authorization": f"Bearer {secret}"})
    assert problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_and_a_revoked_token_are_refused(world: Ground, rows: dict[str, str]) -> None:
    expired, revoked = (
        with_token(world.company, *SCOPES, days=-1),
        with_token(world.company, *SCOPES, revoked=True),
    )
    every_route(rows, lambda route: expired, lambda route: 401)
    every_route(rows, lambda route: revoked, lambda route: 401)


def test_a_token_whose_person_left_is_refused(world: Ground, rows: dict[str, str]) -> None:
    bea = world.people["bea"]
    caller = with_token(world.company, *SCOPES, acts_as=bea)
    bea.is_active = False
    bea.save()
    every_route(rows, lambda route: caller, lambda route: 401)


def test_a_token_is_let_in_by_its_one_scope_and_by_no_other(world: Ground, rows: dict[str, str]) -> None:
    without = {
        scope: with_token(
            world.company, *(other for other in SCOPES if other != scope), acts_as=world.people["bea"]
        )
        for scope in SCOPES
    }
    every_route(rows, lambda route: without[route.scope], lambda route: 403)
    only = {scope: with_token(world.company, scope) for scope in SCOPES}
    every_route(
        rows,
        lambda route: only[route.scope],
        lambda route: 403 if route.needs_person else 200 if route.method == "get" else None,
    )


def test_a_token_of_another_company_finds_nothing(world: Ground, rows: dict[str, str]) -> None:
    other = factories.ground("fulda")
    caller = with_token(other.company, *SCOPES, acts_as=other.people["mona"])
    every_route(rows, lambda route: caller, lambda route: route.elsewhere)
    own = {supplier["number"] for supplier in caller.get("suppliers/").json()["results"]}  # type: ignore[attr-defined]
    assert own == {other.supplier.number}
    for route in (route for routes in ROUTES.values() for route in routes if route.is_list):
        if route.path == "suppliers/" or route.method != "get":
            continue
        assert ask(caller, route, rows).json()["results"] == [], route  # type: ignore[attr-defined]


def test_a_person_of_another_company_finds_nothing(world: Ground, rows: dict[str, str]) -> None:
    other = factories.ground("fulda")
    caller = signed_in(other.people["mona"])
    every_route(rows, lambda route: caller, lambda route: route.elsewhere)


def test_a_person_of_a_team_without_the_case_finds_neither_it_nor_the_exchange(
    world: Ground, rows: dict[str, str]
) -> None:
    caller = signed_in(world.people["wade"])
    every_route(rows, lambda route: caller, lambda route: route.outsider)
    for path in ("cases/", "tasks/", "proposals/", "approvals/", "interchanges/"):
        assert caller.get(path).json()["results"] == [], path  # type: ignore[attr-defined]


def test_a_person_without_a_team_finds_nothing_at_all(rows: dict[str, str]) -> None:
    caller = signed_in(factories.UserFactory.create(username="guest"))
    for route in (route for routes in ROUTES.values() for route in routes if route.is_list):
        if route.method == "get":
            assert ask(caller, route, rows).json()["results"] == [], route  # type: ignore[attr-defined]


def test_a_token_that_acts_as_a_person_sees_what_both_may_see(world: Ground, rows: dict[str, str]) -> None:
    other = factories.ground("fulda")
    bea = world.people["bea"]
    factories.MembershipFactory.create(user=bea, team=other.teams["PRO"])
    theirs = factories.CaseFactory.create(
        number="EX-2", order=factories.order_line(other).order, team=other.teams["PRO"]
    )
    factories.QueueEntryFactory.create(case=theirs)
    hidden = factories.CaseFactory.create(
        number="EX-3", order=factories.order_line(world, number="2").order, team=world.teams["FIN"]
    )

    def numbers(caller: Caller) -> set[str]:
        return {case["number"] for case in caller.get("cases/").json()["results"]}  # type: ignore[attr-defined]

    assert numbers(signed_in(bea)) == {"EX-1", theirs.number}
    assert numbers(with_token(world.company, "cases:read", acts_as=bea)) == {"EX-1"}
    assert numbers(with_token(world.company, "cases:read")) == {"EX-1", hidden.number}


def test_a_session_writes_only_with_its_csrf_token(world: Ground, rows: dict[str, str]) -> None:
    caller = signed_in(world.people["bea"])
    caller.client.handler.enforce_csrf_checks = True
    answer = caller.post("cases/EX-1/actions/take/")
    assert "CSRF" in problem(answer, 403)["detail"]
    assert Case.objects.get(number="EX-1").owner is None


def test_a_token_needs_no_csrf_token(world: Ground, rows: dict[str, str]) -> None:
    caller = with_token(world.company, "cases:write", acts_as=world.people["bea"])
    caller.client.handler.enforce_csrf_checks = True
    assert caller.post("cases/EX-1/actions/take/").status_code == 200


def test_nothing_of_a_refused_call_is_done(world: Ground, rows: dict[str, str]) -> None:
    for caller in (Caller(), with_token(world.company, "cases:read", acts_as=world.people["bea"])):
        caller.post("cases/EX-1/actions/take/")
        caller.post(f"proposals/{rows['proposal']}/actions/reject/", {"comment": "no"})
    assert Case.objects.get(number="EX-1").owner is None
    assert Proposal.objects.get(pk=rows["proposal"]).state == "pending_approval"
