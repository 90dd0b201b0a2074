"""Proposals, the approvals they need, and the approvals they got."""

from django.conf import settings
from django.db import models
from django_fsm import FSMField

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import NewLine
from erp_connectors.documents.models import OrderLine
from erp_connectors.identifiers import uuid7
from exceptions_app.cases.models import AMOUNT, Case, CaseLine
from exceptions_app.people.models import Delegation, Team
from exceptions_app.policies.models import PolicyRelease


class ProposalState(models.TextChoices):
    """What is decided (ARCHITECTURE, idea 5)."""

    DRAFT = "draft", "Draft"
    PENDING = "pending_approval", "Waiting for approval"
    APPROVED = "approved", "Approved"
    EXECUTING = "executing", "Being carried out"
    SETTLED = "settled", "Carried out"
    REJECTED = "rejected", "Rejected"
    VOID = "void", "Void"


class Bundle(models.Model):
    """One decision over several cases: a proposal for each, with its own lines and its own history.

    `amount` is that of all together (None: unknown for one of them): limits are held against the whole, so
    that a large decision is not made of small ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(
        "exceptions_app.Incident", on_delete=models.PROTECT, null=True, related_name="bundles"
    )
    resolution = models.CharField(max_length=40)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.resolution} for {self.incident}"


class Proposal(models.Model):
    """A resolution for lines of one case. Its state changes only in `proposals.change`.

    `amount` is in the company's currency (TAXONOMY, Amount); None: it cannot be computed, so no limit covers
    it. `inputs` are what the proposer entered; the lines hold the exact values before and after.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proposals")
    bundle = models.ForeignKey(
        Bundle, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    resolution = models.CharField(max_length=40)
    state = FSMField(default=ProposalState.DRAFT, choices=ProposalState.choices, protected=True)
    inputs = models.JSONField(default=dict)
    summary = models.CharField(max_length=500)
    reason = models.CharField(max_length=1000, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    percent = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals"
    )
    edited_by: models.ManyToManyField = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="edited_proposals", blank=True
    )
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    authorisation = models.JSONField(default=dict, blank=True)
    writes_to_erp = models.BooleanField(default=True)
    tasks = models.JSONField(
        default=list, blank=True, help_text="What other teams are to do once it is carried out."
    )
    end_reason = models.CharField(max_length=500, blank=True)
    matrix = models.JSONField(
        default=list, blank=True, help_text="The approval rules it was made under (`policies.matrix.Rule`)."
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["bundle"],
                name="proposal_waits_for_others",
                condition=models.Q(state=ProposalState.APPROVED),
            )
        ]

    def __str__(self) -> str:
        return self.summary


class ProposalLine(models.Model):
    """One order line as the proposer saw it and as it shall be (`LineValues` as JSON).

    A decision on a case line that is about no order line has none, and no values. `added`: the order line
    that is ordered for it (`NewLine` as JSON).
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="lines")
    case_line = models.ForeignKey(CaseLine, on_delete=models.PROTECT, related_name="proposal_lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    added = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.order_line_id}"

    def new_line(self) -> NewLine | None:
        """Return the order line that is ordered for it, if one is."""
        return None if self.added is None else from_builtins(self.added, NewLine)


class NeedSet(models.QuerySet["ApprovalNeed"]):
    """Needs, by whether they are filled and whether it is their turn."""

    def unfilled(self, **of: str) -> "NeedSet":
        """Return the needs whose place nobody has filled yet; `of`: which approvals count."""
        given = Approval.objects.filter(
            **of,
            need__proposal=models.OuterRef("proposal"),
            need__place=models.OuterRef("place"),
            decision=Decision.APPROVED,
        )
        return self.filter(~models.Exists(given))

    def open(self) -> "NeedSet":
        """Return the unfilled needs of the present step: no step before theirs has one left."""
        earlier = ApprovalNeed.objects.filter(
            proposal=models.OuterRef("proposal"), step__lt=models.OuterRef("step")
        ).unfilled()
        return self.unfilled().filter(~models.Exists(earlier))


class ApprovalNeed(models.Model):
    """An approver a proposal asks for: somebody of `team` in `role` (if given) with at least `min_limit`.

    Needs of one `place` are alternatives: one of them is enough, and each place has to be filled. Those of a
    later `step` are asked once the steps before are filled. `amount`: what limits were held against.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="needs")
    label = models.CharField(max_length=200)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    role = models.CharField(max_length=16, blank=True)
    min_limit = models.DecimalField(**AMOUNT, null=True, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    step = models.PositiveSmallIntegerField(default=1)
    place = models.BigIntegerField()
    rule_id = models.BigIntegerField(null=True, blank=True, help_text="The approval rule that named it.")

    objects = NeedSet.as_manager()

    class Meta:
        ordering = ["step", "place", "pk"]

    def __str__(self) -> str:
        return self.label


class Decision(models.TextChoices):
    """What an approver said."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    ASKED = "asked", "Asked back"


class Approval(models.Model):
    """An approver's word on one need, bound to the values it was given for (`values_hash`).

    `given_for`: whom the person stood in for, by which `delegation`; None: they spoke for themselves.
    """

    need = models.ForeignKey(ApprovalNeed, on_delete=models.CASCADE, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals")
    given_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    delegation = models.ForeignKey(
        Delegation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(max_length=16, choices=Decision.choices)
    comment = models.CharField(max_length=1000, blank=True)
    values_hash = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["need"], condition=models.Q(decision="approved"), name="one_approval_per_need"
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.person_id}"


class Answer(models.Model):
    """What was said to a question that an approver asked back."""

    question = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=1000)
    said_at = models.DateTimeField()

    class Meta:
        ordering = ["said_at", "pk"]

    def __str__(self) -> str:
        return self.words


class KeptApart(models.Model):
    """Somebody who may not agree to a proposal, by which named pair (`kept_apart`)."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="kept_apart")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    pair = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "person"], name="kept_apart_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.pair}"
