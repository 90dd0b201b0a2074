"""A row of everything in one company, for tests that ask who may reach it."""

from exceptions_app.audit.models import Event
from exceptions_app.audit.record import record
from exceptions_app.cases.models import Case
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN, Ground
from tests.builders.loose_receipts import loose_receipt


def event_of(case: Case) -> Event:
    """Leave an event in the history of a case."""
    return record("case.noted", at=TUESDAY_TEN, case=case, subject=("case", case.number), summary="So it was")


def row_of_everything() -> tuple[Ground, dict[str, str]]:
    """Make a row of everything, in the company Weserland; the case is in the queue of procurement alone."""
    world = make.ground()
    line = make.order_line(world)
    case_line = make.CaseLineFactory.create(
        case=make.CaseFactory.create(number="EX-1", order=line.order, team=world.teams["PRO"]),
        order_line=line,
    )
    case = case_line.case
    incident = make.IncidentFactory.create(supplier=world.supplier)
    Case.objects.filter(pk=case.pk).update(incident=incident)
    make.QueueEntryFactory.create(case=case)
    bundle = make.BundleFactory.create(incident=incident, proposed_by=world.people["bea"])
    proposal = make.ProposalLineFactory.create(
        case_line=case_line,
        proposal=make.ProposalFactory.create(
            case=case, proposed_by=world.people["bea"], state="pending_approval", bundle=bundle
        ),
    ).proposal
    make.ApprovalNeedFactory.create(proposal=proposal, team=world.teams["PRO"], min_limit=3000)
    make.ToleranceRowFactory.create(company=world.company)
    make.TermRowFactory.create(company=world.company)
    make.RoutingRuleFactory.create(company=world.company, team=world.teams["PRO"])
    make.ServiceLevelRowFactory.create(company=world.company)
    change = make.PolicyChangeFactory.create(company=world.company)
    rows = {
        "erp": world.erp.code,
        "interchange": str(make.InterchangeFactory.create(connection=world.edi).pk),
        "command": str(make.CommandFactory.create(order=line.order).pk),
        "order": str(line.order.pk),
        "supplier": str(world.supplier.pk),
        "case": case.number,
        "task": str(make.TaskFactory.create(case=case, team=world.teams["PRO"]).pk),
        "proposal": str(proposal.pk),
        "message": str(make.SupplierMessageFactory.about(case).pk),
        "incident": incident.number,
        "bundle": str(bundle.pk),
        "head": str(loose_receipt(world).pk),
        "document": str(line.order.document_id),
        "draft": str(change.draft_id),
        "backtest": str(make.BacktestFactory.create(draft=change.draft).pk),
        "delegation": str(
            make.DelegationFactory.create(person=world.people["bea"], delegate=world.people["mona"]).pk
        ),
        "token": str(make.ApiTokenFactory.create(company=world.company).pk),
        "event": str(event_of(case).pk),
        "view": str(make.SavedViewFactory.create(user=world.people["bea"]).pk),
    }
    return world, rows
