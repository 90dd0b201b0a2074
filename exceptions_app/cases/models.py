"""The case and its lines, its clocks, what was agreed, and its place in each team's queue."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django_fsm import FSMField

from erp_connectors.companies import Company, Warehouse
from erp_connectors.documents.models import DocumentHead, OrderLine, PurchaseOrder, Supplier
from erp_connectors.exchange.models import Interchange, StreamState
from exceptions_app.people.models import Team
from exceptions_app.policies.models import PolicyRelease

QUANTITY: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}
AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 2}


class CaseState(models.TextChoices):
    """Who has the case."""

    NEW = "new", "New"
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING_SUPPLIER = "waiting_supplier", "Waiting for supplier"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    DISMISSED = "dismissed", "Dismissed"


ENDED = (CaseState.CLOSED, CaseState.DISMISSED)
#: In these states a case asks nothing more of its owner.
AT_REST = (*ENDED, CaseState.RESOLVED)


class Severity(models.IntegerChoices):
    """Band of expected loss (TAXONOMY, Severity). Higher is worse."""

    LOW = 1, "Low"
    MEDIUM = 2, "Medium"
    HIGH = 3, "High"
    CRITICAL = 4, "Critical"


class Case(models.Model):
    """One exception of one group (an order, an invoice), with everybody who works on it.

    `subject_kind` and `subject_id` name what is looked at for it (`Watch`); `order`, `document`,
    `interchange` and `stream` are that, or what it is about besides, for people and lists.
    `amount` is what its lines are worth in the company's currency, None when it cannot be known;
    `expected_loss` what it costs on average, with every term in `impact` (`impact_record`). `priority` is the
    loss times its urgency until `priority_until`, when time alone makes it another one. `due_at` is the
    next due time of our running clocks (None while all are paused or stopped). `version` counts changes: a
    form sends back the one it was drawn from. The state changes only in `change.change`.
    """

    number = models.CharField(max_length=32, unique=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="cases")
    type_code = models.CharField(max_length=40)
    group_key = models.CharField(max_length=200)
    headline = models.CharField(max_length=300)
    state = FSMField(default=CaseState.NEW, choices=CaseState.choices, protected=True)
    state_since = models.DateTimeField()
    severity = models.IntegerField(choices=Severity.choices, default=Severity.LOW)
    severity_override_reason = models.CharField(max_length=500, blank=True)
    priority = models.DecimalField(max_digits=20, decimal_places=2, default=Decimal(0))
    priority_until = models.DateTimeField(null=True, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    expected_loss = models.DecimalField(**AMOUNT, default=Decimal(0))
    impact = models.JSONField(default=dict, blank=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, related_name="cases")
    subject_kind = models.CharField(max_length=16, default="order")
    subject_id = models.BigIntegerField(null=True)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, null=True, related_name="cases")
    document = models.ForeignKey(DocumentHead, on_delete=models.PROTECT, null=True, related_name="cases")
    interchange = models.ForeignKey(Interchange, on_delete=models.PROTECT, null=True, related_name="cases")
    stream = models.ForeignKey(StreamState, on_delete=models.SET_NULL, null=True, related_name="cases")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, blank=True)
    incident = models.ForeignKey(
        "exceptions_app.Incident", on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    left_incident = models.BooleanField(
        default=False, help_text="Somebody took it out of an incident: it is not bundled again."
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="owned_cases")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    routed_by = models.CharField(
        max_length=200, blank=True, help_text="The rule that chose the team, in words."
    )
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    first_action_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=300, blank=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    escalation_level = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "type_code", "group_key"],
                condition=~models.Q(state__in=["closed", "dismissed"]),
                name="one_open_case_per_type_and_group",
            )
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="case_updated"),
            models.Index(fields=["type_code", "group_key", "-id"], name="case_group"),
            models.Index(fields=["supplier", "-opened_at"], name="case_supplier"),
            models.Index(fields=["order"], name="case_order"),
            models.Index(fields=["subject_kind", "subject_id"], name="case_subject"),
            models.Index(
                fields=["company", "supplier", "type_code", "opened_at"],
                name="case_loose",
                condition=models.Q(incident__isnull=True) & ~models.Q(state__in=["closed", "dismissed"]),
            ),
            models.Index(
                fields=["priority_until"],
                name="case_priority_step",
                condition=models.Q(priority_until__isnull=False),
            ),
            models.Index(
                fields=["owner", "severity"],
                name="case_load",
                condition=~models.Q(state__in=["closed", "dismissed", "resolved"]),
            ),
            models.Index(
                fields=["id"], name="case_open", condition=~models.Q(state__in=["closed", "dismissed"])
            ),
            models.Index(
                fields=["-closed_at", "-id"],
                name="case_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
            GinIndex(
                OpClass(Upper("number"), name="gin_trgm_ops"),
                OpClass(Upper("headline"), name="gin_trgm_ops"),
                name="case_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.headline}"

    @property
    def is_open(self) -> bool:
        """True until the case is closed or dismissed."""
        return self.state not in ENDED


class CaseLine(models.Model):
    """One deviation on one order line. The same key within 14 days of closing reopens the same case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="lines")
    key = models.CharField(max_length=200)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="case_lines")
    line_number = models.CharField(max_length=32, blank=True)
    quantity = models.DecimalField(**QUANTITY, null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True, help_text="In the order's currency.")
    currency = models.CharField(max_length=3, blank=True)
    expected = models.JSONField(default=dict)
    actual = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    tolerance_id = models.BigIntegerField(null=True, blank=True)
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="A decision covers it and is carried out."
    )
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["case", "line_number", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "key"],
                condition=models.Q(cleared_at__isnull=True),
                name="one_open_line_per_key",
            )
        ]
        indexes = [models.Index(fields=["order_line"], name="case_line_order_line")]

    def __str__(self) -> str:
        return self.key


