"""The rows of every asynchronous hop at the edge: received bytes, polled streams, commands, outgoing files.

Each has a status, a due time, attempts, a lease and its last error, so that one can see, time and replay it.
"""

from django.db import models
from django_fsm import FSMField

from erp_connectors.companies import Connection
from erp_connectors.documents.models import PurchaseOrder, Supplier
from erp_connectors.identifiers import uuid7


class Hop(models.Model):
    """What every row that waits for a worker has. `lease_until` belongs to the worker that claimed it."""

    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker should take it; empty: never."
    )
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        abstract = True


class InterchangeStatus(models.TextChoices):
    """How far a received interchange has come."""

    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    PARTLY = "partly", "Processed in part"
    QUARANTINED = "quarantined", "Quarantined"
    DUPLICATE = "duplicate", "Duplicate"
    CORRECTED = "corrected", "Corrected by hand"


class Interchange(Hop):
    """Bytes as they came in, never changed. Accepted means committed here; a worker does the rest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="interchanges")
    channel = models.CharField(max_length=16, help_text="api, folder, command, person, poll")
    entered_by = models.CharField(
        max_length=150, blank=True, help_text="User name of the person who entered or handed it over."
    )
    file_name = models.CharField(max_length=255, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=InterchangeStatus.choices, default=InterchangeStatus.RECEIVED
    )
    processed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=16, blank=True)
    findings = models.JSONField(default=list, blank=True)
    envelope = models.JSONField(default=dict, blank=True)
    is_test = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "sha256"], name="interchange_same_bytes"),
            models.Index(fields=["due_at"], name="interchange_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["-received_at", "-id"], name="interchange_newest"),
            models.Index(fields=["connection", "-received_at"], name="interchange_of_connection"),
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.id)


class TransactionStatus(models.TextChoices):
    """What became of one transaction or row group of an interchange."""

    APPLIED = "applied", "Applied"
    DUPLICATE = "duplicate", "Duplicate"
    REJECTED = "rejected", "Rejected"
    QUARANTINED = "quarantined", "Quarantined"
    NOT_MAPPED = "not_mapped", "Not mapped"
    TEST = "test", "Test, not applied"
    IGNORED = "ignored", "Ignored"
    CORRECTED = "corrected", "Corrected by hand"


class Transaction(models.Model):
    """One transaction of an interchange (an 855, a row group of a file) with its verdict and findings.

    `key` is its identity across interchanges (standard, sender, receiver, control numbers); only successful
    receptions count when a duplicate is looked for. `sha256` is of its own bytes.
    """

    interchange = models.ForeignKey(Interchange, on_delete=models.CASCADE, related_name="transactions")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=32, help_text="850, 855, 856, or the kind of rows")
    control_number = models.CharField(max_length=40, blank=True)
    key = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    offset_from = models.PositiveIntegerField(default=0)
    offset_to = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=16)
    status = models.CharField(max_length=16, choices=TransactionStatus.choices)
    findings = models.JSONField(default=list, blank=True)
    reading = models.JSONField(default=dict, blank=True)
    mapping_version = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["interchange", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["interchange", "position"], name="transaction_once_per_interchange"
            )
        ]
        indexes = [models.Index(fields=["key"], name="transaction_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.control_number}"


class Quarantine(models.Model):
    """A message of which something was refused or set aside when it was read, be it all applied by now.

    `is_whole`: not only transactions of it, but the message as a whole. Kept by `Work.finish`.
    """

    interchange = models.OneToOneField(Interchange, on_delete=models.CASCADE, related_name="quarantine")
    since = models.DateTimeField()
    is_whole = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.interchange)


class Correction(models.Model):
    """An edited copy of an interchange, which is read in its place; the original stays as it came.

    `diff`: what was changed, as a unified diff of segments or rows. `made_by`: the person, by name.
    """

    original = models.ForeignKey(Interchange, on_delete=models.PROTECT, related_name="corrections")
    corrected = models.OneToOneField(Interchange, on_delete=models.PROTECT, related_name="correction")
    diff = models.TextField()
    reason = models.CharField(max_length=500)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.original}, corrected by {self.made_by}"


class StreamState(models.Model):
    """How far one stream of a connection has been read, and how its endpoint is.

    `watermark` is the start of the last complete read of a polled stream. A pushed stream has none: it is
    current while its endpoint is healthy (`health.watermark`).
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="streams")
    stream = models.CharField(max_length=32)
    is_polled = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True)
    interval_seconds = models.PositiveIntegerField(default=60)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    watermark = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="stream_once")]

    def __str__(self) -> str:
        return f"{self.connection.code}: {self.stream}"


