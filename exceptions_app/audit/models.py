"""The one append-only table of events: a case's timeline is its events, the audit trail is all of them.

Beside it, append-only too, the seals that chain committed events, and what is still to be sealed.
"""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from erp_connectors.companies import Company
from erp_connectors.identifiers import uuid7
from exceptions_app.cases.models import Case
from exceptions_app.policies.models import PolicyRelease


class Event(models.Model):
    """Something that happened: who, what, to what, before, after, why, from where, under which release.

    Inserted by `audit.record` only; the database refuses UPDATE, DELETE and TRUNCATE.
    `actor_name` is kept in words, since a person may be renamed. Empty actor: Rightline itself.
    `company` empty: it is about the installation, and for those who oversee every company, and for those of
    its `companies` (EventCompany).
    A new column belongs into `seals.COLUMNS` too.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60, help_text="case.opened, proposal.approved, policy.changed ...")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="events", db_index=False)
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=500)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=1000, blank=True)
    source = models.CharField(
        max_length=100, blank=True, help_text="web, api, worker, command; with the address."
    )
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["case", "at", "id"], name="event_of_case"),
            models.Index(fields=["subject_kind", "subject_id", "at"], name="event_of_subject"),
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["company", "-at", "-id"], name="event_of_company"),
            models.Index(fields=["actor", "-at", "-id"], name="event_of_actor"),
            models.Index(fields=["kind", "-at", "-id"], name="event_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.summary}"


class EventCompany(models.Model):
    """Whose auditors see an event that is about several companies: those of this one; empty: of every one.

    Written with the event, and append-only like it. It proves nothing; the event itself does.
    """

    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, related_name="companies", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(help_text="That of the event.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "company"], name="event_names_a_company_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["company", "-at", "-event"], name="event_company_newest")]

    def __str__(self) -> str:
        return f"{self.event_id} for {self.company or 'all companies'}"


class Seal(models.Model):
    """The place of an event in the chain: SHA-256 over the previous hash and the digest of the event.

    Written by `seals.seal_committed` only, without holes; the database refuses everything but INSERT.
    No foreign key in the database: to check one writes to the event's page, and `verify_audit` checks it.
    """

    sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.DO_NOTHING, related_name="seal", db_constraint=False)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Seal {self.sequence}"


class UnsealedEvent(models.Model):
    """An event that waits for its seal; a trigger of the event table writes it, so none is ever missed."""

    event_id = models.UUIDField(primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"Unsealed {self.event_id}"


class EventText(models.Model):
    """What an event is found by, written by the sealer: to search text costs those who write events nothing.

    It proves nothing; the event itself does.
    """

    event = models.OneToOneField(
        Event, on_delete=models.DO_NOTHING, primary_key=True, related_name="text", db_constraint=False
    )
    words = models.TextField()

    class Meta:
        indexes = [GinIndex(OpClass(Upper("words"), name="gin_trgm_ops"), name="event_text")]

    def __str__(self) -> str:
        return self.words
