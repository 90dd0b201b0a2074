"""Carries out what is authorised: agreements, command, documents, the state of the case; all or nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.commands import LineChange, OrderCommand
from erp_connectors.canonical.documents import OrderState
from erp_connectors.documents.matching_by_hand import add_pack
from erp_connectors.documents.models import PurchaseOrder
from erp_connectors.exchange import inbox, outbox
from exceptions_app.audit.record import record
from exceptions_app.cases import upkeep
from exceptions_app.cases.models import AgreementRow, Case, CaseLine, CaseState
from exceptions_app.detection import watch
from exceptions_app.detection.agreement import AgreementKind, AgreementState
from exceptions_app.detection.agreement_rows import PRICE_BASIS, price_bases
from exceptions_app.detection.agreements import fingerprint
from exceptions_app.detection.subject import SubjectSnapshot, word_of
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.playbook.load import free_lines, line_snapshot
from exceptions_app.playbook.situation import LinePlan, Plan, QuantityBasis
from exceptions_app.proposals import lifecycle, settle
from exceptions_app.proposals.change import Step, change
from exceptions_app.proposals.models import Proposal
from exceptions_app.subjects.registry import subject
from suppliers.profiles import SupplierProfile


def execute(proposal: Proposal, plan: Plan, *, at: datetime, group: UUID | None = None) -> Proposal:
    """Carry out an authorised proposal in the transaction that authorised it, and return it as it is then.

    `group`: its command goes to the ERP together with those of others. What asks nothing of the ERP is
    settled at once; else the case is monitored until the ERP has answered.
    """
    step = Step(kind="executing", summary=f"Being carried out: {proposal}", transition=lifecycle.execute)
    proposal = change(proposal, step, at=at)
    _agree(proposal, plan, at)
    _convert(plan)
    _set_basis(proposal, plan, at)
    _set_count(proposal, plan)
    _enter(proposal, plan)
    _note_tasks(proposal, plan)
    if plan.command is None:
        return settle.carried_out(proposal, at=at)
    if proposal.case.order_id is not None:
        watch.mark("order", [proposal.case.order_id])
    _enqueue(proposal, plan, group, at)
    if proposal.case.state != CaseState.MONITORING and not free_lines(proposal.case):
        upkeep.monitor(proposal.case, at=at)
    return proposal


def _convert(plan: Plan) -> None:
    """Write down what units hold, for the items of the lines; what waited for that is counted again."""
    lines = CaseLine.objects.select_related("order_line__item__connection").in_bulk(
        [line.case_line_id for line in plan.lines if line.conversions]
    )
    for line in plan.lines:
        for conversion in line.conversions:
            order_line = lines[line.case_line_id].order_line
            if order_line is not None and order_line.item is not None:
                add_pack(order_line.item, unit=conversion.unit, factor=conversion.factor)


def _set_basis(proposal: Proposal, plan: Plan, at: datetime) -> None:
    """Write down for how many units the supplier's prices are; all its orders are compared anew."""
    bases = {line.price_basis for line in plan.lines if line.price_basis is not None}
    supplier = proposal.case.supplier_id
    if supplier is None or not bases:
        return
    AgreementRow.objects.create(
        subject_kind=SubjectKind.SUPPLIER,
        subject_id=supplier,
        proposal=proposal,
        key=PRICE_BASIS,
        type_code=proposal.case.type_code,
        kind=AgreementKind.ACCEPTED.value,
        state=AgreementState.ACTIVE.value,
        quantity=bases.pop(),
        made_at=at,
    )
    _look_at_orders_of(supplier)


def _set_count(proposal: Proposal, plan: Plan) -> None:
    """Write into the supplier's profile what its quantities are of; all its orders are counted anew."""
    bases = {line.quantity_basis for line in plan.lines if line.quantity_basis is not None}
    supplier = proposal.case.supplier_id
    if supplier is None or not bases:
        return
    SupplierProfile.objects.update_or_create(
        supplier_id=supplier, defaults={"answers_total_quantity": QuantityBasis.TOTAL in bases}
    )
    _look_at_orders_of(supplier)


def _look_at_orders_of(supplier: int) -> None:
    orders = PurchaseOrder.objects.filter(supplier=supplier, state=OrderState.RELEASED)
    watch.mark(SubjectKind.ORDER, list(orders.values_list("pk", flat=True)))


