"""How the demo's rules came to be as they are: a release two administrators made, and a draft that waits."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from erp_connectors.companies import Company
from exceptions_app.audit.record import Actor
from exceptions_app.backtest import job
from exceptions_app.people.models import User
from exceptions_app.policies import drafts, publishing
from exceptions_app.policies.changes import lay_upon, values_of
from exceptions_app.policies.draft_models import Action, PolicyDraft
from exceptions_app.policies.models import PolicyRow, SeverityBands, ToleranceRow

SOURCE = "demo"
TRIED_ON = timedelta(days=30)


def make_history(company: Company, ada: User, anton: User, at: datetime) -> None:
    """Let Ada tighten a tolerance, which Anton published; and let Anton write what Ada has yet to review."""
    tolerance = ToleranceRow.objects.get(company=company)
    tighter = _begun(ada, at, "Tighter on higher prices", "Prices are fixed until spring.")
    _write(tighter, ada, at, tolerance, percent=Decimal("1.5"))
    drafts.submit(tighter.pk, by=Actor(ada, SOURCE), at=at)
    drafts.approve(tighter.pk, by=Actor(anton, SOURCE), at=at, reason="As agreed with Purchasing.")
    publishing.publish_draft(tighter.pk, by=Actor(anton, SOURCE), at=at)

    tolerance.refresh_from_db()
    waiting = _begun(anton, at, "Fewer grave cases", "Too many small ones are graded high.")
    _write(waiting, anton, at, tolerance, percent=Decimal(1))
    _write(waiting, anton, at, SeverityBands.objects.get(company=company), high=Decimal(1500))
    drafts.comment(
        waiting.pk, "The price part is what Finance asked for on Monday.", by=Actor(anton, SOURCE), at=at
    )
    drafts.submit(waiting.pk, by=Actor(anton, SOURCE), at=at)
    # The first worker that has nothing else to do tries it on what the demo has lived through.
    waiting.refresh_from_db()
    job.ask(waiting, since=at - TRIED_ON, until=at, by=anton, at=at)


def _begun(author: User, at: datetime, title: str, reason: str) -> PolicyDraft:
    return drafts.begin(title, by=Actor(author, SOURCE), at=at, reason=reason)


def _write(draft: PolicyDraft, author: User, at: datetime, row: PolicyRow, **values: Any) -> None:
    before = values_of(row)
    lay_upon(row, before | values)
    drafts.write(draft.pk, row, Action.CHANGE, before=before, by=Actor(author, SOURCE), at=at)
