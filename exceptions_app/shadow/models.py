"""What a type in shadow would have opened a case for."""

from django.db import models

from erp_connectors.companies import Company
from erp_connectors.documents.models import DocumentHead, OrderLine, PurchaseOrder, Supplier
from exceptions_app.cases.models import AMOUNT, QUANTITY, Severity
from exceptions_app.people.models import Team
from exceptions_app.policies.models import PolicyRelease


class ShadowFinding(models.Model):
    """One deviation of a type in shadow, as the case line it would have been. One is open per key.

    `at_risk` is in the company's currency, None when it cannot be known; `team` is where the rules would have
    sent it. `cleared_at` set: it does not deviate any more, or its type is no longer in shadow there.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="shadow_findings")
    type_code = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16)
    subject_id = models.BigIntegerField()
    group_key = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, related_name="+")
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, null=True, related_name="+")
    document = models.ForeignKey(DocumentHead, on_delete=models.CASCADE, null=True, related_name="+")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, null=True, related_name="+")
    line_number = models.CharField(max_length=32, blank=True)
    headline = models.CharField(max_length=300)
    quantity = models.DecimalField(**QUANTITY, null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)
    amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    expected = models.JSONField(default=dict)
    actual = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    at_risk = models.DecimalField(**AMOUNT, null=True, blank=True)
    severity = models.IntegerField(choices=Severity.choices)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "key"],
                condition=models.Q(cleared_at__isnull=True),
                name="one_shadow_finding_per_key",
            )
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="shadow_newest"),
            models.Index(
                fields=["company", "type_code", "-id"],
                name="shadow_open",
                condition=models.Q(cleared_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type_code}: {self.headline}"
