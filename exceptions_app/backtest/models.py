"""A backtest as people ask for one: a row that a worker takes further, batch by batch, and what it found."""

from typing import Any

from django.conf import settings
from django.db import models

from erp_connectors.companies import Company
from erp_connectors.documents.models import DocumentHead, PurchaseOrder, Supplier
from exceptions_app.policies.draft_models import PolicyDraft
from exceptions_app.proposals.models import Proposal

AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class BacktestStatus(models.TextChoices):
    """How far a backtest is."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"


#: What a worker takes further.
UNFINISHED = (BacktestStatus.WAITING, BacktestStatus.RUNNING)


class Backtest(models.Model):
    """History judged again under a draft, or as if a published draft were undone.

    `version` of the draft and `stamp` of the rules say under what: when either moves, it begins anew.
    `kind` and `after` are the last subject, or case with its decisions, that is done; `counts` are of all up
    to it.
    `lease_until` belongs to the worker that has it.
    """

    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="backtests")
    version = models.PositiveIntegerField()
    stamp = models.UUIDField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    status = models.CharField(max_length=16, choices=BacktestStatus.choices, default=BacktestStatus.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    kind = models.CharField(max_length=16, blank=True)
    after = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    cases = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["due_at"], name="backtest_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"Backtest {self.pk}"

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker still has something to do."""
        return self.status in UNFINISHED

    @property
    def percent(self) -> int:
        """How much of it is done."""
        return self.done * 100 // self.total if self.total else 0


class BacktestCase(models.Model):
    """One case that would be otherwise. `live` and `tried` are what it is under each state of the rules.

    `number` is of the order or document it is about, `case` of the case that really was there; empty: none.
    `team` is where it would go, or went if it would not be there.
    Money is in the company's currency: what it comes to more under the tried rules, None where unknown.
    """

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="found")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, related_name="+")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, null=True, related_name="+")
    document = models.ForeignKey(DocumentHead, on_delete=models.CASCADE, null=True, related_name="+")
    type_code = models.CharField(max_length=40)
    number = models.CharField(max_length=200)
    case = models.CharField(max_length=32, blank=True)
    effects = models.JSONField()
    headline = models.CharField(max_length=300)
    team = models.CharField(max_length=100, default="")
    amount = models.DecimalField(**AMOUNT, null=True)
    expected_loss = models.DecimalField(**AMOUNT)
    before = models.BooleanField(default=False)
    live = models.JSONField(null=True)
    tried = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["backtest", "-id"], name="backtest_case_newest")]

    def __str__(self) -> str:
        return f"{self.type_code} on {self.number}"


class BacktestProposal(models.Model):
    """One proposal that would need other approvals.

    `live` and `tried` name whom, under each state of the rules.
    `amount`: what limits are held against, in the company's currency; None: unknown.
    """

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="proposals")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="+")
    effect = models.CharField(max_length=16)
    amount = models.DecimalField(**AMOUNT, null=True)
    live = models.JSONField(default=list)
    tried = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["backtest", "-id"], name="backtest_proposal_newest")]

    def __str__(self) -> str:
        return f"{self.effect}: {self.proposal_id}"