class QueueRole(models.TextChoices):
    """Why a case is in a team's queue."""

    OWNER = "owner", "Ours"
    TASK = "task", "Task for us"
    APPROVAL = "approval", "To approve"
    TOLD = "told", "For information"


class QueueEntry(models.Model):
    """A case in a team's queue. It repeats what the queue sorts by, so that a page is one index scan.

    Kept by `cases.queue.sync` in the transaction that changes the case.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="queue")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="queue_entries")
    role = models.CharField(max_length=16, choices=QueueRole.choices)
    is_open = models.BooleanField(default=True)
    priority = models.DecimalField(max_digits=20, decimal_places=2, default=Decimal(0))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "case"], name="queue_entry_once")]
        indexes = [
            models.Index(
                fields=["team", "role", "-priority", "-case"],
                name="queue_page",
                condition=models.Q(is_open=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} in the queue of {self.team_id}"


class ClockKind(models.TextChoices):
    """Which promise a clock measures."""

    RESPOND = "respond", "First response"
    RESOLVE = "resolve", "Resolution"
    SUPPLIER = "supplier", "The supplier's answer"


#: What we promise; the rest is the supplier's.
OUR_CLOCKS = (ClockKind.RESPOND, ClockKind.RESOLVE)


class Clock(models.Model):
    """One promise on a case: `allowed_minutes` of business time, of which `used_minutes` are used.

    Runs while `running_since` is set; `due_at` is when it will breach if it keeps running (TAXONOMY, SLA).
    `sweep_at` is the next moment at which the sweep must look at it. A reopened case and a question asked
    anew begin the next `round`; `used_minutes` is the sum of the round's segments that ended. What was
    promised and whom to tell when (`ladder`, read by `sla.ladder`) stays for a round as it was at its start.
    `due_by_hand`: a person moved the due time; neither severity nor calendar moves it for the rest of the
    round. `is_held`: a person stopped it for a while.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=16, choices=ClockKind.choices)
    round = models.PositiveSmallIntegerField(default=1)
    calendar = models.ForeignKey("exceptions_app.Calendar", on_delete=models.PROTECT)
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    row_id = models.BigIntegerField(
        null=True, blank=True, help_text="The policy row that sets the time; empty: the standard."
    )
    ladder = models.JSONField(default=dict, blank=True)
    base_minutes = models.DecimalField(max_digits=12, decimal_places=4, help_text="At severity high.")
    allowed_minutes = models.DecimalField(max_digits=12, decimal_places=4)
    used_minutes = models.DecimalField(max_digits=12, decimal_places=4, default=Decimal(0))
    running_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="The promise was kept or broken for good."
    )
    warned_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0, help_text="So many were due so far.")
    breached_at = models.DateTimeField(null=True, blank=True)
    breached_minutes = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, help_text="Used when the promise broke."
    )
    level = models.PositiveSmallIntegerField(default=0, help_text="Escalation steps already taken.")
    sweep_at = models.DateTimeField(null=True, blank=True)
    due_by_hand = models.DateTimeField(null=True, blank=True)
    is_held = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind"], name="one_clock_of_a_kind_per_case"),
            models.CheckConstraint(
                condition=models.Q(stopped_at=None) | models.Q(running_since=None),
                name="a_stopped_clock_does_not_run",
            ),
        ]
        indexes = [
            models.Index(fields=["sweep_at"], name="clock_sweep", condition=models.Q(sweep_at__isnull=False)),
            models.Index(fields=["id"], name="clock_going", condition=models.Q(stopped_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.case_id}"

    @property
    def is_ours(self) -> bool:
        """True for what we promise, False for what the supplier owes."""
        return self.kind in OUR_CLOCKS


class ClockSegment(models.Model):
    """One stretch of time in which a clock ran, on one calendar.

    `minutes` is its business time, once it ended. `calendar` None: the time used before segments were kept.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="segments")
    round = models.PositiveSmallIntegerField(default=1)
    calendar = models.ForeignKey(
        "exceptions_app.Calendar", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    minutes = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["clock", "started_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clock"], condition=models.Q(ended_at=None), name="one_running_segment_per_clock"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, minutes=None)
                | models.Q(ended_at__gte=models.F("started_at"), minutes__gte=0),
                name="a_segment_that_ended_has_its_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} from {self.started_at:%Y-%m-%d %H:%M}"


class AgreementRow(models.Model):
    """An `Agreement` (detection.agreement) as a row; the JSON fields hold `LineValues`.

    One about no order line has none, and no values: it is bound to what its subject says, by `answer`.
    `added`: the order line that is ordered for it (`NewLine` as JSON).
    """

    subject_kind = models.CharField(max_length=16, default="order")
    subject_id = models.BigIntegerField(null=True)
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="agreements")
    case_line = models.ForeignKey(CaseLine, on_delete=models.PROTECT, null=True, related_name="agreements")
    proposal = models.ForeignKey(
        "exceptions_app.Proposal", on_delete=models.PROTECT, null=True, related_name="agreements"
    )
    key = models.CharField(max_length=200)
    type_code = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    # None: there was no answer yet. An empty fingerprint would be a value like any other.
    answer = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    added = models.JSONField(null=True, blank=True)
    quantity = models.DecimalField(**QUANTITY, null=True, blank=True)
    agreed_on = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField()
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "agreement"
        indexes = [
            models.Index(fields=["order_line", "state"], name="agreement_by_line"),
            models.Index(fields=["subject_kind", "subject_id"], name="agreement_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.key}"


class TaskState(models.TextChoices):
    """Whether somebody still has to do it."""

    OPEN = "open", "Open"
    DONE = "done", "Done"
    VOID = "void", "No longer needed"


class Task(models.Model):
    """Work that a told team has because of a case, with the customer orders it is about."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    facts = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=TaskState.choices, default=TaskState.OPEN)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    outlives_case = models.BooleanField(
        default=False, help_text="It follows from a decision, and stays to be done when the case has ended."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "team"],
                condition=models.Q(state="open", outlives_case=False),
                name="one_open_task_per_case_and_team",
            )
        ]
        indexes = [
            models.Index(
                fields=["team", "due_at", "id"], name="task_to_do", condition=models.Q(state="open")
            ),
            models.Index(fields=["team", "-id"], name="task_newest"),
        ]

    def __str__(self) -> str:
        return self.title