def _enter(proposal: Proposal, plan: Plan) -> None:
    """Hand the documents of the plan to the inbox of the order's ERP, under the name of who proposed it."""
    if proposal.case.order is None:
        return
    for document in plan.documents:
        inbox.receive_document(
            document,
            connection=proposal.case.order.connection,
            channel="person",
            by=str(proposal.proposed_by),
        )


def _note_tasks(proposal: Proposal, plan: Plan) -> None:
    """Keep what others are to do then; they are given it once the decision is carried out (`settle`)."""
    proposal.tasks = [to_builtins(task) for task in plan.tasks]
    proposal.save(update_fields=["tasks"])


def _agree(proposal: Proposal, plan: Plan, at: datetime) -> None:
    """Write the agreements: active when nothing has to happen first, pending while a command is under way."""
    state = AgreementState.ACTIVE if plan.command is None else AgreementState.PENDING
    lines = CaseLine.objects.select_related("order_line__item").in_bulk(
        [line.case_line_id for line in plan.lines]
    )
    bind = _bound_to_order if proposal.case.subject_kind == SubjectKind.ORDER else _bound_to_subject
    for line in plan.lines:
        if line.agreement is not None:
            case_line = lines[line.case_line_id]
            _agree_on(proposal, case_line, line, state, at, bind(proposal.case, case_line, line, at))


def _bound_to_order(case: Case, case_line: CaseLine, line: LinePlan, at: datetime) -> dict[str, Any]:
    """Bind an agreement to the supplier's word on the order line, and to its values before and after.

    One on what is on no line of the order is bound to what the document says.
    """
    if case_line.order_line is None:
        words = word_of(case_line.key, case_line.actual)
        return {"subject_kind": case.subject_kind, "subject_id": case.subject_id, "answer": words}
    assert case.supplier_id is not None
    basis = price_bases([case.supplier_id]).get(case.supplier_id)
    return {
        "subject_kind": case.subject_kind,
        "subject_id": case.subject_id,
        "order_line": case_line.order_line,
        "answer": fingerprint(line_snapshot(case_line.order_line, basis)),
        "before": to_builtins(line.before),
        "after": to_builtins(line.after),
    }


def _bound_to_subject(case: Case, case_line: CaseLine, line: LinePlan, at: datetime) -> dict[str, Any]:
    """Bind an agreement to what the subject says, and to what was expected instead."""
    assert case.subject_id is not None
    world = subject(SubjectKind(case.subject_kind)).load([case.subject_id], at)
    for problem in world.problems.values():
        raise problem
    snapshot: SubjectSnapshot = world.subjects[case.subject_id].snapshot
    return {
        "subject_kind": case.subject_kind,
        "subject_id": case.subject_id,
        "answer": word_of(snapshot.fingerprint, case_line.expected),
    }


def _agree_on(
    proposal: Proposal,
    case_line: CaseLine,
    line: LinePlan,
    state: AgreementState,
    at: datetime,
    bound: dict[str, Any],
) -> None:
    assert line.agreement is not None
    AgreementRow.objects.create(
        **bound,
        case_line=case_line,
        proposal=proposal,
        key=case_line.key,
        type_code=proposal.case.type_code,
        kind=line.agreement.kind.value,
        state=state.value,
        quantity=line.agreement.quantity,
        agreed_on=line.agreement.agreed_on,
        until=line.agreement.until,
        made_at=at,
        added=None if line.added is None else to_builtins(line.added),
    )


def _enqueue(proposal: Proposal, plan: Plan, group: UUID | None, at: datetime) -> None:
    order = proposal.case.order
    assert order is not None
    assert plan.command is not None
    command = outbox.enqueue(
        OrderCommand(
            kind=plan.command,
            order_number=order.number,
            changes=tuple(
                LineChange(line_number=line.number, before=line.before, after=line.after)
                for line in plan.lines
                if line.is_ordered
            ),
            version_token=order.version_token,
            reason=proposal.reason or proposal.summary,
            additions=tuple(line.added for line in plan.lines if line.added is not None),
        ),
        order=order,
        authorisation=proposal.authorisation,
        case_number=proposal.case.number,
        proposal_id=proposal.pk,
        group=group,
    )
    record(
        "command.waiting",
        at=at,
        case=proposal.case,
        subject=("command", str(command.pk)),
        summary=f"To be written to {order.connection.name}: {proposal}",
        after={"command": str(command.pk), "kind": command.kind}
        | ({"group": str(command.group)} if command.group else {}),
        release=proposal.release,
    )
