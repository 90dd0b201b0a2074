"""Every list takes the same number of queries for 3 rows and for 20, whoever asks."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erp_connectors import clock
from exceptions_app.audit import seals
from exceptions_app.audit.record import Actor, record
from exceptions_app.cases.models import Case
from exceptions_app.people.tokens import SCOPES
from exceptions_app.proposals.models import Bundle, Proposal
from tests.builders import factories
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.builders.loose_receipts import loose_receipt
from tests.exceptions_app.api.callers import Caller, json_of, signed_in, with_token

pytestmark = pytest.mark.django_db

FEW, MANY = 3, 20


def two_companies() -> tuple[Ground, Ground]:
    """Make a company for few rows, and one for many."""
    return factories.ground("weserland"), factories.ground("fulda")


SCENE = two_companies


def orders(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.PurchaseOrderFactory.create(supplier=world.supplier)


def lines(world: Ground, count: int) -> None:
    item = factories.ItemFactory.create(connection=world.erp, number="BOLT")
    factories.ItemPackFactory.create(item=item)
    for number in range(count):
        factories.order_line(world, line=str(number + 1), item=item)


def suppliers(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.SupplierFactory.create(connection=world.erp)


def commands(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.CommandFactory.create(order=factories.PurchaseOrderFactory.create(supplier=world.supplier))


def interchanges(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.InterchangeFactory.create(connection=world.edi)


def one_case(world: Ground) -> Case:
    order = factories.PurchaseOrderFactory.create(supplier=world.supplier)
    case: Case = factories.CaseFactory.create(order=order, team=world.teams["PRO"], owner=world.people["bea"])
    factories.QueueEntryFactory.create(case=case)
    return case


def cases(world: Ground, count: int) -> None:
    for _ in range(count):
        one_case(world)


def case_lines(world: Ground, count: int) -> None:
    case = one_case(world)
    Case.objects.filter(pk=case.pk).update(number="EX-1")
    for number in range(count):
        line = factories.OrderLineFactory.create(
            order=case.order, number=str(number), warehouse=world.warehouse
        )
        factories.CaseLineFactory.create(case=case, order_line=line)
    for team in list(world.teams.values())[:count]:
        factories.TaskFactory.create(case=case, team=team)


def events(world: Ground, count: int) -> None:
    case_lines(world, 1)
    case, bea = Case.objects.get(number="EX-1"), Actor(person=world.people["bea"])
    for number in range(count):
        record(
            "case.commented",
            at=clock.now(),
            case=case,
            subject=("case", case.number),
            summary=f"note {number}",
            actor=bea,
        )


def tasks(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.TaskFactory.create(case=one_case(world), team=world.teams["PRO"])


def proposals(world: Ground, count: int) -> None:
    for _ in range(count):
        case = one_case(world)
        line = factories.OrderLineFactory.create(order=case.order, warehouse=world.warehouse)
        proposal = factories.ProposalFactory.create(
            case=case, proposed_by=world.people["bea"], state="pending_approval"
        )
        case_line = factories.CaseLineFactory.create(case=case, order_line=line)
        factories.ProposalLineFactory.create(proposal=proposal, case_line=case_line)
        planning = factories.ApprovalNeedFactory.create(proposal=proposal, team=world.teams["PLN"])
        factories.ApprovalFactory.create(need=planning, person=world.people["pia"])
        factories.ApprovalNeedFactory.create(proposal=proposal, team=world.teams["PRO"], min_limit=3000)


def transactions(world: Ground, count: int) -> None:
    interchange = factories.InterchangeFactory.create(connection=world.edi, file_name="many")
    for _ in range(count):
        case = one_case(world)
        assert case.order is not None
        transaction = factories.TransactionFactory.create(interchange=interchange)
        document = factories.DocumentFactory.create(connection=world.erp, transaction=transaction)
        document.orders.add(*case.order.document.orders.all())


def tolerances(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.ToleranceRowFactory.create(
            company=world.company, supplier=world.supplier, warehouse=world.warehouse
        )


def terms(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.TermRowFactory.create(company=world.company, supplier=world.supplier)


def routing_rules(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.RoutingRuleFactory.create(
            company=world.company, team=world.teams["PRO"], person=world.people["bea"]
        )


def service_levels(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.ServiceLevelRowFactory.create(company=world.company)


def approval_rules(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.ApprovalRuleFactory.create(company=world.company)


def impact_defaults(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.ImpactDefaultsFactory.create(
            company=world.company, supplier=world.supplier, warehouse=world.warehouse
        )


def severity_bands(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.SeverityBandsFactory.create(company=world.company)


def type_settings(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.TypeSettingFactory.create(company=world.company, supplier=world.supplier)


def responsibilities(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.ResponsibilityFactory.create(
            company=world.company, team=world.teams["PRO"], person=world.people["bea"]
        )


def task_templates(world: Ground, count: int) -> None:
    for _ in range(count):
        factories.TaskTemplateFactory.create(company=world.company)


def shadow_findings(world: Ground, count: int) -> None:
    for _ in range(count):
        order = factories.PurchaseOrderFactory.create(supplier=world.supplier)
        factories.ShadowFindingFactory.create(order=order, team=world.teams["PRO"])


def history(world: Ground, count: int) -> None:
    for number in range(count):
        subject = ("thing", str(number))
        record("thing.done", at=TUESDAY_TEN, summary="done", subject=subject, company=world.company)
    seals.seal_committed()


def incidents(world: Ground, count: int) -> None:
    for _ in range(count):
        incident = factories.IncidentFactory.create(supplier=world.supplier)
        Case.objects.filter(pk=one_case(world).pk).update(incident=incident)


def bundles(world: Ground, count: int) -> None:
    incident = factories.IncidentFactory.create(supplier=world.supplier)
    for _ in range(count):
        bundle = factories.BundleFactory.create(incident=incident, proposed_by=world.people["bea"])
        factories.ProposalFactory.create(
            case=one_case(world), bundle=bundle, proposed_by=world.people["bea"], state="pending_approval"
        )


def proposals_of_a_bundle(world: Ground, count: int) -> None:
    proposals(world, count)
    incident = factories.IncidentFactory.create(supplier=world.supplier)
    bundle = factories.BundleFactory.create(incident=incident, proposed_by=world.people["bea"])
    Proposal.objects.filter(case__company=world.company).update(bundle=bundle)


def waiting_documents(world: Ground, count: int) -> None:
    for number in range(count):
        loose_receipt(world, f"GR-{number}", order=f"none-{number}", lines=2)


def waiting_lines(world: Ground, count: int) -> None:
    loose_receipt(world, lines=count)


Fill = Callable[[Ground, int], None]
LISTS: list[tuple[str, Fill, str]] = [
    ("orders/", orders, "results"),
    ("orders/{order}/", lines, "lines"),
    ("suppliers/", suppliers, "results"),
    ("commands/", commands, "results"),
    ("interchanges/", interchanges, "results"),
    ("interchanges/{interchange}/", transactions, "transactions"),
    ("cases/", cases, "results"),
    ("cases/?breached=false&item=SEAL-KIT", cases, ""),
    ("cases/EX-1/", case_lines, "lines"),
    ("cases/EX-1/events/", events, "results"),
    ("tasks/", tasks, "results"),
    ("proposals/", proposals, "results"),
    ("approvals/", proposals, "results"),
    ("incidents/", incidents, "results"),
    ("bundles/", bundles, "results"),
    ("bundles/{bundle}/", proposals_of_a_bundle, "proposals"),
    ("matching/", waiting_documents, "results"),
    ("matching/{head}/", waiting_lines, "waiting"),
    ("policies/tolerances/", tolerances, "results"),
    ("policies/terms/", terms, "results"),
    ("policies/routing-rules/", routing_rules, "results"),
    ("policies/type-settings/", type_settings, "results"),
    ("policies/responsibilities/", responsibilities, "results"),
    ("policies/task-templates/", task_templates, "results"),
    ("events/", history, "results"),
    ("shadow-findings/", shadow_findings, "results"),
    ("policies/service-levels/", service_levels, "results"),
    ("policies/approval-rules/", approval_rules, "results"),
    ("policies/impact-defaults/", impact_defaults, "results"),
    ("policies/severity-bands/", severity_bands, "results"),
]
#: No list takes more, however it is filtered.
MOST_QUERIES = 20


@pytest.mark.parametrize(("path", "fill", "rows"), LISTS, ids=[row[0] for row in LISTS])
def test_a_list_takes_as_many_queries_for_20_rows_as_for_3(
    path: str, fill: Fill, rows: str, scene: tuple[Ground, Ground]
) -> None:
    few, many = (
        asked(path, fill, rows, world, count) for world, count in zip(scene, (FEW, MANY), strict=True)
    )
    for who, queries in many.items():
        assert len(few[who]) == len(queries) <= MOST_QUERIES, (who, [query[:200] for query in queries])


def asked(path: str, fill: Fill, rows: str, world: Ground, count: int) -> dict[str, list[str]]:
    """Fill a company, ask for the list as a person and with a token, and return the queries of each."""
    fill(world, count)
    address = path.format(
        order=world.erp.orders.values_list("pk", flat=True).first() or 0,
        interchange=world.edi.interchanges.values_list("pk", flat=True).first() or 0,
        bundle=bundle_of(world),
        head=world.erp.document_heads.values_list("pk", flat=True).first() or 0,
    )
    found = {}
    for who, caller in callers(world).items():
        caller.get(address)  # so that the use of the token is noted already
        with CaptureQueriesContext(connection) as queries:
            answer = json_of(caller.get(address, **({"page_size": MANY} if "?" not in address else {})))
        if rows:
            assert len(answer[rows]) >= count
        found[who] = [query["sql"] for query in queries]
    Case.objects.filter(number="EX-1").update(number=f"EX-{world.company.code}")
    return found


def bundle_of(world: Ground) -> str:
    keys = Bundle.objects.filter(proposals__case__company=world.company).values_list("pk", flat=True)
    return str(keys.first())


def callers(world: Ground) -> dict[str, Caller]:
    mona = world.people["mona"]
    return {"person": signed_in(mona), "token": with_token(world.company, *SCOPES, acts_as=mona)}