class CommandState(models.TextChoices):
    """The machine of a command (ARCHITECTURE, idea 5). Unknown: a lost answer, never a blind retry."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sent, awaiting the answer"
    DONE = "done", "Done"
    UNKNOWN = "unknown", "Answer lost"
    CONFLICT = "conflict", "The ERP has other values"
    DEAD = "dead", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Command(Hop):
    """One write to an ERP: at most once, under an authorisation. `content` is an `OrderCommand` as JSON.

    `id` is the idempotency key the ERP sees. `authorisation` says within which limit, or by whose approval,
    under which release. Commands of one order are sent in the order of their ids; those of one `group` go
    together, to be carried out all or none. Its state changes only in `moves`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="commands")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="commands")
    kind = models.CharField(max_length=32)
    content = models.JSONField()
    authorisation = models.JSONField()
    case_number = models.CharField(max_length=32, blank=True)
    proposal_id = models.UUIDField(null=True, blank=True)
    group = models.UUIDField(null=True, blank=True)
    state = FSMField(default=CommandState.WAITING, choices=CommandState.choices, protected=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="command_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["order", "id"], name="command_order"),
            models.Index(fields=["group"], name="command_group", condition=models.Q(group__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(authorisation={}), name="command_has_an_authorisation")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order.number}"

    @property
    def line_numbers(self) -> list[str]:
        """The numbers of the order lines that it changes, and of those it adds."""
        lines = (*self.content["changes"], *self.content.get("additions", ()))
        return [line["line_number"] for line in lines]


class OutgoingStatus(models.TextChoices):
    """How far an outgoing file has come."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"


class OutgoingFile(Hop):
    """A file of ours on its way out, such as a 997: a row first, then a file in the connection's folder."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="outgoing")
    interchange = models.ForeignKey(
        Interchange, on_delete=models.PROTECT, null=True, blank=True, related_name="acknowledgements"
    )
    kind = models.CharField(max_length=16)
    file_name = models.CharField(max_length=255)
    payload = models.BinaryField()
    status = models.CharField(max_length=16, choices=OutgoingStatus.choices, default=OutgoingStatus.WAITING)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="outgoing_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.file_name


class ControlNumber(models.Model):
    """The last control number used towards one partner; gaps are allowed, reuse is not."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    partner = models.CharField(max_length=100)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "partner"], name="control_number_per_partner")
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.last}"


class IdempotencyKey(models.Model):
    """A caller's key with the answer it got, so that the same request gets the same answer."""

    caller = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"


class PartnerProfile(models.Model):
    """How one trading partner speaks on one EDI connection, and which supplier it is.

    `overrides` layers mapping tables over the standard ones (EDI.md 2.5): data, never code.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="partners")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="partner_profiles")
    name = models.CharField(max_length=200)
    their_qualifier = models.CharField(
        max_length=4,
        blank=True,
        help_text="ISA05 of what they send, or in EDIFACT the qualifier (0007) of UNB S002",
    )
    their_id = models.CharField(max_length=35, help_text="ISA06 of what they send, or the sender of UNB")
    our_qualifier = models.CharField(
        max_length=4,
        blank=True,
        help_text="ISA07 of what they send, or in EDIFACT the qualifier (0007) of UNB S003",
    )
    our_id = models.CharField(max_length=35, help_text="ISA08 of what they send, or the recipient of UNB")
    is_test = models.BooleanField(
        default=False, help_text="Expects test interchanges only (ISA15 = T, UNB 0035 = 1)."
    )
    lenient_isa = models.BooleanField(
        default=False,
        help_text="Reads an ISA that is not padded to 106 characters, or a UNB without a syntax version.",
    )
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: the connection's.")
    acknowledge = models.BooleanField(default=True)
    overrides = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "their_qualifier", "their_id", "our_qualifier", "our_id"],
                name="partner_once_per_connection",
            )
        ]

    def __str__(self) -> str:
        return self.name
